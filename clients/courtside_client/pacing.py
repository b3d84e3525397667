"""Pacing: film at the speed of life, a lower frame rate on request, and clocks that misbehave."""

from __future__ import annotations

import threading
import time
from typing import Protocol

STALL_S = 2.0
"""Being so late, or a media clock that jumps so far ahead, begins a new time line instead of a race or a wait."""


class Clock(Protocol):
    """Time, so that tests can bring their own."""

    def monotonic(self) -> float:
        """Seconds that only go forward."""

    def wall(self) -> float:
        """Unix seconds."""

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Sleep; True as soon as ``stop`` is set."""


class SystemClock:
    """The machine's clocks."""

    def monotonic(self) -> float:
        """See :class:`Clock`."""
        return time.monotonic()

    def wall(self) -> float:
        """See :class:`Clock`."""
        return time.time()

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """See :class:`Clock`."""
        return stop.wait(seconds)


class Pacer:
    """Holds each frame back until it is due: true seconds since the first frame, on a monotonic clock.

    Args:
        clock: time.
        stop: ends a wait early.
    """

    def __init__(self, clock: Clock, stop: threading.Event) -> None:
        self._clock, self._stop = clock, stop
        self._start: float | None = None
        self._last = 0.0
        self.rebased = 0
        """Times that a new time line was begun."""

    def wait(self, seconds: float) -> float:
        """Wait for the frame at ``seconds`` of the film's own time.

        Returns:
            How late the frame is, seconds; 0 when it was on time.
        """
        now = self._clock.monotonic()
        if self._start is None:
            self._start = now - seconds
        elif seconds < self._last or seconds - self._last > STALL_S or now - (self._start + seconds) > STALL_S:
            self._start = now - seconds
            self.rebased += 1
        self._last = seconds
        due = self._start + seconds
        if due > now:
            self._clock.wait(self._stop, due - now)
            return 0.0
        return now - due


class Thinner:
    """Leaves out frames so that at most ``target`` a second remain; evenly, by media time."""

    def __init__(self) -> None:
        self.target = 0.0
        """Frames per second of true time; 0 keeps all. Set it at any time."""
        self._due: float | None = None

    def keep(self, seconds: float) -> bool:
        """Whether the frame at ``seconds`` is to be sent."""
        target = self.target
        if target <= 0:
            self._due = None
            return True
        interval = 1.0 / target
        if self._due is None or abs(seconds - self._due) > max(STALL_S, 2 * interval):
            self._due = seconds
        # A thousandth of a frame of grace: pts are rounded, and a frame a hair early must not wait for the next.
        if seconds < self._due - interval * 1e-3:
            return False
        self._due = max(self._due + interval, seconds - interval)
        return True


class ClockWatch:
    """Notices a source whose clocks misbehave; counts, and gives one sentence for each kind of trouble.

    Args:
        live: wall clock and media clock should run together.
    """

    def __init__(self, live: bool) -> None:
        self._live = live
        self._last: tuple[float, float, float] | None = None
        self.backward = self.repeated = self.jumps = self.wall_steps = 0

    def see(self, seconds: float, monotonic: float, wall: float) -> None:
        """Take the next shown frame's media time, and both clocks when it was taken."""
        if self._last is not None:
            step = seconds - self._last[0]
            elapsed = monotonic - self._last[1]
            if step < 0:
                self.backward += 1
            elif step == 0:
                self.repeated += 1
            elif step > max(STALL_S, 2 * elapsed if self._live else 0.0):
                self.jumps += 1
            if abs((wall - self._last[2]) - elapsed) > 0.5:
                self.wall_steps += 1
        self._last = (seconds, monotonic, wall)

    def problems(self) -> list[str]:
        """One sentence for each kind of trouble seen so far."""
        seen = (
            (self.backward, "the source's media clock went backward {} time(s)"),
            (self.repeated, "the source repeated a time stamp {} time(s); the gateway ignores the later frame"),
            (self.jumps, "the source's media clock jumped ahead {} time(s)"),
            (self.wall_steps, "this machine's wall clock was set {} time(s) while streaming"),
        )
        return [text.format(count) for count, text in seen if count]
