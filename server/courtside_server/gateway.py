"""Composition of the gateway: every part made once, wired here, started, drained."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

import grpc
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from courtside.court.measures import COURTS, NBA, Court
from courtside.events import Payload
from courtside.film import reason
from courtside.v1 import (
    analysis_pb2,
    analysis_pb2_grpc,
    court_pb2,
    court_pb2_grpc,
    events_pb2,
    events_pb2_grpc,
    games_pb2,
    games_pb2_grpc,
    ingest_pb2,
    ingest_pb2_grpc,
    media_pb2,
    media_pb2_grpc,
)
from courtside_server import __version__
from courtside_server.api.analysis import AnalysisService
from courtside_server.api.cameras import CameraBoard, camera_routes
from courtside_server.api.clip_maker import ClipMaker
from courtside_server.api.connection_limits import connection_limits, raise_descriptor_limit
from courtside_server.api.court import CourtService
from courtside_server.api.events import EventService
from courtside_server.api.export_routes import export_routes
from courtside_server.api.film_routes import FilmUploads
from courtside_server.api.game_films import GameFilms
from courtside_server.api.game_routes import game_routes
from courtside_server.api.games import GameService
from courtside_server.api.health import Health
from courtside_server.api.http_guard import is_loopback
from courtside_server.api.http_server import HttpLimits, HttpServer, http_config
from courtside_server.api.ingest import IngestService, message_options
from courtside_server.api.media import MediaService
from courtside_server.api.media_routes import media_routes
from courtside_server.api.shooter_routes import shooter_routes
from courtside_server.api.skills import SkillsService
from courtside_server.api.status import StatusInterceptor
from courtside_server.api.web import web_app
from courtside_server.compose import (
    check_data_folder,
    film_settings_toml,
    ingest_config,
    make_alias_watch,
    make_engine,
    make_player_models,
    make_shot_forms,
    make_shot_models,
    model_names,
    pipeline_config,
    start_models,
)
from courtside_server.court.calibration_store import CalibrationStore
from courtside_server.errors import (
    CourtsideError,
    EngineUnavailable,
    LogUnavailable,
    SettingsError,
    StoreUnavailable,
)
from courtside_server.events.hub import EventHub
from courtside_server.events.sqlite import SqliteLog
from courtside_server.events.waiting import WaitingFile
from courtside_server.films.film_folder import FilmStore
from courtside_server.films.queue import FilmQueue
from courtside_server.games.keeper import GameKeeper
from courtside_server.ingest.registry import CameraRegistry
from courtside_server.ingest.sink import FrameSink
from courtside_server.media.clips import ClipStore, Recordings
from courtside_server.media.recorder import CameraRecorder, Recorder
from courtside_server.memory import MemoryKeeper, freeze_startup_objects
from courtside_server.pipeline.camera import CameraPipeline, CameraServices
from courtside_server.pipeline.detector_scheduler import DetectorScheduler
from courtside_server.pipeline.publisher import EventPublisher
from courtside_server.players.analysis import PlayerModels
from courtside_server.players.gallery import Galleries
from courtside_server.players.roster import Rosters, read_rosters
from courtside_server.players.shot_forms import ShotForms
from courtside_server.players.skills import SkillEstimator
from courtside_server.settings import Settings
from courtside_server.shots.event_drafts import KnownShot
from courtside_server.shots.views import GameShots, known_shots
from courtside_server.sinks.delivery import Sinks
from courtside_server.telemetry.loop_lag import measure_loop_lag
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import CameraStatus, EventDraft, Lifecycle, Shot, StreamInfo

log = structlog.get_logger(__name__)

_HEALTH_INTERVAL_S = 0.25
_DOUBLE_S = 0.5
"""Signals closer than this are one: a terminal and a supervisor often both send it."""
_RECENT_SHOTS = 500
"""Revisions of the game's shots, from the newest back, among which a new stream's earlier shots are looked up."""
_ANNOUNCE = "announce"
"""Name of the tasks that publish a camera's change of state."""
_RESTART_S = 1.0
"""Seconds after which a background task that failed begins again."""
_FLUSH_S = 5.0
"""Seconds that events which wait for the event log may take at the end."""
_FLUSH_UNAVAILABLE_S = 1.0
"""The same while the log cannot be used: what still waits then is kept in a file."""
_SKILLS_S = 30.0
"""Seconds that the skill model may take at least: it sees 64 frames at once, and nobody waits for it live."""
_KEEPALIVE = (
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.so_reuseport", 0),
    # A connection that does not say that it speaks HTTP/2, and one without a call, must not hold its place for ever.
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.max_connection_idle_ms", 300_000),
    ("grpc.max_concurrent_streams", 256),  # calls of one connection; further ones wait on the client's side
)


