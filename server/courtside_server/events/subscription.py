"""A subscription to one game: history from the log, then live events from the hub, without gap or overlap."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from courtside.events import Restart, RestartReason
from courtside_server.errors import BadRequest, CourtsideError, LogUnavailable, SlowSubscriber
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Event


@dataclass(slots=True)
class Topic:
    """One game on the event loop.

    Attributes:
        high_water_mark: sequence of the last event delivered to the live subscriptions.
        live: subscriptions that get events directly from the hub.
        users: subscriptions, live or not, and publish calls under way.
        published: events have been published to it.
    """

    high_water_mark: int
    live: set[Subscription] = field(default_factory=set)
    users: int = 0
    published: bool = False


class Source(Protocol):
    """The part of the hub that a subscription uses."""

    async def attach(self, subscription: Subscription) -> Topic:
        """Register a subscription; returns its game's topic, which stays until ``detach``."""

    def detach(self, subscription: Subscription) -> None:
        """Remove a subscription."""

    async def read(self, game: str, after: int, limit: int) -> list[Event]:
        """Read the log."""

    async def identity(self) -> str:
        """The log's identity."""

    async def bounds(self, game: str) -> tuple[int, int]:
        """The earliest sequence of a game's log and its high-water mark."""


class Subscription:
    """An async iterator and async context manager over the events of one game.

    While it is behind, it reads the log page by page. When it has caught up, the hub adds live events to its buffer.
    The buffer is bounded. When it overflows, the subscription is cut: it ends with ``SlowSubscriber``, whose
    ``last_sequence`` is the cursor to continue from. Other subscribers are not affected.

    An event counts as delivered when the reader asks for the next one.

    Args:
        source: the hub.
        metrics: the gateway's metrics.
        game: ``games/{game}``.
        after: deliver events with a greater sequence; ``None``: only new events.
        cameras: only events that one of these cameras sees; empty means all.
        kinds: only events of these kinds; empty means all.
        log: the log that ``after`` belongs to; see :meth:`courtside_server.events.hub.EventHub.subscribe`.
        buffer: live events that may wait for the reader.
        page: events to read from the log at a time.

    Attributes:
        log: identity of the log, once the subscription was entered.
        restart: set where the log does not have the cursor and the subscription begins with the earliest event
            instead.
    """

    def __init__(
        self,
        source: Source,
        metrics: Metrics,
        game: str,
        after: int | None,
        *,
        cameras: Collection[str],
        kinds: Collection[str] = (),
        log: str | None = None,
        buffer: int,
        page: int,
    ) -> None:
        self.game = game
        self.after = after
        self.log = ""
        self.restart: Restart | None = None
        self._cursor_log = log
        self._source = source
        self._metrics = metrics
        self._cameras, self._kinds = frozenset(cameras), frozenset(kinds)
        self._buffer = buffer
        self._page = page
        self._topic: Topic | None = None
        self._pending: deque[Event] = deque()
        self._scanned = 0  # every event up to this sequence was delivered, filtered out, or is pending
        self._current: Event | None = None  # returned, but the reader has not come back yet
        self._live = False
        self._error: CourtsideError | None = None
        self._wake = asyncio.Event()
        self._on_cut: Callable[[], object] = lambda: None

    async def __aenter__(self) -> Self:
        """Start the subscription.

        Raises:
            BadRequest: the cursor lies beyond the end of the log.
            LogUnavailable: the log cannot be read.
            Draining: the hub is closing.
        """
        self._topic = topic = await self._source.attach(self)
        self._metrics.subscribers.inc()
        try:
            self.log = await self._source.identity()
            if self.after is not None and self._cursor_log is not None:
                await self._check_log(self.after, self._cursor_log)
            elif self.after is not None and self.after > topic.high_water_mark:
                await self._check_cursor(self.after)
        except BaseException:
            self.close()
            raise
        self._scanned = topic.high_water_mark if self.after is None else self.after
        self._go_live_if_caught_up(topic)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        event = await self.get()
        assert event is not None  # None comes only with a timeout
        return event

    @property
    def position(self) -> int:
        """The cursor to continue from: every event up to this sequence was delivered or filtered out."""
        if self._current is not None:
            return self._current.sequence - 1
        return self._pending[0].sequence - 1 if self._pending else self._scanned

    @property
    def live(self) -> bool:
        """True when the history has been read and events come directly from the hub."""
        return self._live

    async def get(self, timeout: float | None = None) -> Event | None:
        """Return the next event, or ``None`` when none comes within ``timeout`` seconds.

        Raises:
            SlowSubscriber: the buffer overflowed; subscribe again after ``fields["last_sequence"]``.
            CursorEvicted: the history to read next was evicted.
            LogUnavailable: the history cannot be read.
            Draining: the hub has closed, and everything before that was delivered.
        """
        if self._topic is None:
            raise RuntimeError("enter the subscription first")
        loop = asyncio.get_running_loop()
        deadline = None if timeout is None else loop.time() + timeout
        self._current = None
        while True:
            if isinstance(self._error, SlowSubscriber):
                raise self._error
            if self._pending:
                self._current = self._pending.popleft()
                return self._current
            if self._error is not None and self._scanned >= self._topic.high_water_mark:
                raise self._error
            if not self._live:
                await self._read_page(self._topic)
                if not self._pending and not self._live and deadline is not None and loop.time() >= deadline:
                    return None
                continue
            self._wake.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._wake.wait()
            except TimeoutError:
                return None

    def on_cut(self, call: Callable[[], object]) -> None:
        """Set the function to call, on the event loop, when the subscription is cut; replaces an earlier one."""
        self._on_cut = call

    def cut(self, reason: str, why: str) -> SlowSubscriber:
        """End the subscription because it is too slow; returns the error that its reader gets.

        Args:
            reason: label of ``courtside_subscribers_evicted_total``.
            why: what the reader did not do, for a person.
        """
        if isinstance(self._error, SlowSubscriber):
            return self._error
        position = self.position
        self._error = SlowSubscriber(
            f"{why}; subscribe to {self.game} again after sequence {position} and read faster",
            last_sequence=position,
            reason=reason,
        )
        self._metrics.subscribers_evicted.labels(reason).inc()
        self._pending.clear()
        self._leave_live()
        self._on_cut()
        return self._error

    def close(self) -> None:
        """End the subscription. Idempotent."""
        if self._topic is None:
            return
        self._leave_live()
        self._pending.clear()
        self._topic = None
        self._metrics.subscribers.dec()
        self._source.detach(self)

    def push(self, event: Event) -> None:
        """Take one live event; called by the hub."""
        if event.sequence <= self._scanned:
            return  # the cursor came from the log just before the hub delivered this event
        if self._is_wanted(event):
            if len(self._pending) >= self._buffer:
                self.cut("slow", f"{self._buffer} events were waiting for the subscriber")
                return
            self._pending.append(event)
            self._metrics.subscriber_lag.observe(len(self._pending))
            self._wake.set()
        self._scanned = event.sequence

    def _is_wanted(self, event: Event) -> bool:
        if self._kinds and event.kind not in self._kinds:
            return False
        # The game's own state has no camera.
        return not self._cameras or not event.camera or not self._cameras.isdisjoint(event.cameras)

    def fall_back(self) -> None:
        """Continue from the log, because the hub does not have the next event; called by the hub."""
        self._leave_live()

    def end(self, error: CourtsideError) -> None:
        """Raise ``error`` once every event so far, including history, was delivered; called by the hub."""
        if self._error is None:
            self._error = error
        self._wake.set()

    async def _check_log(self, after: int, log: str) -> None:
        """Begin again where this log does not have the cursor."""
        earliest, end = await self._source.bounds(self.game)
        if (log and log != self.log) or after > end:
            self.restart = Restart(self.log, RestartReason.OTHER_LOG, earliest)
        elif after + 1 < earliest:
            self.restart = Restart(self.log, RestartReason.EVICTED, earliest)
        if self.restart is not None:
            self.after = earliest - 1

    async def _check_cursor(self, after: int) -> None:
        # The log may be ahead of the hub by the commit that is being delivered.
        _, end = await self._source.bounds(self.game)
        if after > end:
            raise BadRequest(
                f"after_sequence {after} is beyond the end of {self.game}, which is {end}; "
                "start again from 0, or omit it for live events only",
                field="after_sequence",
                high_water_mark=end,
            )

    async def _read_page(self, topic: Topic) -> None:
        missing = topic.high_water_mark - self._scanned
        if missing > 0:
            events = await self._source.read(self.game, self._scanned, min(self._page, missing))
            if not events:
                raise LogUnavailable(
                    f"the event log of {self.game} ends at {self._scanned}, but {topic.high_water_mark} was expected; "
                    "restart the gateway"
                )
            self._scanned = events[-1].sequence
            self._pending.extend(filter(self._is_wanted, events))
        self._go_live_if_caught_up(topic)

    def _go_live_if_caught_up(self, topic: Topic) -> None:
        # No await between the comparison and the registration: the hub cannot deliver in between, so there is no gap.
        if not self._pending and self._scanned >= topic.high_water_mark and self._error is None:
            topic.live.add(self)
            self._live = True

    def _leave_live(self) -> None:
        if self._topic is not None:
            self._topic.live.discard(self)
        self._live = False
        self._wake.set()
