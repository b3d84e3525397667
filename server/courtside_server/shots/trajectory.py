"""Ball paths: one track's sightings out of the observations, and the flight window a model reads.

The window is the one `courtside_training.flight.geometry` describes; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_server.types import UNTRACKED, ObjectClass, Observations

TICKS = 48
"""Moments a window."""
TICK_S = 0.05
"""Real seconds between two moments."""
COUNTED = range(12, 41)
"""Ticks in which a release counts: the ball has been gone for 0.35 s or longer."""
BRIDGE_S = 0.2
"""Gaps between two sightings up to this long are bridged in a straight line, seconds."""
EDGE_S = 0.035
"""A sighting stands for moments this near before the first or after the last one, seconds."""
COLUMNS = 15
FEWEST = 4
"""Sightings without which a track is not looked at."""
STILL = 1.5
"""A track that stays within so many of its own sizes is no ball in play."""
APART = 3.0
"""Sizes between two sightings of the same moment that are two balls."""
ARM = 0.3
"""Share of a body by which arms reach above its box."""


@dataclass(frozen=True, slots=True, eq=False)
class BallPath:
    """One ball's sightings, oldest first, in pixels with camera motion taken out.

    Attributes:
        track: id.
        media: (N,) seconds.
        places: (N, 2) centres.
        sizes: (N,) pixels.
        scores: (N,).
    """

    track: int
    media: NDArray[np.float64]
    places: NDArray[np.float64]
    sizes: NDArray[np.float64]
    scores: NDArray[np.float64]

    @classmethod
    def none(cls) -> BallPath:
        """Of a ball that was never seen."""
        return cls(UNTRACKED, np.zeros(0), np.zeros((0, 2)), np.zeros(0), np.zeros(0))

    def __len__(self) -> int:
        """Number of sightings."""
        return len(self.media)

    @property
    def moves(self) -> bool:
        """Whether it leaves its place."""
        return float(np.ptp(self.places, axis=0).max()) > STILL * float(np.median(self.sizes))


def apart(one: BallPath, other: BallPath, media: float, span: float) -> bool:
    """Whether two paths show two balls: both seen within ``span`` media seconds of ``media``, in different places."""
    mine, theirs = (path.places[np.abs(path.media - media) <= span] for path in (one, other))
    if not len(mine) or not len(theirs):
        return False
    far = np.hypot(*(mine[:, np.newaxis] - theirs[np.newaxis]).transpose(2, 0, 1))
    return float(far.min()) > APART * float(np.median(np.concatenate([one.sizes, other.sizes])))


def ball_paths(seen: Sequence[Observations]) -> list[BallPath]:
    """The paths of all tracked balls in some observations, by id."""
    balls = [observations.steady(ObjectClass.BALL) for observations in seen]
    if not balls:
        return []
    rows = np.concatenate(balls)
    when = np.repeat([observations.media for observations in seen], [len(found) for found in balls])
    places, sides = (rows[:, :2] + rows[:, 2:4]) / 2, rows[:, 2:4] - rows[:, :2]
    sizes = np.sqrt(np.maximum(sides[:, 0] * sides[:, 1], 1.0))
    paths = []
    for track in np.unique(rows[:, 5]):
        own = rows[:, 5] == track
        if track != UNTRACKED:
            paths.append(BallPath(int(track), when[own], places[own], sizes[own], rows[own, 4]))
    return paths


def nearest_player(boxes: NDArray[np.float64], x: float, y: float) -> tuple[int, float]:
    """Row of the box (P, 4) that a ball at (x, y) is nearest to, and how far in body heights; -1 without any.

    Arms reach above the box; among several boxes the ball lies in, the one whose middle is nearest.
    """
    rows, far = nearest_players([boxes], np.array([[x, y]]))
    return int(rows[0]), float(far[0])


def nearest_players(
    crowds: Sequence[NDArray[np.float64]], places: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """What :func:`nearest_player` says of T moments at once: rows (T,) and distances (T,).

    Args:
        crowds: T arrays of boxes (P, 4), P of its own each.
        places: (T, 2) of the ball.
    """
    most = max((len(boxes) for boxes in crowds), default=0)
    if not most:
        return np.full(len(crowds), -1, np.int64), np.full(len(crowds), np.inf)
    padded, there = np.zeros((len(crowds), most, 4)), np.zeros((len(crowds), most), bool)
    for index, boxes in enumerate(crowds):
        padded[index, : len(boxes)], there[index, : len(boxes)] = boxes, True
    left, top, right, bottom = padded.transpose(2, 0, 1)
    x, y = places[:, :1], places[:, 1:]
    tall = np.maximum(bottom - top, 1.0)
    across = np.maximum(np.maximum(left - x, x - right), 0)
    down = np.maximum(np.maximum(top - ARM * tall - y, y - bottom), 0)
    off = np.abs((left + right) / 2 - x)
    far = np.where(there, (np.hypot(across, down) + 0.3 * off) / tall, np.inf)
    best = far.argmin(1)
    least: NDArray[np.float64] = far[np.arange(len(crowds)), best]
    return np.where(there.any(1), best, -1), least


def from_rim(places: NDArray[np.float64], rim: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places (N, 2) as rim widths right of and over the middle of a rim's box (4,): (N, 2)."""
    wide = max(float(rim[2] - rim[0]), 1.0)
    middle = np.array([(rim[0] + rim[2]) / 2, (rim[1] + rim[3]) / 2])
    offsets: NDArray[np.float64] = (places - middle) * (1.0, -1.0) / wide
    return offsets


