"""Frame ring: the newest decoded frames of one camera in preallocated I420 memory, chosen by timestamp.

One thread writes; any thread reads. A slot carries a generation that is odd while the slot is written and even
while it is stable (a seqlock), so a reader learns after the fact whether its pixels were overwritten under it and
never has to make the writer wait.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_server.errors import RingOvertaken
from courtside_server.types import Frame

FRAME_BUDGET = 44 * 2**20
"""Default bytes of one camera's frame ring: 33 frames of 720p."""
_MIN_FRAMES = 2  # one to read while the other is written, however large a frame is


class _Storage:
    """Slots of one frame size. Frames hold it, so pixels of an earlier size outlive a change of size."""

    def __init__(self, width: int, height: int, budget: int) -> None:
        self.width, self.height = width, height
        self.capacity = max(_MIN_FRAMES, budget // (width * height * 3 // 2))
        self.pixels: NDArray[np.uint8] = np.empty((self.capacity, height * 3 // 2, width), np.uint8)
        self.generations = [0] * self.capacity


@dataclass(frozen=True, slots=True, eq=False)
class RingFrame(Frame):
    """A :class:`Frame` whose ``planes`` are a read-only view into a ring slot."""

    slot: int
    generation: int
    storage: _Storage

    @property
    def overtaken(self) -> bool:
        """True once the writer has begun to reuse this frame's slot."""
        return self.storage.generations[self.slot] != self.generation


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A slot reserved for the writer.

    Attributes:
        planes: writable I420, uint8, ``(height * 3 // 2, width)``.
        y: luma, ``(height, width)``; ``u`` and ``v``: chroma, ``(height // 2, width // 2)``; views of ``planes``.
    """

    index: int
    planes: NDArray[np.uint8]
    y: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]


class FrameRing:
    """The newest frames of one camera, ordered by ``(segment, media)``.

    Args:
        camera: resource name, for errors.
        budget: bytes of pixels; the number of frames follows from it and the frame size alone
            (never fewer than two frames, whatever their size).

    Memory is taken when the first frame of a size is reserved, at once and for good. When the size changes in mid
    stream the ring starts anew; frames of the old size that a reader still holds stay valid.
    """

    def __init__(self, camera: str, budget: int = FRAME_BUDGET) -> None:
        self._camera, self._budget = camera, budget
        self._lock = threading.Lock()  # guards the index only, never held while pixels are copied
        self._storage: _Storage | None = None
        self._entries: list[RingFrame | None] = []
        self._start = self._count = 0
        self._evicted: tuple[int, float] | None = None  # (segment, media) of the newest overwritten frame

    # ---- writer --------------------------------------------------------------------------------------------------

    def reserve(self, width: int, height: int) -> Slot:
        """Take the oldest slot for writing; its frame is overtaken from now on.

        A slot that was reserved and never committed is given out again.

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
                self._evicted = (oldest.segment, oldest.media)
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
        self, slot: Slot, *, sequence: int, media: float, capture_time: float, arrival: float, segment: int
    ) -> RingFrame:
        """Publish a reserved slot as the newest frame.

        Raises:
            ValueError: ``slot`` is not the reserved one, or ``(segment, media)`` is not beyond the newest frame's.
        """
        with self._lock:
            storage = self._storage
            if storage is None or slot.index != (self._start + self._count) % storage.capacity:
                raise ValueError("this slot is not the one that is reserved")
            if not storage.generations[slot.index] % 2:
                raise ValueError("this slot was committed already")
            if self._count:
                newest = self._entry(self._count - 1)
                if (segment, media) <= (newest.segment, newest.media):
                    raise ValueError(
                        f"frame {media:.6f} s of segment {segment} is not after "
                        f"{newest.media:.6f} s of segment {newest.segment}"
                    )
            view = slot.planes.view()
            view.flags.writeable = False
            storage.generations[slot.index] += 1
            frame = RingFrame(
                self._camera, sequence, media, capture_time, arrival, segment, view,
                slot.index, storage.generations[slot.index], storage,
            )
            self._entries[slot.index] = frame
            self._count += 1
        return frame

    def write(
        self,
        planes: NDArray[np.uint8],
        *,
        sequence: int,
        media: float,
        capture_time: float,
        arrival: float,
        segment: int,
    ) -> RingFrame:
        """Copy I420 ``planes``, ``(height * 3 // 2, width)``, into the ring as the newest frame."""
        slot = self.reserve(planes.shape[1], planes.shape[0] * 2 // 3)
        np.copyto(slot.planes, planes)
        return self.commit(
            slot, sequence=sequence, media=media, capture_time=capture_time, arrival=arrival, segment=segment
        )

    def _resize(self, width: int, height: int) -> _Storage:
        if self._count:
            newest = self._entry(self._count - 1)
            self._evicted = (newest.segment, newest.media)
        self._storage = storage = _Storage(width, height, self._budget)
        self._entries = [None] * storage.capacity
        self._start = self._count = 0
        return storage

    # ---- readers -------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        """Frames that can be read now."""
        return self._count

    @property
    def capacity(self) -> int:
        """Frames the ring can hold at the present size; zero before the first."""
        return 0 if self._storage is None else self._storage.capacity

    @property
    def nbytes(self) -> int:
        """Bytes of pixel memory taken."""
        return 0 if self._storage is None else self._storage.pixels.nbytes

    def latest(self) -> RingFrame | None:
        """The newest frame, or ``None`` before the first."""
        with self._lock:
            return self._entry(self._count - 1) if self._count else None

    def nearest(self, media: float, segment: int | None = None) -> RingFrame | None:
        """The frame of ``segment`` (default: the newest) closest to ``media``; of two equally close, the earlier.

        Raises:
            RingOvertaken: the closest frame was there and has been overwritten.
        """
        with self._lock:
            segment = self._newest_segment() if segment is None else segment
            best: RingFrame | None = None
            at = bisect_left(range(self._count), (segment, media), key=self._key)
            for index in (at - 1, at):
                if 0 <= index < self._count and (frame := self._entry(index)).segment == segment:
                    if best is None or abs(frame.media - media) < abs(best.media - media):
                        best = frame
            if self._evicted is not None:
                gone_segment, gone_media = self._evicted
                if segment < gone_segment or (
                    segment == gone_segment
                    and (best is None or abs(gone_media - media) <= abs(best.media - media))
                ):
                    raise self._overtaken(media, segment)
            return best

    def between(self, start: float, end: float, segment: int | None = None) -> tuple[RingFrame, ...]:
        """Frames of ``segment`` (default: the newest) with ``start <= media <= end``, oldest first.

        Raises:
            RingOvertaken: a frame of that span has been overwritten.
        """
        with self._lock:
            segment = self._newest_segment() if segment is None else segment
            if self._evicted is not None and start <= end:
                gone_segment, gone_media = self._evicted
                if segment < gone_segment or (segment == gone_segment and start <= gone_media):
                    raise self._overtaken(start, segment)
            first = bisect_left(range(self._count), (segment, start), key=self._key)
            last = bisect_right(range(self._count), (segment, end), key=self._key)
            return tuple(self._entry(index) for index in range(first, last))

    def check(self, frame: Frame) -> None:
        """Say whether ``frame``'s pixels are still its own; call it after reading them.

        Raises:
            RingOvertaken: the slot has been reused; what was read is worthless.
        """
        if isinstance(frame, RingFrame) and frame.overtaken:
            raise self._overtaken(frame.media, frame.segment)

    @contextmanager
    def read(self, frame: Frame) -> Iterator[NDArray[np.uint8]]:
        """Read ``frame.planes`` in the block; what the block made of them counts only if it ends normally.

        Raises:
            RingOvertaken: the slot was reused before or while the block read it (also in place of whatever the
                block raised over torn pixels).
        """
        self.check(frame)
        try:
            yield frame.planes
        except Exception as error:
            if isinstance(frame, RingFrame) and frame.overtaken:
                raise self._overtaken(frame.media, frame.segment) from error
            raise
        self.check(frame)

    def copy(self, frame: Frame) -> Frame:
        """The same frame in memory of its own (read-only), which the ring never reuses.

        Raises:
            RingOvertaken: the slot was reused before the copy was complete.
        """
        with self.read(frame) as planes:
            owned = planes.copy()
        owned.flags.writeable = False
        return Frame(
            frame.camera, frame.sequence, frame.media, frame.capture_time, frame.arrival, frame.segment, owned
        )

    # ---- index, under the lock -----------------------------------------------------------------------------------

    def _entry(self, index: int) -> RingFrame:
        frame = self._entries[(self._start + index) % len(self._entries)]
        assert frame is not None
        return frame

    def _key(self, index: int) -> tuple[int, float]:
        frame = self._entry(index)
        return frame.segment, frame.media

    def _newest_segment(self) -> int:
        if self._count:
            return self._entry(self._count - 1).segment
        return self._evicted[0] if self._evicted is not None else 0

    def _overtaken(self, media: float, segment: int) -> RingOvertaken:
        oldest = self._entries[self._start] if self._count else None
        newest = self._entries[(self._start + self._count - 1) % len(self._entries)] if self._count else None
        held = f"from {oldest.media:.3f} to {newest.media:.3f} s" if oldest and newest else "nothing"
        return RingOvertaken(
            f"the frame at {media:.3f} s of {self._camera} was overwritten; the ring holds {held}: read sooner "
            "or give the ring more memory",
            camera=self._camera,
            media=media,
            segment=segment,
            oldest=oldest.media if oldest else "",
            newest=newest.media if newest else "",
        )
