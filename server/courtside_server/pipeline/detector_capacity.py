"""Detector capacity: how many frames per second the detector answers, measured while it is busy.

While n frames are under way, each of them uses 1/n of the time. A frame's *busy time* is the sum of these shares from
its start to its answer: the frames' busy times add up to the time in which the detector was busy, however many it
answers side by side and in whatever order (Little's law). One over the mean busy time is therefore the rate that the
detector reaches while it has something to do. With few frames under way this is less than the detector could do, so a
little more is given for as long as answers do not take longer than the shortest one; as soon as they do, less.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from courtside_server.perception.config import DetectorSharingConfig

_UNMEASURED = 2
"""Frames that may be under way before the detector has answered for the first time."""
_UNDER_WAY = 4
"""Frames that may always be under way, however few the detector answers side by side."""
_UNDER_WAY_PER_PLACE = 2.0
"""Frames under way for each that it answers side by side: one is answered, one waits."""


@dataclass(slots=True)
class _UnderWay:
    """A frame under way: when it started, real seconds and busy time; its cost as a share of a whole frame."""

    started: float
    busy: float
    film: bool
    cost: float


class DetectorCapacity:
    """Measures the detector. Belongs to one thread at a time; ``now`` never goes back.

    Args:
        config: the numbers that decide.
    """

    def __init__(self, config: DetectorSharingConfig = DetectorSharingConfig()) -> None:
        self._config = config
        self._frames: dict[int, _UnderWay] = {}  # the oldest first
        self._number = 0
        self._now = self._busy = 0.0
        self._spent = self._cost = self._answer_time = 0.0
        self._answered_at = -math.inf
        self._shortest = self._shortest_before = math.inf
        self._shortest_since = -math.inf

    @property
    def under_way(self) -> int:
        """Frames that wait for their answer."""
        return len(self._frames)

    def start(self, now: float, film: bool = False, cost: float = 1.0) -> int:
        """A frame, of a film or a live camera, is sent to the detector; returns its number.

        Args:
            now: seconds.
            film: of a film.
            cost: pixels that the detector sees over those of a whole frame, above 0.
        """
        self._advance(now)
        self._number += 1
        self._frames[self._number] = _UnderWay(now, self._busy, film, cost)
        return self._number

    def end(self, number: int, now: float, answered: bool = True) -> None:
        """A frame is answered, or given up (``answered`` is False: it is not measured)."""
        self._advance(now)
        frame = self._frames.pop(number, None)
        if frame is None or not answered:
            return
        weight = 1 - math.exp(-max(now - self._answered_at, 1e-6) / self._config.memory)
        self._answered_at = now
        answer_time, busy = now - frame.started, self._busy - frame.busy
        if not self._cost:
            # As if it answered one at a time: the first of several frames has the least of the busy time.
            weight, self._spent, self._cost = 0.0, answer_time, frame.cost
        # Two means, not the mean of ratios: a small part that waits behind a whole frame shares the time of that one.
        self._spent += weight * (busy - self._spent)
        self._cost += weight * (frame.cost - self._cost)
        if frame.cost < 1:
            return  # Answer times are those of whole frames.
        self._answer_time += (weight if self._answer_time else 1.0) * (answer_time - self._answer_time)
        if now - self._shortest_since > self._config.base_time / 2:
            self._shortest_since, self._shortest_before, self._shortest = now, self._shortest, math.inf
        self._shortest = min(self._shortest, answer_time)

    def frame_time(self, now: float) -> float | None:
        """Mean busy time per whole frame, seconds; None before the first answer.

        Where the oldest frame has taken more than twice as long already, the excess counts: a detector that has just
        become slow gives no answers to measure.
        """
        self._advance(now)
        if not self._cost:
            return None
        frame_time = self._spent / self._cost
        if not self._frames:
            return frame_time
        oldest = self._busy - next(iter(self._frames.values())).busy
        return max(frame_time, oldest - frame_time)

    def fps(self, now: float) -> float:
        """Whole frames per second to give; infinite before the first answer."""
        frame_time, config = self.frame_time(now), self._config
        if frame_time is None:
            return math.inf
        shortest = max(min(self._shortest, self._shortest_before), 1e-6)
        stretch = min(max((self._answer_time / shortest - 1) / (config.max_stretch - 1), 0.0), 1.0)
        return (config.grow + (config.shrink - config.grow) * stretch) / max(frame_time, 1e-6)

    def has_room(self, now: float, admitted: float = 0.0) -> bool:
        """Whether a frame that is sent now will be answered soon.

        A film always has a few frames under way; they do not count, or live cameras would get nothing beside it.

        Args:
            now: seconds.
            admitted: cost of other frames that will be sent at any moment.
        """
        frame_time = self.frame_time(now)
        under_way = sum(frame.cost for frame in self._frames.values() if not frame.film) + admitted
        if frame_time is None:
            return under_way < _UNMEASURED
        if not under_way:
            return True
        shortest = min(self._shortest, self._shortest_before)
        side_by_side = shortest / max(frame_time, 1e-6)
        wait = (under_way + 1) * frame_time - shortest
        return under_way < max(_UNDER_WAY, _UNDER_WAY_PER_PLACE * side_by_side) and wait <= self._config.max_wait

    def _advance(self, now: float) -> None:
        if self._frames:
            self._busy += (now - self._now) / len(self._frames)
        self._now = now
