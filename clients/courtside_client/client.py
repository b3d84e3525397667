"""The client: one connection to a gateway, for events, calibrations and streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import grpc

from courtside.events import Event
from courtside.names import CameraName, parse_game
from courtside.records import from_message
from courtside.skills import SkillEstimate
from courtside.v1 import (
    analysis_pb2,
    analysis_pb2_grpc,
    court_pb2,
    court_pb2_grpc,
    events_pb2,
    events_pb2_grpc,
    games_pb2_grpc,
)
from courtside_client.channel import Endpoint
from courtside_client.errors import GatewayError
from courtside_client.games import Games
from courtside_client.options import StreamOptions
from courtside_client.remote import gateway_error
from courtside_client.shooters import (
    EnrolledShooter,
    ExportedShooter,
    ExportedShot,
    FormComparison,
    GameShot,
    MapPoint,
    shot_reference,
)
from courtside_client.skills import OnProgress, SkillsStage, skills_query, skills_requests
from courtside_client.sources import open_when_up
from courtside_client.stream import StreamReport, StreamSession
from courtside_client.subscribe import ReconnectHook, RestartHook, Subscription

if TYPE_CHECKING:
    from courtside.court.point_pairs import PointPairs
    from courtside.shot_poses import ShotPoses

_PAGE_SIZE = 500
"""Events per page of a listing."""

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class CameraCalibration:
    """What a gateway keeps of a camera's calibration.

    Attributes:
        points: the point pairs.
        error: metres by which they miss their positions, root mean square.
    """

    points: PointPairs
    error: float


class Client:
    """A gateway; use it as an async context manager, or call :meth:`aclose`.

    Args:
        endpoint: where the gateway listens, and how to get in.
        timeout: seconds for calls that are answered once.

    Attributes:
        games: the gateway's games, their clocks and corrections.

    Example:
        >>> import asyncio
        >>> async def count(address: str) -> int:
        ...     async with Client(Endpoint(address)) as client:
        ...         return len([event async for event in client.list_events("final")])
        >>> asyncio.run(count("127.0.0.1:1"))  # nobody listens there
        Traceback (most recent call last):
        courtside_client.errors.GatewayUnavailable: ...
    """

    def __init__(self, endpoint: Endpoint, timeout: float = 10.0) -> None:
        self._endpoint, self._timeout = endpoint, timeout
        self._channel = endpoint.open()
        self._events = events_pb2_grpc.EventServiceStub(self._channel)
        self._court = court_pb2_grpc.CourtServiceStub(self._channel)
        self._analysis = analysis_pb2_grpc.AnalysisServiceStub(self._channel)
        self.games = Games(
            games_pb2_grpc.GameServiceStub(self._channel), self._call, self.list_events, self._court_name
        )
        self._subscriptions: list[Subscription] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the subscriptions and the connection. Idempotent."""
        for subscription in self._subscriptions:
            await subscription.aclose()
        self._subscriptions.clear()
        await self._channel.close()

    def subscribe(
        self,
        game: str,
        after: int | None = None,
        *,
        cameras: Sequence[str] = (),
        kinds: Sequence[str] = (),
        retry_for: float = 60.0,
        on_reconnect: ReconnectHook | None = None,
        log: str = "",
        on_restart: RestartHook | None = None,
    ) -> Subscription:
        """A game's events as an async iterator; see :class:`~courtside_client.subscribe.Subscription`.

        Args:
            game: ``games/{game}`` or the bare id.
            after: deliver events with a greater sequence, 0 for the whole history; ``None``: only what comes from
                now on.
            cameras: only events of these cameras; empty means all.
            kinds: only events of these kinds, such as ``shot`` and ``play``; empty means all.
            retry_for: seconds to go on trying while the gateway is away.
            on_reconnect: called with the error and the delay in seconds before each new try.
            log: the log that ``after`` belongs to: ``Subscription.log`` of the process that wrote the cursor down.
            on_restart: called where the gateway's log does not have the cursor; everything that remains follows.
                Without it that is an error.

        Raises:
            BadName: not a game's or camera's name.
        """
        subscription = Subscription(
            self._channel, game, after, cameras=cameras, kinds=kinds, retry_for=retry_for, on_reconnect=on_reconnect,
            log=log, on_restart=on_restart,
        )  # fmt: skip
        self._subscriptions.append(subscription)
        return subscription

    async def list_events(self, game: str, after: int = 0) -> AsyncIterator[Event]:
        """Every event of a game with a greater sequence, oldest first, page by page.

        Raises:
            GatewayError: the gateway's answer.
        """
        name = parse_game(game, allow_id=True)
        request = events_pb2.ListEventsRequest(game=name, after_sequence=after, page_size=_PAGE_SIZE)
        while True:
            page: events_pb2.ListEventsResponse = await self._call(self._events.ListEvents, request)
            for message in page.events:
                yield Event.from_proto(message)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def get_event(self, game: str, event_id: str) -> Event:
        """The latest revision of one event.

        Raises:
            NotFoundError: no such event.
            GatewayError: the gateway's answer.
        """
        request = events_pb2.GetEventRequest(game=parse_game(game, allow_id=True), event_id=event_id)
        answer: events_pb2.GetEventResponse = await self._call(self._events.GetEvent, request)
        return Event.from_proto(answer.event)

    async def set_calibration(self, camera: str, points: PointPairs) -> float:
        """Have the gateway check and keep a camera's calibration.

        Returns:
            Metres by which the points miss their positions, root mean square.

        Raises:
            RejectedError: the points do not fit a court; the message names the point.
            GatewayError: the gateway's answer.
        """
        name = CameraName.parse(camera).name
        request = court_pb2.SetCalibrationRequest(camera=name, calibration=points.to_proto())
        answer: court_pb2.SetCalibrationResponse = await self._call(self._court.SetCalibration, request)
        return answer.fit.rms_error

    async def get_calibration(self, camera: str) -> CameraCalibration:
        """A camera's calibration.

        Raises:
            NotFoundError: the camera has none.
            GatewayError: the gateway's answer.
        """
        from courtside.court.point_pairs import PointPairs

        request = court_pb2.GetCalibrationRequest(camera=CameraName.parse(camera).name)
        answer: court_pb2.GetCalibrationResponse = await self._call(self._court.GetCalibration, request)
        return CameraCalibration(PointPairs.from_proto(answer.calibration), answer.fit.rms_error)

    async def _court_name(self, camera: str) -> str:
        return (await self.get_calibration(camera)).points.court

    async def delete_calibration(self, camera: str) -> None:
        """Have the gateway forget a camera's calibration.

        Raises:
            NotFoundError: the camera has none.
            GatewayError: the gateway's answer.
        """
        request = court_pb2.DeleteCalibrationRequest(camera=CameraName.parse(camera).name)
        await self._call(self._court.DeleteCalibration, request)

    async def enroll_shooter(
        self, name: str, shots: Sequence[ShotPoses | GameShot], *, add: bool = False, height_cm: float | None = None
    ) -> EnrolledShooter:
        """Have the gateway keep a shooter with some of his good shots. All shots are kept, or none.

        Args:
            name: 1 to 64 printable characters.
            shots: poses from film, or game and event id of shots that the gateway has seen; 1 to 200.
            add: add the shots to a shooter who is enrolled already.
            height_cm: height of the body, which gives comparisons a scale.

        Raises:
            RejectedError: the name is taken, or a shot cannot be used; the message says which.
            NotFoundError: the gateway has no poses of a shot.
            GatewayError: the gateway's answer.
        """
        request = analysis_pb2.EnrollShooterRequest(
            name=name, shots=[shot_reference(shot) for shot in shots], add=add, height_cm=height_cm or 0.0
        )
        answer: analysis_pb2.EnrollShooterResponse = await self._call(self._analysis.EnrollShooter, request)
        return EnrolledShooter.from_proto(answer.shooter)

    async def list_shooters(self) -> list[EnrolledShooter]:
        """Everybody who is enrolled, by name.

        Raises:
            GatewayError: the gateway's answer.
        """
        request = analysis_pb2.ListShootersRequest()
        answer: analysis_pb2.ListShootersResponse = await self._call(self._analysis.ListShooters, request)
        return [EnrolledShooter.from_proto(shooter) for shooter in answer.shooters]

    async def remove_shooter(self, name: str) -> int:
        """Have the gateway erase everything that it keeps of a shooter.

        Returns:
            The number of shots that were erased.

        Raises:
            NotFoundError: nobody of that name is enrolled.
            GatewayError: the gateway's answer.
        """
        request = analysis_pb2.RemoveShooterRequest(name=name)
        answer: analysis_pb2.RemoveShooterResponse = await self._call(self._analysis.RemoveShooter, request)
        return answer.shots

    async def export_shooter(self, name: str) -> ExportedShooter:
        """Everything that the gateway keeps of a shooter.

        Raises:
            NotFoundError: nobody of that name is enrolled.
            GatewayError: the gateway's answer.
        """
        shooter, shots = None, []
        try:
            call = self._analysis.ExportShooter(analysis_pb2.ExportShooterRequest(name=name), timeout=self._timeout)
            async for message in call:
                if message.HasField("shooter"):
                    shooter = EnrolledShooter.from_proto(message.shooter)
                shots.append(ExportedShot.from_proto(message.shot))
        except grpc.aio.AioRpcError as error:
            raise gateway_error(error) from None
        if shooter is None:
            raise GatewayError("the gateway's answer has no shooter: its version does not fit this client's")
        return ExportedShooter(shooter, tuple(shots))

    async def compare_form(
        self, shot: ShotPoses | GameShot, reference: ShotPoses | GameShot | str
    ) -> FormComparison:
        """Compare a shot with another one, or with the baseline of an enrolled shooter (a name).

        Raises:
            NotFoundError: no such shot or shooter.
            RejectedError: no shooting motion is found in a shot, or the shooter has too few shots for a baseline.
            GatewayError: the gateway's answer.
        """
        request = analysis_pb2.CompareFormRequest(shot=shot_reference(shot))
        if isinstance(reference, str):
            request.shooter = reference
        else:
            request.other.CopyFrom(shot_reference(reference))
        answer: analysis_pb2.CompareFormResponse = await self._call(self._analysis.CompareForm, request)
        return FormComparison.from_proto(answer)

    async def embedding_map(self) -> list[MapPoint]:
        """The shots of all galleries as points of a plane; similar forms are near each other.

        Raises:
            RejectedError: fewer than three shots are enrolled.
            GatewayError: the gateway's answer.
        """
        request = analysis_pb2.GetEmbeddingMapRequest()
        answer: analysis_pb2.GetEmbeddingMapResponse = await self._call(self._analysis.GetEmbeddingMap, request)
        return [MapPoint(point.x, point.y, point.shooter, point.shot_id) for point in answer.points]

    async def stream(
        self,
        source: str,
        camera: str,
        options: StreamOptions | None = None,
        on_report: Callable[[StreamReport], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> StreamReport:
        """Send a source to its end; see :class:`~courtside_client.stream.StreamSession`.

        A camera that is not up yet, or is lost, is waited for: ``options.source_retry_for`` bounds it.

        Args:
            source: a file, a device index, a URL, or ``sim://SEED``.
            camera: ``games/{game}/cameras/{camera}``.
            options: how to send it.
            on_report: called a few times per second with how it goes.
            on_notice: called, from any thread, with one line for each loss and each return of a camera.

        Raises:
            SourceError: the source cannot be used.
            SourceLost: the source broke off, or stayed away.
            GatewayError: the gateway's answer.
        """
        chosen = options or StreamOptions()
        opened = await open_when_up(source, retry_for=chosen.source_retry_for, on_notice=on_notice)
        return await StreamSession(opened, self._endpoint, camera, chosen, on_report).run()

    async def estimate_skills(
        self,
        film: str | Path | None = None,
        *,
        game: str = "",
        players: Sequence[int] = (),
        shooter: str = "",
        camera: str = "",
        session: str = "",
        on_progress: OnProgress | None = None,
    ) -> SkillEstimate:
        """Have the gateway estimate twenty skills of a player from a highlight film, and count what he did in a game.

        The film is uploaded, and deleted when the call ends. Cancelling the call ends the work. Without a film there
        are only the counts.

        Args:
            film: a highlight of one player, 8 to 10 minutes; with a player, the whole film of his camera.
            game: ``games/{game}`` or the bare id, for the counts and for the stretches that show the player.
            players: the player's tracks in that game.
            shooter: the name of an enrolled shooter, in place of tracks.
            camera: the player's camera, where several have such a track.
            session: the session of that camera, where several have such a track.
            on_progress: called with the stage and the share of it that is done.

        Raises:
            InputError: the film cannot be read, or neither film nor player is named.
            RejectedError: the film or the player cannot be used; the message says why.
            NotFoundError: no such game or player.
            GatewayUnavailable: another film is being worked on.
            GatewayError: the gateway's answer.
        """
        path = None if film is None else Path(film)
        query = await asyncio.to_thread(skills_query, path, game, camera, session, players, shooter)
        accepted = asyncio.Event()
        call = self._analysis.EstimateSkills(skills_requests(query, path, accepted))
        found: SkillEstimate | None = None
        try:
            async for response in call:
                accepted.set()
                if response.WhichOneof("message") == "estimate":
                    found = from_message(SkillEstimate, response.estimate)
                elif on_progress is not None and SkillsStage.knows(response.progress.stage):
                    on_progress(SkillsStage(response.progress.stage), response.progress.done)
        except grpc.aio.AioRpcError as error:
            raise gateway_error(error) from None
        finally:
            call.cancel()
        if found is None:
            raise GatewayError("the gateway's answer has no estimate: its version does not fit this client's")
        return found

    async def _call(self, method: Callable[..., Awaitable[_Answer]], request: Any) -> _Answer:
        try:
            return await method(request, timeout=self._timeout)
        except grpc.aio.AioRpcError as error:
            raise gateway_error(error) from None


def connect(
    address: str = "127.0.0.1:50051",
    *,
    credentials: grpc.ChannelCredentials | None = None,
    call_credentials: grpc.CallCredentials | None = None,
    timeout: float = 10.0,
) -> Client:
    """Make a client for a gateway; the connection is made on first use.

    Args:
        address: HOST:PORT.
        credentials: for TLS, from ``grpc.ssl_channel_credentials``; ``None`` connects without encryption.
        call_credentials: sent with every call, for example ``grpc.access_token_call_credentials(token)``.
        timeout: seconds for calls that are answered once.

    Raises:
        BadName: ``address`` is not HOST:PORT.
        BadOption: call credentials without TLS.

    Example:
        >>> import asyncio
        >>> async def main() -> None:
        ...     async with connect("127.0.0.1:1") as client:
        ...         async with client.subscribe("final", after=0, retry_for=0.1) as events:
        ...             async for event in events:
        ...                 print(event.shot)
        >>> asyncio.run(main())
        Traceback (most recent call last):
        courtside_client.errors.GatewayUnavailable: ...
    """
    return Client(Endpoint(address, credentials, call_credentials), timeout)
