"""Track ring: the tracked objects of one camera in the last seconds, found by media time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque

from courtside_server.types import Observations


class TrackRing:
    """Keeps the newest observations. The oldest are removed when ``seconds`` or ``max_frames`` is exceeded.

    Args:
        seconds: media seconds to keep.
        max_frames: most observations to keep, whatever their rate.

    Raises:
        ValueError: not positive.
    """

    def __init__(self, seconds: float, max_frames: int = 1024) -> None:
        if seconds <= 0 or max_frames < 1:
            raise ValueError(f"a ring of {seconds} s and {max_frames} observations holds nothing")
        self._seconds = seconds
        self._kept: deque[Observations] = deque(maxlen=max_frames)

    def __len__(self) -> int:
        """Number of observations kept."""
        return len(self._kept)

    def append(self, observations: Observations) -> None:
        """Add the next observations.

        Raises:
            ValueError: their media time is not later than the last one's.
        """
        if self._kept and observations.media <= self._kept[-1].media:
            raise ValueError(f"observations of {observations.media} s after those of {self._kept[-1].media} s")
        self._kept.append(observations)
        while observations.media - self._kept[0].media > self._seconds:
            self._kept.popleft()

    def between(self, first: float, last: float) -> list[Observations]:
        """Observations with ``first <= media <= last``, oldest first; empty where none are kept."""
        kept = list(self._kept)
        low = bisect_left(kept, first, key=lambda o: o.media)
        return kept[low : bisect_right(kept, last, key=lambda o: o.media)]

    @property
    def newest(self) -> Observations | None:
        """The observations added last."""
        return self._kept[-1] if self._kept else None

    def clear(self) -> None:
        """Remove everything; call it when a new segment begins."""
        self._kept.clear()
