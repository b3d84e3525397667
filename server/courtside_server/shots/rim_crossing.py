"""Where and how steeply a ball comes down through the rim's height: depth, left or right, entry angle.

A picture shows distances across it, not into it. Of a shot that flies across the picture it shows how deep the ball
comes down; of one that flies away from the camera or towards it, how far left or right. Which of the two it is follows
from the ball's speed across the picture beside its speed over the floor. What the view does not show is left out.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from courtside_server.shots.context import RIM_M, ShotContext
from courtside_server.shots.quality_criteria import RimCrossingConfig
from courtside_server.shots.trajectory import Trajectory
from courtside_server.types import Arc, RimCrossing

INCHES = 39.37
_RADIUS_M = 0.2286
"""Of the rim, inside: 9 inches."""


def rim_crossing(
    path: Trajectory, rim: NDArray[np.float64] | None, release: float, time_scale: float, context: ShotContext,
    arc: Arc | None, config: RimCrossingConfig,
) -> RimCrossing | None:
    """Where the ball crosses the rim's height, or would have without touching anything; None where it is not seen.

    Args:
        path: the ball's trajectory, from the release on or longer.
        rim: box and confidence (5,) of the rim, camera motion removed; None without one.
        release: media seconds.
        time_scale: real seconds per media second.
        context: of the shot.
        arc: the flight as a parabola, where the view shows it.
        config: the numbers that decide.
    """
    if rim is None:
        return None
    fall = _fall(path, rim, release, time_scale, config)
    if fall is None:
        return None
    time, aside, speed, down, error = fall
    across = _share_across(time, speed, context, arc)
    entry = _entry_angle(across, speed, down, config)
    depth = side = None
    spread = error
    if across is not None and across >= config.min_across:
        depth = (_RADIUS_M + aside * math.copysign(1.0, speed)) * INCHES
        spread = math.hypot(error, math.sqrt(1 - min(across, 1.0) ** 2) * config.usual_miss)
    elif across is not None and across <= config.max_across and abs(context.deeper or 0.0) >= config.min_deeper:
        side = aside * math.copysign(1.0, context.deeper or 1.0) * INCHES
        spread = math.hypot(error, across * config.usual_miss)
    limit = (_RADIUS_M + config.farthest) * INCHES
    if depth is not None and abs(depth - _RADIUS_M * INCHES) > limit:
        depth = None  # it is another ball, or it had touched something
    if side is not None and abs(side) > limit:
        side = None
    if depth is None and side is None and entry is None:
        return None
    return RimCrossing(
        depth=None if depth is None else round(depth, 1), side=None if side is None else round(side, 1),
        entry_angle=None if entry is None else round(entry, 1),
        uncertainty=None if depth is None and side is None else round(spread * INCHES, 1),
        entry_uncertainty=None if entry is None else config.entry_error,
    )  # fmt: skip


def _fall(
    path: Trajectory, rim: NDArray[np.float64], release: float, scale: float, config: RimCrossingConfig
) -> tuple[float, float, float, float, float] | None:
    """When the ball is at the rim's height on its way down: seconds since the release; metres right of the rim's middle
    in the picture, metres per second to the right and down, and the error of the metres.
    """
    width = max(float(rim[2] - rim[0]), 1.0)
    metre = width / RIM_M
    middle, level = (rim[0] + rim[2]) / 2, (rim[1] + rim[3]) / 2
    since = (path.media - release) * scale
    aside, height = (path.positions[:, 0] - middle) / metre, (level - path.positions[:, 1]) / metre
    # Before it can have touched the rim or the board.
    flying = np.flatnonzero((since > 0.05) & (since < config.max_time))
    if not len(flying):
        return None
    top = int(flying[np.argmax(height[flying])])
    near = np.hypot(aside, height) < config.untouched
    touched = np.flatnonzero(near & (np.arange(len(since)) >= top))
    end = int(touched[0]) if len(touched) else len(since)
    fitted = flying[(flying < end) & (since[flying] > since[min(end, len(since) - 1)] - config.fit_time)]
    if len(fitted) < config.min_detections or height[fitted].max() < config.min_height:
        return None
    times = since[fitted]
    down = np.polyfit(times, height[fitted], 2)
    sideways = np.polyfit(times, aside[fitted], 1)
    misfit = float(np.std(height[fitted] - np.polyval(down, times)))
    spread = float(np.std(aside[fitted] - np.polyval(sideways, times)))
    root = down[1] ** 2 - 4 * down[0] * down[2]
    if down[0] >= 0 or root < 0 or misfit > config.max_misfit or spread > config.max_misfit:
        return None
    time = float((-down[1] - math.sqrt(root)) / (2 * down[0]))
    if not times[0] < time < times[-1] + config.max_ahead:
        return None
    lever = (time - float(times.mean())) / max(float(times.std()), 1e-3)
    noise = math.hypot(spread, config.least_error)
    error = math.sqrt((1 + lever**2) / len(times)) * noise
    speed_down = -float(2 * down[0] * time + down[1])
    aside_then = float(np.polyval(sideways, time))
    return time, aside_then, float(sideways[0]), speed_down, math.hypot(error, config.rim_error)


def _over_floor(time: float, context: ShotContext) -> float | None:
    """Metres per second of the ball over the floor."""
    return None if context.distance is None else context.distance / max(time, 0.2)


def _share_across(time: float, speed: float, context: ShotContext, arc: Arc | None) -> float | None:
    """Cosine of the angle between the shot's direction and the picture's plane."""
    if arc is not None:
        return 1.0
    over = _over_floor(time, context)
    return None if over is None or over <= 0 else min(abs(speed) / over, 1.0)


def _entry_angle(across: float | None, speed: float, down: float, config: RimCrossingConfig) -> float | None:
    """Degrees below the horizontal at the rim, which a view from the side shows."""
    if across is None or across < config.min_across:
        return None
    found = math.degrees(math.atan2(down, abs(speed) / across))
    return found if config.least_entry <= found <= config.greatest_entry else None
