"""Ticks: the fine grid of the flight windows, complete as soon as the detector has looked at or after each."""

from __future__ import annotations

from collections.abc import Iterator

from courtside_server.types import Observations, Tick


class TickGrid:
    """Takes the observations of one segment, gives the ticks that they complete.

    Args:
        step: real seconds between two ticks.
        time_scale: real seconds a media second.
    """

    def __init__(self, step: float, time_scale: float = 1.0) -> None:
        self._step = step / time_scale
        self._origin: float | None = None
        self._next = 0
        self._before: Observations | None = None

    @property
    def origin(self) -> float:
        """Media time of tick 0, seconds; 0 before the first look."""
        return self._origin or 0.0

    def media(self, index: int) -> float:
        """Media time of a tick, also of one that never was (a padded window's)."""
        return self.origin + index * self._step

    def offer(self, observations: Observations) -> Iterator[Tick]:
        """Take the next look (media time must grow); yield the ticks at or before it."""
        if self._origin is None:
            self._origin = observations.media
        before = self._before or observations
        while (media := self._origin + self._next * self._step) <= observations.media + 5e-7:
            wall = observations.capture_time - (observations.media - media)
            if observations.media > before.media:
                share = (media - before.media) / (observations.media - before.media)
                wall = before.capture_time + share * (observations.capture_time - before.capture_time)
            held = observations.media - before.media > 8 * self._step
            yield Tick(self._next, media, wall, observations.arrival, held)
            self._next += 1
        self._before = observations
