"""One camera's stages wired together, the same for live and film.

frames (decode thread) → samples → windows ┐
                       → looks ────────────┴ [queue] → predictions, detections → found shots → drafts → event hub
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from courtside_server.errors import BadRequest, EngineError, EngineUnavailable, InferenceTimeout, LogUnavailable
from courtside_server.events.hub import EventHub
from courtside_server.court.calibration_store import CameraCalibration
from courtside_server.perception.court import Calibration
from courtside_server.perception.tracker import Looker, TrackIds
from courtside_server.pipeline.publisher import Publisher
from courtside_server.shots.events import ShotAssembler
from courtside_server.shots.detector import Finders, FlightRules, Profile, ShotChange, ShotFinder
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import (
    CameraState,
    CameraStatus,
    Detections,
    DropReason,
    EventDraft,
    Frame,
    Lifecycle,
    Look,
    Observations,
    Sample,
    StreamInfo,
    StreamMode,
    Window,
    WindowPrediction,
)
from courtside_server.windows.nms import MergeRules
from courtside_server.windows.queue import HandoverQueue
from courtside_server.windows.sampler import Sampler
from courtside_server.windows.scheduler import WindowScheduler

log = structlog.get_logger(__name__)
T = TypeVar("T")

_AHEAD = 4
"""Entries of one camera the models work on at once: while one's answer is followed, the next ones are asked about."""
_WINDOWS, _LOOKS = "windows", "looks"


@dataclass(frozen=True, slots=True)
class PipelineRules:
    """What a profile decides.

    Attributes:
        hop: samples between window starts.
        merge: how clip predictions become shots.
        queue: windows waiting for the model.
        retry_s: pause before film asks an unavailable engine or log again, seconds.
        stop_s: how long :meth:`CameraPipeline.stop` waits for windows that are under way, seconds.
        profile: which window models find shots.
        flight: how flight predictions become shots.
        look_rate: looks a real second, at most.
        looks: looks waiting for the detector.
    """

    hop: int = 1
    merge: MergeRules = field(default_factory=MergeRules)
    queue: int = 16
    retry_s: float = 0.5
    stop_s: float = 5.0
    profile: Profile = Profile.CLIP
    flight: FlightRules = field(default_factory=FlightRules)
    look_rate: float = 15.0
    looks: int = 8


@dataclass(frozen=True, slots=True)
class _Reset:
    """A discontinuity: close what is open, start the next segment."""

    segment: int
    detail: str
    media: float
    wall: float


@dataclass(frozen=True, slots=True)
class _End:
    """No more frames; ``done`` is set once everything before it is durable."""

    done: threading.Event


_Entry = Window[Sample] | Look | _Reset | _End


