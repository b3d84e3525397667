"""The detector's plan: which frames of a camera the detector sees whole, and which only where balls are expected."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

from courtside_server.perception.config import FilmRegionConfig, RegionConfig
from courtside_server.types import DetectorFrame

_LATE_S = 0.02
"""Seconds by which a whole frame may come late: cameras jitter."""
_KEPT = 16
"""Whole frames whose times are kept: more than wait for the detector at a time."""


class DetectorPlan:
    """Plans one camera's detector frames. Belongs to one thread.

    A frame is planned when it comes, without knowing where the ball will be, so that whole frames can be sent ahead.
    The others wait until all frames before them were tracked; of a film, until the whole frames before and after them
    were detected.

    Args:
        time_scale: real seconds per media second.
        config: the numbers that decide.
        parts: whether the detector takes parts of a frame; otherwise it sees each one whole.
        film: the numbers for film; None: a live camera.
    """

    def __init__(
        self, time_scale: float = 1.0, config: RegionConfig = RegionConfig(), parts: bool = True,
        film: FilmRegionConfig | None = None,
    ) -> None:
        self._scale, self._config, self._parts, self._film = time_scale, config, parts, film
        self._before: float | None = None
        # Media time and interval of the newest frames, and the media times of those that were seen whole.
        self._intervals: deque[tuple[float, float]] = deque(maxlen=_KEPT)
        self._planned: deque[float] = deque(maxlen=_KEPT)
        self._searched: deque[float] = deque(maxlen=_KEPT)

    def whole(self, frame: DetectorFrame) -> bool:
        """Whether a frame is seen whole, whatever is known of the ball; call it once with every frame, in order."""
        media = frame.media
        interval = math.inf if self._before is None else (media - self._before) * self._scale
        self._before = media
        self._intervals.append((media, interval))
        # Of planned frames alone: how far ahead frames are planned must not change what is found.
        if self._film is None:
            due = self._due(media, self._planned, interval, self._config.whole_fps)
        else:  # What lies between is known from both sides, so that the last frame before is soon enough.
            due = self._since(media, self._planned) >= 1 / self._film.whole_fps - _LATE_S
        if frame.cut or not self._parts or interval <= 0 or due:
            self._planned.append(media)
            return True
        return False

    def search(self, frame: DetectorFrame) -> bool:
        """Whether a frame that was not planned whole is seen whole, because no ball in play is known.

        Call it in order, when all frames before were tracked.
        """
        media = frame.media
        interval = next((interval for time, interval in reversed(self._intervals) if time == media), math.inf)
        if not self._due(media, [*self._planned, *self._searched], interval, self._config.search_fps):
            return False
        self._searched.append(media)
        return True

    def _due(self, media: float, wholes: Iterable[float], interval: float, fps: float) -> bool:
        """Whether the next frame would come too late for a rate."""
        return self._since(media, wholes) + interval > 1 / fps + _LATE_S

    def _since(self, media: float, wholes: Iterable[float]) -> float:
        """Real seconds since the last whole frame."""
        return (media - max((time for time in wholes if time < media), default=-math.inf)) * self._scale
