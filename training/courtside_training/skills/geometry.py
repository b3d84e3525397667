"""Fixed sizes of the skill model: frames per film, frame size, splits of the simulated films."""

from __future__ import annotations

from pathlib import Path

from courtside_sim.seasons import LEAGUES, SEASONS, World

FOLDER = Path("runs/skills/films")
"""Folder of stored films."""
FRAMES = 64
"""Frames per film that the model sees, uniformly sampled as in BASKET."""
STORED = 128
"""Uniformly spaced frames stored per film. Samplings of fewer frames and several views are drawn from them."""
HEIGHT, WIDTH = 112, 192
"""Frame size of the small model in pixels; BASKET's shorter side is 224."""
LEVEL_COUNT = 5
"""Levels per skill."""
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and standard deviation of ImageNet in RGB, 0 to 1, as used by the published benchmarks."""

PUBLISHED_TOP1 = 0.285
"""Best mean top-1 accuracy over the 20 skills in the paper (28.5 %)."""

SPLITS: dict[str, tuple[int, int]] = {
    "train": (0, 10_000),
    "validation": (10_000, 11_000),
    "test": (20_000, 22_000),
    "unseen-season": (22_000, 24_000),
    "unseen-league": (24_000, 26_000),
    "unseen-both": (26_000, 28_000),
}
"""First seed and one past the last seed of the simulated players of each split; no player is in two splits."""
BANKS: dict[str, tuple[int, int]] = {"train": (0, 40), "validation": (10_000, 14), "test": (20_000, 24)}
"""First seed and number of the games from which plays are taken; all test splits use the same games."""
TEST_SPLITS = tuple(name for name in SPLITS if name not in ("train", "validation"))
"""Names of the test splits."""


def worlds(split: str) -> list[tuple[World, World]]:
    """The (season, league) pairs of a split; the last season and the last league are reserved for the unseen splits."""
    seasons = SEASONS[-1:] if split in ("unseen-season", "unseen-both") else SEASONS[:-1]
    leagues = LEAGUES[-1:] if split in ("unseen-league", "unseen-both") else LEAGUES[:-1]
    return [(season, league) for season in seasons for league in leagues]
