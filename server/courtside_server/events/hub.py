"""The event hub: makes drafts durable and delivers the events to every subscriber.

It is the event loop's only access to the log.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import TypeVar

import structlog

from courtside_server.errors import Draining, LogUnavailable
from courtside_server.events.log import EventLog
from courtside_server.events.subscription import Subscription, Topic
from courtside_server.events.writer import LogWriter, Offload
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Event, EventDraft

T = TypeVar("T")
IDLE_TOPICS = 256
"""Games kept in memory after their last publisher and subscriber have left."""
_log = structlog.get_logger(__name__)


class EventHub:
    """Publish and subscribe over one event log. Everything except the constructor runs on one event loop.

    No subscriber sees an event before it is durable. The hub is the log's only writer.

    Args:
        log: the log; the caller closes it, after the hub.
        metrics: the gateway's metrics.
        buffer: live events that may wait for one subscriber before it is disconnected.
        page: events that a subscriber reads from the log at a time.
        queue: publish calls that may wait for the writer; further callers wait (policy BLOCK).
        group: approximate number of drafts that share one commit.
        probe_interval: seconds between attempts to use a log that failed.
        offload: runs the log's blocking calls; the hub's own threads when ``None``.
        clock: monotonic seconds, the clock of ``EventDraft.due``.
    """

    def __init__(
        self,
        log: EventLog,
        metrics: Metrics,
        *,
        buffer: int = 1000,
        page: int = 500,
        queue: int = 1024,
        group: int = 256,
        probe_interval: float = 1.0,
        offload: Offload | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._metrics = metrics
        self._buffer = buffer
        self._page = page
        self._clock = clock
        self._threads: list[ThreadPoolExecutor] = []
        self._read_offload = offload or self._thread("event-log-read", 2)
        self._writer = LogWriter(
            log,
            metrics,
            offload or self._thread("event-log-write", 1),
            on_commit=self._fan_out,
            on_availability=self._announce_availability,
            queue=queue,
            group=group,
            probe_interval=probe_interval,
        )
        self._topics: dict[str, Topic] = {}
        self._idle: OrderedDict[str, None] = OrderedDict()  # games, maybe in use again, by when they last fell idle
        self._opening: Counter[str] = Counter()  # callers that read a game's number, by game
        self._subscriptions: set[Subscription] = set()
        self._listeners: list[Callable[[bool], None]] = []
        self._event_listeners: list[Callable[[str], None]] = []
        self._identity = ""
        self._draining = False
        self._written = False  # the writer has finished: only readers may still need threads
        self._stopped = False

    async def start(self) -> None:
        """Start the writer. A log that cannot be used yet makes the hub unavailable; it is not an error."""
        await self._writer.start()

    async def close(self, timeout: float = 5.0) -> None:
        """Write the waiting drafts, for at most ``timeout`` seconds, then let subscriptions read to the end.

        A subscription gets ``Draining`` after the last event. Close the log when all have ended.
        """
        self._draining = True
        await self._writer.close(timeout)
        self._written = True
        for subscription in tuple(self._subscriptions):
            subscription.end(_draining())
        self._stop_when_nobody_reads()

    @property
    def available(self) -> bool:
        """True while events can be made durable."""
        return self._writer.failure is None

    def on_availability(self, listener: Callable[[bool], None]) -> Callable[[], None]:
        """Call ``listener(available)`` on the event loop at every change; returns a function that stops this."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def on_events(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Call ``listener(game)`` on the event loop when new events of a game are durable; it must not fail or wait.

        Returns:
            A function that stops this.
        """
        self._event_listeners.append(listener)
        return lambda: self._event_listeners.remove(listener)

    async def publish(self, drafts: Sequence[EventDraft]) -> list[Event]:
        """Make the drafts durable, all or none, then deliver them to subscribers; returns the events in order.

        A draft equal to the latest revision of its ``event_id`` returns that event and delivers nothing.

        Raises:
            LogUnavailable: nothing was acknowledged; publish the same drafts again when ``available`` is true.
            Draining: the hub is closing.
            ValueError, TypeError: a draft contains what no log can store.
        """
        if not drafts:
            return []
        self._writer.check_open()
        used: list[str] = []
        try:
            for game in {draft.game for draft in drafts}:
                try:
                    topic = await self._topic(game)
                    topic.users, topic.published = topic.users + 1, True
                except LogUnavailable as error:
                    self._writer.fail(error, drafts)
                    raise
                used.append(game)
            return await self._writer.submit(drafts)
        finally:
            for game in used:
                self._release(game)

    def subscribe(
        self, game: str, after: int | None = None, *, cameras: Collection[str] = (), kinds: Collection[str] = (),
        log: str | None = None,
    ) -> Subscription:  # fmt: skip
        """Subscribe to a game: history after a cursor, then live events, without gap or overlap.

        Args:
            game: ``games/{game}``; it need not have events yet.
            after: deliver events with a greater sequence; ``None``: only new events.
            cameras: only events of these cameras; empty means all.
            kinds: only events of these kinds; empty means all.
            log: the log that ``after`` belongs to, empty where it is not known. With it, a cursor that this log does
                not have makes the subscription begin again (see ``Subscription.restart``); with ``None`` that is an
                error.
        """
        return Subscription(
            self, self._metrics, game, after, cameras=cameras, kinds=kinds, log=log, buffer=self._buffer,
            page=self._page,
        )

    async def identity(self) -> str:
        """See :meth:`courtside_server.events.log.EventLog.identity`."""
        if not self._identity:
            self._identity = await self._blocking(self._log.identity)
        return self._identity

    async def read(self, game: str, after: int, limit: int) -> list[Event]:
        """See :meth:`courtside_server.events.log.EventLog.read`."""
        return await self._blocking(lambda: self._log.read(game, after, limit))

    async def latest(self, game: str, event_id: str) -> Event | None:
        """See :meth:`courtside_server.events.log.EventLog.latest`."""
        return await self._blocking(lambda: self._log.latest(game, event_id))

    async def snapshot(self, game: str, kinds: Collection[str], limit: int) -> tuple[list[Event], int]:
        """See :meth:`courtside_server.events.log.EventLog.snapshot`."""
        return await self._blocking(lambda: self._log.snapshot(game, kinds, limit))

    async def revisions(self, game: str, event_id: str) -> list[Event]:
        """See :meth:`courtside_server.events.log.EventLog.revisions`."""
        return await self._blocking(lambda: self._log.revisions(game, event_id))

    async def games(self) -> list[str]:
        """See :meth:`courtside_server.events.log.EventLog.games`."""
        return await self._blocking(self._log.games)

    async def newest(self, game: str, kind: str, limit: int) -> list[Event]:
        """See :meth:`courtside_server.events.log.EventLog.newest`."""
        return await self._blocking(lambda: self._log.newest(game, kind, limit))

    async def bounds(self, game: str) -> tuple[int, int]:
        """The lowest sequence still in a game's log and the highest ever assigned; (1, 0) for an unknown game."""
        return await self._blocking(lambda: (self._log.earliest(game), self._log.high_water_mark(game)))

    async def attach(self, subscription: Subscription) -> Topic:
        """Register a subscription; called by :class:`Subscription`."""
        topic = await self._topic(subscription.game)
        if self._draining:
            self._free(subscription.game)
            raise _draining()
        topic.users += 1
        self._subscriptions.add(subscription)
        return topic

    def detach(self, subscription: Subscription) -> None:
        """Remove a subscription; called by :class:`Subscription`."""
        self._subscriptions.discard(subscription)
        self._stop_when_nobody_reads()
        self._release(subscription.game)

    async def _blocking(self, call: Callable[[], T]) -> T:
        if self._stopped:
            raise _draining()
        return await self._read_offload(call)

    async def _topic(self, game: str) -> Topic:
        """The game's topic. The caller counts itself as a user before it waits for anything."""
        if game not in self._topics:
            self._opening[game] += 1
            try:
                high_water_mark = await self._blocking(lambda: self._log.high_water_mark(game))
            finally:
                self._opening[game] -= 1
                if not self._opening[game]:
                    del self._opening[game]
            # The first caller wins. A topic is not freed while a number is being read for it, so a number read here
            # is only used when no commit came in between.
            return self._topics.setdefault(game, Topic(high_water_mark))
        return self._topics[game]

    def _release(self, game: str) -> None:
        self._topics[game].users -= 1
        self._free(game)

    def _free(self, game: str) -> None:
        """Forget topics that nobody uses: a made-up name at once, a game once 256 others were used after it."""
        topic = self._topics.get(game)
        if topic is None or topic.users or game in self._opening:
            return
        if not topic.published:
            del self._topics[game]
            return
        self._idle[game] = None
        self._idle.move_to_end(game)
        while len(self._idle) > IDLE_TOPICS:
            oldest, _ = self._idle.popitem(last=False)
            if not self._topics[oldest].users and oldest not in self._opening:
                del self._topics[oldest]

    def _fan_out(self, drafts: Sequence[EventDraft], events: Sequence[Event]) -> None:
        ordered = sorted(zip(events, drafts, strict=True), key=lambda pair: (pair[0].game, pair[0].sequence))
        for game, of_game in groupby(ordered, key=lambda pair: pair[0].game):
            # Nobody may be there any more: the publisher gave up, and no subscriber is left.
            topic = self._topics.get(game) or Topic(0)
            for event, draft in of_game:
                if event.sequence <= topic.high_water_mark:
                    continue  # an idempotent append returned it; every subscriber has seen it
                if event.sequence > topic.high_water_mark + 1:
                    # A commit that was reported as failed is in the log after all: subscribers read it from there.
                    for subscription in tuple(topic.live):
                        subscription.fall_back()
                topic.high_water_mark = event.sequence
                self._count(draft)
                for subscription in tuple(topic.live):
                    subscription.push(event)
            for listener in tuple(self._event_listeners):
                listener(game)

    def _count(self, draft: EventDraft) -> None:
        self._metrics.events.labels(draft.kind, draft.lifecycle.name.lower()).inc()
        if draft.due is not None:
            self._metrics.event_latency.labels(draft.kind).observe(max(0.0, self._clock() - draft.due))

    def _announce_availability(self, available: bool) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(available)
            except Exception:
                _log.exception("a listener to the event log's availability failed")

    def _stop_when_nobody_reads(self) -> None:
        if self._written and not self._subscriptions:
            self._stopped = True
            for executor in self._threads:
                executor.shutdown(wait=False)

    def _thread(self, name: str, workers: int) -> Offload:
        executor = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._threads.append(executor)

        def offload(call: Callable[[], T]) -> Awaitable[T]:
            return asyncio.get_running_loop().run_in_executor(executor, call)

        return offload


def _draining() -> Draining:
    return Draining("the gateway is shutting down; connect to its successor")
