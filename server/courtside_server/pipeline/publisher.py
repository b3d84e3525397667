"""The event publisher: every camera's event drafts into the log, in order, also when the log is away for a while.

There is one for the whole gateway. What waits for the log stays when its camera has ended, and in a file when the
gateway has.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import structlog

from courtside_server.errors import Draining, LogUnavailable
from courtside_server.shots.views import GameShots
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Event, EventDraft

log = structlog.get_logger(__name__)

MAX_WAITING = 10_000
"""Drafts kept while the event log cannot be written, about 10 MB. Beyond it the oldest are dropped and counted."""
_BATCH = 256
"""Drafts that are given to the hub at a time."""


class EventSink(Protocol):
    """What makes drafts durable: the hub, or the keeper of games before it."""

    async def publish(self, drafts: Sequence[EventDraft]) -> list[Event]:
        """See :meth:`courtside_server.events.hub.EventHub.publish`."""


@dataclass(slots=True, eq=False)
class _Call:
    """One call of :meth:`EventPublisher.publish`: it is done when none of its drafts waits any more."""

    left: int
    wait: bool
    done: asyncio.Future[None]

    def settle(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.release()

    def release(self) -> None:
        if not self.done.done():
            self.done.set_result(None)


class EventPublisher:
    """Publishes drafts in the order in which they come and keeps them while the event log is unavailable.

    Everything runs on one event loop.

    Args:
        hub: takes the events.
        metrics: counts what waits and what was lost.
        retry_s: pause before the next try while the log is unavailable, seconds.
        limit: drafts that may wait, beside those that are being committed.
        shots: makes one event of what several cameras saw of one shot.
        save: keeps what still waits at the end, and returns how many of the drafts, from the first on, it has kept. It
            may wait for a disk.
    """

    def __init__(
        self, hub: EventSink, metrics: Metrics, retry_s: float = 0.25, limit: int = MAX_WAITING,
        shots: GameShots | None = None, save: Callable[[Sequence[EventDraft]], int] | None = None,
    ) -> None:  # fmt: skip
        self._save = save
        self._hub, self._metrics, self._retry_s, self._limit = hub, metrics, retry_s, limit
        self._shots = shots or GameShots()
        self._pending: deque[tuple[EventDraft, _Call]] = deque()
        self._in_flight = 0
        self._unavailable = self._closed = False
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Drafts that are not in the log yet."""
        return len(self._pending)

    @property
    def closed(self) -> bool:
        """No draft is taken any more; what waits is saved or lost."""
        return self._closed

    async def publish(self, drafts: Sequence[EventDraft], *, wait: bool, merged: bool = False) -> None:
        """Append drafts.

        Args:
            drafts: what to append.
            wait: return only when they are in the log (film). Otherwise return as soon as the log turns out to be
                unavailable; the drafts are kept and written later.
            merged: they have been published before, and hold what all cameras saw.
        """
        if not drafts:
            return
        if not merged:
            drafts = self._shots.merge(drafts)
        call = _Call(len(drafts), wait, asyncio.get_running_loop().create_future())
        if self._closed:
            self._count_lost("stopped", drafts)
            return
        self._pending.extend((draft, call) for draft in drafts)
        self._drop_oldest()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write(), name="event-publisher")
        if wait or not self._unavailable:
            await asyncio.shield(call.done)

    async def close(self, timeout: float) -> None:
        """Write what waits, for at most ``timeout`` seconds; save the rest, and count as lost what cannot be saved.

        Call it before the hub's.
        """
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=timeout)
            self._task.cancel()
            await asyncio.wait({self._task})
        self._closed = True
        if self._save is not None and self._pending:
            saved = await asyncio.to_thread(self._save, [draft for draft, _ in self._pending])
            for _ in range(saved):
                self._pending.popleft()[1].settle()
            if saved:
                log.warning("events wait for the event log in a file; the next start writes them", count=saved)
        self._give_up()

    def _give_up(self) -> None:
        self._closed = True
        if self._pending:
            self._count_lost("stopped", [draft for draft, _ in self._pending])
        while self._pending:
            self._pending.popleft()[1].settle()

    async def _write(self) -> None:
        while self._pending:
            batch = [draft for draft, _ in islice(self._pending, _BATCH)]
            self._in_flight = len(batch)
            try:
                await self._hub.publish(batch)
            except Draining:
                self._give_up()
            except LogUnavailable as error:
                self._in_flight = 0
                self._set_unavailable(error)
                await asyncio.sleep(self._retry_s)
            except Exception:
                # A draft that no log can store must not stop the others.
                await self._write_singly(batch)
            else:
                self._settle(len(batch))
            finally:
                self._in_flight = 0
        self._metrics.events_waiting.set(0)

    async def _write_singly(self, batch: Sequence[EventDraft]) -> None:
        for draft in batch:
            try:
                await self._hub.publish([draft])
            except (LogUnavailable, Draining):
                return  # the next round begins with this one
            except Exception as error:
                log.error("an event cannot be stored", camera=draft.camera, error=repr(error))
                self._count_lost("refused", [draft])
            self._settle(1)

    def _settle(self, count: int) -> None:
        for _ in range(count):
            self._pending.popleft()[1].settle()
        if self._unavailable:
            self._unavailable = False
            log.info("waiting events are written", waiting=len(self._pending))
        self._metrics.events_waiting.set(len(self._pending))

    def _set_unavailable(self, error: LogUnavailable) -> None:
        if not self._unavailable:
            log.warning("event log unavailable, events wait", waiting=len(self._pending), error=error.message)
        self._unavailable = True
        self._metrics.events_waiting.set(len(self._pending))
        for _, call in self._pending:
            if not call.wait:
                call.release()

    def _drop_oldest(self) -> None:
        """Keep within the limit; drafts that are being committed stay."""
        lost = []
        while len(self._pending) - self._in_flight > self._limit:
            draft, call = self._pending[self._in_flight]
            del self._pending[self._in_flight]
            call.settle()
            lost.append(draft)
        if lost:
            self._count_lost("overflow", lost)

    def _count_lost(self, reason: str, drafts: Sequence[EventDraft]) -> None:
        self._metrics.events_lost.labels(reason).inc(len(drafts))
        log.error(
            "events lost: the event log could not be written", reason=reason, count=len(drafts),
            first=drafts[0].event_id, camera=drafts[0].camera,
        )  # fmt: skip
