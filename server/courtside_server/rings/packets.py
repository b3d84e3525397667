"""Packet ring: the newest encoded packets of one camera in groups that begin with a keyframe.

Video clips can be cut from it without encoding again.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

from courtside_server.errors import RingOvertaken
from courtside_server.types import EncodedPacket

PACKET_BUDGET = 8 * 2**20
"""Default size of one camera's packet ring in bytes: about 25 s of 720p H.264 at 2.5 Mbit/s."""

PACKET_OVERHEAD = 400
"""Bytes that a packet takes beside its data: its objects and their numbers, 362 as tracemalloc measures it, and its
place in the list. Packets of a still picture have 30 bytes of data."""


@dataclass(frozen=True, slots=True)
class StoredPacket:
    """A packet with its media time and segment."""

    packet: EncodedPacket
    media: float
    """Seconds since the camera's first frame."""
    media_segment: int


@dataclass(slots=True)
class _Group:
    """A keyframe and the packets that depend on it, in decoding order."""

    packets: list[StoredPacket] = field(default_factory=list)
    size: int = 0


class PacketRing:
    """Keeps encoded packets within a byte budget. Whole groups are evicted, oldest first.

    Packets before the first keyframe are skipped. The rest of a group that exceeds the budget alone is skipped too,
    because half a group cannot be decoded. One thread appends; any thread may cut.

    Args:
        camera: resource name, for error messages.
        budget: bytes of memory; a packet counts with its data and `PACKET_OVERHEAD`.
    """

    def __init__(self, camera: str, budget: int = PACKET_BUDGET) -> None:
        self._camera, self._budget = camera, budget
        self._lock = threading.Lock()
        self._groups: deque[_Group] = deque()
        self._open = False
        self._evicted: int | None = None  # newest segment in the group evicted last
        self.nbytes = 0

    def __len__(self) -> int:
        """Number of packets held."""
        with self._lock:
            return sum(len(group.packets) for group in self._groups)

    def append(self, packet: EncodedPacket, media: float, media_segment: int, keyframe: bool) -> None:
        """Add the next packet in decoding order.

        Args:
            packet: the packet as received.
            media: its presentation time, seconds.
            media_segment: its segment; not lower than the previous packet's.
            keyframe: decoding can start here.
        """
        with self._lock:
            if keyframe:
                self._groups.append(_Group())
                self._open = True
            elif not self._open:
                return
            group = self._groups[-1]
            group.packets.append(StoredPacket(packet, media, media_segment))
            size = len(packet.data) + PACKET_OVERHEAD
            group.size += size
            self.nbytes += size
            while self.nbytes > self._budget:
                self._evict()

    def cut(self, start: float, end: float, media_segment: int | None = None) -> tuple[StoredPacket, ...]:
        """Return the packets that show ``start`` to ``end`` seconds of ``media_segment`` (default: the newest).

        They come in decoding order. They begin with the last keyframe at or before ``start``, or with the first
        keyframe when the camera began later, and end with the last packet at or before ``end``. Where frames are
        reordered, packets in between may lie outside that span. Empty when the ring holds nothing of it.

        Raises:
            RingOvertaken: the keyframe that the span needs has been evicted.
        """
        with self._lock:
            if media_segment is None:
                media_segment = self._groups[-1].packets[-1].media_segment if self._groups else 0
            first: int | None = None
            for index, group in enumerate(self._groups):
                key = group.packets[0]
                if (key.media_segment == media_segment and key.media <= start) or (
                    key.media_segment < media_segment and group.packets[-1].media_segment >= media_segment
                ):
                    first = index
            if first is None:
                if self._evicted is not None and media_segment <= self._evicted:
                    raise self._overtaken(start, media_segment)
                holding = (
                    i for i, group in enumerate(self._groups)
                    if any(stored.media_segment == media_segment for stored in group.packets)
                )  # fmt: skip
                first = next(holding, len(self._groups))
            run = [stored for group in list(self._groups)[first:] for stored in group.packets]
        shown = [i for i, stored in enumerate(run) if stored.media_segment == media_segment and stored.media <= end]
        if not any(run[i].media >= start for i in shown):
            return ()
        return tuple(run[: shown[-1] + 1])

    def _evict(self) -> None:
        group = self._groups.popleft()
        self.nbytes -= group.size
        self._evicted = group.packets[-1].media_segment
        if not self._groups:
            self._open = False

    def _overtaken(self, media: float, media_segment: int) -> RingOvertaken:
        oldest = self._groups[0].packets[0].media if self._groups else None
        held = "nothing" if oldest is None else f"packets from {oldest:.3f} s on"
        return RingOvertaken(
            f"the packets at {media:.3f} s of {self._camera} were evicted; the ring holds {held}",
            camera=self._camera,
            media=media,
            media_segment=media_segment,
            oldest="" if oldest is None else oldest,
        )
