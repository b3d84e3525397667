"""The ballistic fit: a parabola through a ball's path, and what it says where the view allows it to say anything.

A picture shows a flight's true angles only when the ball flies across it. Two things give that away: a ball whose
size stays the same, and a fall that is 9.81 m/s² when measured in ball diameters.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from courtside_server.shots.trajectory import BallPath
from courtside_server.types import Arc

BALL_M = 0.24
"""Diameter of a basketball, metres (size 7: 0.239-0.243)."""
GRAVITY = 9.81
_FEWEST = 6
_LONGEST_S = 1.6
_SIZE_CHANGE = 0.22
"""Largest change of size from release to end, as a share: more, and the ball flies towards or away from the camera."""
_PULL = (0.7, 1.4)
"""Acceptable ratios of the measured fall to gravity."""
_ACROSS_M = 1.0
"""Metres the ball must fly across the picture."""


def fit_arc(
    path: BallPath, release: float, rim: NDArray[np.float64] | None, time_scale: float
) -> Arc | None:
    """The arc of a shot, or None where the view does not show it.

    Args:
        path: the ball's sightings, from the release on or longer.
        release: media time of the release, seconds.
        rim: (4,) xyxy of the basket in the path's pixels; the flight ends there.
        time_scale: real seconds a media second.
    """
    real = (path.media - release) * time_scale
    flying = (real >= 0) & (real <= _LONGEST_S)
    if rim is not None:
        wide = max(rim[2] - rim[0], 1.0)
        at_rim = np.hypot(path.places[:, 0] - (rim[0] + rim[2]) / 2, path.places[:, 1] - (rim[1] + rim[3]) / 2) < wide
        if (at_rim & flying).any():
            flying &= real < real[at_rim & flying].min()
    times, places, sizes = real[flying], path.places[flying], path.sizes[flying]
    if len(times) < _FEWEST:
        return None
    size = float(np.median(sizes))
    metre = size / BALL_M
    trend = float(np.polyfit(times, sizes, 1)[0]) * float(np.ptp(times)) / size
    fall, spread = np.polyfit(times, places[:, 1], 2, cov="unscaled")
    across, across_spread = np.polyfit(times, places[:, 0], 1, cov="unscaled")
    noise_y = float(np.std(places[:, 1] - np.polyval(fall, times)))
    noise_x = float(np.std(places[:, 0] - np.polyval(across, times)))
    pull = 2 * float(fall[0]) / metre / GRAVITY
    flown = abs(float(across[0])) * float(np.ptp(times)) / metre
    if abs(trend) > _SIZE_CHANGE or not _PULL[0] <= pull <= _PULL[1] or flown < _ACROSS_M:
        return None
    speed_x, up = abs(float(across[0])), -float(fall[1])
    if up <= 0:
        return None
    # Gravity is a better ruler than a ball of some pixels.
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
        # What leaves the picture's plane flattens nothing but the horizontal part: up to the size trend's share.
        uncertainty=round(math.degrees(error / math.hypot(speed_x, up)) + 15 * abs(trend) + 1.0, 2),
    )
