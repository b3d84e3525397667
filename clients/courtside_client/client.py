"""Client: one object for everything a program asks of a gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Any, Self

import grpc

from courtside.v1 import events_pb2, events_pb2_grpc
from courtside_client.channel import open_channel
from courtside_client.names import camera_name, game_name
from courtside_client.options import StreamOptions
from courtside_client.remote import gateway_error
from courtside_client.report import StreamReport
from courtside_client.sources import open_source
from courtside_client.sources.base import Source
from courtside_client.stream import StreamSession
from courtside_client.subscribe import Subscription


class Client:
    """A gateway's client; made by :func:`connect`, used as an async context manager.

    Args:
        gateway: ``HOST:PORT``.
        timeout: deadline of each simple call, seconds.
    """

    def __init__(self, gateway: str, *, timeout: float = 10.0) -> None:
        self.gateway, self._timeout = gateway, timeout
        self._channel: grpc.aio.Channel | None = None

    @property
    def channel(self) -> grpc.aio.Channel:
        """The channel of events and simple calls; every stream has one of its own."""
        if self._channel is None:
            self._channel = open_channel(self.gateway)
        return self._channel

    async def __aenter__(self) -> Self:
        """Checks the address; connects on first use.

        Raises:
            BadName: the address is not HOST:PORT.
        """
        _ = self.channel
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the channel."""
        await self.close()

    async def close(self) -> None:
        """Close the channel and end what runs over it. Idempotent."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    def subscribe(
        self,
        game: str,
        *,
        after: int | None = None,
        cameras: Sequence[str] = (),
        retry_for: float = 60.0,
        on_notice: Callable[[str], None] | None = None,
    ) -> Subscription:
        """A game's events after a cursor, then live; see :class:`~courtside_client.subscribe.Subscription`."""
        return Subscription(
            self.channel, game, after=after, cameras=cameras, retry_for=retry_for, on_notice=on_notice
        )

    async def list_events(self, game: str, *, after: int = 0, page_size: int = 500) -> AsyncIterator[events_pb2.Event]:
        """What is in a game's log now, oldest first, page by page.

        Raises:
            GatewayError: the gateway refused, or is away.
        """
        request = events_pb2.ListEventsRequest(game=game_name(game), after_sequence=after, page_size=page_size)
        stub = events_pb2_grpc.EventServiceStub(self.channel)
        while True:
            page = await self._call(stub.ListEvents, request)
            for event in page.events:
                yield event
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def get_event(self, game: str, event_id: str) -> events_pb2.Event:
        """The latest revision of one event.

        Raises:
            NotFoundError: there is none.
            GatewayError: the gateway refused, or is away.
        """
        stub = events_pb2_grpc.EventServiceStub(self.channel)
        request = events_pb2.GetEventRequest(game=game_name(game), event_id=event_id)
        response = await self._call(stub.GetEvent, request)
        return response.event  # type: ignore[no-any-return]

    async def stream(
        self,
        source: str | Source,
        *,
        camera: str,
        options: StreamOptions | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> StreamReport:
        """Stream a source; returns when it has ended and everything is processed.

        Raises:
            SourceError: the source cannot be used.
            GatewayError: the gateway refused the stream, or stayed away.
        """
        camera_name(camera)
        opened = await asyncio.to_thread(open_source, source) if isinstance(source, str) else source
        async with open_channel(self.gateway) as channel:
            return await StreamSession(channel, opened, camera, options, on_notice=on_notice).run()

    async def _call(self, method: Any, request: Any) -> Any:
        try:
            return await method(request, timeout=self._timeout)
        except grpc.aio.AioRpcError as error:
            raise gateway_error(error) from None


def connect(gateway: str, *, timeout: float = 10.0) -> Client:
    """A client of the gateway at ``HOST:PORT``::

    async with connect("127.0.0.1:50051") as client:
        async with client.subscribe("games/final", after=0) as events:
            async for event in events:
                print(event.event_id, event.revision)
    """
    return Client(gateway, timeout=timeout)
