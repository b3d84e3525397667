"""Window scheduling: which samples or time steps form a window, and when it is due."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Generic, cast

from courtside_server.types import MIDDLE, WINDOW_SAMPLES, PointT, Window


class WindowScheduler(Generic[PointT]):
    """Turns the samples of one segment into staggered windows; clip and flight windows alike.

    Windows start every ``hop`` samples. A release counts only in some samples of a window (a clip's middle eight), so
    the film's first samples would never count. The first window therefore starts that many samples early, padded with
    the first sample. :meth:`flush` pads the end with the last sample in the same way. While ``hop`` is no larger than
    the counted part, every grid time counts in at least one window.

    Args:
        camera: resource name, copied into the windows.
        media_segment: segment number, copied into the windows.
        hop: samples between two window starts, 1..8 for clips (8: half a window, the source system; 1: lowest latency).
        max_held: a window with more held samples than this is skipped: it shows a still picture.
        length: samples per window.
        counted: samples of a window in which a release counts.

    Raises:
        ValueError: ``hop`` larger than the counted part.
    """

    def __init__(
        self, camera: str, media_segment: int, hop: int, max_held: int = 4, length: int = WINDOW_SAMPLES,
        counted: range = MIDDLE,
    ) -> None:
        if not 1 <= hop <= len(counted):
            raise ValueError(f"hop must be 1..{len(counted)} samples so that no moment is left out, got {hop}")
        self._camera, self._media_segment, self._hop, self._max_held = camera, media_segment, hop, max_held
        self._length, self._counted = length, counted
        self._samples: deque[PointT] = deque(maxlen=length)
        self._start = -counted.start
        self._last = -1
        self.skipped = 0
        """Windows skipped because too many of their samples were held."""

    def add(self, sample: PointT) -> Iterator[Window[PointT]]:
        """Take the next sample; yield the windows that it completes (none or one).

        Raises:
            ValueError: the sample's index does not follow the last one's.
        """
        if sample.index != self._last + 1:
            raise ValueError(f"sample {sample.index} after {self._last}: the grid has no holes")
        if self._last < 0:
            self._samples.extend(_renumbered(sample, index) for index in range(self._start, 0))
        yield from self._push(sample)

    def flush(self) -> Iterator[Window[PointT]]:
        """Yield the windows whose middle still holds unseen samples, padded with the last sample."""
        end = self._last
        while end >= 0 and self._start + self._counted.start <= end:
            yield from self._push(_renumbered(self._samples[-1], self._last + 1))

    def _push(self, sample: PointT) -> Iterator[Window[PointT]]:
        self._samples.append(sample)
        self._last = sample.index
        if self._last < self._start + self._length - 1:
            return
        window = Window(self._camera, self._media_segment, self._start, tuple(self._samples))
        self._start += self._hop
        if sum(s.held for s in window.samples) > self._max_held:
            self.skipped += 1
            return
        yield window


def _renumbered(sample: PointT, index: int) -> PointT:
    return cast(PointT, replace(cast(Any, sample), index=index))
