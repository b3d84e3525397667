"""Packet queue between the receiving event loop and the decode thread, bounded in packets and bytes.

Drop policy for live streams: when the queue is full, everything before the newest waiting keyframe is dropped. If
that is not enough, everything up to the next keyframe is dropped as it arrives. Film drops nothing; the sender waits.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace

from courtside_server.errors import BadPacket, CourtsideError
from courtside_server.types import EncodedPacket


@dataclass(frozen=True, slots=True)
class QueuedPacket:
    """A packet for the decoder.

    Attributes:
        keyframe: decoding can start here.
        broken: packets before this one are missing.
    """

    packet: EncodedPacket
    keyframe: bool
    broken: bool


class PacketQueue:
    """One producer on an event loop, one consumer thread."""

    def __init__(self, max_packets: int, max_bytes: int) -> None:
        self._max_packets, self._max_bytes = max_packets, max_bytes
        self._condition = threading.Condition()
        self._items: deque[QueuedPacket] = deque()
        self._bytes = 0
        self._skipping = False
        self._ended = False
        self._error: CourtsideError | None = None
        self._waiter: tuple[asyncio.AbstractEventLoop, asyncio.Future[None]] | None = None

    @property
    def skipping(self) -> bool:
        """A live stream drops packets up to the next keyframe."""
        return self._skipping

    def oldest_arrival(self) -> float | None:
        """Arrival time of the packet that has waited longest, monotonic seconds."""
        with self._condition:
            return self._items[0].packet.arrival if self._items else None

    def push(self, item: QueuedPacket) -> list[EncodedPacket]:
        """Add a live packet without waiting.

        Returns:
            The packets that were dropped to stay within the bounds; may include ``item``'s own.

        Raises:
            BadPacket: the queue was ended.
            CourtsideError: the queue was closed with this error.
        """
        with self._condition:
            self._check()
            dropped: list[EncodedPacket] = []
            if self._skipping and not item.keyframe:
                return [item.packet]
            if not self._fits(item):
                dropped = self._make_room(item)
                if not self._fits(item):
                    self._skipping = True
                    return [*dropped, item.packet]
            if self._skipping or (dropped and not self._items):
                item = replace(item, broken=True)
            self._skipping = False
            self._add(item)
            return dropped

    async def put(self, item: QueuedPacket) -> None:
        """Add a film packet, waiting for room.

        Raises:
            BadPacket: the queue was ended.
            CourtsideError: the queue was closed with this error.
        """
        while True:
            with self._condition:
                self._check()
                if self._fits(item):
                    self._add(item)
                    return
                loop = asyncio.get_running_loop()
                room: asyncio.Future[None] = loop.create_future()
                self._waiter = (loop, room)
            await room

    def take(self) -> QueuedPacket | None:
        """Wait for the next packet; ``None`` once the queue has ended and is empty. For the consumer thread."""
        with self._condition:
            while not self._items and not self._ended:
                self._condition.wait()
            if not self._items:
                return None
            item = self._items.popleft()
            self._bytes -= len(item.packet.data)
            self._wake_sender()
            return item

    def end(self) -> None:
        """Mark the end of the stream. Waiting packets are still processed."""
        with self._condition:
            self._ended = True
            self._condition.notify_all()

    def close(self, error: CourtsideError) -> list[EncodedPacket]:
        """End at once. Senders get ``error``.

        Returns:
            The waiting packets, which will not be processed.
        """
        with self._condition:
            self._ended, self._error = True, self._error or error
            dropped = [item.packet for item in self._items]
            self._items.clear()
            self._bytes = 0
            self._wake_sender()
            self._condition.notify_all()
            return dropped

    def _check(self) -> None:
        if self._error is not None:
            raise self._error
        if self._ended:
            raise BadPacket("a packet arrived after the end of the stream; open a new session to send more")

    def _fits(self, item: QueuedPacket) -> bool:
        if not self._items:
            return True
        return len(self._items) < self._max_packets and self._bytes + len(item.packet.data) <= self._max_bytes

    def _add(self, item: QueuedPacket) -> None:
        self._items.append(item)
        self._bytes += len(item.packet.data)
        self._condition.notify()

    def _make_room(self, item: QueuedPacket) -> list[EncodedPacket]:
        """Drop whole keyframe groups from the front until ``item`` fits or only the newest group is left."""
        dropped: list[EncodedPacket] = []
        while not self._fits(item):
            if item.keyframe and not any(queued.keyframe for queued in list(self._items)[1:]):
                end = len(self._items)
            else:
                end = next((i for i, queued in enumerate(self._items) if i and queued.keyframe), 0)
                if not end:
                    break
            for _ in range(end):
                packet = self._items.popleft().packet
                self._bytes -= len(packet.data)
                dropped.append(packet)
            if self._items:
                self._items[0] = replace(self._items[0], broken=True)
        return dropped

    def _wake_sender(self) -> None:
        if self._waiter is not None:
            (loop, room), self._waiter = self._waiter, None
            with suppress(RuntimeError):  # the event loop may be closed when a gateway is killed
                loop.call_soon_threadsafe(_resolve, room)


def _resolve(room: asyncio.Future[None]) -> None:
    if not room.done():
        room.set_result(None)
