"""Windows of rendered film: which are drawn each epoch, and how one becomes a training example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_training.shots.augment import Chances, augment
from courtside_training.shots.footage import GRID_S, Footage
from courtside_training.shots.geometry import SAMPLES, STRIDE_S
from courtside_training.shots.labels import WindowLabel, label, mirror_zone

STEP = round(STRIDE_S / GRID_S)
"""Stored pictures between two samples."""
LENGTH = (SAMPLES - 1) * STEP
"""Stored pictures from a window's first sample to its last."""
OVERHANG = 4 * STEP
"""Windows may begin this many stored pictures before the film or end as many after it, as the service's do."""


@dataclass(frozen=True)
class WindowRef:
    """A window: which game (place in the list), and the grid index of its first sample (may be negative)."""

    game: int
    first: int


def cut(footage: Footage, first: int) -> tuple[NDArray[np.uint8], NDArray[np.float32], WindowLabel]:
    """Pictures (16, 144, 256, 3), points (16, 3, 3) and label of one window; the film's ends are repeated."""
    index = np.clip(first + np.arange(SAMPLES) * STEP, 0, len(footage.frames) - 1)
    clip = np.stack([footage.frames[i] for i in index])
    return clip, footage.points[index], label(first * GRID_S, footage.releases, footage.zones, footage.made)


def draw_epoch(games: Sequence[Footage], positives: int, seed: int, epoch: int) -> list[WindowRef]:
    """Draw an epoch: `positives` windows with a release and twice as many without, anew for each epoch.

    Starts are uniform on the grid. Positives go round the releases in random order, so each is seen equally often;
    each takes a uniform place in its window (three in four times in the middle eight samples, which count).
    The draw depends on `seed` and `epoch` alone.
    """
    rng = np.random.default_rng([seed, epoch, 5])
    releases = [(g, time) for g, game in enumerate(games) for time in game.releases if time <= game.duration]
    refs: list[WindowRef] = []
    order: list[int] = []
    while len(refs) < positives and releases:
        if not order:
            order = rng.permutation(len(releases)).tolist()
        game, time = releases[order.pop()]
        place = rng.uniform(3.5, 11.5) if rng.random() < 0.75 else rng.uniform(0, SAMPLES - 1)
        first = round((time - place * STRIDE_S) / GRID_S)
        last = len(games[game].frames) - 1 + OVERHANG - LENGTH
        first = min(max(first, -OVERHANG), last)
        if _positive(games[game], first):
            refs.append(WindowRef(game, first))
    wanted = 2 * len(refs) if refs else 2 * positives
    negatives: list[WindowRef] = []
    while len(negatives) < wanted:
        game = int(rng.integers(len(games)))
        first = int(rng.integers(-OVERHANG, len(games[game].frames) - 1 + OVERHANG - LENGTH + 1))
        if not _positive(games[game], first):
            negatives.append(WindowRef(game, first))
    refs += negatives
    return [refs[i] for i in rng.permutation(len(refs))]


def _positive(game: Footage, first: int) -> bool:
    start = first * GRID_S
    return bool(((game.releases >= start) & (game.releases <= start + (SAMPLES - 1) * STRIDE_S)).any())


def hop_windows(games: Sequence[Footage], hop: float) -> list[WindowRef]:
    """Every window of the games, `hop` seconds apart, with the overhang of the service's edge windows."""
    step = round(hop / GRID_S)
    return [
        WindowRef(g, first)
        for g, game in enumerate(games)
        for first in range(-OVERHANG, len(game.frames) - 1 + OVERHANG - LENGTH + 1, step)
    ]


def example(
    games: Sequence[Footage], ref: WindowRef, rng: np.random.Generator | None, chances: Chances | None = None
) -> dict[str, NDArray[np.generic]]:
    """One window as arrays for the network and its losses; augmented when `rng` is given."""
    clip, points, truth = cut(games[ref.game], ref.first)
    zone = truth.zone
    if rng is not None:
        clip, points, mirrored = augment(clip, points, rng, chances or Chances())
        zone = mirror_zone(zone) if mirrored else zone
    return {
        "clip": np.ascontiguousarray(clip.transpose(0, 3, 1, 2)),
        "points": points,
        "shot": np.float32(truth.shot),
        "release": truth.release,
        "events": truth.events,
        "zone": np.int64(zone),
        "made": np.float32(truth.made),
        "position": np.float32(truth.position),
    }


def batches(
    games: Sequence[Footage], refs: Sequence[WindowRef], size: int, seed: int | None = None, epoch: int = 0
) -> Iterator[dict[str, NDArray[np.generic]]]:
    """Stacked examples; with a `seed` augmented, each window by its own generator, so order changes nothing."""
    for begin in range(0, len(refs), size):
        rows = []
        for place, ref in enumerate(refs[begin : begin + size], begin):
            rng = None if seed is None else np.random.default_rng([seed, epoch, place, 9])
            rows.append(example(games, ref, rng))
        yield {name: np.stack([row[name] for row in rows]) for name in rows[0]}
