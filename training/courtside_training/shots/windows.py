"""Windows of film: which are drawn in an epoch, and how one becomes a training example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_training.errors import TrainingInputError
from courtside_training.shots.augment import Chances, augment
from courtside_training.shots.footage import GRID_S, Footage
from courtside_training.shots.geometry import SAMPLES, STRIDE_S
from courtside_training.shots.labels import WindowLabel, label, mirror_zone

STEP = round(STRIDE_S / GRID_S)
"""Stored images from one sample to the next."""
LENGTH = (SAMPLES - 1) * STEP
"""Stored images from the first to the last sample of a window."""
OVERHANG = 4 * STEP
"""Stored images by which a window may start before the film or end after it, as in the service."""


@dataclass(frozen=True)
class WindowRef:
    """A window: index of its game, and grid index of its first sample, which may be negative."""

    game: int
    first: int


def cut(footage: Footage, first: int) -> tuple[NDArray[np.uint8], NDArray[np.float32], WindowLabel]:
    """Images (16, 144, 256, 3), points (16, 3, 3) and label of a window; beyond the film its end images repeat."""
    index = np.clip(first + np.arange(SAMPLES) * STEP, 0, len(footage.frames) - 1)
    clip = np.stack([footage.frames[i] for i in index])
    return clip, footage.points[index], label(
        first * GRID_S, footage.releases, footage.zones, np.where(footage.result_known, footage.made, -1)
    )


@dataclass(frozen=True)
class EpochPlan:
    """How an epoch is drawn.

    Attributes:
        positives: windows with a release; twice as many without one are added (source system: 2 to 1).
        zone_balanced: draw every zone equally often.
        hard_negatives: share of the windows without a release that show a fake or a pass in their middle, where known.
    """

    positives: int = 400
    zone_balanced: bool = False
    hard_negatives: float = 0.35


class _Releases:
    """Cycles through the releases in random order, so that each is drawn equally often; balanced by zone on request."""

    def __init__(self, games: Sequence[Footage], balanced: bool, rng: np.random.Generator) -> None:
        self.rng = rng
        groups: dict[int, list[tuple[int, float]]] = {}
        for g, game in enumerate(games):
            for time, zone in zip(game.releases, game.zones, strict=True):
                if 0.0 <= time <= game.duration:
                    groups.setdefault(int(zone) if balanced else 0, []).append((g, float(time)))
        self.groups = [groups[zone] for zone in sorted(groups)]
        self.orders: list[list[int]] = [[] for _ in self.groups]
        self.turn: list[int] = []

    def __bool__(self) -> bool:
        return bool(self.groups)

    def next(self) -> tuple[int, float]:
        if not self.turn:
            self.turn = self.rng.permutation(len(self.groups)).tolist()
        group = self.turn.pop()
        if not self.orders[group]:
            self.orders[group] = self.rng.permutation(len(self.groups[group])).tolist()
        return self.groups[group][self.orders[group].pop()]


def draw_epoch(games: Sequence[Footage], plan: EpochPlan, seed: int, epoch: int) -> list[WindowRef]:
    """Draw an epoch: windows with a release, and twice as many without.

    Starts are uniform on the grid. Releases are drawn in random order, so that each is drawn equally often. A release
    lies at a random position in its window, three times in four in the middle eight samples, which count. The draw
    depends on `seed` and `epoch` only.

    Raises:
        TrainingInputError: the film has too few windows without a release.
    """
    rng = np.random.default_rng([seed, epoch, 5])
    releases = _Releases(games, plan.zone_balanced, rng)
    refs: list[WindowRef] = []
    while len(refs) < plan.positives and releases:
        game, time = releases.next()
        position = rng.uniform(3.5, 11.5) if rng.random() < 0.75 else rng.uniform(0, SAMPLES - 1)
        first = _within(games[game], round((time - position * STRIDE_S) / GRID_S))
        if _positive(games[game], first):
            refs.append(WindowRef(game, first))
    wanted = 2 * len(refs) if refs else 2 * plan.positives
    hard_negatives = [(g, int(i)) for g, game in enumerate(games) for i in np.flatnonzero(game.hard_negatives)]
    negatives: list[WindowRef] = []
    for _ in range(200 * wanted):
        if len(negatives) == wanted:
            break
        if hard_negatives and rng.random() < plan.hard_negatives:
            game, index = hard_negatives[int(rng.integers(len(hard_negatives)))]
            first = _within(games[game], index - round(rng.uniform(3.5, 11.5) * STEP))
        else:
            game = int(rng.integers(len(games)))
            first = int(rng.integers(-OVERHANG, _last(games[game]) + 1))
        if not _positive(games[game], first):
            negatives.append(WindowRef(game, first))
    if len(negatives) < wanted:
        raise TrainingInputError("the film has too few windows without a release: add film between shots")
    refs += negatives
    return [refs[i] for i in rng.permutation(len(refs))]


def _last(game: Footage) -> int:
    """Grid index of the first sample of the last window; a film shorter than a window has one window."""
    return max(len(game.frames) - 1 + OVERHANG - LENGTH, -OVERHANG)


def _within(game: Footage, first: int) -> int:
    return min(max(first, -OVERHANG), _last(game))


def _positive(game: Footage, first: int) -> bool:
    start = first * GRID_S
    return bool(((game.releases >= start) & (game.releases <= start + (SAMPLES - 1) * STRIDE_S)).any())


def hop_windows(games: Sequence[Footage], hop: float) -> list[WindowRef]:
    """All windows of the games, `hop` seconds apart, with overhang as in the service."""
    step = round(hop / GRID_S)
    return [
        WindowRef(g, first)
        for g, game in enumerate(games)
        for first in range(-OVERHANG, _last(game) + 1, step)
    ]


def example(
    games: Sequence[Footage], ref: WindowRef, rng: np.random.Generator | None, chances: Chances | None = None
) -> dict[str, NDArray[np.generic]]:
    """One window as arrays for the network and its losses; augmented if `rng` is given."""
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
    games: Sequence[Footage], refs: Sequence[WindowRef], count: int, seed: int | None = None, epoch: int = 0
) -> Iterator[dict[str, NDArray[np.generic]]]:
    """Batches of `count` examples; with a `seed` each window is augmented by a generator of its own, in any order."""
    for begin in range(0, len(refs), count):
        rows = []
        for index, ref in enumerate(refs[begin : begin + count], begin):
            rng = None if seed is None else np.random.default_rng([seed, epoch, index, 9])
            rows.append(example(games, ref, rng))
        yield {name: np.stack([row[name] for row in rows]) for name in rows[0]}
