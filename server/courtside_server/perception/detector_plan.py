"""The detector's plan: which frames of a camera the detector sees whole, and which only where balls are expected."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

from courtside_server.perception.config import RegionConfig
from courtside_server.types import DetectorFrame

_LATE_S = 0.02
"""Seconds by which a whole frame may come late: cameras jitter."""
_KEPT = 16
"""Whole frames whose times are kept: more than wait for the detector at a time."""


class DetectorPlan:
    """Plans one camera's detector frames. Belongs to one thread.

    A frame is planned when it comes, without knowing where the ball will be, so that whole frames can be sent ahead.
    The others wait until all frames before them were tracked.

    Args:
        time_scale: real seconds per media second.
        config: the numbers that decide.
        parts: whether the detector takes parts of a frame; otherwise it sees each one whole.
        film: nobody waits for it, so that frames are seen whole at the rate for film.
    """

    def __init__(
        self, time_scale: float = 1.0, config: RegionConfig = RegionConfig(), parts: bool = True, film: bool = False
    ) -> None:
        self._scale, self._config, self._parts = time_scale, config, parts
        self._whole_fps = config.film_whole_fps if film else config.whole_fps
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
        due = self._due(media, self._planned, interval, self._whole_fps)
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
        last = max((time for time in wholes if time < media), default=-math.inf)
        return (media - last) * self._scale + interval > 1 / fps + _LATE_S
