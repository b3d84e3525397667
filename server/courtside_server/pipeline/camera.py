"""One camera's stages wired together, the same for live and film.

frames (decode thread: frontend) → [queue] → models, tracks, windows, shots (worker thread: backend)
    → event drafts → event publisher (event loop)
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, TypeVar

import structlog

from courtside.court.homography import Calibration
from courtside.court.point_pairs import PointPairs
from courtside.plays import Jersey
from courtside.queues import DropPolicy, HandoverQueue
from courtside.shot_poses import ShotPoses
from courtside_server.court.estimator import CourtEstimator
from courtside_server.errors import BadRequest, CourtsideError
from courtside_server.inference.engine import Engine
from courtside_server.perception.tracker import TrackIds
from courtside_server.pipeline.backend import Backend
from courtside_server.pipeline.config import PipelineConfig
from courtside_server.pipeline.detector_scheduler import DetectorScheduler, RateChange
from courtside_server.pipeline.frontend import Frontend
from courtside_server.pipeline.model_runner import ModelRunner
from courtside_server.pipeline.poses_keeper import PosesKeeper
from courtside_server.pipeline.publisher import EventPublisher
from courtside_server.pipeline.work import CLIP_WINDOWS, DETECTOR_FRAMES, NewScene, Work
from courtside_server.players.analysis import PlayerModels
from courtside_server.players.changes import PlayerChange, PlayerEvents
from courtside_server.players.crops import CropSkip
from courtside_server.players.shooters import ShotInsight
from courtside_server.shots.detector import ShotChange, ShotModels
from courtside_server.shots.event_drafts import KnownShot, ShotEvents
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import (
    CameraState,
    CameraStatus,
    EventDraft,
    Frame,
    Lifecycle,
    Shot,
    SkipReason,
    StreamInfo,
    StreamMode,
)

log = structlog.get_logger(__name__)

T = TypeVar("T")

RecentShots = Callable[[], Coroutine[Any, Any, Sequence[KnownShot]]]
"""Returns the shots of a camera's session that are in the log already, oldest first."""
_POLL_S = 0.2
"""Pause between two checks whether a wait is to be given up, seconds."""


@dataclass(frozen=True, slots=True)
class CameraServices:
    """What every camera's pipeline shares.

    Attributes:
        engine: answers the models' requests; started.
        publisher: takes the events.
        metrics: where to count.
        ids: sources of track ids.
        detector: shares the detector among the cameras.
        courts: recognises courts that nobody calibrated.
    """

    engine: Engine
    publisher: EventPublisher
    metrics: Metrics
    ids: TrackIds = field(default_factory=TrackIds.fresh)
    detector: DetectorScheduler = field(default_factory=DetectorScheduler)
    courts: CourtEstimator = field(default_factory=CourtEstimator)


