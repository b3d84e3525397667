"""The one writer of an event log: group commit from a bounded queue, and recovery when the log fails."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from courtside_server.errors import Draining, LogUnavailable
from courtside_server.events.log import EventLog
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Event, EventDraft

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Offload(Protocol):
    """Runs a blocking call somewhere else than on the event loop."""

    def __call__(self, call: Callable[[], T], /) -> Awaitable[T]:
        """Await what ``call`` returns or raises."""


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    drafts: Sequence[EventDraft]
    done: asyncio.Future[list[Event]]


class LogWriter:
    """Commits what publishers submit, one commit at a time; what waits meanwhile shares the next one.

    The queue is bounded; its policy is BLOCK: a publisher waits for a place, nothing is dropped. While the log is
    unavailable every submission fails at once and the log is probed in the background.

    Args:
        log: the log.
        metrics: ``stage_duration_seconds{stage="append"}``.
        offload: runs the log's blocking calls.
        on_commit: takes the drafts of a commit and their events, on the event loop, before any publisher hears of it.
        on_availability: takes every change of ``available``.
        queue: submissions that may wait.
        group: drafts a commit, about.
        probe_interval: seconds between two attempts while the log is unavailable.
    """

    def __init__(
        self,
        log: EventLog,
        metrics: Metrics,
        offload: Offload,
        *,
        on_commit: Callable[[Sequence[EventDraft], Sequence[Event]], None],
        on_availability: Callable[[bool], None],
        queue: int,
        group: int,
        probe_interval: float,
    ) -> None:
        self._log = log
        self._duration = metrics.stage_duration.labels("append")
        self._offload = offload
        self._on_commit = on_commit
        self._on_availability = on_availability
        self._queue: asyncio.Queue[_Request] = asyncio.Queue(queue)
        self._group = group
        self._probe_interval = probe_interval
        self._waiting: set[asyncio.Future[list[Event]]] = set()
        self._failure: LogUnavailable | None = None
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._probe: asyncio.Task[None] | None = None

    @property
    def failure(self) -> LogUnavailable | None:
        """Why the log cannot be used, or ``None`` while it can."""
        return self._failure

    async def start(self) -> None:
        """Begin to write; a log that cannot be used yet is probed until it can."""
        try:
            await self._offload(self._log.check)
        except LogUnavailable as error:
            self.fail(error)
        self._task = asyncio.create_task(self._run(), name="event-log-writer")

    async def submit(self, drafts: Sequence[EventDraft]) -> list[Event]:
        """Wait until the drafts are durable.

        Raises:
            LogUnavailable: they are not.
            Draining: the writer is closing.
            ValueError, TypeError: a draft holds what no log can keep.
        """
        self.check_open()
        done: asyncio.Future[list[Event]] = asyncio.get_running_loop().create_future()
        self._waiting.add(done)
        done.add_done_callback(self._waiting.discard)
        try:
            request = _Request(drafts, done)
            try:
                self._queue.put_nowait(request)
            except asyncio.QueueFull:
                await self._wait_for_place(request)
            return await done
        finally:
            done.cancel()

    async def _wait_for_place(self, request: _Request) -> None:
        place = asyncio.create_task(self._queue.put(request))
        try:  # `done` comes first when the writer closes meanwhile
            either: set[asyncio.Future[Any]] = {place, request.done}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            place.cancel()

    def check_open(self) -> None:
        """Raise what a submission would raise at once."""
        if self._closing:
            raise Draining("the gateway is shutting down; send the events to its successor")
        if self._failure is not None:
            raise _again(self._failure)

    async def close(self, timeout: float) -> None:
        """Write what waits, for at most ``timeout`` seconds, then stop; what is left fails with ``Draining``."""
        self._closing = True
        if self._waiting:
            await asyncio.wait(set(self._waiting), timeout=timeout)
        for task in (self._task, self._probe):
            if task is not None:
                task.cancel()
                await asyncio.wait({task})
        for done in tuple(self._waiting):
            if not done.done():
                done.set_exception(Draining("the gateway shut down before the events were written; send them again"))

    def fail(self, error: LogUnavailable) -> None:
        """Take note that the log cannot be used, and begin to probe it."""
        first, self._failure = self._failure is None, error
        if first:
            logger.error("events are not acknowledged: %s", error.message)
            self._probe = asyncio.create_task(self._probe_until_it_works(), name="event-log-probe")
            self._on_availability(False)

    async def _run(self) -> None:
        while True:
            group = [await self._queue.get()]
            size = len(group[0].drafts)
            while size < self._group and not self._queue.empty():
                group.append(self._queue.get_nowait())
                size += len(group[-1].drafts)
            # A publisher that gave up before its commit began is left out.
            await self._commit([request for request in group if not request.done.done()])

    async def _commit(self, group: Sequence[_Request]) -> None:
        if not group:
            return
        if self._failure is not None:
            return _refuse(group, self._failure)
        drafts = [draft for request in group for draft in request.drafts]
        started = time.monotonic()
        try:
            events = await self._offload(lambda: self._log.append(drafts))
        except LogUnavailable as error:
            self.fail(error)
            return _refuse(group, error)
        except Exception as error:
            if len(group) > 1:  # one publisher's bad draft is nobody else's trouble
                for request in group:
                    await self._commit([request])
            elif not group[0].done.done():
                group[0].done.set_exception(error)
            return
        self._duration.observe(time.monotonic() - started)
        self._on_commit(drafts, events)
        given = iter(events)
        for request in group:
            own = [next(given) for _ in request.drafts]
            if not request.done.done():
                request.done.set_result(own)

    async def _probe_until_it_works(self) -> None:
        while True:
            await asyncio.sleep(self._probe_interval)
            try:
                await self._offload(self._log.check)
            except LogUnavailable as error:
                self._failure = error
            except Exception:
                logger.exception("the event log could not be probed")
            else:
                break
        self._failure = None
        logger.warning("the event log can be written again")
        self._on_availability(True)


def _refuse(group: Sequence[_Request], error: LogUnavailable) -> None:
    for request in group:
        if not request.done.done():
            request.done.set_exception(_again(error))


def _again(error: LogUnavailable) -> LogUnavailable:
    """A fresh error of the same content: one exception object must not be raised to several callers."""
    return LogUnavailable(error.message, **error.fields)
