"""The input of the flight model, of which the rim model reads a part: one ball's path on a grid of 48 time steps.

It is the window that `courtside_training.flight.geometry` describes; a test compares the two. The constants are part
of the models' signature: a change needs new training.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from courtside_server.inference.engine import TensorSpec
from courtside_server.shots.shooter import nearest_in_padded, pad_boxes
from courtside_server.shots.trajectory import Trajectory, nearest_rim
from courtside_server.types import ObjectClass, Observations

STEPS = 48
"""Time steps per window."""
STEP_S = 0.05
"""Real seconds between two time steps."""
SPAN_S = STEP_S * (STEPS - 1)
"""Real seconds from the first to the last time step."""
COUNTED = range(12, 41)
"""Time steps in which a release counts: the ball has then been gone for at least 0.35 s."""
BRIDGE_S = 0.2
"""Longest gap between two detections that is filled by a straight line, real seconds."""
EDGE_S = 0.035
"""A detection stands for time steps so close before the first or after the last one, real seconds."""
_LEAST_CONFIDENCE = 0.01
"""Of a rim that is known; 0 stands for none."""
COLUMNS = 19
"""Columns: ball seen, x, y, size, score; rim confidence, x, y, width, height; player seen, left, top, right, bottom;
the picture's left, top, right and bottom edge."""
RIM_COLUMNS = 15
"""Columns that the rim model reads, the first ones, with 1 for every rim that is seen."""
TRACK = TensorSpec("track", np.dtype(np.float32), (STEPS, COLUMNS))
"""The flight model's input."""
RIM_TRACK = TensorSpec("track", np.dtype(np.float32), (STEPS, RIM_COLUMNS))
"""The rim model's input."""


def flight_input(
    path: Trajectory, observations: Sequence[Observations], media: NDArray[np.float64], time_scale: float
) -> NDArray[np.float32]:
    """What the flight model reads of one ball: (48, 19) float32, see `COLUMNS`; pixels with camera motion removed.

    Args:
        path: the ball's trajectory.
        observations: round it.
        media: (48,) media time of the time steps.
        time_scale: real seconds per media second.
    """
    window: NDArray[np.float32] = flight_inputs([path], observations, media, time_scale)[0]
    return window


def flight_inputs(
    paths: Sequence[Trajectory], observations: Sequence[Observations], media: NDArray[np.float64], time_scale: float
) -> NDArray[np.float32]:
    """:func:`flight_input` of several balls of one window at once: (N, 48, 19)."""
    windows = np.zeros((len(paths), STEPS, COLUMNS), np.float32)
    balls = np.zeros((len(paths), STEPS, 4))
    for window, ball, path in zip(windows, balls, paths, strict=True):
        columns = np.column_stack([path.positions, path.sizes, path.scores])
        known, ball[:] = resample(media * time_scale, path.media * time_scale, columns)
        window[known, 0] = 1.0
        rim = nearest_rim(observations, ball[known, :2]) if known.any() else None
        if rim is not None:
            window[:, 5] = max(float(rim[4]), _LEAST_CONFIDENCE)
            window[:, 6:10] = [(rim[0] + rim[2]) / 2, (rim[1] + rim[3]) / 2, rim[2] - rim[0], rim[3] - rim[1]]
    windows[..., 1:5] = balls
    frames = np.array([frame.media for frame in observations])
    nearest = np.abs(frames[np.newaxis] - media[:, np.newaxis]).argmin(1)
    edges = np.array([[0.0, 0.0, frame.width, frame.height] for frame in observations])
    edges -= np.tile([frame.pan for frame in observations], 2)
    windows[:, :, 15:19] = edges[nearest]
    players = pad_boxes([frame.steady(ObjectClass.PLAYER)[:, :4] for frame in observations])[nearest]
    rows, _ = nearest_in_padded(players, balls[..., :2])
    with_player = (windows[..., 0] > 0) & (rows >= 0)
    _, steps = np.nonzero(with_player)
    windows[with_player, 10] = 1.0
    windows[with_player, 11:15] = players[steps, rows[with_player]]
    return windows


def resample(
    steps: NDArray[np.float64], times: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Values (N, K) at ``times`` (N,) interpolated at ``steps`` (T,).

    Returns:
        Which steps are known (T,), and the values (T, K), zero where unknown.
    """
    after = np.searchsorted(times, steps, side="left")
    low, high = np.maximum(after - 1, 0), np.minimum(after, len(times) - 1)
    inside = (after > 0) & (after < len(times)) & (times[high] - times[low] <= BRIDGE_S)
    near = np.minimum(np.abs(steps - times[low]), np.abs(steps - times[high])) <= EDGE_S
    known = inside | near
    gap = times[high] - times[low]
    weight = ((steps - times[low]) / np.where(gap > 0, gap, np.inf))[:, np.newaxis]
    out = values[low] * (1 - weight) + values[high] * weight
    return known, np.where(known[:, np.newaxis], out, 0.0)
