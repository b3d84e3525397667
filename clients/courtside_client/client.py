"""The client: one connection to a gateway, for events and streams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Self

import grpc

from courtside.names import CameraName, parse_game
from courtside.v1 import court_pb2, court_pb2_grpc, events_pb2, events_pb2_grpc
from courtside_client.channel import open_channel
from courtside_client.options import StreamOptions
from courtside_client.remote import gateway_error
from courtside_client.sources import open_source
from courtside_client.stream import StreamReport, StreamSession
from courtside_client.subscribe import Subscription

TIMEOUT_S = 10.0


class Client:
    """A gateway; use it as an async context manager.

    Args:
        gateway: HOST:PORT.

    Raises:
        BadName: ``gateway`` is not HOST:PORT.
    """

    def __init__(self, gateway: str) -> None:
        self._gateway = gateway
        self._channel = open_channel(gateway)
        self._events = events_pb2_grpc.EventServiceStub(self._channel)
        self._court = court_pb2_grpc.CourtServiceStub(self._channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._channel.close()

    def subscribe(
        self, game: str, after: int | None = None, *, cameras: Sequence[str] = (), retry_for: float = 60.0
    ) -> Subscription:
        """A game's events; see :class:`~courtside_client.subscribe.Subscription`."""
        return Subscription(self._channel, game, after, cameras=cameras, retry_for=retry_for)

    async def list_events(self, game: str, after: int = 0) -> AsyncIterator[events_pb2.Event]:
        """Every event of a game with a greater sequence, oldest first, page by page.

        Raises:
            GatewayError: the gateway's answer.
        """
        name = parse_game(game, allow_id=True)
        request = events_pb2.ListEventsRequest(game=name, after_sequence=after, page_size=500)
        while True:
            try:
                page = await self._events.ListEvents(request, timeout=TIMEOUT_S)
            except grpc.aio.AioRpcError as error:
                raise gateway_error(error) from None
            for event in page.events:
                yield event
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def get_event(self, game: str, event_id: str) -> events_pb2.Event:
        """The latest revision of one event.

        Raises:
            NotFoundError: no such event.
            GatewayError: the gateway's answer.
        """
        request = events_pb2.GetEventRequest(game=parse_game(game, allow_id=True), event_id=event_id)
        try:
            answer: events_pb2.GetEventResponse = await self._events.GetEvent(request, timeout=TIMEOUT_S)
            return answer.event
        except grpc.aio.AioRpcError as error:
            raise gateway_error(error) from None

    async def set_calibration(self, camera: str, calibration: court_pb2.Calibration) -> court_pb2.CalibrationFit:
        """Have a camera's calibration checked and kept; says how well it fits.

        Raises:
            RejectedError: the points make no court; the message names the point.
            GatewayError: the gateway's answer.
        """
        request = court_pb2.SetCalibrationRequest(camera=CameraName.parse(camera).name, calibration=calibration)
        try:
            answer: court_pb2.SetCalibrationResponse = await self._court.SetCalibration(request, timeout=TIMEOUT_S)
            return answer.fit
        except grpc.aio.AioRpcError as error:
            raise gateway_error(error) from None

    async def get_calibration(self, camera: str) -> court_pb2.GetCalibrationResponse:
        """A camera's calibration and how well it fits.

        Raises:
            NotFoundError: the camera has none.
            GatewayError: the gateway's answer.
        """
        request = court_pb2.GetCalibrationRequest(camera=CameraName.parse(camera).name)
        try:
            answer: court_pb2.GetCalibrationResponse = await self._court.GetCalibration(request, timeout=TIMEOUT_S)
            return answer
        except grpc.aio.AioRpcError as error:
            raise gateway_error(error) from None

    async def delete_calibration(self, camera: str) -> None:
        """Have a camera's calibration forgotten.

        Raises:
            NotFoundError: the camera has none.
            GatewayError: the gateway's answer.
        """
        request = court_pb2.DeleteCalibrationRequest(camera=CameraName.parse(camera).name)
        try:
            await self._court.DeleteCalibration(request, timeout=TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            raise gateway_error(error) from None

    async def stream(
        self,
        source: str,
        camera: str,
        options: StreamOptions | None = None,
        on_report: Callable[[StreamReport], None] | None = None,
    ) -> StreamReport:
        """Send a source (file, device index, URL, ``sim://SEED``) to its end, see :class:`StreamSession`."""
        return await StreamSession(open_source(source), self._gateway, camera, options, on_report).run()


def connect(gateway: str = "127.0.0.1:50051") -> Client:
    """Make a client for the gateway at HOST:PORT; enter it as an async context manager."""
    return Client(gateway)
