"""Film analysis: a film's packets through the very same stages as live, as fast as the machine allows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Self, TypeVar

from courtside.court.point_pairs import PointPairs
from courtside.film import Film
from courtside.names import CameraName
from courtside.plays import Jersey
from courtside.shot_poses import ShotPoses
from courtside_server.compose import (
    PlayerOption,
    ingest_config,
    make_engine,
    make_player_models,
    make_shot_forms,
    make_shot_models,
    pipeline_config,
    start_models,
)
from courtside_server.errors import BadRequest, CourtsideError, Draining
from courtside_server.events.hub import EventHub
from courtside_server.events.sqlite import SqliteLog
from courtside_server.inference.engine import Engine
from courtside_server.ingest.decode_worker import Clocks
from courtside_server.ingest.session import CameraSession
from courtside_server.offline.film_names import game_name
from courtside_server.offline.film_packets import FILM_WALL, read_packets, stream_info
from courtside_server.pipeline.camera import CameraPipeline, CameraServices
from courtside_server.pipeline.publisher import EventPublisher
from courtside_server.players.gallery import Galleries
from courtside_server.players.roster import read_rosters
from courtside_server.render.record import FilmRecord, RecordingHub
from courtside_server.settings import Settings
from courtside_server.shots.criteria import PlaybackConfig
from courtside_server.shots.detector import Profile, ShotChange
from courtside_server.shots.views import GameShots
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import DropReason, Event, Observations, Shot
from courtside_server.types.players import Pose

T = TypeVar("T")

_MODEL_TIMEOUT_S = 30.0
"""Seconds that a model may take with film: no viewer is waiting."""
_BUFFER = 1_000_000
"""Events that a slow reader may let wait. The log in memory holds them all anyway, so nobody is cut off."""
_NAMED = 3
"""Scenes that are named."""
_OnShots = Callable[[int, Sequence[ShotChange]], None]


def film_settings(actions: bool, form: bool, jerseys: bool = False) -> dict[str, str | None]:
    """Settings by dotted names: of a film, players are read only where that is wanted, because it takes its time.

    Args:
        actions: what players do, who has the ball, the play-by-play.
        form: the shooters' form.
        jerseys: the players' numbers, which are read with the others, too.
    """
    pose = None if actions or form or jerseys else ""
    return {
        "perception.pose": pose, "perception.actions": None if actions else "",
        "players.form.model": None if form else "", "perception.jersey": pose,
    }  # fmt: skip


def player_options(actions: bool, form: bool, roster: bool) -> list[PlayerOption]:
    """What is wanted of a film's players: what they do, the shooters' form, their names by a roster."""
    wanted = {PlayerOption.ACTIONS: actions, PlayerOption.FORM: form, PlayerOption.ROSTER: roster}
    return [option for option, on in wanted.items() if on]


class FilmAnalyzer:
    """Models that are ready to find shots in films; an async context manager.

    Args:
        settings: windows, inference.
        playback_speed: how many times faster than real life the films run (2: twice real speed); None where nobody
            knows: then each scene's speed is estimated by the fall of the ball.
        court: the calibration of the camera that took the films; ``None`` without one.
        engine: answers instead of the one that the settings name; closed with the analyzer.
        follow: x, y, width, height in pixels of the first frame: of all players only this one is read; None: all are.
        wanted: what must be read of players; otherwise it is left out where its model is missing.
    """

    def __init__(
        self, settings: Settings, playback_speed: float | None = None, court: PointPairs | None = None,
        engine: Engine | None = None, follow: tuple[float, float, float, float] | None = None,
        wanted: Collection[PlayerOption] = (),
    ) -> None:  # fmt: skip
        self._follow, self._wanted = follow, wanted
        self._settings, self._court = settings, court
        self._speed, self._estimate = playback_speed or 1.0, playback_speed is None
        self._engine = engine or make_engine(settings)
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Start the engine and load the models.

        Raises:
            EngineError: a model cannot be used, or one is missing that is wanted.
            SettingsError: a roster cannot be used, or the settings switch off what is wanted.
            StoreUnavailable: the galleries of shooters cannot be read.
        """
        async with self._stack as stack:
            stack.push_async_callback(self._engine.close)
            await start_models(self._settings, self._engine, self._wanted)
            self._models = make_shot_models(self._settings, self._engine, min_timeout=_MODEL_TIMEOUT_S)
            galleries = Galleries(self._settings.events.data_dir / "shooters.sqlite3")
            stack.callback(galleries.close)
            if self._settings.players.form.model:
                await asyncio.to_thread(galleries.load)
            forms = make_shot_forms(self._settings, self._engine, galleries, min_timeout=_MODEL_TIMEOUT_S)
            rosters = await asyncio.to_thread(read_rosters, self._settings.rosters)
            self._players = make_player_models(self._settings, self._engine, forms, _MODEL_TIMEOUT_S, rosters)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def analyze(
        self, path: Path, film: Film, record: FilmRecord | None = None, game: str | None = None
    ) -> FilmAnalysis:
        """Prepare the analysis of one film.

        Args:
            path: the film's file.
            film: the film.
            record: takes what is seen on the way, to be drawn afterwards.
            game: the game's name; that of the file by default.

        Raises:
            BadRequest: the calibration is of pictures of another shape.
        """
        check_size(film, self._court)
        return FilmAnalysis(self, game or game_name(path), film, record)


