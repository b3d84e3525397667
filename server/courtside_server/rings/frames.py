"""Frame ring: the newest decoded frames of one camera in preallocated I420 memory, found by media time.

One thread writes and any thread reads. Each slot has a generation counter that is odd while the slot is written and
even while it is stable (a seqlock). A reader checks it after reading to learn whether its pixels were overwritten
meanwhile; it never makes the writer wait.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from courtside_server.errors import RingOvertaken
from courtside_server.rings.slots import RingFrame, Slot, SlotStorage
from courtside_server.types import Frame

FRAME_BUDGET = 44 * 2**20
"""Default size of one camera's frame ring in bytes: 33 frames of 720p."""


class FrameRing:
    """The newest frames of one camera, ordered by ``(media_segment, media)``.

    All memory for a frame size is allocated when the first frame of that size is reserved. When the size changes in
    mid-stream the ring starts again empty; frames of the old size that a reader still holds stay valid.

    Args:
        camera: resource name, for error messages.
        budget: bytes of pixels; with the frame size it sets the number of frames (never fewer than two).
    """

    def __init__(self, camera: str, budget: int = FRAME_BUDGET) -> None:
        self._camera, self._budget = camera, budget
        self._lock = threading.Lock()  # guards the index only, never held while pixels are copied
        self._storage: SlotStorage | None = None
        self._entries: list[RingFrame | None] = []
        self._start = self._count = 0
        self._evicted: tuple[int, float] | None = None  # (segment, media) of the newest overwritten frame

    # ---- writer --------------------------------------------------------------------------------------------------

    def reserve(self, width: int, height: int) -> Slot:
        """Take the oldest slot for writing; its frame counts as overwritten from now on.

        A slot that was reserved but never committed is returned again.

        Args:
            width: pixels, even.
            height: pixels, even.

        Raises:
            ValueError: odd or non-positive size.
        """
        if width < 2 or height < 2 or width % 2 or height % 2:
            raise ValueError(f"a frame must have an even, positive size, not {width}x{height}")
        with self._lock:
            storage = self._storage
            if storage is None or (storage.width, storage.height) != (width, height):
                storage = self._resize(width, height)
            index = (self._start + self._count) % storage.capacity
            if self._count == storage.capacity:
                oldest = self._entry(0)
                self._evicted = (oldest.media_segment, oldest.media)
                self._entries[index] = None
                self._start = (self._start + 1) % storage.capacity
                self._count -= 1
            if storage.generations[index] % 2 == 0:
                storage.generations[index] += 1
        planes = storage.pixels[index]
        flat, luma, chroma = planes.reshape(-1), width * height, width * height // 4
        half = (height // 2, width // 2)
        return Slot(
            index,
            planes,
            planes[:height],
            flat[luma : luma + chroma].reshape(half),
            flat[luma + chroma :].reshape(half),
        )

    def commit(
        self, slot: Slot, *, sequence: int, media: float, capture_time: float, arrival: float, media_segment: int,
        damaged: bool = False,
    ) -> RingFrame:  # fmt: skip
        """Publish a reserved slot as the newest frame.

        Raises:
            ValueError: ``slot`` is not the reserved one, or ``(media_segment, media)`` is not after the newest frame's.
        """
        with self._lock:
            storage = self._storage
            if storage is None or slot.index != (self._start + self._count) % storage.capacity:
                raise ValueError("this slot is not the one that is reserved")
            if not storage.generations[slot.index] % 2:
                raise ValueError("this slot was committed already")
            if self._count:
                newest = self._entry(self._count - 1)
                if (media_segment, media) <= (newest.media_segment, newest.media):
                    raise ValueError(
                        f"frame {media:.6f} s of segment {media_segment} is not after "
                        f"{newest.media:.6f} s of segment {newest.media_segment}"
                    )
            view = slot.planes.view()
            view.flags.writeable = False
            storage.generations[slot.index] += 1
            frame = RingFrame(
                self._camera, sequence, media, capture_time, arrival, media_segment, view,
                slot.index, storage.generations[slot.index], storage, damaged=damaged,
            )
            self._entries[slot.index] = frame
            self._count += 1
        return frame

    def _resize(self, width: int, height: int) -> SlotStorage:
        if self._count:
            newest = self._entry(self._count - 1)
            self._evicted = (newest.media_segment, newest.media)
        self._storage = storage = SlotStorage(width, height, self._budget)
        self._entries = [None] * storage.capacity
        self._start = self._count = 0
        return storage

    # ---- readers -------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        """Number of frames that can be read now."""
        return self._count

    @property
    def capacity(self) -> int:
        """Number of frames the ring can hold at the present frame size; zero before the first frame."""
        return 0 if self._storage is None else self._storage.capacity

    @property
    def nbytes(self) -> int:
        """Bytes of pixel memory allocated."""
        return 0 if self._storage is None else self._storage.pixels.nbytes

    def latest(self) -> RingFrame | None:
        """The newest frame, or ``None`` before the first."""
        with self._lock:
            return self._entry(self._count - 1) if self._count else None

    def frame_rate(self) -> float:
        """Frames per second of those in the ring, by when they arrived; zero with fewer than two."""
        with self._lock:
            if self._count < 2:
                return 0.0
            seconds = self._entry(self._count - 1).arrival - self._entry(0).arrival
            return (self._count - 1) / seconds if seconds > 0 else 0.0

    def nearest(self, media: float, media_segment: int | None = None) -> RingFrame | None:
        """The frame of ``media_segment`` (default: the newest) closest to ``media``; the earlier of two equals.

        Raises:
            RingOvertaken: the closest frame has been overwritten.
        """
        with self._lock:
            media_segment = self._newest_segment() if media_segment is None else media_segment
            best: RingFrame | None = None
            at = bisect_left(range(self._count), (media_segment, media), key=self._key)
            for index in (at - 1, at):
                if 0 <= index < self._count and (frame := self._entry(index)).media_segment == media_segment:
                    if best is None or abs(frame.media - media) < abs(best.media - media):
                        best = frame
            if self._evicted is not None:
                gone_segment, gone_media = self._evicted
                if media_segment < gone_segment or (
                    media_segment == gone_segment
                    and (best is None or abs(gone_media - media) <= abs(best.media - media))
                ):
                    raise self._overtaken(media, media_segment)
            return best

    def between(self, start: float, end: float, media_segment: int | None = None) -> tuple[RingFrame, ...]:
        """Frames of ``media_segment`` (default: the newest) with ``start <= media <= end``, oldest first.

        Raises:
            RingOvertaken: a frame of that span has been overwritten.
        """
        with self._lock:
            media_segment = self._newest_segment() if media_segment is None else media_segment
            if self._evicted is not None and start <= end:
                gone_segment, gone_media = self._evicted
                if media_segment < gone_segment or (media_segment == gone_segment and start <= gone_media):
                    raise self._overtaken(start, media_segment)
            first = bisect_left(range(self._count), (media_segment, start), key=self._key)
            last = bisect_right(range(self._count), (media_segment, end), key=self._key)
            return tuple(self._entry(index) for index in range(first, last))

    def check(self, frame: Frame) -> None:
        """Check that ``frame``'s pixels have not been overwritten. Call it after reading them.

        Raises:
            RingOvertaken: the slot has been reused; discard what was read.
        """
        if isinstance(frame, RingFrame) and frame.overtaken:
            raise self._overtaken(frame.media, frame.media_segment)

    @contextmanager
    def read(self, frame: Frame) -> Iterator[NDArray[np.uint8]]:
        """Read ``frame.planes`` inside the block. Use the result only if the block ends normally.

        Raises:
            RingOvertaken: the slot was reused before or during the block. Replaces any error the block raised because
                of overwritten pixels.
        """
        self.check(frame)
        try:
            yield frame.planes
        except Exception as error:
            if isinstance(frame, RingFrame) and frame.overtaken:
                raise self._overtaken(frame.media, frame.media_segment) from error
            raise
        self.check(frame)

    def copy(self, frame: Frame) -> Frame:
        """Copy a frame into its own read-only memory, which the ring never reuses.

        Raises:
            RingOvertaken: the slot was reused before the copy was complete.
        """
        with self.read(frame) as planes:
            owned = planes.copy()
        owned.flags.writeable = False
        return Frame(
            frame.camera, frame.sequence, frame.media, frame.capture_time, frame.arrival, frame.media_segment, owned,
            damaged=frame.damaged,
        )

    # ---- index, under the lock -----------------------------------------------------------------------------------

    def _entry(self, index: int) -> RingFrame:
        frame = self._entries[(self._start + index) % len(self._entries)]
        assert frame is not None
        return frame

    def _key(self, index: int) -> tuple[int, float]:
        frame = self._entry(index)
        return frame.media_segment, frame.media

    def _newest_segment(self) -> int:
        if self._count:
            return self._entry(self._count - 1).media_segment
        return self._evicted[0] if self._evicted is not None else 0

    def _overtaken(self, media: float, media_segment: int) -> RingOvertaken:
        oldest = self._entries[self._start] if self._count else None
        newest = self._entries[(self._start + self._count - 1) % len(self._entries)] if self._count else None
        held = f"from {oldest.media:.3f} to {newest.media:.3f} s" if oldest and newest else "nothing"
        return RingOvertaken(
            f"the frame at {media:.3f} s of {self._camera} was overwritten; the ring holds {held}; read sooner, "
            "or raise ingest.frame_ring_mb",
            camera=self._camera,
            media=media,
            media_segment=media_segment,
            oldest=oldest.media if oldest else "",
            newest=newest.media if newest else "",
        )
