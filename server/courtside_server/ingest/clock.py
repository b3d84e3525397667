"""Clocks: gives frames their media time, distinguishes jumps from jitter, and estimates the client's clock offset."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

JUMP_S = 2.0
"""Smallest step of a clock, seconds, that counts as a jump rather than a gap."""
_JUMP_FRAMES = 10
"""Frames a slow camera may miss before the step counts as a jump."""
_MAX_GAP_S = 60.0
"""Real seconds of the longest gap, however slow the camera is: what lies in a gap is sampled."""
MAX_MEDIA_S = 1e9
"""Largest media time, seconds: 30 years. Beyond it a double is too coarse for the times of frames."""
_RATE_STEPS = 5
"""Steps from which the true frame rate is learned; until then the descriptor's counts."""
_UNKNOWN_STEP_S = 1 / 30
"""Seconds between two frames while neither the descriptor nor the frames have given a rate."""
_OUT_OF_ORDER_S = 0.5
"""Longest step back, seconds, that a picture out of order may make; a longer one is a clock that starts again."""
_DAY = 86_400.0
"""Seconds."""
MAX_CLOCK_OFFSET_S = _DAY
"""A live camera's clock that is farther from the server's, seconds, is not believed."""
_YEAR_2000 = 946_684_800.0
"""Unix seconds."""
_MAX_JUMPS = 5
"""Jumps of a live camera within ``_JUMP_SPAN_S``; beyond it, frames off its clock are dropped."""
_JUMP_SPAN_S = 30.0
"""Seconds over which jumps are counted."""
_STEP_S = 1.0
"""A change of the clock offset larger than this is a step of the clock and is not averaged."""


@dataclass(frozen=True, slots=True)
class FrameTime:
    """The times of one frame.

    Attributes:
        media: seconds since the camera's first frame; goes back for a picture out of order only.
        media_segment: number of the media segment; each discontinuity begins a new one.
        capture_time: Unix seconds: the camera's, or the server's estimate where the camera's is implausible.
        jump: one sentence on the discontinuity, when this frame begins a new segment.
        replaced: ``capture_time`` is the server's estimate.
    """

    media: float
    media_segment: int
    capture_time: float
    jump: str | None
    replaced: bool


