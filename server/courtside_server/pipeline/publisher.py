"""Publishing: one camera's drafts into the event log, in order, also when the log is away for a while."""

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
"""Drafts kept while the event log cannot be written; beyond it the oldest go (and are counted)."""


class Publisher:
    """Hands drafts to the hub; live never waits for the log, film asks until it is written.

    Args:
        hub: takes the events.
        camera: for the log lines.
        wait: whether to wait for a log that is away.
        retry_s: pause before it is asked again, seconds.
    """

    def __init__(self, hub: EventHub, camera: str, wait: bool, retry_s: float) -> None:
        self._hub, self._camera, self._wait, self._retry_s = hub, camera, wait, retry_s
        self._pending: deque[EventDraft] = deque()
        self._turn = asyncio.Lock()

    async def publish(self, drafts: Sequence[EventDraft]) -> None:
        """Append drafts; returns once they are durable, or (live) kept for the next call."""
        self._pending.extend(drafts)
        while len(self._pending) > _PENDING_DRAFTS:
            lost = self._pending.popleft()
            log.error("event lost: the log was unavailable too long", camera=self._camera, event_id=lost.event_id)
        async with self._turn:
            while self._pending:
                batch = list(self._pending)
                try:
                    await self._hub.publish(batch)
                except Draining:
                    return
                except LogUnavailable as error:
                    log.warning("event log unavailable", camera=self._camera, waiting=len(batch), error=str(error))
                    if not self._wait:
                        return  # the next window tries again; live never waits
                    await asyncio.sleep(self._retry_s)
                else:
                    for _ in batch:
                        self._pending.popleft()
