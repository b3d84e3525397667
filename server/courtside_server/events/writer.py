"""The event log's only writer: group commit from a bounded queue, and recovery when the log fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import structlog

from courtside_server.errors import Draining, LogUnavailable
from courtside_server.events.log import EventLog
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Event, EventDraft

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class Offload(Protocol):
    """Runs a blocking call outside the event loop."""

    def __call__(self, call: Callable[[], T], /) -> Awaitable[T]:
        """Return an awaitable for the result of ``call``."""


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    drafts: Sequence[EventDraft]
    done: asyncio.Future[list[Event]]


class LogWriter:
    """Commits submitted drafts, one commit at a time. Submissions that arrive meanwhile share the next commit.

    The queue is bounded with policy BLOCK: a caller waits for room and nothing is dropped. While the log is
    unavailable every submission fails at once, and the log is probed in the background.

    Args:
        log: the log.
        metrics: the gateway's metrics.
        offload: runs the log's blocking calls.
        on_commit: gets the drafts and the events of a commit, on the event loop, before any caller gets its result.
        on_availability: called with every change of availability.
        queue: submissions that may wait.
        group: approximate number of drafts per commit.
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
        self._refused: Sequence[EventDraft] = ()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._probe: asyncio.Task[None] | None = None

    @property
    def failure(self) -> LogUnavailable | None:
        """Why the log cannot be used; ``None`` while it can."""
        return self._failure

    async def start(self) -> None:
        """Start writing. A log that cannot be used yet is probed until it can."""
        try:
            await self._offload(self._log.check)
        except LogUnavailable as error:
            self.fail(error)
        self._task = asyncio.create_task(self._run(), name="event-log-writer")

    async def submit(self, drafts: Sequence[EventDraft]) -> list[Event]:
        """Wait until the drafts are durable.

        Raises:
            LogUnavailable: they could not be written.
            Draining: the writer is closing.
            ValueError, TypeError: a draft contains what no log can store.
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
                await self._wait_for_room(request)
            return await done
        finally:
            done.cancel()

    async def _wait_for_room(self, request: _Request) -> None:
        put = asyncio.create_task(self._queue.put(request))
        try:  # `done` is resolved first when the writer closes meanwhile
            either: set[asyncio.Future[Any]] = {put, request.done}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            put.cancel()

    def check_open(self) -> None:
        """Raise the error that a submission would raise at once, if any."""
        if self._closing:
            raise Draining("the gateway is shutting down; send the events to its successor")
        if self._failure is not None:
            raise _copy(self._failure)

    async def close(self, timeout: float) -> None:
        """Write the waiting drafts, for at most ``timeout`` seconds, then stop; the rest fails with ``Draining``."""
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

    def fail(self, error: LogUnavailable, refused: Sequence[EventDraft] = ()) -> None:
        """Mark the log as unavailable and start to probe it, with the drafts that it has just refused.

        Another draft may well be taken by a damaged log, and then the log would seem to come and go.
        """
        first, self._failure = self._failure is None, error
        if first:
            self._refused = refused
            _log.error("event log unavailable, retrying", retry_s=self._probe_interval, error=error.message)
            self._probe = asyncio.create_task(self._probe_until_available(), name="event-log-probe")
            self._on_availability(False)

    async def _run(self) -> None:
        while True:
            group = [await self._queue.get()]
            size = len(group[0].drafts)
            while size < self._group and not self._queue.empty():
                group.append(self._queue.get_nowait())
                size += len(group[-1].drafts)
            try:
                # Requests whose caller gave up before the commit are left out.
                await self._commit([request for request in group if not request.done.done()])
            except Exception as error:
                # A fault of ours must not end all writing: callers try again, and readiness shows it meanwhile.
                _log.exception("writing events failed unexpectedly")
                failure = LogUnavailable(f"writing events failed unexpectedly ({error!r}); see the gateway's log")
                self.fail(failure)
                _refuse(group, failure)

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
            self.fail(error, drafts)
            return _refuse(group, error)
        except Exception as error:
            if len(group) > 1:  # a bad draft must not fail other callers' drafts
                for request in group:
                    await self._commit([request])
            elif not group[0].done.done():
                group[0].done.set_exception(error)
            return
        self._duration.observe(time.monotonic() - started)
        try:
            self._on_commit(drafts, events)
        except Exception:  # the events are in the log: whoever missed them reads them from there
            _log.exception("delivering committed events failed")
        committed = iter(events)
        for request in group:
            own = [next(committed) for _ in request.drafts]
            if not request.done.done():
                request.done.set_result(own)

    async def _probe_until_available(self) -> None:
        while True:
            await asyncio.sleep(self._probe_interval)
            try:
                await self._offload(lambda: self._log.check(self._refused))
            except LogUnavailable as error:
                self._failure = error
            except Exception:
                _log.exception("probing the event log failed")
            else:
                break
        self._failure, self._refused = None, ()
        _log.warning("event log available again")
        self._on_availability(True)


def _refuse(group: Sequence[_Request], error: LogUnavailable) -> None:
    for request in group:
        if not request.done.done():
            request.done.set_exception(_copy(error))


def _copy(error: LogUnavailable) -> LogUnavailable:
    """A new error with the same content: one exception object must not be raised to several callers."""
    return LogUnavailable(error.message, **error.fields)
