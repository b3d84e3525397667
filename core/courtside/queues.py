"""One bounded queue that hands items from one thread or event loop to another, with a named drop policy."""

from __future__ import annotations

import asyncio
import enum
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

T = TypeVar("T")

_Waiter = tuple[asyncio.AbstractEventLoop, "asyncio.Future[None]"]


class DropPolicy(enum.Enum):
    """What happens to an item for which there is no room."""

    BLOCK = "block"
    """The producer waits: nothing is lost."""
    OLDEST = "oldest"
    """The oldest item of the same share is dropped: the newest counts."""
    TO_KEYFRAME = "to_keyframe"
    """Everything before the newest keyframe in the queue is dropped; where that is not enough, everything that comes
    up to the next keyframe. What follows a gap therefore always begins with a keyframe."""


@dataclass(frozen=True, slots=True)
class _Entry(Generic[T]):
    item: T
    size: int
    keyframe: bool
    keep: bool
    share: str


class HandoverQueue(Generic[T]):
    """A bounded queue between two sides, each of which is a thread or an event loop.

    Threads call :meth:`put` and :meth:`get`; coroutines call :meth:`aput` and :meth:`aget`. All other methods return
    at once and are safe from any thread. One side may use either form. The order of items is kept.

    A queue ends in one of two ways. After :meth:`end` it takes nothing more, and the consumer still gets what is in
    it. :meth:`close` empties it as well. Both wake a side that waits.

    Args:
        max_items: items held at most. A mapping gives each share its own bound, so that shares do not push each
            other out; the share ``""`` is the default one.
        policy: what happens when an item does not fit.
        max_bytes: bytes held at most, by ``size_of``; one item is always admitted into an empty queue.
        size_of: bytes of an item.
        is_keyframe: whether decoding can start at an item; for :attr:`DropPolicy.TO_KEYFRAME`.
        after_gap: makes the item that is delivered after dropped ones; for :attr:`DropPolicy.TO_KEYFRAME`.

    Example:
        >>> queue: HandoverQueue[str] = HandoverQueue(2, DropPolicy.OLDEST)
        >>> [queue.put(word) for word in ("one", "two", "three")]
        [[], [], ['one']]
        >>> queue.get(), queue.dropped
        (['two'], 1)
        >>> queue.end()
        >>> queue.get(), queue.get()
        (['three'], [])
    """

    def __init__(
        self,
        max_items: int | Mapping[str, int],
        policy: DropPolicy,
        *,
        max_bytes: int | None = None,
        size_of: Callable[[T], int] = lambda item: 0,
        is_keyframe: Callable[[T], bool] = lambda item: False,
        after_gap: Callable[[T], T] = lambda item: item,
    ) -> None:
        self._limits = {"": max_items} if isinstance(max_items, int) else dict(max_items)
        self._policy, self._max_bytes = policy, max_bytes
        self._size_of, self._is_keyframe, self._after_gap = size_of, is_keyframe, after_gap
        self._entries: deque[_Entry[T]] = deque()
        self._counts: Counter[str] = Counter()
        self._bytes = 0
        self._skipping = False
        self._ended = False
        self._error: Exception | None = None
        self._changed = threading.Condition()
        self._waiters: list[_Waiter] = []
        self.dropped = 0
        """Items dropped by the policy so far."""

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self._bytes

    @property
    def skipping(self) -> bool:
        """Items are dropped up to the next keyframe: the producer should make one."""
        return self._skipping

    @property
    def ended(self) -> bool:
        """The queue takes nothing more."""
        return self._ended

    def peek(self) -> T | None:
        """The oldest item, left where it is; ``None`` in an empty queue."""
        with self._changed:
            return self._entries[0].item if self._entries else None

    # ---- the producer's side -------------------------------------------------------------------------------------

    def put(self, item: T, *, keep: bool = False, share: str = "") -> list[T]:
        """Add an item from a thread; waits only under :attr:`DropPolicy.BLOCK`.

        Args:
            item: what to hand over.
            keep: never drop this item and never wait for room for it; not with :attr:`DropPolicy.TO_KEYFRAME`.
            share: whose bound counts.

        Returns:
            What was dropped, oldest first; ``item`` itself when it was not taken (the queue has ended, or the
            policy dropped it).

        Raises:
            Exception: the error that :meth:`end` or :meth:`close` was given.
            ValueError: ``keep`` with a policy that drops whole runs.
        """
        entry = self._entry(item, keep, share)
        with self._changed:
            self._changed.wait_for(lambda: self._may_go_on(entry))
            return self._add(entry)

    async def aput(self, item: T, *, keep: bool = False, share: str = "") -> list[T]:
        """:meth:`put` from an event loop."""
        entry = self._entry(item, keep, share)
        while True:
            with self._changed:
                if self._may_go_on(entry):
                    return self._add(entry)
                changed = self._wait_on_loop()
            await changed

    def end(self, error: Exception | None = None) -> None:
        """Take nothing more; what is in the queue is still delivered.

        Args:
            error: raised when another item is put; without it the item comes back as not taken.
        """
        with self._changed:
            self._ended = True
            self._error = self._error or error
            self._wake()

    def skip_to_keyframe(self) -> None:
        """Drop everything before the next keyframe, also what has yet to come."""
        with self._changed:
            if self._entries and self._entries[0].keyframe:
                return
            while self._entries and not self._entries[0].keyframe:
                self._remove(0)
                self.dropped += 1
            self._skipping = not self._entries
            self._mark_gap()
            self._wake()

    # ---- the consumer's side -------------------------------------------------------------------------------------

    def get(self, max_items: int = 1) -> list[T]:
        """Take up to ``max_items`` from a thread; waits for the first. Empty once the queue has ended and is empty."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._entries) or self._ended)
            return self._take(max_items)

    async def aget(self, max_items: int = 1) -> list[T]:
        """:meth:`get` from an event loop."""
        while True:
            with self._changed:
                if self._entries or self._ended:
                    return self._take(max_items)
                changed = self._wait_on_loop()
            await changed

    def get_nowait(self, max_items: int = 1) -> list[T]:
        """Take up to ``max_items`` of what is in the queue now; empty where nothing is."""
        with self._changed:
            return self._take(max_items)

    def close(self, error: Exception | None = None) -> list[T]:
        """End at once and empty the queue.

        Args:
            error: raised for a producer that waits or puts another item; without it the item comes back as not taken.

        Returns:
            What will not be delivered.
        """
        with self._changed:
            self._ended = True
            self._error = self._error or error
            left = [entry.item for entry in self._entries]
            self._entries.clear()
            self._counts.clear()
            self._bytes = 0
            self._wake()
            return left

    # ---- inside: the lock is held --------------------------------------------------------------------------------

    def _entry(self, item: T, keep: bool, share: str) -> _Entry[T]:
        if keep and self._policy is DropPolicy.TO_KEYFRAME:
            raise ValueError("a queue that drops whole runs cannot keep single items")
        return _Entry(item, self._size_of(item), self._is_keyframe(item), keep, share)

    def _fits(self, entry: _Entry[T]) -> bool:
        if not self._entries:
            return True
        room = self._max_bytes is None or self._bytes + entry.size <= self._max_bytes
        return room and self._counts[entry.share] < self._limits[entry.share]

    def _may_go_on(self, entry: _Entry[T]) -> bool:
        return self._ended or entry.keep or self._policy is not DropPolicy.BLOCK or self._fits(entry)

    def _add(self, entry: _Entry[T]) -> list[T]:
        if self._ended:
            if self._error is not None:
                raise self._error
            return [entry.item]
        dropped: list[T] = []
        if entry.keep or self._policy is DropPolicy.BLOCK:
            room = True
        elif self._policy is DropPolicy.OLDEST:
            room = self._drop_oldest(entry, dropped)
        else:
            room = self._drop_runs(entry, dropped)
            if room and (self._skipping or (dropped and not self._entries)):
                entry = replace(entry, item=self._after_gap(entry.item))
            self._skipping = not room
        if not room:
            dropped.append(entry.item)
        self.dropped += len(dropped)
        if room:
            self._entries.append(entry)
            self._counts[entry.share] += 1
            self._bytes += entry.size
            self._wake()
        return dropped

    def _drop_oldest(self, entry: _Entry[T], dropped: list[T]) -> bool:
        """Drop the oldest of the same share until ``entry`` fits; whether it fits."""
        while not self._fits(entry):
            ours = (i for i, other in enumerate(self._entries) if not other.keep and other.share == entry.share)
            victim = next(ours, None)
            if victim is None:
                return False
            dropped.append(self._remove(victim))
        return True

    def _drop_runs(self, entry: _Entry[T], dropped: list[T]) -> bool:
        """Drop whole runs from the front until ``entry`` fits or only the newest run is left; whether it fits."""
        if self._skipping and not entry.keyframe:
            return False
        while not self._fits(entry):
            keyframes = [i for i, other in enumerate(self._entries) if i and other.keyframe]
            if not keyframes and not entry.keyframe:
                return False
            for _ in range(keyframes[0] if keyframes else len(self._entries)):
                dropped.append(self._remove(0))
            self._mark_gap()
        return True

    def _mark_gap(self) -> None:
        if self._entries:
            self._entries[0] = replace(self._entries[0], item=self._after_gap(self._entries[0].item))

    def _take(self, max_items: int) -> list[T]:
        taken = [self._remove(0) for _ in range(min(max_items, len(self._entries)))]
        if taken:
            self._wake()
        return taken

    def _remove(self, index: int) -> T:
        entry = self._entries[index]
        del self._entries[index]
        self._counts[entry.share] -= 1
        self._bytes -= entry.size
        return entry.item

    def _wait_on_loop(self) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        changed: asyncio.Future[None] = loop.create_future()
        self._waiters.append((loop, changed))
        return changed

    def _wake(self) -> None:
        self._changed.notify_all()
        waiters, self._waiters = self._waiters, []
        for loop, changed in waiters:
            with suppress(RuntimeError):  # a loop may be gone when its program ends
                loop.call_soon_threadsafe(_resolve, changed)


def _resolve(changed: asyncio.Future[None]) -> None:
    if not changed.done():
        changed.set_result(None)
