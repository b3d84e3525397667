"""Camera registry: which session owns which camera; epochs, resuming, grace and limits.

Opening a camera that has a session:

===================  ==================  ===========================================================
descriptor's epoch   its session         outcome
===================  ==================  ===========================================================
lower                any                 StaleEpoch
any not lower        the camera's own    resumed: the older connection, if any, is closed
higher               other or none       the older session is fenced with StaleEpoch and flushed
equal                other or none       StaleEpoch while a client is connected, else as higher
===================  ==================  ===========================================================

A session that is not resumed opens a new one, also when the descriptor asked for a session that this gateway does
not know (it was restarted, or the grace passed): that is no error. Then ``Connection.next_sequence`` is 0 and
means "whatever you send next": the first packet's sequence is the start. A client that finds another session in
Accepted than it asked for has to begin at a keyframe: live with the next one and its own running sequence, film
with the last acknowledged one it still has.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from courtside_server.errors import BadDescriptor, CourtsideError, Draining, StaleEpoch, TooManyStreams
from courtside_server.ingest.decode_worker import Clocks
from courtside_server.ingest.limits import IngestConfig
from courtside_server.ingest.session import CameraSession, Connection, StatusCallback, same_stream
from courtside_server.ingest.sink import FrameSink
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import StreamInfo

log = structlog.get_logger(__name__)

SinkFactory = Callable[[StreamInfo], FrameSink | Awaitable[FrameSink]]
"""Makes a new session's sink, on the event loop."""
ClosedCallback = Callable[[StreamInfo, FrameSink], Awaitable[None]]
"""Told on the event loop when a session is over: after ``on_end`` returned or was given up on."""

_REMEMBERED = 1024
"""Cameras whose epoch and metrics are kept after they went away."""


@dataclass(slots=True)
class _Seat:
    """A camera's place: its session, and the timers that run while no client is connected."""

    session: CameraSession
    timers: list[asyncio.TimerHandle] = field(default_factory=list)

    def stop_timers(self) -> None:
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()


