"""Packet queue: between the event loop that receives and the thread that decodes; bounded in packets and bytes.

Drop policy. Live: when it is full, everything before the newest keyframe that waits goes, and if that is not enough,
everything that comes up to the next keyframe. Film: nothing is dropped, the sender waits.
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

    def __init__(self, most_packets: int, most_bytes: int) -> None:
        self._most_packets, self._most_bytes = most_packets, most_bytes
        self._condition = threading.Condition()
        self._items: deque[QueuedPacket] = deque()
        self._bytes = 0
        self._skipping = False
        self._ended = False
        self._error: CourtsideError | None = None
        self._waiter: tuple[asyncio.AbstractEventLoop, asyncio.Future[None]] | None = None

    @property
    def skipping(self) -> bool:
        """Live: packets are being dropped up to the next keyframe."""
        return self._skipping

    def oldest_arrival(self) -> float | None:
        """Arrival of the packet that has waited longest, monotonic seconds."""
        with self._condition:
            return self._items[0].packet.arrival if self._items else None

    def push(self, item: QueuedPacket) -> list[EncodedPacket]:
        """Add a live packet without ever waiting; gives what was dropped to keep within bounds.

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
        """Wait for the next packet; ``None`` once the queue was ended and is empty. For the consumer thread."""
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
        """Nothing more will come; what waits is still processed."""
        with self._condition:
            self._ended = True
            self._condition.notify_all()

    def close(self, error: CourtsideError) -> list[EncodedPacket]:
        """End at once: senders get ``error``; gives the packets that will not be processed."""
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
            raise BadPacket("a packet came after the end of the stream; open a new session to send more")

    def _fits(self, item: QueuedPacket) -> bool:
        if not self._items:
            return True
        return len(self._items) < self._most_packets and self._bytes + len(item.packet.data) <= self._most_bytes

    def _add(self, item: QueuedPacket) -> None:
        self._items.append(item)
        self._bytes += len(item.packet.data)
        self._condition.notify()

    def _make_room(self, item: QueuedPacket) -> list[EncodedPacket]:
        """Drop whole runs from the front until ``item`` fits or only the newest run is left."""
        dropped: list[EncodedPacket] = []
        while not self._fits(item):
            if item.keyframe and not any(queued.keyframe for queued in list(self._items)[1:]):
                end = len(self._items)
            else:
                end = next((i for i, queued in enumerate(self._items) if i and queued.keyframe), 0)
                if not end:
                    break
            for _ in range(end):
                gone = self._items.popleft().packet
                self._bytes -= len(gone.data)
                dropped.append(gone)
            if self._items:
                self._items[0] = replace(self._items[0], broken=True)
        return dropped

    def _wake_sender(self) -> None:
        if self._waiter is not None:
            (loop, room), self._waiter = self._waiter, None
            with suppress(RuntimeError):  # the loop may be gone when a gateway stops hard
                loop.call_soon_threadsafe(_resolve, room)


def _resolve(room: asyncio.Future[None]) -> None:
    if not room.done():
        room.set_result(None)
