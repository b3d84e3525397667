"""Pacing: film at real speed, a lower frame rate on request, and checks of a source's clocks."""

from __future__ import annotations

import threading
import time
from typing import Protocol

STALL_S = 2.0
"""Seconds of delay, or of a jump of the media clock, after which pacing starts afresh instead of catching up."""


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
    """Holds each frame back until it is due, in true seconds since the first frame, on a monotonic clock.

    Args:
        clock: time.
        stop: ends a wait early.
    """

    def __init__(self, clock: Clock, stop: threading.Event) -> None:
        self._clock, self._stop = clock, stop
        self._start: float | None = None
        self._last = 0.0
        self.rebased = 0
        """How often pacing started afresh."""

    def wait(self, seconds: float) -> float:
        """Wait until the frame at ``seconds`` of the film's own time is due.

        Returns:
            Seconds by which the frame is late; 0 when it is on time.
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
    """Leaves out frames evenly by media time, so that at most ``target`` per second remain."""

    def __init__(self) -> None:
        self.target = 0.0
        """Frames per second of true time; 0 keeps all. May be set at any time."""
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
        # A tolerance of a thousandth of a frame: pts are rounded, and a frame that is slightly early must be kept.
        if seconds < self._due - interval * 1e-3:
            return False
        self._due = max(self._due + interval, seconds - interval)
        return True


class ClockWatch:
    """Detects sources with bad clocks: counts each kind of problem and describes it in one sentence.

    Args:
        live: wall clock and media clock should run at the same speed.
    """

    def __init__(self, live: bool) -> None:
        self._live = live
        self._last: tuple[float, float, float] | None = None
        self.backward = self.repeated = self.jumps = self.wall_steps = 0

    def update(self, seconds: float, monotonic: float, wall: float) -> None:
        """Check the next frame: its media time, and both clocks at the time of capture."""
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
        """One sentence for each kind of problem so far."""
        seen = (
            (self.backward, "the source's media clock went backward {} time(s)"),
            (self.repeated, "the source repeated a time stamp {} time(s); the gateway ignores the later frame"),
            (self.jumps, "the source's media clock jumped ahead {} time(s)"),
            (self.wall_steps, "this machine's wall clock was set {} time(s) while streaming"),
        )
        return [text.format(count) for count, text in seen if count]