class CameraRegistry:
    """All sessions of the gateway; use it on the event loop.

    Args:
        sink_factory: makes a new session's sink.
        metrics: where to count.
        config: limits.
        on_status: told of changes of a camera's state.
        on_closed: told when a session is over; the place to stop what the sink started.
        clocks: time; for tests.
    """

    def __init__(
        self,
        sink_factory: SinkFactory,
        metrics: Metrics,
        config: IngestConfig | None = None,
        on_status: StatusCallback | None = None,
        on_closed: ClosedCallback | None = None,
        clocks: Clocks | None = None,
    ) -> None:
        self.config = config or IngestConfig()
        self._sink_factory, self._metrics = sink_factory, metrics
        self._on_status, self._on_closed, self._clocks = on_status, on_closed, clocks
        self._seats: dict[str, _Seat] = {}
        self._epochs: OrderedDict[str, int] = OrderedDict()
        self._opening = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    def __len__(self) -> int:
        """Sessions now, those in their grace included."""
        return len(self._seats)

    def session(self, camera: str) -> CameraSession | None:
        """The session of a camera, for its rings and its status."""
        seat = self._seats.get(camera)
        return seat.session if seat else None

    async def open(self, info: StreamInfo) -> Connection:
        """Open or resume a camera's session; ``info.session`` is the one to resume, or empty.

        Raises:
            StaleEpoch: another publisher owns the camera.
            BadDescriptor: unusable ``codec_config``, or a resumed session with another kind of stream.
            TooManyStreams: the limit of cameras is reached.
            Draining: the gateway is closing.
        """
        async with self._opening:
            if self._closing:
                raise Draining("the gateway is shutting down; connect to its successor")
            name = info.camera.name
            newest = self._epochs.get(name, 0)
            if info.epoch < newest:
                raise StaleEpoch(
                    f"{name} is owned by epoch {newest}, this stream has epoch {info.epoch}; stop, or open it with "
                    "a higher epoch to take the camera over",
                    camera=name,
                    epoch=newest,
                )
            seat = self._seats.get(name)
            if seat is not None and info.session == seat.session.info.session:
                return self._resume(seat, info)
            if seat is not None and info.epoch == newest and seat.session.connection is not None:
                raise StaleEpoch(
                    f"another publisher is streaming {name} with the same epoch {newest}; stop it, or open this one "
                    "with a higher epoch to take the camera over",
                    camera=name,
                    epoch=newest,
                )
            if seat is None and len(self._seats) >= self.config.max_cameras:
                raise TooManyStreams(
                    f"the gateway serves {self.config.max_cameras} cameras, its limit; close one or use another "
                    "gateway",
                    limit=self.config.max_cameras,
                )
            return await self._begin(info, seat)

    def release(self, connection: Connection) -> None:
        """A connection is over. Its session waits for the client to come back, if it has anything to keep."""
        session = connection.session
        seat = self._seats.get(session.info.camera.name)
        if session.connection is not connection:
            return  # replaced by a newer connection of the same session
        session.connection = None
        if seat is None or seat.session is not session:
            return
        if not session.took_packets:
            self._retire(seat, CourtsideError("the client left before it sent anything"))
            return
        loop = asyncio.get_running_loop()
        gone = CourtsideError(f"the client left and did not come back within {self.config.grace:g} s")
        seat.timers = [
            loop.call_later(self.config.offline_after, session.announce_absence, "the client is not connected"),
            loop.call_later(self.config.grace, self._retire, seat, gone),
        ]

    async def finish(self, connection: Connection) -> None:
        """The client said that nothing more will come: process everything, then let go of the session."""
        # On a task of its own: the flush goes on when the client leaves in the meantime.
        await asyncio.shield(self._spawn(self._finish(connection.session)))

    async def _finish(self, session: CameraSession) -> None:
        await session.end()
        seat = self._seats.get(session.info.camera.name)
        # A client that left before it heard of the end may come back for the last status until the grace is over.
        if seat is not None and seat.session is session and session.connection is not None:
            self._leave(seat)
        await self._closed(session)

    async def close(self) -> None:
        """End every session (flushing decoders and sinks) and take no new ones. Idempotent."""
        self._closing = True
        async with self._opening:
            for seat in list(self._seats.values()):
                self._retire(seat, Draining("the gateway is shutting down; connect to its successor"))
        while self._tasks:
            await asyncio.gather(*self._tasks)

    # ---- sessions ------------------------------------------------------------------------------------------------

    def _resume(self, seat: _Seat, info: StreamInfo) -> Connection:
        session = seat.session
        if not same_stream(session.info, info):
            raise BadDescriptor(
                "a resumed session must repeat the descriptor it was opened with; leave `session` empty to stream "
                "something else",
                field="session",
            )
        seat.stop_timers()
        self._remember(info)
        session.announce_return()
        name = info.camera.name
        return session.attach(
            info.epoch, StaleEpoch(f"this stream of {name} was resumed on another connection", camera=name)
        )

    async def _begin(self, info: StreamInfo, older: _Seat | None) -> Connection:
        info = replace(info, session=uuid.uuid4().hex)
        made = self._sink_factory(info)
        sink = await made if isinstance(made, Awaitable) else made
        name = info.camera.name
        try:
            session = CameraSession(info, sink, self._metrics, self.config, self._on_status, self._clocks)
        except CourtsideError:
            if self._on_closed is not None:
                await self._on_closed(info, sink)
            raise
        older = self._seats.get(name)  # it may have ended while the sink was made
        if older is not None:
            self._retire(
                older,
                StaleEpoch(
                    f"{name} was taken over by a publisher with epoch {info.epoch}", camera=name, epoch=info.epoch
                ),
            )
        self._seats[name] = _Seat(session)
        self._remember(info)
        return session.attach(info.epoch, StaleEpoch("replaced"))

    def _retire(self, seat: _Seat, error: CourtsideError) -> None:
        """Take a session out at once; its flush goes on by itself."""
        self._leave(seat)

        async def wind_up() -> None:
            if not await seat.session.close(error):
                log.warning("a session's sink did not end in time", camera=seat.session.info.camera.name)
            await self._closed(seat.session)

        self._spawn(wind_up())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _leave(self, seat: _Seat) -> None:
        seat.stop_timers()
        name = seat.session.info.camera.name
        if self._seats.get(name) is seat:
            del self._seats[name]

    async def _closed(self, session: CameraSession) -> None:
        if self._on_closed is not None and not session.wound_up:
            session.wound_up = True
            try:
                await self._on_closed(session.info, session.sink)
            except Exception:
                log.exception("a session was not wound up", camera=session.info.camera.name)

    def _remember(self, info: StreamInfo) -> None:
        """Keep the camera's epoch; forget the oldest of too many cameras, with their metrics."""
        name = info.camera.name
        self._epochs[name] = info.epoch
        self._epochs.move_to_end(name)
        for known in list(self._epochs) if len(self._epochs) > _REMEMBERED else ():
            if len(self._epochs) <= _REMEMBERED:
                break
            if known not in self._seats:
                del self._epochs[known]
                self._metrics.forget_camera(known)