class MediaClock:
    """Gives each frame, in presentation order, its media time, segment and capture time.

    A new segment begins in three cases: the pts goes backward; it steps forward by more than two seconds (ten frames
    for a camera slower than five frames per second, but never more than a real minute); or the wall clock and the
    media clock of a live camera move apart by more than two seconds between two frames. A frame with the same pts as
    the one before is dropped, and so is one that lies more than 30 years from the first.

    Where the pts goes back by more than half a second (recordings that were joined, an encoder that starts again),
    media time goes on one usual step after the last frame, as players show it, and so does the capture time of film.
    A smaller step back is a picture out of order, whose time says when it was taken.

    A live camera whose clock jumps more than five times in 30 seconds gets no further segments in that time. Frames
    off its clock are dropped, so that it cannot fill the event log.

    Implausible capture times are replaced by the server's clock. For a live camera these are times more than a day
    away from the server's clock; for film, times before the year 2000 or more than a day ahead. Film then counts on
    from its first frame by the media clock.

    Args:
        time_base: seconds per pts unit.
        first_pts: pts of media time zero.
        frame_rate: nominal frames per second; zero when unknown.
        time_scale: true seconds per media second.
        live: the camera is live.
    """

    def __init__(
        self, time_base: float, first_pts: int, frame_rate: float, time_scale: float, live: bool
    ) -> None:
        self._time_base, self._first_pts = time_base, first_pts
        self._interval = 1.0 / frame_rate if frame_rate > 0 else 0.0
        self._time_scale, self._live = time_scale, live
        self._last: FrameTime | None = None
        self._last_pts = 0
        self._media_shift = self._wall_shift = 0.0
        self._steps: deque[float] = deque(maxlen=_RATE_STEPS)
        self._jumps: deque[float] = deque(maxlen=_MAX_JUMPS)
        self._anchor: tuple[float, float] | None = None
        self.media_segment = 0

    def media(self, pts: int) -> float:
        """Seconds since the camera's first frame, for a packet of the newest segment."""
        return (pts - self._first_pts) * self._time_base + self._media_shift

    def is_out_of_order(self, pts: int) -> bool:
        """Whether a time lies before the newest frame's, but not so far that the clock has started again."""
        return self._last is not None and 0 <= self._last.media - self.media(pts) <= _OUT_OF_ORDER_S

    def update(self, pts: int, capture_time: float, arrival: float, server_time: float) -> FrameTime | None:
        """Compute the times of the next frame.

        Args:
            pts: in units of ``time_base``.
            capture_time: Unix seconds, camera's clock.
            arrival: server monotonic seconds.
            server_time: Unix seconds, server's clock, at arrival.

        Returns:
            Its times, or ``None`` when the frame must be dropped.
        """
        media, last, shift = self.media(pts), self._last, 0.0
        if abs(media) > MAX_MEDIA_S:
            return None
        if last is not None:
            if pts == self._last_pts or media == last.media:
                return None
            if media < last.media - _OUT_OF_ORDER_S:
                shift = last.media + (self._usual_step() or _UNKNOWN_STEP_S) - media
                if not (self._live or last.replaced or capture_time + self._wall_shift > last.capture_time):
                    due = last.capture_time + (media + shift - last.media) * self._time_scale
                    self._wall_shift = due - capture_time
        wall, replaced = self._plausible_time(media + shift, capture_time + self._wall_shift, server_time)
        jump = None
        if last is not None:
            jump = self._jump(media - last.media, wall - last.capture_time)
            if media > last.media:
                self._steps.append(media - last.media)
        if jump is not None:
            if self._live and len(self._jumps) == _MAX_JUMPS and arrival - self._jumps[0] < _JUMP_SPAN_S:
                return None
            self._jumps.append(arrival)
            self.media_segment += 1
            self._media_shift += shift
        self._last_pts = pts
        self._last = FrameTime(media + shift, self.media_segment, wall, jump, replaced)
        return self._last

    def _jump(self, step: float, wall_step: float) -> str | None:
        if step < 0:
            return f"the media clock went back by {-step:.3f} s"
        limit = max(JUMP_S, min(_JUMP_FRAMES * self._usual_step(), _MAX_GAP_S / self._time_scale))
        if step > limit:
            return f"the media clock jumped ahead by {step:.3f} s"
        apart = wall_step - step * self._time_scale
        if self._live and abs(apart) > limit:
            return f"the capture clock moved by {apart:+.3f} s against the media clock"
        return None

    def _usual_step(self) -> float:
        """Media seconds between two frames; the nominal frame rate is believed only until the true one is learned."""
        return median(self._steps) if len(self._steps) == _RATE_STEPS else self._interval

    def _plausible_time(self, media: float, capture_time: float, server_time: float) -> tuple[float, bool]:
        if self._live:
            if abs(capture_time - server_time) <= MAX_CLOCK_OFFSET_S:
                return capture_time, False
            return server_time, True
        if _YEAR_2000 <= capture_time <= server_time + _DAY:
            return capture_time, False
        if self._anchor is None:
            self._anchor = (media, server_time)
        return self._anchor[1] + (media - self._anchor[0]) * self._time_scale, True


class ClockOffset:
    """Estimates the client's clock minus the server's, seconds.

    Every reading is too low by the time the message took. The largest reading of the last ``span`` seconds is
    therefore the best one (the minimum-delay filter of NTP, RFC 5905). An exponential average smooths the estimates
    of successive spans.
    """

    def __init__(self, span: float = 10.0, weight: float = 0.3) -> None:
        self._span, self._weight = span, weight
        self._best: float | None = None
        self._since = 0.0
        self._smooth: float | None = None

    @property
    def estimate(self) -> float | None:
        """The current estimate; None before the first reading."""
        return self._best if self._smooth is None else self._smooth

    def update(self, client_time: float, server_time: float, now: float) -> float:
        """Take a reading at monotonic time ``now`` and return the current estimate."""
        reading = client_time - server_time
        if self._best is None or now - self._since > self._span:
            if self._best is not None:
                self._fold(self._best)
            self._best, self._since = reading, now
        self._best = max(self._best, reading)
        return self._best if self._smooth is None else self._smooth

    def _fold(self, best: float) -> None:
        # A step of the clock is adopted at once; averaging it would give wrong values for minutes.
        if self._smooth is None or abs(best - self._smooth) > _STEP_S:
            self._smooth = best
        else:
            self._smooth += self._weight * (best - self._smooth)
