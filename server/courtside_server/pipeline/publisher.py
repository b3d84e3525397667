"""The event publisher: one camera's event drafts into the log, in order, also when the log is away for a while."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

import structlog

from courtside_server.errors import Draining, LogUnavailable
from courtside_server.events.hub import EventHub
from courtside_server.types import EventDraft

log = structlog.get_logger(__name__)

_PENDING_DRAFTS = 1000
"""Drafts kept while the event log cannot be written. Beyond it the oldest are dropped, with an error in the log."""


class EventPublisher:
    """Publishes one camera's drafts in order and keeps them while the event log is unavailable.

    Live waits for the commit but does not retry; the next call does. Film retries until the log can be written.

    Args:
        hub: takes the events.
        camera: for the log lines.
        wait: whether to retry until the log can be written (film).
        retry_s: pause before the next try, seconds.
    """

    def __init__(self, hub: EventHub, camera: str, wait: bool, retry_s: float) -> None:
        self._hub, self._camera, self._wait, self._retry_s = hub, camera, wait, retry_s
        self._pending: deque[EventDraft] = deque()
        self._in_flight = 0
        self._turn = asyncio.Lock()

    async def publish(self, drafts: Sequence[EventDraft]) -> None:
        """Append drafts; returns once they are durable, or (live) kept for the next call."""
        self._pending.extend(drafts)
        self._drop_oldest()
        async with self._turn:
            while self._pending:
                batch = list(self._pending)
                self._in_flight = len(batch)
                try:
                    await self._hub.publish(batch)
                except Draining:
                    return
                except LogUnavailable as error:
                    log.warning("event log unavailable", camera=self._camera, waiting=len(batch), error=str(error))
                    self._in_flight = 0
                    if not self._wait:
                        return
                    await asyncio.sleep(self._retry_s)
                else:
                    for _ in batch:
                        self._pending.popleft()
                finally:
                    self._in_flight = 0

    def _drop_oldest(self) -> None:
        """Keep within the limit; drafts that are being committed stay."""
        while len(self._pending) > max(_PENDING_DRAFTS, self._in_flight):
            lost = self._pending[self._in_flight]
            del self._pending[self._in_flight]
            log.error("event dropped: the event log was unavailable too long", camera=self._camera,
                      event_id=lost.event_id)  # fmt: skip
