"""Filters: what rules a shot out by physics alone.

Every filter takes the trajectory, the release in media seconds and the real seconds per media second; some also take
the box (4,) of the rim that the ball came nearest to, or None. Where too little was seen a filter rejects nothing.
Everything else that speaks for or against a shot is a feature of the candidate model (`shots.features`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from courtside_server.shots.criteria import FilterConfig
from courtside_server.shots.trajectory import Trajectory, rim_offsets


def too_fast(path: Trajectory, release: float, time_scale: float, config: FilterConfig) -> bool:
    """Whether the detections lie too far apart for one ball: several objects were joined by mistake."""
    flown = path.after(release - config.release_slack / time_scale, config.rise_time, time_scale)
    seconds = path.seconds(flown, time_scale)
    if not seconds:
        return False
    travel = float(np.hypot(*np.diff(path.positions[flown], axis=0).T).sum())
    return travel / seconds > config.max_speed * float(np.median(path.sizes[flown]))


def starts_at_rim(
    path: Trajectory, rim: NDArray[np.float64] | None, release: float, time_scale: float, config: FilterConfig
) -> bool:
    """Whether the ball started right above the rim: a rebound, if there was a shot before."""
    flown = np.flatnonzero(path.media >= release - config.release_slack / time_scale)
    if rim is None or not len(flown):
        return False
    across, over = rim_offsets(path.positions[flown[:1]], rim)[0].tolist()
    return bool(over >= config.rebound_height and np.hypot(across, over) <= config.rebound_distance)
