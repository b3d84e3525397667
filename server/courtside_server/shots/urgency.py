"""Urgency: whether a ball is in flight or near a rim, so that a camera needs every detector frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from courtside_server.perception.config import DetectorSharingConfig
from courtside_server.shots.trajectory import ball_trajectories
from courtside_server.types import ObjectClass, Observations


def is_urgent(seen: Sequence[Observations], time_scale: float, config: DetectorSharingConfig) -> bool:
    """Whether a tracked ball is fast, or moves near a rim.

    Args:
        seen: the newest observations, oldest first.
        time_scale: real seconds per media second.
        config: what is fast and near.
    """
    if not seen:
        return False
    newest = seen[-1]
    recent = [frame for frame in seen if (newest.media - frame.media) * time_scale <= config.speed_window + 1e-6]
    rims = newest.steady(ObjectClass.RIM)
    for path in ball_trajectories(recent):
        if len(path) < 2:
            continue
        step, size = path.positions[-1] - path.positions[-2], float(np.median(path.sizes))
        elapsed = (float(path.media[-1]) - float(path.media[-2])) * time_scale
        if float(np.hypot(*step)) > config.fast_ball * size * elapsed:
            return True
        if path.extent() < 1.0:
            continue  # A ball at rest, or what only looks like one.
        for left, top, right, bottom, *_ in rims:
            offset = path.positions[-1] - ((left + right) / 2, (top + bottom) / 2)
            if float(np.hypot(*offset)) < config.near_rim * (right - left):
                return True
    return False
