"""Filters: what a ball's trajectory after a release says against its being a shot.

Every filter takes the trajectory, the release in media seconds and the real seconds per media second; some also take
the box (4,) of the rim that the ball came nearest to, or None. Where too little was seen a filter rejects nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from courtside_server.shots.criteria import FilterConfig
from courtside_server.shots.trajectory import Trajectory, rim_offsets
from courtside_server.types import ObjectClass, Observations


def never_near_rim(
    path: Trajectory, observations: Sequence[Observations], release: float, time_scale: float, config: FilterConfig
) -> bool:
    """Whether the ball never came near any rim in view: a pass, a lob, a bounce.

    A ball that stays far from the only rim in view, and does not fly towards it, may be shot at the other basket.
    """
    flown = path.after(release, config.flight_time, time_scale)
    if path.seconds(flown, time_scale) < config.min_flight_seen:
        return False
    rims = np.concatenate([frame.steady(ObjectClass.RIM)[:, :4] for frame in observations])
    if not len(rims):
        return False
    middles, widths = (rims[:, np.newaxis, :2] + rims[:, np.newaxis, 2:]) / 2, np.maximum(rims[:, 2] - rims[:, 0], 1.0)
    x, y = np.moveaxis(path.positions[flown] - middles, -1, 0)
    distances = np.hypot(x, y) / widths[:, np.newaxis]
    nearest = distances.min(1)
    approaches, least = bool((nearest < config.approach_ratio * distances[:, 0]).any()), float(nearest.min())
    return config.max_rim_distance < least and (approaches or least < config.other_rim_distance)


def never_rises(
    path: Trajectory, rim: NDArray[np.float64] | None, release: float, time_scale: float, config: FilterConfig
) -> bool:
    """Whether the ball neither rose above its release nor got high above the rim: dropped, rolled, or no ball."""
    flown = path.after(release, config.rise_time, time_scale)
    if path.seconds(flown, time_scale) < config.min_rise_seen:
        return False
    height = path.positions[flown, 1]
    rise = float(height[0] - height.min()) / max(float(np.median(path.sizes[flown])), 1.0)
    over = 0.0 if rim is None else float(rim_offsets(path.positions[flown], rim)[:, 1].max())
    needed = config.min_rise_over_rim if over >= config.over_rim else config.min_rise
    return over < config.high_over_rim and rise < needed


def too_fast(path: Trajectory, release: float, time_scale: float, config: FilterConfig) -> bool:
    """Whether the detections lie too far apart for one ball: several objects were joined by mistake."""
    flown = path.after(release - config.release_slack / time_scale, config.rise_time, time_scale)
    seconds = path.seconds(flown, time_scale)
    if not seconds:
        return False
    travel = float(np.hypot(*np.diff(path.positions[flown], axis=0).T).sum())
    return travel / seconds > config.max_speed * float(np.median(path.sizes[flown]))


def rarely_seen(
    path: Trajectory, observations: Sequence[Observations], release: float, time_scale: float, config: FilterConfig
) -> bool:
    """Whether the ball was detected in too few frames of its flight, though it did not leave the picture."""
    frames = [frame for frame in observations if 0 <= (frame.media - release) * time_scale <= config.rise_time]
    flown = path.after(release, config.rise_time, time_scale)
    if int(flown.sum()) >= config.min_share_seen * len(frames):
        return False
    for position, size, media in zip(path.positions[flown], path.sizes[flown], path.media[flown], strict=True):
        frame = min(frames, key=lambda frame: abs(frame.media - media))
        x, y = position + frame.pan
        if min(x, y, frame.width - x) <= config.edge_distance * size:
            return False
    return True


def starts_at_rim(
    path: Trajectory, rim: NDArray[np.float64] | None, release: float, time_scale: float, config: FilterConfig
) -> bool:
    """Whether the ball started right above the rim: a rebound, if there was a shot before."""
    flown = np.flatnonzero(path.media >= release - config.release_slack / time_scale)
    if rim is None or not len(flown):
        return False
    across, over = rim_offsets(path.positions[flown[:1]], rim)[0].tolist()
    return bool(over >= config.rebound_height and np.hypot(across, over) <= config.rebound_distance)
