"""The skill model's fixed sizes: frames a film, picture size, splits of the simulated films."""

from __future__ import annotations

from pathlib import Path

from courtside_sim.seasons import LEAGUES, SEASONS, World

FOLDER = Path("runs/skills/films")
"""Where films are kept."""
FRAMES = 64
"""Frames a film is judged by (BASKET samples as many, uniformly)."""
STORED = 128
"""Frames kept of every film, uniformly spaced: what samplings of fewer frames, and several views, are drawn from."""
HEIGHT, WIDTH = 112, 192
"""Picture size of the small model in pixels; BASKET's shorter side is 224."""
LEVEL_COUNT = 5
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pictures in RGB, 0..1, as the published benchmarks normalise."""

PUBLISHED_TOP1 = 0.285
"""Best mean top-1 accuracy over the 20 skills reported by the paper (published 28.5 %)."""

SPLITS: dict[str, tuple[int, int]] = {
    "train": (0, 10_000),
    "validation": (10_000, 11_000),
    "test": (20_000, 22_000),
    "unseen-season": (22_000, 24_000),
    "unseen-league": (24_000, 26_000),
    "unseen-both": (26_000, 28_000),
}
"""First and one-past-last seed of the simulated players of each split; no player is in two."""
BANKS: dict[str, tuple[int, int]] = {"train": (0, 40), "validation": (10_000, 14), "test": (20_000, 24)}
"""First seed and number of the games that plays are taken from; all the test splits share theirs."""
TEST_SPLITS = tuple(name for name in SPLITS if name not in ("train", "validation"))


def worlds(split: str) -> list[tuple[World, World]]:
    """The (season, league) pairs of a split; the last season and the last league are kept for the unseen splits."""
    seasons = SEASONS[-1:] if split in ("unseen-season", "unseen-both") else SEASONS[:-1]
    leagues = LEAGUES[-1:] if split in ("unseen-league", "unseen-both") else LEAGUES[:-1]
    return [(season, league) for season in seasons for league in leagues]
