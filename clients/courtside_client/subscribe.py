"""Subscribing: a game's events as an async iterator that outlives the gateway's restarts."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

import grpc

from courtside.v1 import events_pb2, events_pb2_grpc
from courtside_client.errors import GatewayUnavailable, SequenceGapError
from courtside_client.names import camera_name, game_name
from courtside_client.remote import gateway_error
from courtside_client.retry import Patience

FIRST_IDLE_S = 30.0
"""Silence after which a connection counts as dead while the gateway's heartbeat is not known yet, seconds."""
_LEAST_IDLE_S = 5.0
_HEARTBEATS_MISSED = 3
_REMEMBERED = 4096


class Subscription:
    """Iterates over :class:`courtside.v1.Event`: history after a cursor, then live.

    Every event comes once, in order, without a gap; a connection that breaks is made again and goes on after the
    last event seen. Use it as an async context manager, so that the call ends with the block::

        async with Subscription(channel, "games/final", after=0) as events:
            async for event in events: ...

    Args:
        channel: to the gateway; stays open.
        game: ``games/{game}`` or the bare id.
        after: deliver events with a greater sequence; ``None``: only what comes from now on.
        cameras: only these cameras' events; sequences then have gaps.
        retry_for: seconds to go on trying while the gateway is away.
        idle_timeout: seconds without a message after which the connection counts as dead; by default three of the
            gateway's heartbeats.
        on_notice: told, in one sentence, when a connection is lost.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        game: str,
        *,
        after: int | None = None,
        cameras: Sequence[str] = (),
        retry_for: float = 60.0,
        idle_timeout: float | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> None:
        self._stub = events_pb2_grpc.EventServiceStub(channel)
        self._game, self._cameras = game_name(game), [camera_name(name) for name in cameras]
        self._cursor = after
        self._idle_timeout = idle_timeout
        self._heartbeat = 0.0
        self._seen: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._call: Any = None
        self._closed = False
        self._notice = on_notice or (lambda text: None)
        self._patience = Patience(retry_for, on_retry=self._retrying)

    @property
    def last_sequence(self) -> int | None:
        """Cursor: everything up to here was delivered (or filtered out); ``None`` before the first message."""
        return self._cursor

    async def __aenter__(self) -> Subscription:
        """Gives itself; the call begins with the first event asked for."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the call."""
        await self.close()

    async def close(self) -> None:
        """End the call; iteration stops. Idempotent."""
        self._closed = True
        self._drop_call()

    def __aiter__(self) -> Subscription:
        """Gives itself."""
        return self

    async def __anext__(self) -> events_pb2.Event:
        """The next event.

        Raises:
            CursorEvictedError: history before ``earliest_sequence`` is gone.
            SlowSubscriberError: events were read too slowly; subscribe again after ``last_sequence``.
            SequenceGapError: the gateway left out an event.
            GatewayUnavailable: the gateway was away for longer than ``retry_for``.
            RejectedError: the gateway does not take this subscription.
        """
        if self._closed:
            raise StopAsyncIteration
        async for attempt in self._patience.retrying():
            with attempt:
                return await self._next()
        raise AssertionError("retrying ends with a result or an error")

    async def _next(self) -> events_pb2.Event:
        try:
            while True:
                response = await self._receive()
                self._patience.progress()
                if response.WhichOneof("message") == "heartbeat":
                    self._beat(response.heartbeat.high_water_mark)
                elif response.WhichOneof("message") == "event" and self._fresh(response.event):
                    return response.event
        except grpc.aio.AioRpcError as error:
            self._drop_call()
            if self._closed:
                raise StopAsyncIteration from None
            raise gateway_error(error) from None
        except BaseException:
            # Also a cancelled read ends a call; the next one begins anew after the cursor.
            self._drop_call()
            raise

    async def _receive(self) -> events_pb2.SubscribeEventsResponse:
        if self._call is None:
            request = events_pb2.SubscribeEventsRequest(
                game=self._game, after_sequence=self._cursor, cameras=self._cameras
            )
            self._call = self._stub.SubscribeEvents(request)
        limit = self._limit()
        began = time.monotonic()
        try:
            async with asyncio.timeout(limit):
                response = await self._call.read()
        except TimeoutError:
            raise GatewayUnavailable(f"no word from the gateway for {limit:g} s") from None
        if response is grpc.aio.EOF:
            raise GatewayUnavailable("the gateway ended the subscription")
        if response.WhichOneof("message") == "heartbeat":
            self._heartbeat = max(self._heartbeat, time.monotonic() - began)
        return response  # type: ignore[no-any-return]

    def _limit(self) -> float:
        if self._idle_timeout is not None:
            return self._idle_timeout
        # The first heartbeat comes at once and tells nothing of the interval.
        if self._heartbeat < 0.05:
            return FIRST_IDLE_S
        return max(_LEAST_IDLE_S, _HEARTBEATS_MISSED * self._heartbeat)

    def _beat(self, mark: int) -> None:
        if self._cursor is not None and mark > self._cursor and not self._cameras:
            raise SequenceGapError(self._cursor + 1, mark + 1)
        self._cursor = mark if self._cursor is None else max(self._cursor, mark)

    def _fresh(self, event: events_pb2.Event) -> bool:
        """Take note of an event; False for one that was delivered before."""
        if self._cursor is not None:
            if event.sequence <= self._cursor:
                return False
            if event.sequence > self._cursor + 1 and not self._cameras:
                raise SequenceGapError(self._cursor + 1, event.sequence)
        self._cursor = event.sequence
        key = (event.event_id, event.revision)
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True

    def _drop_call(self) -> None:
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _retrying(self, error: BaseException, delay: float) -> None:
        self._notice(f"{error}; trying again in {delay:.1f} s")
