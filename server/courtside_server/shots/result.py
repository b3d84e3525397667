"""The result of a shot: the rim model's answers added up to made, missed or unknown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from courtside_server.shots.criteria import ResultConfig
from courtside_server.shots.trajectory import Trajectory, rim_offsets
from courtside_server.types import ShotResult


class ResultVote:
    """Adds up the answers of the rim model to one shot.

    Args:
        config: the numbers that decide.

    Attributes:
        made, missed: sums of the model's probabilities, weighted by how surely the shot was decided.
    """

    def __init__(self, config: ResultConfig) -> None:
        self._config = config
        self.made = self.missed = 0.0
        self._last = (0.0, 0.0)

    def add(self, probabilities: NDArray[np.float64]) -> None:
        """Take one answer: probabilities (3,) of open, made and missed."""
        decided = 1.0 - float(probabilities[0])
        self._last = float(probabilities[1]), float(probabilities[2])
        if decided > self._config.min_decided:
            self.made += decided * float(probabilities[1])
            self.missed += decided * float(probabilities[2])

    @property
    def result(self) -> ShotResult:
        """The result by now; unknown until enough answers agree."""
        total = self.made + self.missed
        if total < self._config.min_weight or max(self.made, self.missed) < self._config.min_share * total:
            return ShotResult.UNKNOWN
        return ShotResult.MADE if self.made > self.missed else ShotResult.MISSED

    @property
    def final(self) -> ShotResult:
        """The result when no more answers will come: what the few answers lean to, or else the last one."""
        if self.result is not ShotResult.UNKNOWN:
            return self.result
        made, missed = self.made, self.missed
        if made + missed <= 0:
            made, missed = self._last
            config = self._config
            if made + missed < config.last_min or max(made, missed) < config.last_ratio * min(made, missed):
                return ShotResult.UNKNOWN
        return ShotResult.MADE if made > missed else ShotResult.MISSED

    @property
    def make_probability(self) -> float | None:
        """Share of made in the counted answers; None before there are enough."""
        total = self.made + self.missed
        return self.made / total if total >= self._config.min_weight else None


def first_at_rim(
    path: Trajectory, rim: NDArray[np.float64] | None, since: float, config: ResultConfig
) -> float | None:
    """Media time of the first detection from ``since`` on that is at the rim's box (4,); None before there is one."""
    if rim is None or not len(path):
        return None
    there = (path.media >= since) & (np.hypot(*rim_offsets(path.positions, rim).T) <= config.at_rim)
    return float(path.media[there][0]) if there.any() else None


def is_air_ball(path: Trajectory, rim: NDArray[np.float64] | None, since: float, config: ResultConfig) -> bool:
    """Whether the ball was seen above the rim's box (4,) and then below it, and never at it."""
    if rim is None or not len(path) or first_at_rim(path, rim, since, config) is not None:
        return False
    height = rim_offsets(path.positions[path.media >= since], rim)[:, 1]
    over = np.flatnonzero(height > config.air_ball)
    return bool(len(over)) and bool((height[over[0] :] < -config.air_ball).any())
