"""Send queue: between the thread that captures and the event loop that sends; bounded, with a named drop policy."""

from __future__ import annotations

import asyncio
import enum
import threading
from collections import deque
from contextlib import suppress

from courtside_client.media import CodedFrame


class DropPolicy(enum.Enum):
    """What happens when the queue is full."""

    TO_KEYFRAME = "to_keyframe"
    """Live: the oldest go, up to the next packet that can be decoded by itself; the newest wins."""
    BLOCK = "block"
    """Film: the source waits."""


class SendQueue:
    """One producer thread, one consumer on an event loop.

    With :attr:`DropPolicy.TO_KEYFRAME`, whatever follows something dropped begins with a keyframe.

    Args:
        policy: what happens when it is full.
        most_packets: bound in packets.
        most_bytes: bound in bytes; one packet is always admitted.
    """

    def __init__(self, policy: DropPolicy, most_packets: int, most_bytes: int) -> None:
        self._policy, self._most_packets, self._most_bytes = policy, most_packets, most_bytes
        self._condition = threading.Condition()
        self._items: deque[CodedFrame] = deque()
        self._bytes = 0
        self._ended = self._closed = self._skipping = False
        self._waiter: tuple[asyncio.AbstractEventLoop, asyncio.Future[None]] | None = None
        self.dropped = 0
        """Packets dropped so far."""

    def __len__(self) -> int:
        return len(self._items)

    @property
    def skipping(self) -> bool:
        """Packets are being dropped up to the next keyframe: the encoder should make one."""
        return self._skipping

    def put(self, packet: CodedFrame) -> bool:
        """Add a packet, from the producer's thread; gives False once the queue is closed."""
        with self._condition:
            if self._policy is DropPolicy.BLOCK:
                self._condition.wait_for(lambda: self._closed or self._fits(packet))
            if self._closed:
                return False
            if self._skipping and not packet.keyframe:
                self.dropped += 1
                return True
            self._skipping = False
            while not self._fits(packet):
                self._drop_run()
                if not self._items and not packet.keyframe:
                    self._skipping = True
                    self.dropped += 1
                    return True
            self._items.append(packet)
            self._bytes += len(packet.data)
            self._wake()
            return True

    def skip_to_keyframe(self) -> None:
        """Drop everything before the next keyframe, also what has yet to come."""
        with self._condition:
            if self._items and self._items[0].keyframe:
                return
            self._drop_run()
            self._skipping = not self._items
            self._condition.notify_all()

    def end(self) -> None:
        """Nothing more will come."""
        with self._condition:
            self._ended = True
            self._wake()

    def close(self) -> None:
        """Let go of everything and of a producer that waits."""
        with self._condition:
            self._closed = self._ended = True
            self._items.clear()
            self._bytes = 0
            self._condition.notify_all()
            self._wake()

    async def get(self) -> CodedFrame | None:
        """The oldest packet; ``None`` once the queue has ended and is empty."""
        while True:
            with self._condition:
                if self._items:
                    packet = self._items.popleft()
                    self._bytes -= len(packet.data)
                    self._condition.notify_all()
                    return packet
                if self._ended:
                    return None
                loop = asyncio.get_running_loop()
                ready: asyncio.Future[None] = loop.create_future()
                self._waiter = (loop, ready)
            await ready

    def _fits(self, packet: CodedFrame) -> bool:
        if not self._items:
            return True
        return len(self._items) < self._most_packets and self._bytes + len(packet.data) <= self._most_bytes

    def _drop_run(self) -> None:
        """Drop from the front up to the next keyframe, or all."""
        while self._items:
            self._bytes -= len(self._items.popleft().data)
            self.dropped += 1
            if self._items and self._items[0].keyframe:
                return

    def _wake(self) -> None:
        if self._waiter is not None:
            (loop, ready), self._waiter = self._waiter, None
            with suppress(RuntimeError):  # the loop may be gone when the program ends
                loop.call_soon_threadsafe(lambda: None if ready.done() else ready.set_result(None))
