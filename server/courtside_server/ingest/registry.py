"""Camera registry: which session owns which camera, with epochs, resuming, grace time and limits.

What happens when a client opens a camera that already has a session:

===================  ====================  ===========================================================
descriptor's epoch   descriptor's session  outcome
===================  ====================  ===========================================================
lower                any                   StaleEpoch; as for higher once the owner was away for 2 s
equal or higher      the camera's own      resumed; the older connection, if any, is closed
higher               another or none       the older session is fenced with StaleEpoch and flushed
equal                another or none       StaleEpoch while a client is connected, else as for higher
===================  ====================  ===========================================================

An epoch is by default the time at which a client started. The spare of a laptop whose clock was ahead must not wait for
that time to come, so an epoch bars lower ones only while its client is there and for ``epoch_memory`` after that. Where
the client has vanished, a client with a lower epoch waits for that time instead of being refused.

When all places are taken, a session that has never sent a packet, or whose client is away, gives its place to a new
camera. Sessions that are still being flushed are counted apart.

A stream that does not resume a session opens a new one. This is also so when the descriptor names a session that this
gateway does not know (the gateway was restarted, or the grace time has passed); it is not an error: the new session's
name says which one it goes on from. In that case
``Connection.next_sequence`` is 0 and the session starts at the sequence of whatever packet comes first. A client that
gets another session in Accepted than it asked for must begin at a keyframe: a live client at its next keyframe with
its running sequence, film at the last acknowledged keyframe that the client still has.
"""

from __future__ import annotations

import asyncio
import re
import threading
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
from courtside_server.ingest.sink import FrameSink, PacketRecorder
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import StreamInfo

log = structlog.get_logger(__name__)

SinkFactory = Callable[[StreamInfo], FrameSink | Awaitable[FrameSink]]
"""Makes a new session's sink, on the event loop."""
ClosedCallback = Callable[[StreamInfo, FrameSink], Awaitable[None]]
"""Called on the event loop when a session is over, after ``on_end`` has returned or timed out."""

_REMEMBERED_CAMERAS = 1024
"""Cameras whose epoch is kept after their session has ended."""
_ABSENT = "nothing arrives: the camera, its client or the network is away"
_SESSION = re.compile(r"([0-9a-f]{32})(?:\.[0-9a-f]{8})?")
"""A session's name: the one in which the client began and, where it goes on from that, a suffix of its own."""


@dataclass(slots=True)
class _Epoch:
    """A camera's newest epoch.

    Attributes:
        value: the epoch.
        left: when its client left, seconds of the loop's clock; ``None`` while it is there.
        vanished: it left without an EndOfStream.
    """

    value: int
    left: float | None = None
    vanished: bool = False


@dataclass(slots=True)
class _Entry:
    """A camera's session, and the timers that run while no client is connected.

    ``idle_since`` is when it was opened or its client left, seconds of the loop's clock.
    """

    session: CameraSession
    idle_since: float
    timers: list[asyncio.TimerHandle] = field(default_factory=list)

    def stop_timers(self) -> None:
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()


