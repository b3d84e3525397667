"""The backend: one camera's worker thread. Detection, tracking, windows, filters and suppression happen here."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import structlog

from courtside.court.homography import Calibration
from courtside.queues import HandoverQueue
from courtside_server.inference.request import InferenceRequest
from courtside_server.perception.tracker import Tracker, TrackIds
from courtside_server.pipeline.config import PipelineConfig
from courtside_server.pipeline.model_runner import ModelRunner, Stopped, Submitted
from courtside_server.pipeline.work import EndOfStream, NewScene, Work
from courtside_server.shots.detector import ShotChange, ShotDetector, ShotModels
from courtside_server.types import DetectorFrame, Observations, StreamInfo, Window

log = structlog.get_logger(__name__)
T = TypeVar("T")

_AHEAD = 4
"""Work of one camera that the models may have at once: while one answer is processed, the next ones are computed."""

_Entry = tuple[Work, InferenceRequest[Any] | None, Submitted | None]


class Backend:
    """Takes one camera's work in order and gives the changes of its shots.

    Args:
        info: what the camera streams.
        models: find the shots.
        runner: runs the models' requests.
        queue: where the work comes from.
        config: what the profile decides.
        ids: sources of track ids.
        calibration: returns the calibration for a frame's width and height, now.

    Attributes:
        media: media time of the newest work, seconds.
        wall: its capture time, Unix seconds.
        on_shots: called with a scene's number and the changes of its shots.
        on_scene: called when a new scene starts.
        on_windows: called with the number of windows that a model has scored.
        on_tracks: called with all observations as they are made.
    """

    def __init__(
        self, info: StreamInfo, models: ShotModels, runner: ModelRunner, queue: HandoverQueue[Work],
        config: PipelineConfig, ids: TrackIds, calibration: Callable[[int, int], Calibration | None],
    ) -> None:
        self._info, self._models, self._runner, self._queue = info, models, runner, queue
        self._config, self._ids, self._calibration = config, ids, calibration
        self.media, self.wall = 0.0, 0.0
        self.on_shots: Callable[[int, Sequence[ShotChange]], None] = lambda scene, changes: None
        self.on_scene: Callable[[NewScene], None] = lambda scene: None
        self.on_windows: Callable[[int], None] = lambda count: None
        self.on_tracks: Callable[[Observations], None] | None = None
        self._scene = 0
        self._closing = False
        self._thread: threading.Thread | None = None
        self._start_scene()

    def start(self, before: Callable[[], None] = lambda: None) -> None:
        """Start the worker thread; it calls ``before`` first."""
        self._thread = threading.Thread(
            target=self._run, args=(before,), name=f"backend {self._info.camera.name}", daemon=True
        )
        self._thread.start()

    def join(self, timeout: float) -> bool:
        """Wait for the thread's end, up to ``timeout`` seconds; returns whether it has ended."""
        if self._thread is not None:
            self._thread.join(timeout)
        return self._thread is None or not self._thread.is_alive()

    def close(self, interrupted: bool) -> None:
        """Close every open shot with what is known; call once the worker thread has ended, from any thread."""
        self._closing = True
        self._close_scene(interrupted)

    def _close_scene(self, interrupted: bool = False) -> None:
        self.on_shots(self._scene, self._detector.flush(interrupted))
        self._start_scene()

    def _start_scene(self) -> None:
        config, scale = self._config, self._info.time_scale
        self._tracker = Tracker(self._ids, scale, config.tracking)
        self._detector = ShotDetector(
            config.profile, self._models, config.criteria, scale, self._calibration, self._infer
        )

    def _infer(self, request: InferenceRequest[T]) -> T | None:
        try:
            return self._runner.infer(request)
        except Stopped:
            if self._closing:
                return None  # A stopped pipeline closes its shots with what is known.
            raise

    def _run(self, before: Callable[[], None]) -> None:
        try:
            before()
            self._work()
        except Stopped:
            pass
        except Exception:
            # Frames continue, and whoever waits for windows must not wait for ever.
            log.exception("shot detection of the camera has failed and stays off", camera=self._info.camera.name)
        finally:
            for work in self._queue.close():
                if isinstance(work, EndOfStream):
                    work.done.set()

    def _work(self) -> None:
        submitted: deque[_Entry] = deque()
        try:
            while True:
                room = _AHEAD - len(submitted)
                for work in self._queue.get_nowait(room) if submitted else self._queue.get(room):
                    request = self._request(work)
                    submitted.append((work, request, None if request is None else self._runner.submit(request)))
                if not submitted:
                    return
                # In order, whichever is answered first. The entry stays listed until it is done, for `finally`.
                self._process(*submitted[0])
                submitted.popleft()
        finally:
            for work, _, under_way in submitted:
                if under_way is not None:
                    under_way.answer.cancel()
                if isinstance(work, EndOfStream):
                    work.done.set()

    def _request(self, work: Work) -> InferenceRequest[Any] | None:
        """The request that a piece of work needs; sent as soon as the work comes."""
        if isinstance(work, Window):
            return self._models.clip.request(work) if self._detector.scores_clips else None
        if isinstance(work, DetectorFrame) and self._models.detector is not None:
            return self._models.detector.request(work)
        return None

    def _process(self, work: Work, request: InferenceRequest[Any] | None, submitted: Submitted | None) -> None:
        if isinstance(work, (Window, DetectorFrame)):
            newest = work.samples[-1] if isinstance(work, Window) else work
            self.media, self.wall = newest.media, newest.capture_time
        result = None if request is None or submitted is None else self._runner.result(request, submitted)
        if isinstance(work, Window):
            if result is not None:
                self.on_windows(1)
            if result is not None or not self._detector.scores_clips:
                self.on_shots(self._scene, self._detector.push_clip_window(work, result))
        elif isinstance(work, DetectorFrame):
            if result is not None:
                self._track(work, result)
        elif isinstance(work, NewScene):
            self._close_scene()
            self._scene += 1
            self.on_scene(work)
        else:
            self._close_scene()
            work.done.set()

    def _track(self, frame: DetectorFrame, detections: Any) -> None:
        observations = self._tracker.update(frame, detections)
        if self.on_tracks is not None:
            self.on_tracks(observations)
        before = self._detector.flight_windows_scored
        changes = self._detector.push(observations)
        self.on_windows(self._detector.flight_windows_scored - before)
        self.on_shots(self._scene, changes)
