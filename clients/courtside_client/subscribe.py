"""Subscribing: a game's events as an async iterator that resumes by itself."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Self

import grpc

from courtside.names import CameraName, parse_game
from courtside.v1 import events_pb2, events_pb2_grpc
from courtside_client.errors import CourtsideError, GatewayUnavailable, SequenceGapError
from courtside_client.remote import gateway_error
from courtside_client.retry import Patience

HEARTBEAT_S = 2.0
"""The gateway's usual pause between heartbeats."""
_REMEMBERED = 4096


class Subscription:
    """A game's events: history after a cursor, then live; each (event_id, revision) once, in order.

    An async iterator and an async context manager. When the gateway goes away the subscription waits with back-off
    and jitter and goes on after :attr:`last_sequence`.

    Args:
        channel: to the gateway; stays the caller's.
        game: ``games/{game}`` or the bare id.
        after: deliver events with a greater sequence; ``None``: only what comes from now on.
        cameras: only events of these cameras; empty means all.
        retry_for: seconds to go on trying while the gateway is away.
        idle_timeout: seconds without event or heartbeat after which the connection counts as dead.

    Raises:
        BadName: not a game's or camera's name.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        game: str,
        after: int | None = None,
        *,
        cameras: Sequence[str] = (),
        retry_for: float = 60.0,
        idle_timeout: float = 3 * HEARTBEAT_S + 1,
    ) -> None:
        self._stub = events_pb2_grpc.EventServiceStub(channel)
        self.game = parse_game(game, allow_id=True)
        self._cameras = [CameraName.parse(camera).name for camera in cameras]
        self.last_sequence = after
        """The cursor: everything up to here was delivered (or filtered out)."""
        self._patience = Patience(retry_for)
        self._idle_timeout = idle_timeout
        self._call: Any = None
        self._seen: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> events_pb2.Event:
        """The next event.

        Raises:
            StopAsyncIteration: the subscription was closed.
            CursorEvictedError: history after the cursor is gone; subscribe again after ``earliest_sequence - 1``.
            SlowSubscriberError: events were read too slowly; subscribe again after ``last_sequence``.
            SequenceGapError: the gateway left out events.
            GatewayUnavailable: the gateway stayed away longer than there was patience for.
        """
        while not self._closed:
            try:
                message = await self._next_message()
            except GatewayUnavailable as error:
                self._drop_call()
                if self._patience.exhausted():
                    raise
                await asyncio.sleep(self._patience.delay(error.retry_after))
                continue
            self._patience.progress()
            if message.WhichOneof("message") == "heartbeat":
                self._take_heartbeat(message.heartbeat.high_water_mark)
            elif self._take(message.event):
                return message.event
        raise StopAsyncIteration

    async def close(self) -> None:
        """End the subscription. Idempotent."""
        self._closed = True
        self._drop_call()

    async def _next_message(self) -> events_pb2.SubscribeEventsResponse:
        try:
            if self._call is None:
                request = events_pb2.SubscribeEventsRequest(game=self.game, cameras=self._cameras)
                if self.last_sequence is not None:
                    request.after_sequence = self.last_sequence
                self._call = self._stub.SubscribeEvents(request)
            # Not wait_for: before Python 3.12 it swallows a cancellation that comes together with a message.
            async with asyncio.timeout(self._idle_timeout):
                message: events_pb2.SubscribeEventsResponse = await self._call.read()
        except TimeoutError:
            raise GatewayUnavailable(f"no word from the gateway for {self._idle_timeout:g} s") from None
        except grpc.aio.AioRpcError as error:
            raise gateway_error(error) from None
        if message is grpc.aio.EOF:
            raise GatewayUnavailable("the gateway ended the subscription")
        return message

    def _take(self, event: events_pb2.Event) -> bool:
        """Check an event's place; False when it was delivered before."""
        if self.last_sequence is not None:
            if event.sequence <= self.last_sequence:
                return False
            if not self._cameras and event.sequence != self.last_sequence + 1:
                raise SequenceGapError(self.last_sequence + 1, event.sequence)
        self.last_sequence = event.sequence
        key = (event.event_id, event.revision)
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True

    def _take_heartbeat(self, high_water_mark: int) -> None:
        # Events travel in the same stream, in order: whatever the mark covers has been delivered or filtered out.
        if self.last_sequence is None or self._cameras:
            self.last_sequence = max(self.last_sequence or 0, high_water_mark)

    def _drop_call(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            with suppress(CourtsideError):
                call.cancel()
