"""The ballistic fit: a parabola through a ball's trajectory, and its angles where the view shows them.

A picture shows a flight's true angles only when the ball flies across it. Two signs tell: the ball's size stays the
same, and the fall is 9.81 m/s² when measured in ball diameters.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from courtside_server.shots.criteria import ArcConfig
from courtside_server.shots.trajectory import Trajectory
from courtside_server.types import Arc

BALL_M = 0.24
"""Diameter of a basketball as it is seen, its outline included, metres (size 7: 0.239 to 0.243)."""
GRAVITY = 9.81
"""Metres per second squared."""


def fit_arc(
    path: Trajectory, release: float, rim: NDArray[np.float64] | None, time_scale: float, config: ArcConfig
) -> Arc | None:
    """The arc of a shot, or None where the view does not show it.

    Args:
        path: the ball's trajectory, from the release on or longer.
        release: media time of the release, seconds.
        rim: (4,) xyxy of the rim in the trajectory's pixels; the flight ends there.
        time_scale: real seconds per media second.
        config: when a view shows an arc.
    """
    real = (path.media - release) * time_scale
    flying = (real >= 0) & (real <= config.max_time)
    if rim is not None:
        width = max(rim[2] - rim[0], 1.0)
        x, y = (rim[0] + rim[2]) / 2, (rim[1] + rim[3]) / 2
        at_rim = np.hypot(path.positions[:, 0] - x, path.positions[:, 1] - y) < width
        if (at_rim & flying).any():
            flying &= real < real[at_rim & flying].min()
    times, positions, sizes = real[flying], path.positions[flying], path.sizes[flying]
    if len(times) < config.min_detections:
        return None
    size = float(np.median(sizes))
    metre = size / BALL_M
    trend = float(np.polyfit(times, sizes, 1)[0]) * float(np.ptp(times)) / size
    fall, spread = np.polyfit(times, positions[:, 1], 2, cov="unscaled")
    across, across_spread = np.polyfit(times, positions[:, 0], 1, cov="unscaled")
    noise_y = float(np.std(positions[:, 1] - np.polyval(fall, times)))
    noise_x = float(np.std(positions[:, 0] - np.polyval(across, times)))
    gravity = 2 * float(fall[0]) / metre / GRAVITY
    flown = abs(float(across[0])) * float(np.ptp(times)) / metre
    if abs(trend) > config.max_size_change or not config.min_gravity <= gravity <= config.max_gravity:
        return None
    if flown < config.min_across:
        return None
    speed_x, up = abs(float(across[0])), -float(fall[1])
    if up <= 0:
        return None
    # The scale from gravity is more exact than the one from the size of a ball of a few pixels.
    ruler = 2 * float(fall[0]) / GRAVITY
    entry = None
    if rim is not None:
        drop = np.polyval(fall, 0.0) - up**2 / (4 * float(fall[0])) - (rim[1] + rim[3]) / 2
        if drop < 0:
            down = math.sqrt(-drop * 4 * float(fall[0]))
            entry = math.degrees(math.atan2(down, speed_x))
    error = math.hypot(noise_y * math.sqrt(float(spread[1, 1])), noise_x * math.sqrt(float(across_spread[0, 0])))
    return Arc(
        release_angle=round(math.degrees(math.atan2(up, speed_x)), 2),
        entry_angle=None if entry is None else round(entry, 2),
        apex=round(up**2 / (4 * float(fall[0])) / ruler, 3),
        # Motion out of the picture's plane shortens only the horizontal part, by up to the size trend's share.
        uncertainty=round(math.degrees(error / math.hypot(speed_x, up)) + 15 * abs(trend) + 1.0, 2),
    )