def check_size(film: Film, court: PointPairs | None) -> None:
    """Refuse a calibration of pictures of another shape.

    Raises:
        BadRequest: that is so.
    """
    if court is not None:
        width, height = film.info.width, film.info.height
        court.for_size(*((height, width) if film.info.rotation % 180 else (width, height)))


class FilmAnalysis:
    """One film on its way through ingest, pipeline and log; made by :meth:`FilmAnalyzer.analyze`.

    Attributes:
        packets: packets read so far.
        dropped: frames left out, by reason; complete once :meth:`events` has ended.
        advice: one sentence where the film runs at another speed than declared; known once :meth:`events` has ended.
        damaged: frames that were used though parts of them were missing; complete once :meth:`events` has ended.
        on_tracks: called with what was tracked in each detector frame, from the camera's thread; the record's by
            default.
        on_shots: called with a scene's number and every change of its shots, the rejected ones included, from the
            camera's thread.
        on_shot_poses: called with the id of a shot's event and its shooter's poses, from the camera's thread.
        on_pose: called with every pose of a player, from the camera's thread; the record's by default.
        on_jersey: called with a player's track and jersey when that changes, likewise.
    """

    def __init__(self, analyzer: FilmAnalyzer, game: str, film: Film, record: FilmRecord | None) -> None:
        self._analyzer, self._film, self._record = analyzer, film, record
        camera = CameraName.parse(f"games/{game}/cameras/film")
        self._info = stream_info(film.info, camera, analyzer._speed)
        self.packets = 0
        self.dropped: dict[str, int] = {}
        self.advice: str | None = None
        self.damaged = 0
        self.on_tracks: Callable[[Observations], None] | None = None if record is None else record.add_frame
        self.on_shots: _OnShots | None = None
        self.on_shot_poses: Callable[[str, ShotPoses], None] | None = None
        self.on_pose: Callable[[Pose], None] | None = None if record is None else record.add_pose
        self.on_jersey: Callable[[int, Jersey | None], None] | None = None if record is None else record.add_jersey

    async def events(self, on_packets: Callable[[int], None] = lambda count: None) -> AsyncGenerator[Event, None]:
        """Run the film; gives every revision of every event as soon as it is known. Call it once.

        Args:
            on_packets: told on the event loop how many packets were read.

        Raises:
            BadRequest: nobody is found in the rectangle of the player to follow; no event has been given.
            UndecodableFilm: the file cannot be read to its end; events before that have been given.
            CourtsideError: a fault in the shot path; events before that have been given.
        """
        settings, court, record = self._analyzer._settings, self._analyzer._court, self._record
        metrics = Metrics()
        # A fixed wall clock makes runs repeatable.
        log = SqliteLog(":memory:", clock=lambda: FILM_WALL)
        hub = (
            EventHub(log, metrics, buffer=_BUFFER) if record is None
            else RecordingHub(record, log, metrics, buffer=_BUFFER)
        )  # fmt: skip
        await hub.start()
        publisher = EventPublisher(hub, metrics, shots=GameShots(settings.shots.views))
        services = CameraServices(self._analyzer._engine, publisher, metrics)
        config = pipeline_config(settings)
        if self._analyzer._estimate and config.profile is not Profile.CLIP:
            config = replace(config, estimate_speed=True)
        config = replace(config, follow=self._analyzer._follow)
        speeds: list[tuple[float, float]] = []
        pipeline = CameraPipeline(self._info, self._analyzer._models, services, config, lambda: court,
                                  players=self._analyzer._players, keep_poses=self.on_shot_poses)  # fmt: skip
        pipeline.backend.on_tracks = self.on_tracks
        if self.on_pose is not None:
            pipeline.backend.on_pose = self.on_pose
        if self.on_jersey is not None:
            pipeline.backend.on_jersey = _both(self.on_jersey, pipeline.backend.on_jersey)
        pipeline.backend.on_speed = lambda media, speed: speeds.append((media, speed))
        if self.on_shots is not None:
            pipeline.backend.on_shots = _both(self.on_shots, pipeline.backend.on_shots)
        pipeline.start()
        clocks = Clocks(wall=lambda: FILM_WALL)
        camera = await CameraSession.open(self._info, pipeline, metrics, ingest_config(settings), clocks=clocks)
        feeding = asyncio.create_task(self._feed(camera, pipeline, hub, on_packets))
        shots: dict[str, Shot] = {}
        held: list[Event] = []  # until the followed player is found: 3 s of film at most
        try:
            with contextlib.suppress(Draining):  # every event of the film was given
                async with hub.subscribe(self._info.camera.game, after=0) as subscription:
                    async for event in subscription:
                        if event.shot is not None:
                            shots[event.event_id] = event.shot
                        held.append(event)
                        if not pipeline.backend.awaits_followed:
                            for one in held:
                                yield one
                            held.clear()
            await feeding
        finally:
            feeding.cancel()
            await asyncio.wait([feeding])
            log.close()
        if pipeline.backend.failure is not None:
            raise CourtsideError(f"shot detection failed: {pipeline.backend.failure!r}; events may be missing")
        if pipeline.backend.awaits_followed:
            raise _nobody_followed()
        for one in held:
            yield one
        advice = playback_advice(shots.values(), self._analyzer._speed, settings.shots.playback)
        self.advice = estimate_advice(speeds) or advice
        status = camera.status()
        self.dropped = {reason: count for reason, count in status.dropped.items() if count}
        self.damaged = status.damaged + self._film.damaged
        if self._film.undecodable:  # of a film that is decoded before ingest
            self.dropped[DropReason.CORRUPT] = self.dropped.get(DropReason.CORRUPT, 0) + self._film.undecodable

    async def _feed(
        self, camera: CameraSession, pipeline: CameraPipeline, hub: EventHub, on_packets: Callable[[int], None]
    ) -> None:
        """Read the film to its end, then let the subscription end after its last event."""
        packets = read_packets(self._film, self._analyzer._speed)
        try:
            while (packet := await asyncio.to_thread(next, packets, None)) is not None:
                await camera.feed(packet)
                self.packets += 1
                on_packets(self.packets)
                if pipeline.backend.nobody_followed:
                    raise _nobody_followed()
            await camera.end()
        except BaseException:
            # Together: the camera's end waits for what the pipeline has not processed yet.
            await asyncio.gather(camera.close(CourtsideError("analysis was stopped")), pipeline.stop())
            raise
        finally:
            try:
                await pipeline.stop()
            finally:
                await hub.close()