class Gateway:
    """The whole service in one object: :meth:`start`, then :meth:`drain`.

    Attributes:
        grpc_address: HOST:PORT that is listened on, after :meth:`start`.
        http_address: likewise.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._limits = connection_limits(raise_descriptor_limit(), settings.listen.max_connections)
        self.metrics = Metrics(__version__)
        self.health = Health()
        self.log = SqliteLog(
            settings.events.data_dir / "events.sqlite3", max_events_per_game=settings.events.max_events_per_game
        )
        self.hub = EventHub(self.log, self.metrics, buffer=settings.events.subscriber_buffer)
        self.calibrations = CalibrationStore(settings.events.data_dir / "calibrations.json")
        self._forms: ShotForms | None = None
        self._rosters = Rosters()
        self.galleries = Galleries(settings.events.data_dir / "shooters.sqlite3")
        self.engine = make_engine(settings, self.metrics)
        self.registry = CameraRegistry(
            self._open_pipeline, self.metrics, ingest_config(settings), self._announce, self._close_pipeline,
            record=self._record,
        )
        self.cameras = CameraBoard(self.registry.sessions, self.metrics, self._describe)
        self.registry.on_removed = self.cameras.note_end
        self._ingest = IngestService(self.registry, self.metrics)
        self._pipeline_config = pipeline_config(settings)
        self._waiting = WaitingFile(settings.events.data_dir / "events.waiting")
        self.shots = GameShots(settings.shots.views, self._clock_offset)
        self.games = GameKeeper(self.hub, self._court_of, self._clock_offset)
        self.sinks = Sinks(
            settings.sinks, self.hub, settings.events.data_dir / "sinks", self.metrics, self._court_of
        )
        self.publisher = EventPublisher(self.games, self.metrics, shots=self.shots, save=self._waiting.save)
        self._sent_films = FilmStore(settings.events.data_dir / "films", settings.films)
        self._film_queue = FilmQueue(self._sent_films, self.games, lambda: film_settings_toml(settings))
        self._services = CameraServices(
            self.engine, self.publisher, self.metrics, detector=DetectorScheduler(settings.sharing)
        )
        estimator = SkillEstimator(self.engine, settings.players.skills, max(settings.inference.timeout_s, _SKILLS_S))
        self._skills = SkillsService(estimator, self.hub, settings.events.data_dir / "uploads")
        self._analysis = AnalysisService(
            self.galleries, self.engine, settings.players.form, settings.inference.timeout_s, self._skills
        )
        self._memory = MemoryKeeper()
        self._recorder: Recorder | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.grpc_address = self.http_address = ""

    # ---- start and stop ------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Load the models, bind and serve.

        While Triton or the event log is away the gateway runs and is not ready.

        Raises:
            ModelNotFound, ModelInvalid: the model cannot be used; the message says why.
            SettingsError: an address cannot be listened on, the data folder cannot be written, or a roster cannot be
                used.
        """
        await asyncio.to_thread(check_data_folder, self.settings.events.data_dir)
        self._rosters = await asyncio.to_thread(read_rosters, self.settings.rosters)
        await self.hub.start()
        await asyncio.to_thread(self.calibrations.load)
        await asyncio.to_thread(self._skills.clean)
        await asyncio.to_thread(self._sent_films.load)
        await self._load_galleries()
        await self._start_recording()
        try:
            await start_models(self.settings, self.engine)
            make_shot_models(self.settings, self.engine)
            make_player_models(self.settings, self.engine)
        except EngineUnavailable as error:
            log.warning("inference engine unavailable, it is tried again", engine=self.engine.name, error=str(error))
        await self._publish_waiting()
        await self._close_orphans()
        await self.sinks.start()
        await self._start_grpc()
        try:
            await self._start_http()
        except SettingsError:
            await self._grpc.stop(None)
            raise
        self._warn_of_open_ports()
        self._spawn(self._analysis.embed_again(), "embeddings")
        self._spawn(_forever(self._watch_health, "health"), "health")
        self._spawn(_forever(lambda: measure_loop_lag(self.metrics), "loop lag"), "loop lag")
        self._spawn(_forever(self._memory.run, "memory"), "memory")
        self._spawn(_forever(self._film_queue.run, "films"), "films")
        self._spawn(_forever(self._film_queue.clean, "idle uploads"), "idle uploads")
        if (watch := make_alias_watch(self.settings, self.engine, self._memory.note_end)) is not None:
            self._spawn(_forever(watch.run, "aliases"), "aliases")

    async def drain(self) -> None:
        """Refuse new streams, let open ones end with their acknowledgements, make every event durable, close."""
        await self.health.drain()
        await self._film_queue.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ingest.drain(), self.settings.drain_s)
        # Also when a stream would not end in time: this frees its threads, within limits of its own.
        await self.registry.close()
        if announcing := [task for task in self._tasks if task.get_name() == _ANNOUNCE]:
            await asyncio.wait(announcing, timeout=_FLUSH_S)
        await self.publisher.close(_FLUSH_S if self.hub.available else _FLUSH_UNAVAILABLE_S)
        await self.sinks.close()
        await self.hub.close()
        await self._grpc.stop(grace=1.0)
        self._http.should_exit = True
        for task in tuple(self._tasks):
            if task.get_name() != "http":
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._services.courts.close()
        await self.engine.close()
        if self._recorder is not None:
            await asyncio.to_thread(self._recorder.close)
        await asyncio.to_thread(self.galleries.close)
        await asyncio.to_thread(self.log.close)

    async def _load_galleries(self) -> None:
        try:
            await asyncio.to_thread(self.galleries.load)
        except StoreUnavailable as error:  # shots are found all the same; who asks for shooters gets this error
            log.error("the galleries of shooters cannot be used", error=error.message)

    async def _start_recording(self) -> None:
        """Open the folder of the recordings; clips of what was recorded are cut only where recording is on.

        Raises:
            SettingsError: it cannot be written.
        """
        config, clips = self.settings.recording, self.settings.media.clips
        recordings = store = None
        if config.enabled:
            folder = config.folder or self.settings.events.data_dir / "recording"
            try:
                self._recorder = await asyncio.to_thread(Recorder, folder, config, self.metrics)
                store = ClipStore(folder / "clips", clips)
                await asyncio.to_thread(store.clean)
            except (OSError, sqlite3.Error) as error:
                raise SettingsError(f"recording.folder {folder} cannot be written: {reason(error)}") from None
            recordings = Recordings(self._recorder.index, clips.max_mb * 2**20)
            self._spawn(asyncio.to_thread(self._recorder.start), "recording")
        self._clips = ClipMaker(self.hub, recordings, store, clips)
        self._films = GameFilms(self.hub, self._clips, self.settings.media)

    def _record(self, info: StreamInfo) -> CameraRecorder | None:
        return None if self._recorder is None else self._recorder.camera(info)

    async def _start_grpc(self) -> None:
        listen = self.settings.listen
        options = [
            *_KEEPALIVE, *message_options(self.registry.config),
            ("grpc.max_allowed_incoming_connections", self._limits.grpc),
        ]  # fmt: skip
        self._grpc = grpc.aio.server(interceptors=[StatusInterceptor()], options=options)
        ingest_pb2_grpc.add_IngestServiceServicer_to_server(self._ingest, self._grpc)
        events_pb2_grpc.add_EventServiceServicer_to_server(
            EventService(self.hub, heartbeat_interval=self.settings.events.heartbeat_s, latency=self.games.latency),
            self._grpc,
        )
        court_pb2_grpc.add_CourtServiceServicer_to_server(CourtService(self.calibrations), self._grpc)
        analysis_pb2_grpc.add_AnalysisServiceServicer_to_server(self._analysis, self._grpc)
        games_pb2_grpc.add_GameServiceServicer_to_server(GameService(self.games), self._grpc)
        media_pb2_grpc.add_MediaServiceServicer_to_server(MediaService(self._clips, self._films), self._grpc)
        health_pb2_grpc.add_HealthServicer_to_server(self.health.servicer, self._grpc)
        names = [
            ingest_pb2.DESCRIPTOR.services_by_name["IngestService"].full_name,
            events_pb2.DESCRIPTOR.services_by_name["EventService"].full_name,
            court_pb2.DESCRIPTOR.services_by_name["CourtService"].full_name,
            analysis_pb2.DESCRIPTOR.services_by_name["AnalysisService"].full_name,
            games_pb2.DESCRIPTOR.services_by_name["GameService"].full_name,
            media_pb2.DESCRIPTOR.services_by_name["MediaService"].full_name,
            health_pb2.DESCRIPTOR.services_by_name["Health"].full_name,
            reflection.SERVICE_NAME,
        ]
        reflection.enable_server_reflection(names, self._grpc)
        try:
            port = self._grpc.add_insecure_port(listen.grpc)
        except RuntimeError:
            port = 0
        if not port:
            raise SettingsError(f"cannot listen on {listen.grpc} for gRPC: the address is in use or not this machine's")
        self.grpc_address = f"{listen.grpc.rpartition(':')[0]}:{port}"
        await self._grpc.start()

    async def _start_http(self) -> None:
        host, _, port = self.settings.listen.http.rpartition(":")
        names = {host.lower(), *self.settings.listen.http_hosts}
        routes = [
            *game_routes(GameService(self.games), self.hub), *export_routes(self.hub, self._court_of),
            *media_routes(self._clips, self._films),
            *camera_routes(self.cameras), *shooter_routes(self._analysis),
            *FilmUploads(self._sent_films, self._film_queue).routes(),
        ]  # fmt: skip
        app = web_app(
            self.metrics, self.health, self.hub, names, self._limits.event_streams, routes, self.games.latency,
            self.settings.events.heartbeat_s,
        )  # fmt: skip
        config = http_config(app, host.strip("[]"), int(port), self.metrics, HttpLimits(self._limits.http))
        self._http = HttpServer(config)
        # Bound here, not by uvicorn, which would end the whole process when it cannot.
        try:
            socket = config.bind_socket()
        except SystemExit:
            raise SettingsError(
                f"cannot listen on {self.settings.listen.http} for HTTP: the address is in use or not this machine's"
            ) from None
        self.http_address = f"{host}:{socket.getsockname()[1]}"
        self._spawn(self._http.serve([socket]), "http")

    def _warn_of_open_ports(self) -> None:
        addresses = (self.grpc_address, self.http_address)
        if open_to_all := [one for one in addresses if not is_loopback(one.rpartition(":")[0].strip("[]"))]:
            log.warning(
                "other machines can reach ports without authentication; listen on 127.0.0.1, or let only a proxy with "
                "TLS and authentication, or a network you trust, reach them",
                addresses=open_to_all,
            )

    def _describe(self) -> dict[str, Any]:
        """What the monitor shows of the gateway itself."""
        health = self.health
        return {
            "version": __version__, "engine": self.engine.name, "grpc": self.grpc_address, "ready": health.ready,
            "modelReady": health.model_ready, "logReady": health.log_ready,
        }  # fmt: skip

    # ---- cameras -------------------------------------------------------------------------------------------------

    async def _open_pipeline(self, info: StreamInfo) -> CameraPipeline:
        models = make_shot_models(self.settings, self.engine)
        self._forms = make_shot_forms(self.settings, self.engine, self.galleries, self._forms)
        pipeline = CameraPipeline(
            info, models, self._services, self._pipeline_config, lambda: self.calibrations.get(info.camera.name),
            partial(self._recent_shots, info), self._player_models(),
            partial(self.galleries.keep_game_shot, info.camera.game),
        )  # fmt: skip
        pipeline.start()
        return pipeline

    def _player_models(self) -> PlayerModels | None:
        return make_player_models(self.settings, self.engine, self._forms, rosters=self._rosters)

    async def _close_pipeline(self, info: StreamInfo, sink: FrameSink) -> None:
        if isinstance(sink, CameraPipeline):
            await sink.stop()
        self._memory.note_end()

    def _announce(self, info: StreamInfo, sink: FrameSink, status: CameraStatus) -> None:
        if isinstance(sink, CameraPipeline):
            self._spawn(sink.announce(status.state, status.detail), _ANNOUNCE)

    async def _recent_shots(self, info: StreamInfo) -> list[KnownShot]:
        """The camera's session's shots among the game's last ones, oldest first."""
        events = await self.hub.newest(info.camera.game, "shot", _RECENT_SHOTS)
        self.shots.restore(info.camera.game, events)
        return known_shots(events, info.camera.name, info.origin)

    def _court_of(self, camera: str) -> Court:
        points = self.calibrations.get(camera)
        return NBA if points is None else COURTS[points.court]

    def _clock_offset(self, camera: str) -> float | None:
        session = self.registry.session(camera)
        return None if session is None else session.clock_offset

    async def _publish_waiting(self) -> None:
        """Write the events that waited for the log when the gateway stopped; they wait on while it cannot be used."""
        try:
            drafts = await asyncio.to_thread(self._waiting.load)
        except OSError as error:
            log.error("events that waited at the last stop cannot be read", error=str(error))
            drafts = []
        if drafts:
            log.info("events that waited at the last stop are written", count=len(drafts))
            writing = asyncio.create_task(self.publisher.publish(drafts, wait=True, merged=True), name="waiting events")
            # Before the shots that are open in the log are closed: what closes them may be among these.
            await asyncio.wait({writing}, timeout=_FLUSH_S if self.hub.available else 0.0)
            self._spawn(self._clear_waiting(writing), "waiting events")
        else:
            await asyncio.to_thread(self._waiting.reserve)

    async def _clear_waiting(self, writing: asyncio.Task[None]) -> None:
        await writing
        if not self.publisher.closed:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self._waiting.clear)
            await asyncio.to_thread(self._waiting.reserve)

    async def _close_orphans(self) -> None:
        """Confirm, shots marked interrupted, what a crash left provisional: nothing speaks against it."""
        try:
            orphans = [EventDraft.of(event) for event in await asyncio.to_thread(self.log.open_events)]
            closed = [
                replace(draft, lifecycle=Lifecycle.CONFIRMED, payload=_interrupted(draft.payload))
                for draft in orphans
            ]
            await self.games.publish(closed)
        except LogUnavailable as error:
            log.error("the event log cannot be used; events will wait", error=str(error))
        except Exception:  # one damaged event must not keep the gateway from starting
            log.exception("the events that were open at the last stop cannot be closed")

    # ---- health --------------------------------------------------------------------------------------------------

    async def _watch_health(self) -> None:
        while True:
            await self.health.update(
                model_ready=all(map(self.engine.ready, model_names(self.settings))), log_ready=self.hub.available
            )
            await asyncio.sleep(_HEALTH_INTERVAL_S)

    def _spawn(self, coroutine: object, name: str) -> None:
        task: asyncio.Task[None] = asyncio.create_task(coroutine, name=name)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a background task failed", task=task.get_name(), error=repr(error))


