"""One camera's stages wired together, the same for live and film.

frames (decode thread) → samples → windows → [queue] → predictions → merged shots → drafts → event hub (event loop)
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

import structlog

from courtside_server.errors import Draining, EngineError, EngineUnavailable, InferenceTimeout, LogUnavailable
from courtside_server.events.hub import EventHub
from courtside_server.shots.assemble import ShotAssembler
from courtside_server.shots.models import WindowModel
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import (
    CameraState,
    CameraStatus,
    DropReason,
    EventDraft,
    Frame,
    Lifecycle,
    StreamInfo,
    StreamMode,
    Window,
    WindowPrediction,
)
from courtside_server.windows.merge import MergeRules, ShotMerger
from courtside_server.windows.queue import HandoverQueue
from courtside_server.windows.sample import Sampler
from courtside_server.windows.schedule import WindowScheduler

log = structlog.get_logger(__name__)

_BATCH = 4
"""Windows of one camera in flight at once: enough to fill a batch while film runs as fast as it goes."""
_PENDING_DRAFTS = 1000
"""Drafts kept while the event log cannot be written; beyond it the oldest go (and are counted)."""


@dataclass(frozen=True, slots=True)
class PipelineRules:
    """What a profile decides.

    Attributes:
        hop: samples between window starts.
        merge: how predictions become shots.
        queue: windows waiting for the model.
        retry_s: pause before film asks an unavailable engine or log again, seconds.
        stop_s: how long :meth:`CameraPipeline.stop` waits for windows that are under way, seconds.
    """

    hop: int = 1
    merge: MergeRules = field(default_factory=MergeRules)
    queue: int = 16
    retry_s: float = 0.5
    stop_s: float = 5.0


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


class CameraPipeline:
    """Implements the ingest's FrameSink for one camera; create on the event loop, then :meth:`start`.

    Args:
        info: what the camera streams.
        model: scores windows.
        hub: takes the events.
        metrics: where to count.
        rules: the profile.
        recall: looks up wall release time and event id of the camera's shots already in the log.
    """

    def __init__(
        self,
        info: StreamInfo,
        model: WindowModel,
        hub: EventHub,
        metrics: Metrics,
        rules: PipelineRules,
        recall: Callable[[], Awaitable[Sequence[tuple[float, str]]]] | None = None,
    ) -> None:
        self._info, self._model, self._hub, self._metrics, self._rules = info, model, hub, metrics, rules
        self._name = info.camera.name
        self._film = info.mode is StreamMode.FILM
        self._queue: HandoverQueue[Window | _Reset | _End] = HandoverQueue(
            rules.queue, self._film, asyncio.get_running_loop()
        )
        self._recall = recall
        self._assembler = ShotAssembler(info.camera, radius=rules.merge.nms_radius)
        self._task: asyncio.Task[None] | None = None
        self._segment = 0
        self._new_segment(0)
        self._last_media, self._last_wall = 0.0, 0.0
        self._merger = ShotMerger(self._merge_rules())
        self._merging_segment = 0
        self._degraded = False
        self._pending: deque[EventDraft] = deque()
        self._publishing = asyncio.Lock()
        self.windows_scored = 0

    # ---- decode thread -------------------------------------------------------------------------------------------

    def on_frame(self, frame: Frame) -> None:
        """Sample the frame and hand over the windows it completes; film waits here while the model is behind."""
        self._last_media, self._last_wall = frame.media, frame.capture_time
        for sample in self._sampler.offer(frame):
            self._hand_over(self._scheduler.add(sample))

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
        width, height = self._model.input_size
        self._sampler = Sampler(width, height, self._info.time_scale)
        self._scheduler = WindowScheduler(self._name, segment, self._rules.hop)
        self._skipped = 0

    def _hand_over(self, windows: Iterable[Window]) -> None:
        for window in windows:
            late = self._queue.put(window)
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
        while entries := await self._queue.get(_BATCH):
            windows = [entry for entry in entries if isinstance(entry, Window)]
            predictions = dict(zip(map(id, windows), await asyncio.gather(*map(self._predict, windows)), strict=True))
            for entry in entries:
                if isinstance(entry, Window):
                    prediction = predictions[id(entry)]
                    if prediction is not None:
                        await self._merge(prediction)
                elif isinstance(entry, _Reset):
                    await self._close_segment(interrupted=False)
                    self._merging_segment = entry.segment
                    status = self._status(CameraState.DISCONTINUITY, entry.detail, entry.wall, entry.media)
                    await self._publish([status])
                else:
                    await self._close_segment(interrupted=False)
                    entry.done.set()

    async def _predict(self, window: Window) -> WindowPrediction | None:
        """Score one window; live gives up at once and counts it, film asks until there is an answer."""
        while True:
            try:
                prediction = await self._model.predict(window)
            except (EngineUnavailable, InferenceTimeout) as error:
                await self._degrade(error, window)
                if not self._film:
                    self._metrics.windows_skipped.labels(self._name, DropReason.MODEL_UNAVAILABLE).inc()
                    return None
                await asyncio.sleep(self._rules.retry_s)
            except EngineError as error:
                # The same window would fail again: say so and go on with the next.
                await self._degrade(error, window)
                self._metrics.windows_skipped.labels(self._name, "model_error").inc()
                return None
            else:
                await self._recover(window)
                self.windows_scored += 1
                self._metrics.windows_scored.labels(self._name).inc()
                return prediction

    async def _merge(self, prediction: WindowPrediction) -> None:
        drafts = [self._assembler.draft(self._merging_segment, shot) for shot in self._merger.update(prediction)]
        await self._publish([draft for draft in drafts if draft is not None])

    async def _close_segment(self, interrupted: bool) -> None:
        drafts = [self._assembler.draft(self._merging_segment, shot) for shot in self._merger.flush(interrupted)]
        self._merger = ShotMerger(self._merge_rules())
        await self._publish([draft for draft in drafts if draft is not None])

    async def _publish(self, drafts: Sequence[EventDraft]) -> None:
        self._pending.extend(drafts)
        while len(self._pending) > _PENDING_DRAFTS:
            lost = self._pending.popleft()
            log.error("event lost: the log was unavailable too long", camera=self._name, event_id=lost.event_id)
        async with self._publishing:
            while self._pending:
                batch = list(self._pending)
                try:
                    await self._hub.publish(batch)
                except Draining:
                    return
                except LogUnavailable as error:
                    log.warning("event log unavailable", camera=self._name, waiting=len(batch), error=str(error))
                    if not self._film:
                        return  # the next window tries again; live never waits
                    await asyncio.sleep(self._rules.retry_s)
                else:
                    for _ in batch:
                        self._pending.popleft()

    async def _degrade(self, error: EngineError, window: Window) -> None:
        if not self._degraded:
            self._degraded = True
            log.warning("windows cannot be scored", camera=self._name, reason=error.reason, error=str(error))
            last = window.samples[-1]
            await self._publish([self._status(CameraState.DEGRADED, str(error), last.capture_time, last.media)])

    async def _recover(self, window: Window) -> None:
        if self._degraded:
            self._degraded = False
            last = window.samples[-1]
            detail = "windows are scored again"
            await self._publish([self._status(CameraState.RECOVERED, detail, last.capture_time, last.media)])

    async def announce(self, state: CameraState, detail: str, wall: float | None = None) -> None:
        """Publish a change of the camera's state."""
        await self._publish(
            [self._status(state, detail, time.time() if wall is None else wall, self._last_media)]
        )

    def _status(self, state: CameraState, detail: str, wall: float, media: float) -> EventDraft:
        return status_draft(self._info, state, detail, wall, media)

    def _merge_rules(self) -> MergeRules:
        rules = self._rules.merge
        # Rules are in real seconds, predictions in media seconds.
        return MergeRules(
            rules.threshold, rules.nms_radius / self._info.time_scale, rules.middle_only, rules.min_support
        )


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

