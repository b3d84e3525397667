"""Subscribing: a game's events as an async iterator that resumes by itself."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Self

import grpc

from courtside.errors import ErrorReason
from courtside.events import Event, Restart, RestartReason
from courtside.names import CameraName, parse_game
from courtside.queues import DropPolicy, HandoverQueue
from courtside.v1 import events_pb2, events_pb2_grpc
from courtside_client.errors import (
    CourtsideError,
    CursorEvictedError,
    GatewayUnavailable,
    LogReplacedError,
    SequenceGapError,
)
from courtside_client.remote import gateway_error
from courtside_client.retry import RetryPolicy

HEARTBEAT_S = 2.0
"""The gateway's usual pause between heartbeats, seconds."""
_REMEMBERED = 4096
"""Revisions remembered, so that each is delivered once."""
_BUFFER = 256
"""Events that are read ahead; then the gateway is held up, and cuts a subscriber that stays behind."""

ReconnectHook = Callable[[GatewayUnavailable, float], None]
"""Called with why the connection was lost and the seconds until the next try."""
RestartHook = Callable[[Restart], None]
"""Called when the gateway's log does not have the cursor, before the first event of what follows."""


class Subscription:
    """A game's events: history after a cursor, then live; each (event_id, revision) once, in order.

    An async iterator and an async context manager. Up to 256 events are read ahead. When the gateway goes away, the
    subscription waits with back-off and jitter and resumes after the last event.

    A cursor belongs to one log. Where the gateway's log does not have it (it was begun anew, or its history was
    evicted), ``on_restart`` is called and everything that remains follows, from the earliest event. Without the hook
    the subscription ends with an error: events are never skipped in silence.

    Args:
        channel: to the gateway; stays the caller's.
        game: ``games/{game}`` or the bare id.
        after: deliver events with a greater sequence; ``None``: only what comes from now on.
        cameras: only events of these cameras; empty means all.
        kinds: only events of these kinds, such as ``shot`` and ``play``; empty means all.
        retry_for: seconds to go on trying while the gateway is away.
        idle_timeout: seconds without event or heartbeat after which the connection counts as dead.
        on_reconnect: called before each new try.
        log: the log that ``after`` belongs to, an earlier subscription's :attr:`log`; empty where it is not known.
        on_restart: called when the log does not have the cursor; what was received before counts no more.

    Raises:
        BadName: not a game's or camera's name.

    Example:
        >>> from courtside_client.client import connect
        >>> async def first_shot(address: str) -> Event | None:
        ...     async with connect(address) as client, client.subscribe("final", after=0, retry_for=0) as events:
        ...         return await events.next(timeout=5.0)
        >>> asyncio.run(first_shot("127.0.0.1:1"))  # nobody listens there
        Traceback (most recent call last):
        courtside_client.errors.GatewayUnavailable: ...
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        game: str,
        after: int | None = None,
        *,
        cameras: Sequence[str] = (),
        kinds: Sequence[str] = (),
        retry_for: float = 60.0,
        idle_timeout: float = 3 * HEARTBEAT_S + 1,
        on_reconnect: ReconnectHook | None = None,
        log: str = "",
        on_restart: RestartHook | None = None,
    ) -> None:
        self._stub = events_pb2_grpc.EventServiceStub(channel)
        self.game = parse_game(game, allow_id=True)
        self._cameras = [CameraName.parse(camera).name for camera in cameras]
        self._kinds = list(kinds)
        self._received = self._delivered = after
        self._retry = RetryPolicy(retry_for)
        self._idle_timeout, self._on_reconnect = idle_timeout, on_reconnect
        self._log, self._on_restart = log, on_restart
        self._call: Any = None
        self._seen: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._queue: HandoverQueue[Event | Restart] = HandoverQueue(_BUFFER, DropPolicy.BLOCK)
        self._reading: asyncio.Task[None] | None = None
        self._error: CourtsideError | None = None
        self._closed = False

    @property
    def _filters(self) -> bool:
        """Whether the gateway leaves events out, so that sequences have gaps."""
        return bool(self._cameras or self._kinds)

    async def __aenter__(self) -> Self:
        self._start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        """The next event.

        Raises:
            StopAsyncIteration: the subscription was closed.
            CursorEvictedError: history after the cursor is gone; subscribe again after ``earliest_sequence - 1``.
            LogReplacedError: the gateway has another log; subscribe again after 0. Neither comes with ``on_restart``.
            SlowSubscriberError: events were read too slowly; subscribe again after ``last_sequence``.
            SequenceGapError: the gateway left out events.
            GatewayUnavailable: the gateway stayed away longer than ``retry_for``.
        """
        self._start()
        while items := await self._queue.aget():
            item = items[0]
            if isinstance(item, Event):
                self._delivered = item.sequence
                return item
            self._delivered = item.earliest_sequence - 1
            if self._on_restart is not None:
                self._on_restart(item)
        if self._error is not None and not self._closed:
            raise self._error
        raise StopAsyncIteration

    async def next(self, timeout: float | None = None) -> Event:
        """The next event; nothing is lost when the time is up.

        Args:
            timeout: seconds to wait; ``None`` waits for ever.

        Raises:
            TimeoutError: no event came in time.
            StopAsyncIteration: the subscription was closed.
            CourtsideError: see :meth:`__anext__`.
        """
        async with asyncio.timeout(timeout):
            return await self.__anext__()

    @property
    def last_sequence(self) -> int | None:
        """The cursor to resume after: everything up to here was delivered or filtered out; ``None`` before the first
        message of a live-only subscription.
        """
        return self._delivered if self.pending else self._received

    @property
    def log(self) -> str:
        """Identity of the log that :attr:`last_sequence` belongs to; empty before the first message."""
        return self._log

    @property
    def pending(self) -> int:
        """Events that have been received and wait to be read."""
        return len(self._queue)

    async def aclose(self) -> None:
        """End the subscription. Idempotent."""
        self._closed = True
        self._queue.close()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
        self._drop_call()

    # ---- the reader, a task of its own ---------------------------------------------------------------------------

    def _start(self) -> None:
        if self._reading is None and not self._closed:
            self._reading = asyncio.create_task(self._read(), name=f"events of {self.game}")

    async def _read(self) -> None:
        """Put events into the queue until the subscription fails for good or is closed."""
        try:
            while True:
                try:
                    message = await self._next_message()
                except GatewayUnavailable as error:
                    self._drop_call()
                    if self._retry.exhausted():
                        raise
                    delay = self._retry.delay(error.retry_after)
                    if self._on_reconnect is not None:
                        self._on_reconnect(error, delay)
                    await asyncio.sleep(delay)
                    continue
                self._retry.succeeded()
                self._log = message.log or self._log
                if message.WhichOneof("message") == "restart":
                    await self._begin_again(message.restart)
                elif message.WhichOneof("message") == "heartbeat":
                    self._take_heartbeat(message.heartbeat.high_water_mark)
                elif self._is_new(message.event):
                    await self._queue.aput(Event.from_proto(message.event))
        except CourtsideError as error:
            self._error = error
        except Exception as error:  # a hook that raises: its error is the reader's
            self._error = CourtsideError(f"the subscription to {self.game} failed: {error}")
            self._error.__cause__ = error
        finally:
            self._queue.end()

    async def _next_message(self) -> events_pb2.SubscribeEventsResponse:
        try:
            if self._call is None:
                request = events_pb2.SubscribeEventsRequest(
                    game=self.game, cameras=self._cameras, kinds=self._kinds, log=self._log
                )
                if self._received is not None:
                    request.after_sequence = self._received
                self._call = self._stub.SubscribeEvents(request)
            # Not wait_for: before Python 3.12 it swallows a cancellation that comes together with a message.
            async with asyncio.timeout(self._idle_timeout):
                message: events_pb2.SubscribeEventsResponse = await self._call.read()
        except TimeoutError:
            raise GatewayUnavailable(f"no message from the gateway for {self._idle_timeout:g} s") from None
        except grpc.aio.AioRpcError as error:
            raise gateway_error(error) from None
        if message is grpc.aio.EOF:
            raise GatewayUnavailable("the gateway ended the subscription")
        return message

    async def _begin_again(self, message: events_pb2.Restart) -> None:
        """Forget what was received, and hand the restart on in its place among the events."""
        evicted = message.reason == events_pb2.RESTART_REASON_EVICTED
        reason = RestartReason.EVICTED if evicted else RestartReason.OTHER_LOG
        restart = Restart(self._log, reason, message.earliest_sequence)
        if self._on_restart is None:
            kind = CursorEvictedError if evicted else LogReplacedError
            code = ErrorReason.CURSOR_EVICTED if evicted else ErrorReason.LOG_REPLACED
            raise kind(
                f"{restart.detail.partition(';')[0]}; subscribe again after {message.earliest_sequence - 1}",
                code=code.code, reason=code,
                fields={"earliest_sequence": str(message.earliest_sequence), "log": self._log},
            )  # fmt: skip
        self._received = message.earliest_sequence - 1
        self._seen.clear()
        await self._queue.aput(restart)

    def _is_new(self, event: events_pb2.Event) -> bool:
        """Check an event's place; False when it was received before."""
        if self._received is not None:
            if event.sequence <= self._received:
                return False
            if not self._filters and event.sequence != self._received + 1:
                raise SequenceGapError(self._received + 1, event.sequence)
        self._received = event.sequence
        key = (event.event_id, event.revision)
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True

    def _take_heartbeat(self, high_water_mark: int) -> None:
        # Events travel in the same stream, in order: everything up to the mark has been received or filtered out.
        if self._received is None or self._filters:
            self._received = max(self._received or 0, high_water_mark)

    def _drop_call(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            with suppress(CourtsideError):
                call.cancel()