def _interrupted(payload: Payload) -> Payload:
    """A payload that will not change any more; of a shot, marked interrupted."""
    if not isinstance(payload, Shot):
        return payload
    views = tuple(
        replace(view, lifecycle=Lifecycle.CONFIRMED) if view.lifecycle is Lifecycle.PROVISIONAL else view
        for view in payload.views
    )
    return replace(payload, interrupted=True, views=views)


async def _forever(work: Callable[[], Awaitable[None]], name: str) -> None:
    """Run work that never ends; a fault of ours is logged and the work begins again."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("a background task failed and is started again", task=name)
        await asyncio.sleep(_RESTART_S)


def _when_stdin_closes(stop: asyncio.Event) -> None:
    """Set ``stop`` when the other end of standard input is closed, also by the death of its process.

    Raises:
        SettingsError: standard input is a file, whose end says nothing.
    """
    loop, stdin = asyncio.get_running_loop(), 0

    def on_readable() -> None:
        with contextlib.suppress(OSError):
            if os.read(stdin, 4096):
                return
        loop.remove_reader(stdin)
        stop.set()

    try:
        loop.add_reader(stdin, on_readable)
    except OSError:
        raise SettingsError("--end-with-stdin needs a pipe as standard input") from None


def _print_addresses(gateway: Gateway) -> None:
    try:
        print(json.dumps({"grpc": gateway.grpc_address, "http": gateway.http_address}), flush=True)
    except OSError as error:  # Its reader is gone. Cameras and subscribers are not.
        log.warning("the addresses cannot be printed; they are in the log only", error=str(error))
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)  # or what is left in the buffer fails once more at the end
        os.close(nowhere)


async def serve_until_signal(settings: Settings, *, end_with_stdin: bool = False) -> None:
    """Run a gateway until SIGTERM, SIGINT or SIGHUP, then drain it; a second signal ends at once.

    SIGHUP, the end of the terminal, is ignored where the caller ignores it (``nohup``). With ``end_with_stdin`` the
    gateway also drains when standard input closes, so that it does not outlive a program that was killed.

    Prints one JSON line with its addresses on stdout when it listens.

    Raises:
        CourtsideError: it could not start.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    gateway = Gateway(settings)
    first_signal_at: float | None = None

    def on_signal() -> None:
        nonlocal first_signal_at
        if first_signal_at is not None and loop.time() - first_signal_at > _DOUBLE_S:
            os._exit(1)  # asked twice: whatever still hangs is not waited for
        first_signal_at = first_signal_at or loop.time()
        stop.set()

    numbers = [signal.SIGTERM, signal.SIGINT]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, on_signal)
    if end_with_stdin:
        _when_stdin_closes(stop)
    starting = asyncio.create_task(gateway.start())
    await asyncio.wait([starting, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        return
    await starting
    freeze_startup_objects()
    _print_addresses(gateway)
    log.info("listening", grpc=gateway.grpc_address, http=gateway.http_address, engine=gateway.engine.name)
    await stop.wait()
    log.info("draining")
    try:
        await gateway.drain()
    except CourtsideError as error:
        log.error("drained with an error", error=str(error))
    log.info("stopped")
    for number in numbers:
        # Everything is done: a signal that comes while Python takes itself down is no failure.
        loop.remove_signal_handler(number)
        signal.signal(number, lambda *_: os._exit(0))