def _nobody_followed() -> BadRequest:
    return BadRequest(
        "nobody is tracked in the rectangle of --follow in the film's first seconds: give x,y,w,h of the player's "
        "whole body in pixels of the first frame"
    )


def _both(first: Callable[[int, T], None], then: Callable[[int, T], None]) -> Callable[[int, T], None]:
    def on_both(number: int, what: T) -> None:
        first(number, what)
        then(number, what)

    return on_both


def estimate_advice(speeds: Sequence[tuple[float, float]]) -> str | None:
    """What to know of a film with scenes whose estimated speed is not real; None without one.

    Args:
        speeds: media seconds at which such a scene begins, and how fast it runs.
    """
    if not speeds:
        return None
    scenes = ", ".join(f"{speed:.2f} from {media:.1f} s" for media, speed in speeds[:_NAMED])
    more = f" and {len(speeds) - _NAMED} more" if len(speeds) > _NAMED else ""
    text = f"by the fall of the ball the film does not run at real speed and was analyzed accordingly: {scenes}{more}"
    if max(speed for _, speed in speeds) > 1:
        return f"{text}; declare it with --playback-speed, so that the detector gets as many frames per real second"
    return f"{text}; where that is wrong, declare it with --playback-speed"


def playback_advice(shots: Iterable[Shot], declared: float, config: PlaybackConfig) -> str | None:
    """What to do where a film's shots show that it runs at another speed than declared; None where they do not.

    Replays do not count: they say nothing of the film around them. Of several shots one alone may be measured badly.

    Args:
        shots: the film's shots, retracted ones included.
        declared: the playback speed that the film was analyzed with.
        config: what is slow.
    """
    filmed = [shot for shot in shots if not shot.replay_of]
    speeds = [shot.playback_speed for shot in filmed if shot.playback_speed is not None]
    if len(speeds) < min(len(filmed), 2) or not speeds or config.slow < median(speeds) / declared < 1 / config.slow:
        return None
    return (
        f"by the fall of the ball the film runs at {median(speeds):.2f} of real speed, not at {declared:g}: times and "
        f"results of its shots are wrong; analyze it with --playback-speed {median(speeds):.2f}"
    )