class CameraPipeline:
    """Implements the ingest's FrameSink for one camera; create on the event loop, then :meth:`start`.

    Args:
        info: what the camera streams.
        models: find shots.
        hub: takes the events.
        metrics: where to count.
        rules: the profile.
        recall: looks up wall release time and event id of the camera's shots already in the log.
        ids: where track ids come from, shared by all cameras of a service.
        calibration: the camera's clicked court, now; None without one.
        watch: told of every observation as it is made, for drawing.
    """

    def __init__(
        self,
        info: StreamInfo,
        models: Finders,
        hub: EventHub,
        metrics: Metrics,
        rules: PipelineRules,
        recall: Callable[[], Awaitable[Sequence[tuple[float, str]]]] | None = None,
        ids: TrackIds | None = None,
        calibration: Callable[[], CameraCalibration | None] = lambda: None,
        watch: Callable[[Observations], None] | None = None,
    ) -> None:
        self._info, self._models, self._metrics, self._rules = info, models, metrics, rules
        self._name = info.camera.name
        self._film = info.mode is StreamMode.FILM
        self._queue: HandoverQueue[_Entry] = HandoverQueue(
            {"": 1, _WINDOWS: rules.queue, _LOOKS: rules.looks}, self._film, asyncio.get_running_loop()
        )
        self._publisher = Publisher(hub, self._name, self._film, rules.retry_s)
        self._recall, self._calibration, self._watch = recall, calibration, watch
        self._ids = ids or TrackIds.fresh()
        self._assembler = ShotAssembler(info.camera, radius=rules.merge.nms_radius)
        self._task: asyncio.Task[None] | None = None
        self._last_media, self._last_wall = 0.0, 0.0
        self._new_segment(0)
        self._finding_segment = 0
        self._finder = self._new_finder()
        self._seen_media, self._seen_wall = 0.0, 0.0
        self._degraded = False
        self.windows_scored = 0

    @property
    def _looks_per_second(self) -> float:
        rate = self._rules.look_rate
        return min(rate, (self._info.frame_rate or rate) / self._info.time_scale)

    # ---- decode thread -------------------------------------------------------------------------------------------

    def on_frame(self, frame: Frame) -> None:
        """Sample the frame and hand over the windows it completes; film waits here while the models are behind."""
        self._last_media, self._last_wall = frame.media, frame.capture_time
        for sample in self._sampler.offer(frame):
            self._hand_over(self._scheduler.add(sample))
        look = self._looker.offer(frame) if self._looker is not None else None
        if look is None:
            return
        if look.cut:
            # Windows over a cut would judge two views as one.
            self._hand_over(self._scheduler.flush())
            detail = "the picture changed from one frame to the next: a camera cut; tracks and windows begin anew"
            self._queue.put(_Reset(self._segment, detail, frame.media, frame.capture_time), keep=True)
            self._new_windows()
        late = self._queue.put(look, share=_LOOKS)
        if late:
            self._metrics.windows_skipped.labels(self._name, "look_late").inc(len(late))

    def on_discontinuity(self, segment: int, detail: str) -> None:
        """Close the windows of the old segment and start the new one."""
        self._hand_over(self._scheduler.flush())
        self._queue.put(_Reset(segment, detail, self._last_media, self._last_wall), keep=True)
        self._new_segment(segment)

    def on_end(self) -> None:
        """Flush; returns when every event of the stream is durable (or the pipeline was stopped)."""
        self._hand_over(self._scheduler.flush())
        end = _End(threading.Event())
        if not self._queue.put(end, keep=True):
            end.done.wait()

    def _new_segment(self, segment: int) -> None:
        self._segment = segment
        self._looker: Looker | None = None
        if self._models.detector is not None and self._rules.profile is not Profile.CLIP:
            self._looker = Looker(self._models.detector.input_size, self._looks_per_second, self._info.time_scale)
        self._new_windows()

    def _new_windows(self) -> None:
        width, height = self._models.clip.input_size
        self._sampler = Sampler(width, height, self._info.time_scale)
        self._scheduler: WindowScheduler[Sample] = WindowScheduler(self._name, self._segment, self._rules.hop)
        self._skipped = 0

    def _hand_over(self, windows: Iterable[Window[Sample]]) -> None:
        for window in windows:
            late = self._queue.put(window, share=_WINDOWS)
            if late:
                self._metrics.windows_skipped.labels(self._name, DropReason.WINDOW_LATE).inc(len(late))
        if self._scheduler.skipped > self._skipped:
            self._metrics.windows_skipped.labels(self._name, "gap").inc(self._scheduler.skipped - self._skipped)
            self._skipped = self._scheduler.skipped

    # ---- event loop ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin scoring windows."""
        self._task = asyncio.create_task(self._run(), name=f"pipeline {self._name}")

    async def stop(self, interrupted: bool = True) -> None:
        """Stop scoring; open shots are closed with what is known, marked interrupted. Idempotent."""
        self._queue.close()
        task, self._task = self._task, None
        if task is None:
            return
        with contextlib.suppress(asyncio.CancelledError, TimeoutError):
            await asyncio.wait_for(task, self._rules.stop_s)
        for entry in await self._queue.get(most=sys.maxsize):
            if isinstance(entry, _End):
                entry.done.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._close_segment(interrupted), self._rules.stop_s)

    async def _run(self) -> None:
        if self._recall is not None:
            try:
                self._assembler.know(await self._recall())
            except LogUnavailable as error:
                log.warning("earlier shots unknown", camera=self._name, error=str(error))
        try:
            await self._score()
        except Exception:
            # Frames go on; whoever waits for windows must not wait for ever.
            log.exception("the camera's windows are no longer scored", camera=self._name)
            self._queue.close()

    async def _score(self) -> None:
        asked: deque[tuple[_Entry, asyncio.Task[WindowPrediction | Detections | None]]] = deque()
        try:
            while True:
                room = _AHEAD - len(asked)
                for entry in self._queue.waiting(room) if asked else await self._queue.get(room):
                    asked.append((entry, asyncio.create_task(self._ask_about(entry))))
                if not asked:
                    return
                # Taken up in order, whichever is answered first; it stays listed until then, for `finally`.
                entry, answer = asked[0]
                await self._take_up(entry, await answer)
                asked.popleft()
        finally:
            for entry, answer in asked:
                answer.cancel()
                if isinstance(entry, _End):
                    entry.done.set()

    async def _take_up(self, entry: _Entry, answer: WindowPrediction | Detections | None) -> None:
        if isinstance(entry, Window):
            prediction = answer if isinstance(answer, WindowPrediction) else None
            if prediction is not None or not self._finder.scores_clips:
                await self._tell(await self._finder.on_window(entry, prediction))
        elif isinstance(entry, Look):
            self._seen_media, self._seen_wall = entry.media, entry.capture_time
            if isinstance(answer, Detections):
                before = self._finder.windows_judged
                await self._tell(await self._finder.on_look(entry, answer))
                self._count(self._finder.windows_judged - before)
        elif isinstance(entry, _Reset):
            await self._close_segment(interrupted=False)
            self._finding_segment += 1
            status = self._status(CameraState.DISCONTINUITY, entry.detail, entry.wall, entry.media)
            await self._publisher.publish([status])
        else:
            await self._close_segment(interrupted=False)
            entry.done.set()

    def _count(self, windows: int) -> None:
        self.windows_scored += windows
        self._metrics.windows_scored.labels(self._name).inc(windows)

    async def _ask_about(self, entry: _Entry) -> WindowPrediction | Detections | None:
        """What the model of an entry says of it."""
        if isinstance(entry, Window) and self._finder.scores_clips:
            last = entry.samples[-1]
            self._seen_media, self._seen_wall = last.media, last.capture_time
            prediction = await self._ask(lambda: self._models.clip.predict(entry))
            self._count(int(prediction is not None))
            return prediction
        detector = self._models.detector
        if isinstance(entry, Look) and detector is not None:
            return await self._ask(lambda: detector.detect(entry))
        return None

    async def _ask(self, call: Callable[[], Awaitable[T]]) -> T | None:
        """Call a model; live gives up at once and counts it, film asks until there is an answer."""
        while True:
            try:
                answer = await call()
            except (EngineUnavailable, InferenceTimeout) as error:
                await self._degrade(error)
                if not self._film:
                    self._metrics.windows_skipped.labels(self._name, DropReason.MODEL_UNAVAILABLE).inc()
                    return None
                await asyncio.sleep(self._rules.retry_s)
            except EngineError as error:
                # The same input would fail again: say so and go on with the next.
                await self._degrade(error)
                self._metrics.windows_skipped.labels(self._name, "model_error").inc()
                return None
            else:
                await self._recover()
                return answer

    async def _tell(self, changes: Sequence[ShotChange]) -> None:
        drafts = [self._assembler.draft(self._finding_segment, change.shot, change.story) for change in changes]
        await self._publisher.publish([draft for draft in drafts if draft is not None])

    async def _close_segment(self, interrupted: bool) -> None:
        await self._tell(await self._finder.flush(interrupted))
        self._finder = self._new_finder()

    def _new_finder(self) -> ShotFinder:
        rules, scale = self._rules, self._info.time_scale
        return ShotFinder(
            rules.profile, self._models, rules.merge, rules.flight, self._ids, self._looks_per_second * scale, scale,
            self._court, self._ask, self._watch,
        )  # fmt: skip

    def _court(self, width: int, height: int) -> Calibration | None:
        clicked = self._calibration()
        if clicked is None:
            return None
        try:
            return clicked.for_size(width, height)
        except BadRequest as error:
            log.warning("the calibration does not fit the stream", camera=self._name, error=str(error))
            return None

    async def _degrade(self, error: EngineError) -> None:
        if not self._degraded:
            self._degraded = True
            log.warning("windows cannot be scored", camera=self._name, reason=error.reason, error=str(error))
            await self._publisher.publish(
                [self._status(CameraState.DEGRADED, str(error), self._seen_wall, self._seen_media)]
            )

    async def _recover(self) -> None:
        if self._degraded:
            self._degraded = False
            detail = "windows are scored again"
            await self._publisher.publish(
                [self._status(CameraState.RECOVERED, detail, self._seen_wall, self._seen_media)]
            )

    async def announce(self, state: CameraState, detail: str, wall: float | None = None) -> None:
        """Publish a change of the camera's state."""
        await self._publisher.publish(
            [self._status(state, detail, time.time() if wall is None else wall, self._last_media)]
        )

    def _status(self, state: CameraState, detail: str, wall: float, media: float) -> EventDraft:
        return status_draft(self._info, state, detail, wall, media)


def status_draft(info: StreamInfo, state: CameraState, detail: str, wall: float, media: float) -> EventDraft:
    """The event that tells of a camera's change of state; its id is deterministic."""
    return EventDraft(
        game=info.camera.game,
        camera=info.camera.name,
        event_id=f"camera-{info.camera.name.rsplit('/', 1)[1]}-{state.name.lower()}-{round(wall * 1000)}",
        lifecycle=Lifecycle.CONFIRMED,
        event_time=round(wall, 6),
        media_offset=round(media, 6),
        payload=CameraStatus(state, detail),
    )

