"""Observations of the last seconds of one camera, chosen by media time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque

from courtside_server.types import Observations


class TrackRing:
    """Keeps the newest observations; the oldest go when ``seconds`` or ``most`` is exceeded.

    Args:
        seconds: media seconds that are kept.
        most: observations that are kept at most, whatever the rate.

    Raises:
        ValueError: not positive.
    """

    def __init__(self, seconds: float, most: int = 1024) -> None:
        if seconds <= 0 or most < 1:
            raise ValueError(f"a ring of {seconds} s and {most} observations holds nothing")
        self._seconds = seconds
        self._kept: deque[Observations] = deque(maxlen=most)

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._kept)

    def append(self, observations: Observations) -> None:
        """Put the next one in.

        Raises:
            ValueError: its media time is not later than the last one's.
        """
        if self._kept and observations.media <= self._kept[-1].media:
            raise ValueError(f"observations of {observations.media} s after those of {self._kept[-1].media} s")
        self._kept.append(observations)
        while observations.media - self._kept[0].media > self._seconds:
            self._kept.popleft()

    def between(self, first: float, last: float) -> list[Observations]:
        """Those with ``first <= media <= last``, oldest first; empty where nothing is (or is no longer) kept."""
        kept = list(self._kept)
        low = bisect_left(kept, first, key=lambda o: o.media)
        return kept[low : bisect_right(kept, last, key=lambda o: o.media)]

    @property
    def newest(self) -> Observations | None:
        """The last one put in."""
        return self._kept[-1] if self._kept else None

    def clear(self) -> None:
        """Forget everything: a new segment begins."""
        self._kept.clear()
