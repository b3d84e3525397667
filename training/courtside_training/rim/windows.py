"""Windows: the crops and the track of one moment of a film, as the served model gets them, and what can be told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_training.flight.geometry import TICK_S, TICKS, Column
from courtside_training.rim.bank import BEFORE_S
from courtside_training.rim.films import Filmed
from courtside_training.rim.pictures import CROPS, GREY, SIDE, Place
from courtside_training.rim.views import SURE_S, Verdict, draw_sight, draw_track

ENDS = (-0.45, 1.1)
"""First and last moment a window may end, seconds from the rim's decision."""
TELLING = (0.1, 0.95), 0.75
"""Most windows end where the result can be told, and how many do."""
STALE_S = 0.1
"""A crop stands for moments this near, seconds; farther off there is none."""
APPROACH_S = 0.35
"""Who has not seen the ball from here on cannot tell what became of it, seconds before the rim's decision."""


@dataclass(frozen=True)
class Window:
    """One example.

    Attributes:
        crops: (24, 64, 64, 3) uint8 RGB.
        track: (48, 15) float32, see `courtside_training.flight.geometry.Column`.
        ball: (24, 2) float32 right and down in each crop, 0 to 1 inside it.
        place: (24,) uint8, see `courtside_training.rim.pictures.Place`.
        verdict: (24,) int64, what can be told at each of the last ticks, see `Verdict`.
        end: the last tick, seconds from the rim's decision.
    """

    crops: NDArray[np.uint8]
    track: NDArray[np.float32]
    ball: NDArray[np.float32]
    place: NDArray[np.uint8]
    verdict: NDArray[np.int64]
    end: float


def nearest_looks(moments: np.ndarray, ticks: np.ndarray) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """For each tick the index of the nearest look not after the last tick, and whether it is near enough."""
    if not len(moments):
        return np.zeros(len(ticks), np.int64), np.zeros(len(ticks), bool)
    apart = np.abs(moments[None] - ticks[:, None])
    apart = np.where(moments[None] > ticks[-1] + 0.01, np.inf, apart)
    best = apart.argmin(1)
    return best, apart[np.arange(len(ticks)), best] <= STALE_S


def draw_window(filmed: Filmed, rng: np.random.Generator, end: float | None = None, clean: bool = False) -> Window:
    """One window of a film.

    Args:
        filmed: the film.
        rng: draws the window's end, the detector's faults and what is missing.
        end: seconds from the rim's decision; None: anywhere in `ENDS`.
        clean: with crops and track both there, for measuring.
    """
    take, film = filmed.take, filmed.film
    if end is None:
        end = float(rng.uniform(*(TELLING[0] if rng.random() < TELLING[1] else ENDS)))
    ticks = end - np.arange(CROPS - 1, -1, -1) * TICK_S
    index, there = nearest_looks(film.moments, ticks)
    fate = 1.0 if clean else rng.random()
    if fate < 0.07:
        there[:] = False
    elif fate < 0.25:
        there[: int(rng.integers(CROPS))] = False  # film that has just begun
    crops = np.asarray(film.crops[np.where(there, index, 0)])
    crops[~there] = GREY
    place = np.where(there, film.place[index], Place.UNSEEN).astype(np.uint8)
    track, tracked = _track(filmed, end, rng)
    if not clean and fate >= 0.25 and rng.random() < 0.3:
        track[:, : Column.BALL_SCORE + 1] = 0.0
        tracked[:] = False
    verdict = np.full(CROPS, Verdict.OPEN, np.int64)
    witnessed = tracked | np.logical_and.accumulate(there[::-1])[::-1] & (place != Place.UNSEEN)
    seen = np.logical_or.accumulate(witnessed & (ticks > -APPROACH_S))
    verdict[seen & (ticks > SURE_S)] = Verdict.MADE if take.made else Verdict.MISSED
    ball = np.where(there[:, None], film.ball[index], -1.0).astype(np.float32)
    return Window(crops, track, ball, place, verdict, end)


@dataclass(frozen=True)
class Glance:
    """One crop for the eye to learn from.

    Attributes:
        pictures: (2, 64, 64, 3) uint8 RGB, the crop and the mean picture of its film.
        ball: (2,) float32 as in `Window`.
        place: see `courtside_training.rim.pictures.Place`.
    """

    pictures: NDArray[np.uint8]
    ball: NDArray[np.float32]
    place: int


def draw_glance(filmed: Filmed, rng: np.random.Generator) -> Glance:
    """One crop of a film, most often one on which the ball is in line with the ring."""
    film = filmed.film
    near = (film.place != Place.UNSEEN) & (np.abs(film.ball[:, 0] - 0.5) < 0.28) & (film.ball[:, 1] > 0.15)
    chosen = np.flatnonzero(near) if near.any() and rng.random() < 0.85 else np.arange(len(near))
    index = int(rng.choice(chosen))
    # A window's mean holds the place without the ball for the most part.
    weight = np.where(film.place == Place.UNSEEN, 3.0, 1.0)
    others = rng.choice(len(weight), 8, p=weight / weight.sum())
    mean = film.crops[others].mean(0).astype(np.uint8)
    return Glance(np.stack([film.crops[index], mean]), film.ball[index], int(film.place[index]))


def _track(filmed: Filmed, end: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The track of the window that ends at `end`, and in which of the last ticks it has the ball (24,)."""
    moments = filmed.film.moments
    step = float(np.median(np.diff(moments))) if len(moments) > 1 else TICK_S
    # Detection looks when the crops are taken, and did so before.
    early = moments[0] - np.arange(int(BEFORE_S / step) + 40, 0, -1) * step
    looks = np.concatenate([early, moments])
    track, true = draw_track(filmed.take, end, looks, draw_sight(rng, 1 / step), rng)
    ticks = end - np.arange(CROPS - 1, -1, -1) * TICK_S
    near = (np.abs(true[None] - ticks[:, None]) <= STALE_S).any(1)
    return track, near & (track[TICKS - CROPS :, Column.BALL_SEEN] > 0.5)


assert SIDE == 64
