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

    def __len__(self) -> int:
        """Number of sightings."""
        return len(self.media)

    @property
    def moves(self) -> bool:
        """Whether it leaves its place."""
        return float(np.ptp(self.places, axis=0).max()) > STILL * float(np.median(self.sizes))


def ball_paths(seen: Sequence[Observations]) -> list[BallPath]:
    """The paths of all tracked balls in some observations, by id."""
    media, rows = [], []
    for observations in seen:
        mine = observations.rows(ObjectClass.BALL)
        mine = mine[observations.tracks[mine] != UNTRACKED]
        boxes = observations.boxes[mine].astype(np.float64)
        wide, tall = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
        media.append(np.full(len(mine), observations.media))
        rows.append(
            np.column_stack([
                observations.tracks[mine], (boxes[:, 0] + boxes[:, 2]) / 2 - observations.pan[0],
                (boxes[:, 1] + boxes[:, 3]) / 2 - observations.pan[1], np.sqrt(np.maximum(wide * tall, 1.0)),
                observations.scores[mine],
            ])
        )  # fmt: skip
    if not rows:
        return []
    when, values = np.concatenate(media), np.concatenate(rows)
    paths = []
    for track in np.unique(values[:, 0]):
        own = values[:, 0] == track
        paths.append(BallPath(int(track), when[own], values[own, 1:3], values[own, 3], values[own, 4]))
    return paths


def steady_boxes(observations: Observations, wanted: ObjectClass) -> NDArray[np.float64]:
    """Boxes (N, 4) of one class in one look, camera motion taken out."""
    rows = observations.rows(wanted)
    pan = np.array(observations.pan)
    boxes: NDArray[np.float64] = observations.boxes[rows].astype(np.float64) - np.concatenate([pan, pan])
    return boxes


def nearest_player(boxes: NDArray[np.float64], x: float, y: float) -> tuple[int, float]:
    """Row of the box (P, 4) that a ball at (x, y) is nearest to, and how far in body heights; -1 without any.

    Arms reach above the box; among several boxes the ball lies in, the one whose middle is nearest.
    """
    if not len(boxes):
        return -1, float("inf")
    tall = np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)
    across = np.maximum(np.maximum(boxes[:, 0] - x, x - boxes[:, 2]), 0)
    down = np.maximum(np.maximum(boxes[:, 1] - ARM * tall - y, y - boxes[:, 3]), 0)
    off = np.abs((boxes[:, 0] + boxes[:, 2]) / 2 - x)
    far = (np.hypot(across, down) + 0.3 * off) / tall
    best = int(np.argmin(far))
    return best, float(far[best])


def nearest_rim(seen: Sequence[Observations], places: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Box (4,) of the rim, as last known in ``seen``, that ``places`` (N, 2) come nearest to in its own widths."""
    for observations in reversed(seen):
        boxes = steady_boxes(observations, ObjectClass.RIM)
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
    players = [steady_boxes(observations, ObjectClass.PLAYER) for observations in seen]
    for tick in np.flatnonzero(known):
        boxes = players[int(np.argmin(np.abs(looked - media[tick])))]
        row, _ = nearest_player(boxes, float(ball[tick, 0]), float(ball[tick, 1]))
        if row >= 0:
            window[tick, 10] = 1.0
            window[tick, 11:15] = boxes[row]
    return window
