"""The bounded queue from a camera's decode thread to the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class HandoverQueue(Generic[T]):
    """Bounded, one producer thread, one consumer on the event loop.

    Drop policy: ``block=True`` makes the producer wait (film: every window counts); ``block=False`` drops the oldest
    entry that may be dropped (live: the newest counts). Entries put with ``keep=True`` (end, discontinuity) are never
    dropped and never wait. Entries of different shares do not push each other out: each has room of its own.

    Args:
        size: entries held at most, or so many of each share.
        block: what happens when it is full.
        loop: the consumer's event loop.
    """

    def __init__(self, size: int | Mapping[str, int], block: bool, loop: asyncio.AbstractEventLoop) -> None:
        self._entries: deque[tuple[T, bool, str]] = deque()
        self._sizes = {"": size} if isinstance(size, int) else dict(size)
        self._block, self._loop = block, loop
        self._room = threading.Condition()
        self._filled = asyncio.Event()
        self._closed = False

    def put(self, entry: T, keep: bool = False, share: str = "") -> list[T]:
        """Hand over from the producer's thread; gives back what was dropped to make room."""
        dropped: list[T] = []
        with self._room:
            if self._block and not keep:
                self._room.wait_for(lambda: self._closed or self._count(share) < self._sizes[share])
            elif not keep and self._count(share) >= self._sizes[share]:
                ours = (i for i, (_, kept, whose) in enumerate(self._entries) if not kept and whose == share)
                victim = next(ours, None)
                if victim is None:
                    return [entry]
                dropped.append(self._entries[victim][0])
                del self._entries[victim]
            if self._closed:
                return [entry]
            self._entries.append((entry, keep, share))
        self._wake()
        return dropped

    def _count(self, share: str) -> int:
        return sum(whose == share for _, _, whose in self._entries)

    async def get(self, most: int = 1) -> list[T]:
        """Wait for entries and take up to ``most``; empty once the queue is closed and drained."""
        while True:
            with self._room:
                taken = self._taken(most)
                if taken or self._closed:
                    return taken
                self._filled.clear()
            await self._filled.wait()

    def waiting(self, most: int = 1) -> list[T]:
        """Take up to ``most`` of the entries that wait now; empty where none does."""
        with self._room:
            return self._taken(most)

    def _taken(self, most: int) -> list[T]:
        taken = [self._entries.popleft()[0] for _ in range(min(most, len(self._entries)))]
        if taken:
            self._room.notify()
        return taken

    def close(self) -> None:
        """Refuse further entries and let both sides go on; safe from any thread."""
        with self._room:
            self._closed = True
            self._room.notify_all()
        self._wake()

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._filled.set)
        except RuntimeError:  # the loop is gone: nobody is left to wake
            return
