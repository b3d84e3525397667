"""Rate advice: how many frames a second a live camera should send, from what had to be dropped as too late."""

from __future__ import annotations

_PERIOD_S = 2.0
_TOO_MANY = 0.05
_CALM_PERIODS = 5
_RAISE = 1.25
_LEAST_FPS = 1.0


class RateController:
    """Suggests a lower rate while more than 5 % of two seconds' frames come too late, and lifts it again slowly.

    Lowering goes to nine tenths of what got through; raising by a quarter after ten calm seconds, until the rate at
    which the trouble began is reached and the limit is lifted. So advice can neither swing nor sink for ever.
    """

    def __init__(self) -> None:
        self.target_fps = 0.0
        """Frames a second; zero means no limit."""
        self._began = 0.0
        self._offered = self._late = 0
        self._calm = 0
        self._ceiling = 0.0
        self._started = False

    def update(self, now: float, offered: int, late: int) -> float:
        """Take the running totals of frames offered and dropped as late; gives :attr:`target_fps`.

        Args:
            now: monotonic seconds.
            offered: frames received so far.
            late: of these, dropped as stale or because the decoder was behind.
        """
        if not self._started:
            self._started, self._began, self._offered, self._late = True, now, offered, late
            return self.target_fps
        span = now - self._began
        if span < _PERIOD_S:
            return self.target_fps
        came, dropped = offered - self._offered, late - self._late
        self._began, self._offered, self._late = now, offered, late
        if came and dropped > _TOO_MANY * came:
            if not self.target_fps:
                self._ceiling = came / span
            # A late frame may have come in an earlier period: what got through is never less than nothing.
            through = max(came - dropped, 0) / span * 0.9
            self.target_fps = max(_LEAST_FPS, min(through, self.target_fps or self._ceiling))
            self._calm = 0
        elif self.target_fps:
            self._calm += 1
            if self._calm >= _CALM_PERIODS:
                self._calm = 0
                self.target_fps *= _RAISE
                if self.target_fps >= self._ceiling:
                    self.target_fps = 0.0
        return self.target_fps
