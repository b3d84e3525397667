"""Time grid: the 0.05 s time steps of flight windows, complete as soon as a detector frame at or after each is in."""

from __future__ import annotations

from collections.abc import Iterator

from courtside_server.types import Observations, TimeStep

_MAX_GAP = 8
"""A gap between two detector frames of more than so many time steps marks the time steps in it as held."""


class TimeGrid:
    """Takes the observations of one segment, gives the time steps that they complete.

    Args:
        step: real seconds between two time steps.
        time_scale: real seconds per media second.
    """

    def __init__(self, step: float, time_scale: float = 1.0) -> None:
        self._step = step / time_scale
        self._origin: float | None = None
        self._next = 0
        self._before: Observations | None = None

    @property
    def origin(self) -> float:
        """Media time of time step 0, seconds; 0 before the first detector frame."""
        return self._origin or 0.0

    def media(self, index: int) -> float:
        """Media time of a time step, seconds; also of a padded one before the start."""
        return self.origin + index * self._step

    def missing(self, media: float) -> int:
        """How many time steps observations at this media time would complete."""
        return 0 if self._origin is None else int((media - self._origin) / self._step) + 1 - self._next

    def update(self, observations: Observations) -> Iterator[TimeStep]:
        """Take the next observations (media time must grow); yield the time steps at or before them."""
        if self._origin is None:
            self._origin = observations.media
        before = self._before or observations
        while (media := self._origin + self._next * self._step) <= observations.media + 5e-7:
            wall = observations.capture_time - (observations.media - media)
            if observations.media > before.media:
                share = (media - before.media) / (observations.media - before.media)
                wall = before.capture_time + share * (observations.capture_time - before.capture_time)
            held = observations.media - before.media > _MAX_GAP * self._step
            yield TimeStep(self._next, media, wall, observations.arrival, held)
            self._next += 1
        self._before = observations
