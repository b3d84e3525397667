"""Windows of rendered film: which are drawn each epoch, and how one becomes a training example."""

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
    return clip, footage.points[index], label(
        first * GRID_S, footage.releases, footage.zones, np.where(footage.judged, footage.made, -1)
    )


@dataclass(frozen=True)
class EpochPlan:
    """What an epoch is drawn from.

    Attributes:
        positives: windows with a release; twice as many without one are added (source system: 2 to 1).
        zone_balanced: every zone equally often, whatever is shot from most.
        lures: share of the others that have a fake or a pass in their middle, where the film tells.
    """

    positives: int = 400
    zone_balanced: bool = False
    lures: float = 0.35


class _Releases:
    """Goes round the releases in random order, so that each is seen equally often; by zone when balanced."""

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
    """Draw an epoch: windows with a release and twice as many without, anew for each epoch.

    Starts are uniform on the grid. Positives go round the releases in random order, so each is seen equally often;
    each takes a uniform place in its window (three in four times in the middle eight samples, which count).
    The draw depends on `seed` and `epoch` alone.
    """
    rng = np.random.default_rng([seed, epoch, 5])
    releases = _Releases(games, plan.zone_balanced, rng)
    refs: list[WindowRef] = []
    while len(refs) < plan.positives and releases:
        game, time = releases.next()
        place = rng.uniform(3.5, 11.5) if rng.random() < 0.75 else rng.uniform(0, SAMPLES - 1)
        first = _within(games[game], round((time - place * STRIDE_S) / GRID_S))
        if _positive(games[game], first):
            refs.append(WindowRef(game, first))
    wanted = 2 * len(refs) if refs else 2 * plan.positives
    lures = [(g, int(i)) for g, game in enumerate(games) for i in np.flatnonzero(game.lures)]
    negatives: list[WindowRef] = []
    for _ in range(200 * wanted):
        if len(negatives) == wanted:
            break
        if lures and rng.random() < plan.lures:
            game, index = lures[int(rng.integers(len(lures)))]
            first = _within(games[game], index - round(rng.uniform(3.5, 11.5) * STEP))
        else:
            game = int(rng.integers(len(games)))
            first = int(rng.integers(-OVERHANG, _last(games[game]) + 1))
        if not _positive(games[game], first):
            negatives.append(WindowRef(game, first))
    if len(negatives) < wanted:
        raise TrainingInputError("the film has hardly a window without a release: add film between shots")
    refs += negatives
    return [refs[i] for i in rng.permutation(len(refs))]


def _last(game: Footage) -> int:
    """Grid index of the last window's first sample; a film shorter than a window has one."""
    return max(len(game.frames) - 1 + OVERHANG - LENGTH, -OVERHANG)


def _within(game: Footage, first: int) -> int:
    return min(max(first, -OVERHANG), _last(game))


def _positive(game: Footage, first: int) -> bool:
    start = first * GRID_S
    return bool(((game.releases >= start) & (game.releases <= start + (SAMPLES - 1) * STRIDE_S)).any())


def hop_windows(games: Sequence[Footage], hop: float) -> list[WindowRef]:
    """Every window of the games, `hop` seconds apart, with the overhang of the service's edge windows."""
    step = round(hop / GRID_S)
    return [
        WindowRef(g, first)
        for g, game in enumerate(games)
        for first in range(-OVERHANG, _last(game) + 1, step)
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
    games: Sequence[Footage], refs: Sequence[WindowRef], count: int, seed: int | None = None, epoch: int = 0
) -> Iterator[dict[str, NDArray[np.generic]]]:
    """`count` examples stacked; with a `seed` augmented, each window by its own generator, so order changes nothing."""
    for begin in range(0, len(refs), count):
        rows = []
        for place, ref in enumerate(refs[begin : begin + count], begin):
            rng = None if seed is None else np.random.default_rng([seed, epoch, place, 9])
            rows.append(example(games, ref, rng))
        yield {name: np.stack([row[name] for row in rows]) for name in rows[0]}
