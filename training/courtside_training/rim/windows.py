"""Windows: crops and track at one moment of a film, as the served model gets them, and the result if it is visible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_training.flight.geometry import TIME_STEP_S, TIME_STEPS, Column
from courtside_training.rim.bank import BEFORE_S
from courtside_training.rim.crops import CROPS, GREY, SIDE, BallPosition
from courtside_training.rim.films import Filmed
from courtside_training.rim.views import SURE_S, Verdict, draw_quality, draw_track

ENDS = (-0.45, 1.1)
"""Earliest and latest end of a window, seconds from the result."""
LATE_ENDS = (0.1, 0.95)
"""Ends at which the result is visible, seconds from the result."""
LATE_SHARE = 0.75
"""Share of the windows that end within `LATE_ENDS`."""
STALE_S = 0.1
"""Seconds. A crop is used for time steps this near; farther time steps have none."""
APPROACH_S = 0.35
"""Seconds before the result. A window that does not show the ball from here on cannot show the result."""


@dataclass(frozen=True)
class Window:
    """One example.

    Attributes:
        crops: (24, 64, 64, 3) uint8 RGB.
        track: (48, 15) float32, see `courtside_training.flight.geometry.Column`.
        ball: (24, 2) float32 right and down in each crop, 0 to 1 inside it.
        position: (24,) uint8, see `courtside_training.rim.crops.BallPosition`.
        verdict: (24,) int64, the result as far as it is visible at each of the last time steps, see `Verdict`.
        end: the last time step, seconds from the result.
    """

    crops: NDArray[np.uint8]
    track: NDArray[np.float32]
    ball: NDArray[np.float32]
    position: NDArray[np.uint8]
    verdict: NDArray[np.int64]
    end: float


def nearest_frames(moments: np.ndarray, steps: np.ndarray) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The crop for each time step.

    Args:
        moments: (T,) of the crops, seconds.
        steps: (24,) of the time steps, seconds.

    Returns:
        Index of the nearest crop that is not later than the last time step (24,), and whether it is near enough (24,).
    """
    if not len(moments):
        return np.zeros(len(steps), np.int64), np.zeros(len(steps), bool)
    apart = np.abs(moments[None] - steps[:, None])
    apart = np.where(moments[None] > steps[-1] + 0.01, np.inf, apart)
    best = apart.argmin(1)
    return best, apart[np.arange(len(steps)), best] <= STALE_S


def draw_window(filmed: Filmed, rng: np.random.Generator, end: float | None = None, clean: bool = False) -> Window:
    """Draw one window of a film.

    Args:
        filmed: the film.
        rng: draws the end of the window, the detector's errors, and what is missing.
        end: seconds from the result; None: draw it.
        clean: neither crops nor track are missing, as for an evaluation.
    """
    take, film = filmed.take, filmed.film
    if end is None:
        end = float(rng.uniform(*(LATE_ENDS if rng.random() < LATE_SHARE else ENDS)))
    steps = end - np.arange(CROPS - 1, -1, -1) * TIME_STEP_S
    index, there = nearest_frames(film.moments, steps)
    missing = 1.0 if clean else rng.random()
    if missing < 0.07:
        there[:] = False
    elif missing < 0.25:
        there[: int(rng.integers(CROPS))] = False  # the film has just begun
    crops = np.asarray(film.crops[np.where(there, index, 0)])
    crops[~there] = GREY
    position = np.where(there, film.position[index], BallPosition.UNSEEN).astype(np.uint8)
    track, tracked = _track(filmed, end, rng)
    if not clean and missing >= 0.25 and rng.random() < 0.3:
        track[:, : Column.BALL_SCORE + 1] = 0.0
        tracked[:] = False
    verdict = np.full(CROPS, Verdict.OPEN, np.int64)
    visible = tracked | np.logical_and.accumulate(there[::-1])[::-1] & (position != BallPosition.UNSEEN)
    seen = np.logical_or.accumulate(visible & (steps > -APPROACH_S))
    verdict[seen & (steps > SURE_S)] = Verdict.MADE if take.made else Verdict.MISSED
    ball = np.where(there[:, None], film.ball[index], -1.0).astype(np.float32)
    return Window(crops, track, ball, position, verdict, end)


@dataclass(frozen=True)
class Glance:
    """One crop to train the crop encoder on.

    Attributes:
        images: (2, 64, 64, 3) uint8 RGB, the crop and the mean image of its film.
        ball: (2,) float32 as in `Window`.
        position: see `courtside_training.rim.crops.BallPosition`.
    """

    images: NDArray[np.uint8]
    ball: NDArray[np.float32]
    position: int


def draw_glance(filmed: Filmed, rng: np.random.Generator) -> Glance:
    """Draw one crop of a film, most often one on which the ball is in line with the rim."""
    film = filmed.film
    near = (film.position != BallPosition.UNSEEN) & (np.abs(film.ball[:, 0] - 0.5) < 0.28) & (film.ball[:, 1] > 0.15)
    chosen = np.flatnonzero(near) if near.any() and rng.random() < 0.85 else np.arange(len(near))
    index = int(rng.choice(chosen))
    # The mean image of a window shows the basket without the ball for the most part.
    weight = np.where(film.position == BallPosition.UNSEEN, 3.0, 1.0)
    others = rng.choice(len(weight), 8, p=weight / weight.sum())
    mean = film.crops[others].mean(0).astype(np.uint8)
    return Glance(np.stack([film.crops[index], mean]), film.ball[index], int(film.position[index]))


def _track(filmed: Filmed, end: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The track of the window that ends at `end`, and in which of its last time steps it follows the ball (24,)."""
    moments = filmed.film.moments
    interval = float(np.median(np.diff(moments))) if len(moments) > 1 else TIME_STEP_S
    # The detector ran at the times of the crops, and before them.
    early = moments[0] - np.arange(int(BEFORE_S / interval) + 40, 0, -1) * interval
    frame_times = np.concatenate([early, moments])
    track, true = draw_track(filmed.take, end, frame_times, draw_quality(rng, 1 / interval), rng)
    steps = end - np.arange(CROPS - 1, -1, -1) * TIME_STEP_S
    near = (np.abs(true[None] - steps[:, None]) <= STALE_S).any(1)
    return track, near & (track[TIME_STEPS - CROPS :, Column.BALL_SEEN] > 0.5)


assert SIDE == 64