class CameraRegistry:
    """All sessions of the gateway. Use it on the event loop.

    Args:
        sink_factory: makes a new session's sink.
        metrics: the gateway's metrics.
        config: limits.
        on_status: called when a camera's state changes.
        on_closed: called when a session is over; stop here what the sink started.
        clocks: clocks to use; the system's when ``None``.
        record: makes a new session's recorder; ``None``: it is not recorded.
    """

    def __init__(
        self,
        sink_factory: SinkFactory,
        metrics: Metrics,
        config: IngestConfig | None = None,
        on_status: StatusCallback | None = None,
        on_closed: ClosedCallback | None = None,
        clocks: Clocks | None = None,
        record: Callable[[StreamInfo], PacketRecorder | None] = lambda info: None,
    ) -> None:
        self.config = config or IngestConfig()
        self._sink_factory, self._metrics = sink_factory, metrics
        self._on_status, self._on_closed, self._clocks, self._record = on_status, on_closed, clocks, record
        self._entries: dict[str, _Entry] = {}
        self._epochs: OrderedDict[str, _Epoch] = OrderedDict()
        self._ending: list[tuple[str, threading.Thread]] = []  # cameras and decode threads of sessions that ended
        self._opening = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self.on_removed: Callable[[CameraSession], None] = lambda session: None
        """Called when a camera's session leaves the registry."""

    def __len__(self) -> int:
        """Number of sessions, including those whose client is away within the grace time."""
        return len(self._entries)

    def session(self, camera: str) -> CameraSession | None:
        """The session of a camera; gives access to its rings and status."""
        entry = self._entries.get(camera)
        return entry.session if entry else None

    def sessions(self) -> list[CameraSession]:
        """All sessions, also those whose client is away within the grace time."""
        return [entry.session for entry in self._entries.values()]

    async def open(self, info: StreamInfo) -> Connection:
        """Open or resume a camera's session. ``info.session`` is the session to resume, or empty.

        Raises:
            StaleEpoch: another ingest client owns the camera.
            BadDescriptor: unusable ``codec_config``, or the resumed session has a different descriptor.
            TooManyStreams: the limit of cameras is reached.
            Draining: the gateway is closing.
        """
        name = info.camera.name
        await self._wait_for_vanished_owner(name, info.epoch)
        async with self._opening:
            if self._closing:
                raise Draining("the gateway is shutting down; connect to its successor")
            newest = self._newest_epoch(name)
            if info.epoch < newest:
                raise StaleEpoch(
                    f"{name} is owned by epoch {newest}, this stream has epoch {info.epoch}; stop, or open it with "
                    "a higher epoch to take the camera over, or with this one when the other client has been away for "
                    f"{self.config.epoch_memory:g} s",
                    camera=name,
                    epoch=newest,
                )
            entry = self._entries.get(name)
            if entry is not None and info.session == entry.session.info.session:
                return self._resume(entry, info)
            if entry is not None and info.epoch == newest and entry.session.connection is not None:
                raise StaleEpoch(
                    f"another client is streaming {name} with the same epoch {newest}; stop it, or open this one "
                    "with a higher epoch to take the camera over",
                    camera=name,
                    epoch=newest,
                )
            self._limit_ending(name)
            if entry is None and len(self._entries) >= self.config.max_cameras:
                self._free_a_place()
            return await self._begin(info, entry)

    async def _wait_for_vanished_owner(self, name: str, epoch: int) -> None:
        """Let a spare client wait while an owner with a higher epoch may come back, instead of sending it away."""
        owner = self._epochs.get(name)
        if owner is not None and epoch < owner.value and owner.vanished and owner.left is not None:
            await asyncio.sleep(max(owner.left + self.config.epoch_memory - self._now(), 0.0))

    def _newest_epoch(self, name: str) -> int:
        """The epoch that bars lower ones; 0 for none."""
        epoch = self._epochs.get(name)
        if epoch is None or (epoch.left is not None and self._now() - epoch.left >= self.config.epoch_memory):
            return 0
        return epoch.value

    def _limit_ending(self, name: str) -> None:
        """Refuse a new session while too many earlier ones still decode."""
        self._ending = [(camera, thread) for camera, thread in self._ending if thread.is_alive()]
        own = sum(camera == name for camera, _ in self._ending)
        if own >= self.config.max_ending or len(self._ending) >= self.config.max_cameras:
            raise TooManyStreams(
                f"{own or len(self._ending)} earlier sessions still process what they received; open the stream again "
                "in a few seconds",
                limit=self.config.max_ending if own else self.config.max_cameras,
            )

    def _free_a_place(self) -> None:
        """End the session that has been idle for longest."""
        latest = self._now() - self.config.idle_before_yielding
        idle = [
            entry for entry in self._entries.values()
            if entry.idle_since <= latest and (entry.session.connection is None or not entry.session.took_packets)
        ]  # fmt: skip
        if not idle:
            raise TooManyStreams(
                f"the gateway already serves {self.config.max_cameras} cameras, its limit; close one or use "
                "another gateway",
                limit=self.config.max_cameras,
            )
        # One that never sent anything goes before one whose client may come back.
        victim = min(idle, key=lambda entry: (entry.session.took_packets, entry.idle_since))
        self._retire(
            victim,
            TooManyStreams(
                "all places of the gateway are taken, and this camera, which sent no packets, gave its place to "
                "another",
                limit=self.config.max_cameras,
            ),
        )

    def _left(self, session: CameraSession, *, vanished: bool = False) -> None:
        """Note that a camera's client is gone."""
        epoch = self._epochs.get(session.info.camera.name)
        if epoch is not None and epoch.left is None and epoch.value == session.info.epoch:
            epoch.left, epoch.vanished = self._now(), vanished

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def release(self, connection: Connection) -> None:
        """Note that a connection has ended. Its session waits for the client to return, if it received any packets."""
        session = connection.session
        entry = self._entries.get(session.info.camera.name)
        if session.connection is not connection:
            return  # replaced by a newer connection of the same session
        session.connection = None
        if entry is None or entry.session is not session:
            return
        self._left(session, vanished=True)
        entry.idle_since = self._now()
        if not session.took_packets:
            self._retire(entry, CourtsideError("the client disconnected before it sent a packet"))
            return
        loop = asyncio.get_running_loop()
        gone = CourtsideError(f"the client disconnected and did not return within {self.config.grace:g} s")
        entry.timers = [
            loop.call_later(self.config.offline_after, session.announce_absence, _ABSENT),
            loop.call_later(self.config.grace, self._retire, entry, gone),
        ]

    async def finish(self, connection: Connection) -> None:
        """End a session at its client's request: process everything, then remove the session."""
        # In its own task, so that the flush continues when the client disconnects meanwhile.
        await asyncio.shield(self._spawn(self._finish(connection.session)))

    async def _finish(self, session: CameraSession) -> None:
        await session.end()
        entry = self._entries.get(session.info.camera.name)
        # A client that disconnected before the last status may return for it within the grace time.
        if entry is not None and entry.session is session and session.connection is not None:
            self._remove(entry)
            self._left(session)
        await self._closed(session)

    async def close(self) -> None:
        """End every session, flushing decoders and sinks, and refuse new ones. Idempotent."""
        self._closing = True
        async with self._opening:
            for entry in list(self._entries.values()):
                self._retire(entry, Draining("the gateway is shutting down; connect to its successor"))
        while self._tasks:
            await asyncio.gather(*self._tasks)

    # ---- sessions ------------------------------------------------------------------------------------------------

    def _resume(self, entry: _Entry, info: StreamInfo) -> Connection:
        session = entry.session
        if not same_stream(session.info, info):
            raise BadDescriptor(
                "a resumed session must repeat the descriptor it was opened with; leave `session` empty to stream "
                "something else",
                field="session",
            )
        entry.stop_timers()
        self._remember(info)
        session.announce_return()
        name = info.camera.name
        return session.attach(
            info.epoch, StaleEpoch(f"this stream of {name} was resumed on another connection", camera=name)
        )

    async def _begin(self, info: StreamInfo, older: _Entry | None) -> Connection:
        info = replace(info, session=_new_session(info.session))
        made = self._sink_factory(info)
        sink = await made if isinstance(made, Awaitable) else made
        name = info.camera.name
        try:
            session = await CameraSession.open(
                info, sink, self._metrics, self.config, self._on_status, self._clocks, self._record(info)
            )
        except CourtsideError:
            if self._on_closed is not None:
                await self._on_closed(info, sink)
            raise
        older = self._entries.get(name)  # it may have ended while the sink was created
        if older is not None:
            self._retire(
                older,
                StaleEpoch(
                    f"{name} was taken over by a client with epoch {info.epoch}", camera=name, epoch=info.epoch
                ),
            )
        self._entries[name] = _Entry(session, self._now())
        self._remember(info)
        return session.attach(info.epoch, StaleEpoch("replaced"))

    def _retire(self, entry: _Entry, error: CourtsideError) -> None:
        """Remove a session at once; it is flushed in the background."""
        self._remove(entry)
        session = entry.session
        self._left(session)

        async def close() -> None:
            if not await session.close(error):
                log.warning(
                    "frame sink did not end in time",
                    camera=session.info.camera.name,
                    timeout_s=self.config.close_timeout,
                )
            await self._closed(session)

        self._spawn(close())
        if session.thread is not None:
            self._ending.append((session.info.camera.name, session.thread))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _remove(self, entry: _Entry) -> None:
        entry.stop_timers()
        name = entry.session.info.camera.name
        if self._entries.get(name) is entry:
            del self._entries[name]
            self.on_removed(entry.session)

    async def _closed(self, session: CameraSession) -> None:
        if self._on_closed is not None and not session.end_reported:
            session.end_reported = True
            try:
                await self._on_closed(session.info, session.sink)
            except Exception:
                log.exception("cleaning up after a session failed", camera=session.info.camera.name)
        # Later, so that the last values are still scraped, and none is written after it.
        delay = self.config.grace + self.config.metrics_linger
        asyncio.get_running_loop().call_later(delay, self._forget_metrics, session.info.camera.name)

    def _forget_metrics(self, name: str) -> None:
        if name not in self._entries:
            self._metrics.forget_camera(name)

    def _remember(self, info: StreamInfo) -> None:
        """Keep the camera's epoch; beyond the limit, forget the oldest cameras."""
        name = info.camera.name
        self._epochs[name] = _Epoch(info.epoch)
        self._epochs.move_to_end(name)
        for known in list(self._epochs) if len(self._epochs) > _REMEMBERED_CAMERAS else ():
            if len(self._epochs) <= _REMEMBERED_CAMERAS:
                break
            if known not in self._entries:
                del self._epochs[known]


def _new_session(named: str) -> str:
    """A new session's name.

    Args:
        named: the session that the client names, which this gateway does not have. The new one goes on from it, so that
            shots which are seen again keep their events.
    """
    known = _SESSION.fullmatch(named)
    return f"{known[1]}.{uuid.uuid4().hex[:8]}" if known else uuid.uuid4().hex
