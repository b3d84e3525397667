"""Overlapping shots: which of several shots at nearly the same time are suppressed."""

from __future__ import annotations

from collections.abc import Iterable

from courtside_server.shots.criteria import FilterConfig, OverlapConfig
from courtside_server.shots.state import ShotStateMachine
from courtside_server.shots.trajectory import are_two_balls


class ShotOverlap:
    """Decides which shots of one camera are suppressed by others.

    Args:
        config: the numbers that decide.
        filters: what counts as the rise of a flight.
        time_scale: real seconds per media second.
    """

    def __init__(self, config: OverlapConfig, filters: FilterConfig, time_scale: float) -> None:
        self._config, self._filters, self._scale = config, filters, time_scale

    def is_suppressed(self, shot: ShotStateMachine, others: Iterable[ShotStateMachine]) -> bool:
        """Whether one of ``others`` leaves no room for ``shot``: the shot is its rebound, or has less confidence."""
        for other in others:
            if self.is_rebound(shot, other):
                return True
            distance = abs(shot.candidate.media - other.candidate.media) * self._scale
            if other is shot or distance > self._config.radius or other.state.rejected:
                continue
            if self.is_rebound(other, shot):
                continue
            mine, theirs = shot.state.shooter, other.state.shooter
            if mine is not None and theirs is not None and mine != theirs and self._are_two_balls(shot, other):
                continue
            if self.confidence(other) > self.confidence(shot):
                return True
        return False

    def is_rebound(self, shot: ShotStateMachine, before: ShotStateMachine) -> bool:
        """Whether ``shot`` is the rebound of ``before``, and not of a ball that is seen elsewhere at that time."""
        later = (shot.candidate.media - before.candidate.media) * self._scale
        if not shot.state.starts_at_rim or not self._config.rebound_from <= later <= self._config.rebound_until:
            return False
        return not self._are_two_balls(shot, before)

    def confidence(self, shot: ShotStateMachine) -> float:
        """How much speaks for a shot: its probability, or its windows, shooter and how well its ball was seen."""
        if shot.state.probability is not None:
            return shot.state.probability
        candidate, path = shot.candidate, shot.path
        shooter = 1.0 if shot.state.shooter is not None else self._config.unknown_shooter
        flown = path.after(candidate.media, self._filters.rise_time, self._scale)
        seen = float(path.scores[flown].mean()) if flown.any() else 0.0
        return shooter * seen * candidate.score * candidate.agreeing / max(candidate.covering, 1)

    def _are_two_balls(self, one: ShotStateMachine, other: ShotStateMachine) -> bool:
        """Whether both shots' balls are seen in different positions when the later of them is released."""
        later = max(one.candidate.media, other.candidate.media)
        config = self._config
        return are_two_balls(one.path, other.path, later, config.ball_time / self._scale, config.ball_distance)