class CameraPipeline:
    """Takes one camera's frames (the ingest's FrameSink) and publishes its events.

    Create it on the event loop, then call :meth:`start`. Frames are sampled on the decode thread. Models, tracking
    and shots run on a worker thread of the camera, so that nothing of it blocks the event loop.

    Args:
        info: what the camera streams.
        models: find its shots.
        services: what all cameras share.
        config: its settings.
        calibration: returns the camera's calibration, now; None without one.
        recent_shots: loads the camera's shots that are in the log already.
        players: read its players; None: nobody is cut out.
        keep_poses: keeps a shooter's poses under the id of the confirmed shot's event; may wait for a disk.
    """

    def __init__(
        self, info: StreamInfo, models: ShotModels, services: CameraServices, config: PipelineConfig,
        calibration: Callable[[], PointPairs | None] = lambda: None, recent_shots: RecentShots | None = None,
        players: PlayerModels | None = None, keep_poses: Callable[[str, ShotPoses], None] | None = None,
    ) -> None:
        self._info, self._metrics, self._config, self._recent_shots = info, services.metrics, config, recent_shots
        self._name = info.camera.name
        self._loop = asyncio.get_running_loop()
        film = info.mode is StreamMode.FILM
        self._queue: HandoverQueue[Work] = HandoverQueue(
            {"": 1, CLIP_WINDOWS: config.clip_queue, DETECTOR_FRAMES: config.detector_queue},
            DropPolicy.BLOCK if film else DropPolicy.OLDEST,
        )  # fmt: skip
        self._publisher, self._film = services.publisher, film
        self._events = ShotEvents(
            info.camera, config.criteria.clip.radius, config.criteria.revision, session=info.origin,
            time_scale=info.time_scale,
        )  # fmt: skip
        self._player_events = PlayerEvents(info.camera, info.origin)
        self._status_numbers: dict[CameraState, Iterator[int]] = {state: count() for state in CameraState}
        self._runner = ModelRunner(
            services.engine, self._loop, self._name, config.retry_s if film else None, self._count_skipped,
            self._publish_state,
        )  # fmt: skip
        self._share = services.detector.add(film, self._metrics.detector_fps.labels(self._name).set)
        self._frontend = Frontend(info, models, self._queue, services.metrics, config, self._share, players is not None)
        self.backend = Backend(
            info, models, self._runner, self._queue, config, services.ids,
            lambda width, height: self._calibration_for(calibration(), width, height), self._share, services.courts,
            players,
        )  # fmt: skip
        self._poses = PosesKeeper(keep_poses)
        self.backend.on_insight, self.backend.on_jersey = self._publish_insight, self._publish_jersey
        self._events.jersey_of = self.backend.jersey
        self.backend.on_crops_skipped, self.backend.on_players = self._count_crops_skipped, self._publish_players
        self.backend.on_shots, self.backend.on_scene = self._publish_shots, self._publish_scene
        self.backend.on_windows = self._count_scored
        self.backend.on_failure, self.backend.on_rate = self._publish_failure, self._publish_rate
        self.backend.on_speed = self._publish_speed
        self._ended: asyncio.Event | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._give_up = threading.Event()
        self.windows_scored = 0
        """Windows that a model has answered."""

    # ---- decode thread -------------------------------------------------------------------------------------------

    def on_frame(self, frame: Frame) -> None:
        """Take the next frame; film waits here while the models are behind."""
        self._frontend.on_frame(frame)

    def on_discontinuity(self, media_segment: int, detail: str) -> None:
        """Close the windows of the old segment and start the new one."""
        self._frontend.on_discontinuity(media_segment, detail)

    def on_end(self) -> None:
        """Flush; returns when everything before it has been processed, or the pipeline was stopped."""
        self._frontend.on_end()

    # ---- event loop ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the worker thread."""
        self._ended = asyncio.Event()
        self.backend.start(self._restore, self._worker_ended)

    async def stop(self) -> None:
        """Stop the worker; open shots are closed with what is known, marked interrupted.

        It takes at most twice ``stop_s``. May be called again, also at the same time.
        """
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(), name=f"stop {self._name}")
        await asyncio.shield(self._stopping)

    async def _stop(self) -> None:
        self.backend.interrupt()
        self._queue.end()
        self._share.close()
        if self._ended is None or await self._has_ended():
            return
        self._give_up.set()
        self._runner.stop()
        if not await self._has_ended():
            log.error("the camera's worker did not end in time", camera=self._name)

    async def _has_ended(self) -> bool:
        """Wait up to ``stop_s`` for the worker's end."""
        assert self._ended is not None
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), self._config.stop_s)
        return self._ended.is_set()

    async def announce(self, state: CameraState, detail: str, wall: float | None = None) -> None:
        """Publish a change of the camera's state."""
        wall = time.time() if wall is None else wall
        draft = self._status(state, detail, wall, self._frontend.media)
        await self._publisher.publish([draft], wait=False)

    # ---- worker thread -------------------------------------------------------------------------------------------

    def _worker_ended(self) -> None:
        self._share.close()
        assert self._ended is not None
        with contextlib.suppress(RuntimeError):  # The loop is closed: nobody waits.
            self._loop.call_soon_threadsafe(self._ended.set)

    def _restore(self) -> None:
        """Load the camera's shots that are in the log already."""
        if self._recent_shots is None:
            return

        try:
            found = self._wait_for(self._recent_shots())
        except CourtsideError as error:
            log.warning("earlier shots of the camera are unknown", camera=self._name, error=error.message)
        else:
            self._events.restore(found or ())

    def _publish(self, drafts: Sequence[EventDraft]) -> None:
        """Publish drafts and wait: film until they are durable, live until they are committed or kept for later."""
        if drafts:
            self._wait_for(self._publisher.publish(drafts, wait=self._film))

    def _wait_for(self, coroutine: Coroutine[Any, Any, T]) -> T | None:
        """Run a coroutine on the event loop and wait for its result; None where the wait was given up by a stop."""
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError:  # The loop is closed.
            coroutine.close()
            return None
        while True:
            done, _ = futures.wait([future], timeout=_POLL_S)
            if done:
                return None if future.cancelled() else future.result()
            if self._give_up.is_set():
                log.warning("the camera stops while its last events wait for the event log", camera=self._name)
                return None

    def _publish_shots(self, scene: int, changes: Sequence[ShotChange]) -> None:
        found = [(self._events.draft(scene, change.candidate, change.state), change.state) for change in changes]
        drafts = [(draft, state) for draft, state in found if draft is not None]
        self._publish([draft for draft, _ in drafts])
        for draft, state in drafts:
            self._poses.settle(draft)
            if isinstance(draft.payload, Shot):
                self.backend.add_shot(
                    draft.event_id, draft.media_offset, draft.payload.shooter, draft.payload.result,
                    draft.lifecycle is Lifecycle.RETRACTED, draft.payload.probability,
                    draft.lifecycle is not Lifecycle.PROVISIONAL, state.pixels_per_metre,
                )  # fmt: skip

    def _publish_insight(self, insight: ShotInsight) -> None:
        found = insight.found
        draft = self._events.add_form(insight.event_id, insight.shooter, found.form, found.identity)
        drafts = [] if draft is None else [draft]
        if draft is not None and found.alert is not None:
            drafts.append(replace(
                draft, event_id=f"form-{draft.event_id}", lifecycle=Lifecycle.CONFIRMED, payload=found.alert
            ))  # fmt: skip
        self._publish(drafts)
        if draft is not None:
            self._poses.add(draft, insight.poses)

    def _publish_jersey(self, track: int, jersey: Jersey | None) -> None:
        self._publish(self._events.revise_jersey(track))

    def _publish_players(self, changes: Sequence[PlayerChange]) -> None:
        self._publish(self._player_events.draft(changes))

    def _publish_scene(self, scene: NewScene) -> None:
        self._events.media_segment = self._player_events.media_segment = scene.media_segment
        self._publish([self._status(CameraState.DISCONTINUITY, scene.detail, scene.wall, scene.media)])

    def _publish_state(self, state: CameraState, detail: str) -> None:
        self._publish([self._status(state, detail, self.backend.wall, self.backend.media)])

    def _status(self, state: CameraState, detail: str, wall: float, media: float) -> EventDraft:
        number = next(self._status_numbers[state])
        return status_draft(self._info, state, detail, wall, media, self._events.media_segment, number)

    def _publish_rate(self, change: RateChange) -> None:
        wanted = self._config.detector_fps
        why = f"the detector is too slow for all cameras: {change.fps:.1f} of {wanted:.1f} frames per second are left"
        why += "; use fewer cameras, or a faster engine"
        self._runner.report("detector rate", why if change.degraded else None)

    def _publish_speed(self, media: float, speed: float) -> None:
        why = f"by the fall of the ball the stream runs at {speed:.2f} of real speed, so that shots are missed; "
        why += "declare it with --playback-speed"
        self._runner.report("playback speed", None if speed == 1.0 else why)

    def _publish_failure(self, error: Exception | None) -> None:
        why = None if error is None else f"shot detection failed: {type(error).__name__}; see the log"
        with contextlib.suppress(Exception):  # What failed may be the publishing itself.
            self._runner.report("shot detection", why)

    def _calibration_for(self, points: PointPairs | None, width: int, height: int) -> Calibration | None:
        if points is None:
            return None
        try:
            return points.for_size(width, height)
        except BadRequest as error:
            log.warning("the calibration does not fit the stream", camera=self._name, error=str(error))
            return None

    def _count_scored(self, windows: int) -> None:
        self.windows_scored += windows
        self._metrics.windows_scored.labels(self._name).inc(windows)

    def _count_crops_skipped(self, skipped: Mapping[CropSkip, int]) -> None:
        for reason, crops in skipped.items():
            self._metrics.crops_skipped.labels(self._name, reason).inc(crops)

    def _count_skipped(self, reason: SkipReason) -> None:
        self._metrics.windows_skipped.labels(self._name, reason).inc()


def status_draft(
    info: StreamInfo, state: CameraState, detail: str, wall: float, media: float, media_segment: int = 0,
    number: int = 0,
) -> EventDraft:  # fmt: skip
    """The event for a camera's change of state; its id is deterministic, and another one for each change.

    Args:
        info: the camera's stream.
        state: the new state.
        detail: one sentence for a person.
        wall: Unix seconds, camera's clock.
        media: media seconds.
        media_segment: number of the media segment in the session.
        number: how often the camera was in this state before, in its session.
    """
    place = f"{info.session}+{number}@{round(wall * 1000)}"
    digest = hashlib.blake2b(place.encode(), digest_size=10).hexdigest()
    return EventDraft(
        game=info.camera.game,
        camera=info.camera.name,
        event_id=f"camera-{info.camera.id}-{state.name.lower()}-{digest}",
        lifecycle=Lifecycle.CONFIRMED,
        event_time=round(wall, 6),
        media_offset=round(media, 6),
        payload=CameraStatus(state, detail),
        session=info.origin,
        media_segment=media_segment,
    )