def nearest_rim(seen: Sequence[Observations], places: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Box (4,) of the rim, as last known in ``seen``, that ``places`` (N, 2) come nearest to in its own widths."""
    for observations in reversed(seen):
        boxes = observations.steady(ObjectClass.RIM)[:, :4]
        if len(boxes):
            centres, wide = (boxes[:, :2] + boxes[:, 2:]) / 2, np.maximum(boxes[:, 2] - boxes[:, 0], 1.0)
            apart = np.linalg.norm(places[:, None] - centres[None], axis=2).min(0) / wide
            best: NDArray[np.float64] = boxes[int(apart.argmin())]
            return best
    return None


def resample(
    ticks: NDArray[np.float64], times: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Values (N, K) at ``times`` (N,) as they are at ``ticks`` (T,): which ticks are known, and (T, K), else zero."""
    after = np.searchsorted(times, ticks, side="left")
    low, high = np.clip(after - 1, 0, len(times) - 1), np.clip(after, 0, len(times) - 1)
    inside = (after > 0) & (after < len(times)) & (times[high] - times[low] <= BRIDGE_S)
    near = np.minimum(np.abs(ticks - times[low]), np.abs(ticks - times[high])) <= EDGE_S
    known = inside | near
    out = np.stack([np.interp(ticks, times, column) for column in values.T], 1)
    return known, np.where(known[:, None], out, 0.0)


def track_window(
    path: BallPath, seen: Sequence[Observations], media: NDArray[np.float64], time_scale: float
) -> NDArray[np.float32]:
    """What the flight model reads of one path: (48, 15) float32.

    Args:
        path: the ball's sightings.
        seen: the observations around them.
        media: (48,) media time of the ticks.
        time_scale: real seconds a media second; what may be bridged is in real seconds.
    """
    window = np.zeros((TICKS, COLUMNS), np.float32)
    columns = np.column_stack([path.places, path.sizes, path.scores])
    known, ball = resample(media * time_scale, path.media * time_scale, columns)
    window[known, 0] = 1.0
    window[:, 1:5] = ball
    if not known.any():
        return window
    rim = nearest_rim(seen, ball[known, :2])
    if rim is not None:
        window[:, 5] = 1.0
        window[:, 6:10] = [(rim[0] + rim[2]) / 2, (rim[1] + rim[3]) / 2, rim[2] - rim[0], rim[3] - rim[1]]
    looked = np.array([observations.media for observations in seen])
    ticks = np.flatnonzero(known)
    nearest = np.abs(looked[np.newaxis] - media[ticks, np.newaxis]).argmin(1)
    crowds = [seen[look].steady(ObjectClass.PLAYER)[:, :4] for look in nearest]
    rows, _ = nearest_players(crowds, ball[ticks, :2])
    for tick, row, boxes in zip(ticks, rows, crowds, strict=True):
        if row >= 0:
            window[tick, 10] = 1.0
            window[tick, 11:15] = boxes[row]
    return window
