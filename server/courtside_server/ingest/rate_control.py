"""Rate control: the frame rate a live camera should send, computed from the frames dropped because they were late."""

from __future__ import annotations

_PERIOD_S = 2.0
"""Seconds over which late frames are counted."""
_MAX_LATE_SHARE = 0.05
"""Share of late frames in a period above which the rate is lowered."""
_LOWER_FACTOR = 0.9
"""The lowered rate is this share of the frames that got through."""
_RAISE_FACTOR = 1.25
"""The limit is multiplied by this when it is raised."""
_CALM_PERIODS = 5
"""Periods without too many late frames before the limit is raised."""
_MIN_FPS = 1.0
"""The limit never goes below this many frames per second."""


class RateController:
    """Lowers the suggested rate while more than 5 % of the frames in two seconds are late, and raises it again slowly.

    The rate is lowered to nine tenths of what got through. After ten seconds without trouble it is raised by a
    quarter. When it reaches the rate at which the trouble began, the limit is removed. This prevents both
    oscillation and a limit that only ever falls.
    """

    def __init__(self) -> None:
        self.target_fps = 0.0
        """Frames per second; zero means no limit."""
        self._period_start = 0.0
        self._received = self._late = 0
        self._calm_periods = 0
        self._ceiling = 0.0
        self._started = False

    def update(self, now: float, received: int, late: int) -> float:
        """Take the running totals of received and late frames; returns :attr:`target_fps`.

        Args:
            now: monotonic seconds.
            received: frames received so far.
            late: of these, dropped as stale or because the decoder was behind.
        """
        if not self._started:
            self._started, self._period_start, self._received, self._late = True, now, received, late
            return self.target_fps
        span = now - self._period_start
        if span < _PERIOD_S:
            return self.target_fps
        arrived, dropped = received - self._received, late - self._late
        self._period_start, self._received, self._late = now, received, late
        if arrived and dropped > _MAX_LATE_SHARE * arrived:
            if not self.target_fps:
                self._ceiling = arrived / span
            # A frame dropped now may have arrived in an earlier period, so the difference can be negative.
            through = max(arrived - dropped, 0) / span * _LOWER_FACTOR
            self.target_fps = max(_MIN_FPS, min(through, self.target_fps or self._ceiling))
            self._calm_periods = 0
        elif self.target_fps:
            self._calm_periods += 1
            if self._calm_periods >= _CALM_PERIODS:
                self._calm_periods = 0
                self.target_fps *= _RAISE_FACTOR
                if self.target_fps >= self._ceiling:
                    self.target_fps = 0.0
        return self.target_fps
