"""The spool: sent packets that may have to be sent again, bounded."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from dataclasses import dataclass

from courtside_client.media import CodedFrame


@dataclass(frozen=True, slots=True)
class Spooled:
    """A packet with its sequence."""

    sequence: int
    packet: CodedFrame


class Spool:
    """Keeps unacknowledged packets, and acknowledged ones back to a keyframe from which a restarted gateway can resume.

    Unacknowledged packets are bounded by waiting (:meth:`room`) or, in a live stream, by dropping the oldest.
    Acknowledged packets are bounded by ``max_kept`` bytes: the oldest are dropped up to the next keyframe.

    Args:
        keep: seconds of acknowledged media to keep, from a keyframe on.
        max_packets: unacknowledged packets.
        max_bytes: unacknowledged bytes; one packet is always admitted.
        max_kept: acknowledged bytes.
        drop_oldest: drop the oldest packets instead of waiting for room (live).
    """

    def __init__(self, keep: float, max_packets: int, max_bytes: int, max_kept: int, *, drop_oldest: bool) -> None:
        self._keep, self._max_packets, self._max_bytes = keep, max_packets, max_bytes
        self._max_kept, self._drop_oldest_first = max_kept, drop_oldest
        self._items: list[Spooled] = []
        self._acked_count = 0
        self._unacked_bytes = self._acked_bytes = 0
        self._room = asyncio.Event()
        self._room.set()
        self.acked = -1
        """Highest sequence acknowledged; -1 for none."""

    def __len__(self) -> int:
        return len(self._items)

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self._unacked_bytes + self._acked_bytes

    @property
    def unacked(self) -> int:
        """Packets held that are not acknowledged."""
        return len(self._items) - self._acked_count

    async def room(self, size: int) -> None:
        """Wait until a packet of ``size`` bytes may be added; returns at once where the oldest may be dropped."""
        while not self._drop_oldest_first and not self._fits(size):
            self._room.clear()
            await self._room.wait()

    def add(self, item: Spooled) -> None:
        """Keep a packet; sequences go up by one."""
        self._items.append(item)
        self._unacked_bytes += len(item.packet.data)
        while self._drop_oldest_first and self.unacked > 1 and not self._fits(0, self._max_packets + 1):
            self._drop_oldest()

    def ack(self, sequence: int) -> None:
        """Everything up to ``sequence`` was processed."""
        if sequence <= self.acked or not self._items:
            return
        self.acked = min(sequence, self._items[-1].sequence)
        while self._acked_count < len(self._items) and self._items[self._acked_count].sequence <= self.acked:
            size = len(self._items[self._acked_count].packet.data)
            self._unacked_bytes -= size
            self._acked_bytes += size
            self._acked_count += 1
        self._trim()
        self._room.set()

    def give_up(self) -> int:
        """Drop everything, because none of it will be sent again; returns how many were not acknowledged."""
        lost = self.unacked
        if self._items:
            self.acked = self._items[-1].sequence
        self._items.clear()
        self._acked_count = self._unacked_bytes = self._acked_bytes = 0
        self._room.set()
        return lost

    def skip_before(self, sequence: int) -> int:
        """Drop what comes before ``sequence``; returns how many of these were not acknowledged."""
        lost = 0
        while self._items and self._items[0].sequence < sequence:
            if not self._acked_count:
                lost += 1
                self.acked = max(self.acked, self._items[0].sequence)
            self._drop_oldest()
        return lost

    def since(self, sequence: int) -> list[Spooled] | None:
        """What to send when the gateway expects ``sequence`` next; ``None`` when that is no longer kept."""
        if self._items and self._items[0].sequence > sequence:
            return None
        return self._items[bisect_left(self._items, sequence, key=lambda item: item.sequence) :]

    def replay(self) -> list[Spooled]:
        """What to send to a gateway that has lost its state: from the oldest keyframe kept."""
        for index, item in enumerate(self._items):
            if item.packet.keyframe:
                return self._items[index:]
        return []

    def _fits(self, size: int, max_packets: int | None = None) -> bool:
        if not self.unacked:
            return True
        most = self._max_packets if max_packets is None else max_packets
        return self.unacked < most and self._unacked_bytes + size <= self._max_bytes

    def _trim(self) -> None:
        """Keep from the last keyframe that lies at least ``keep`` seconds before the newest acknowledged packet."""
        if not self._acked_count:
            return
        newest = self._items[self._acked_count - 1].packet.media
        for index in range(self._acked_count - 1, -1, -1):
            packet = self._items[index].packet
            if packet.keyframe and newest - packet.media >= self._keep:
                self._drop(index)
                break
        while self._acked_bytes > self._max_kept and self._acked_count:
            following = next((i for i in range(1, self._acked_count) if self._items[i].packet.keyframe), None)
            self._drop(self._acked_count if following is None else following)

    def _drop(self, count: int) -> None:
        for item in self._items[:count]:
            self._acked_bytes -= len(item.packet.data)
        del self._items[:count]
        self._acked_count -= count

    def _drop_oldest(self) -> None:
        if self._acked_count:
            self._drop(1)
        else:
            self._unacked_bytes -= len(self._items.pop(0).packet.data)
