"""Footwork before a shot: the step of a step-back or side-step, and the run of a layup."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

STEP_LEAD = 0.2
"""Seconds from the start of the step to the gather; `sequences` has the same mean."""
LAYUP_SPEED = 4.3
"""Speed of the run to a layup, m/s."""
LAYUP_GATHER, LAYUP_RAISE, LAYUP_JUMP = 0.75, 0.34, 0.30
"""Seconds before a layup's release at which the ball is gathered, the ball is raised and the feet leave the floor."""
LAYUP_HOLD, LAYUP_TOP = np.array([0.30, 0.10, 0.62]), np.array([0.34, 0.10, 1.20])
"""The ball at the start and at the end of the raise, as in `shooting.HOLD`."""


@dataclass(frozen=True)
class Glide:
    """A movement of the feet along a straight line.

    Attributes:
        start, stop: (2,) metres.
        begin, end: Seconds from the game's start.
        eased: Whether it speeds up and slows down smoothly; otherwise the speed is constant.
    """

    start: np.ndarray
    stop: np.ndarray
    begin: float
    end: float
    eased: bool

    def at(self, time: float) -> tuple[np.ndarray, np.ndarray]:
        """Position (2,), metres, and velocity (2,), m/s, at `time` seconds."""
        length = self.end - self.begin
        share = min(max((time - self.begin) / length, 0.0), 1.0)
        way = self.stop - self.start
        if not self.eased:
            return self.start + way * share, way / length if share < 1 else np.zeros(2)
        return self.start + way * (share * share * (3 - 2 * share)), way * (6 * share * (1 - share) / length)


def approach_to(
    spot: tuple[float, float], rim: np.ndarray, back: bool, rng: np.random.Generator
) -> tuple[float, float]:
    """Where a shooter stands before the step to `spot`: nearer the rim for a step-back (`back`), else to one side."""
    ahead = rim[:2] - np.array(spot)
    ahead = ahead / max(math.hypot(*ahead), 1e-6)
    left = np.array([-ahead[1], ahead[0]])
    if back:
        offset = ahead * rng.uniform(0.7, 1.3) + left * rng.uniform(-0.2, 0.2)
    else:
        offset = left * rng.choice([-1.0, 1.0]) * rng.uniform(0.7, 1.25) + ahead * rng.uniform(-0.1, 0.3)
    return float(spot[0] + offset[0]), float(spot[1] + offset[1])


def layup_ball(left: float) -> np.ndarray:
    """The ball of a layup `left` seconds before the release, (3,) as in `shooting.HOLD`."""
    share = min(max(1 - left / LAYUP_RAISE, 0.0), 1.0)
    return LAYUP_HOLD + (LAYUP_TOP - LAYUP_HOLD) * (share * share * (3 - 2 * share))
