"""The frontend: frames of one camera to clip windows and detector frames; runs on the decode thread."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from courtside.queues import HandoverQueue
from courtside_server.perception.frame_sampler import FrameSampler, Pace
from courtside_server.pipeline.config import PipelineConfig
from courtside_server.pipeline.detector_scheduler import DetectorShare
from courtside_server.pipeline.work import CLIP_WINDOWS, DETECTOR_FRAMES, EndOfStream, NewScene, Work
from courtside_server.shots.detector import Profile, ShotModels
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import WINDOW_SAMPLES, DetectorFrame, Frame, Sample, SkipReason, StreamInfo, Window
from courtside_server.windows.sampler import ClipSampler
from courtside_server.windows.scheduler import WindowScheduler

_MAX_GAP = 4 * WINDOW_SAMPLES
"""Samples in a gap after which clip windows start again instead of running through it."""

_INTERVAL_WEIGHT = 0.05
"""Weight of the newest interval in the mean time between two frames."""
_ALL = 0.95
"""A share of the camera's own rate above this gives it all: the measured rate varies a little with every frame."""
_MAX_INTERVAL_S = 1.0
"""A longer gap counts as this: it says little about the camera's rate."""


class Frontend:
    """Samples frames and hands over the work that they complete.

    Args:
        info: what the camera streams.
        models: give the input sizes.
        queue: takes the work. Film waits here while the worker is behind; live drops the oldest.
        metrics: where to count.
        config: its settings.
        share: the camera's share of the detector.
        keep_frames: players are cut out of the detector frames' own pictures.

    Attributes:
        media: media time of the newest frame, seconds.
    """

    def __init__(
        self, info: StreamInfo, models: ShotModels, queue: HandoverQueue[Work], metrics: Metrics,
        config: PipelineConfig, share: DetectorShare, keep_frames: bool = False,
    ) -> None:
        self._share, self._keep_frames = share, keep_frames
        self._info, self._models, self._queue, self._metrics, self._config = info, models, queue, metrics, config
        self._name = info.camera.name
        self.media, self._wall = 0.0, 0.0
        # Never less because of a nominal frame rate: what the camera truly sends, its time stamps say.
        self._detector_fps = config.detector_fps
        self._interval = 0.0
        self._last_media: float | None = None
        self._start_media_segment(0)

    def on_frame(self, frame: Frame) -> None:
        """Sample the frame and hand over what it completes."""
        self.media, self._wall = frame.media, frame.capture_time
        prepared = self._sample_for_detector(frame)
        if prepared is not None and prepared.cut:
            # Before the frame is sampled: a window across a cut would show two scenes as one.
            self._hand_over(self._scheduler.flush())
            self._put_new_scene("camera cut: tracks and windows start again")
            self._start_windows()
        if self._sampler.missing(frame.media) > _MAX_GAP:
            # Windows within a long gap show a still picture: they are not worth a step each.
            self._hand_over(self._scheduler.flush())
            self._start_windows()
        for sample in self._sampler.push(frame):
            self._hand_over(self._scheduler.add(sample))
        if prepared is not None:
            dropped = self._queue.put(prepared, share=DETECTOR_FRAMES)
            for _ in dropped:
                self._share.release()
            if dropped:
                self._skipped(SkipReason.DETECTOR_LATE, len(dropped))

    def on_discontinuity(self, media_segment: int, detail: str) -> None:
        """Close the windows of the old segment and start the new one."""
        self._hand_over(self._scheduler.flush())
        self._media_segment = media_segment
        self._put_new_scene(detail)
        self._start_media_segment(media_segment)

    def on_end(self) -> None:
        """Flush; returns when the worker has processed everything before it, or was stopped."""
        self._hand_over(self._scheduler.flush())
        end = EndOfStream(threading.Event())
        if not self._queue.put(end, keep=True):
            end.done.wait()

    def _sample_for_detector(self, frame: Frame) -> DetectorFrame | None:
        """The frame prepared for the detector; None where it is not due, or the detector has no time for it."""
        sampler, share, wanted = self._frame_sampler, self._share, self._detector_fps
        if sampler is None or not sampler.is_new(frame):
            return None
        self._measure_interval(frame.media)
        # A camera that sends fewer frames than the detector would get leaves the rest to the others.
        own = min(wanted, 1 / self._interval if self._interval else wanted)
        fps = share.rate(own)
        if share.film:
            return sampler.prepare(frame) if sampler.is_due(frame) and share.admit() else None
        if self._full_rate.is_due(frame.media):
            self._full_rate.take(frame.media)
            self._missing += 1
        if fps > 0:
            sampler.set_fps(wanted if fps >= _ALL * own else fps)
        if fps > 0 and sampler.is_due(frame) and share.admit():
            self._missing -= 1
            try:
                return sampler.prepare(frame)
            except BaseException:
                share.release()
                raise
        if self._missing > 1:  # One: the frame that is due at the full rate may still come a little later.
            self._missing -= 1
            self._skipped(SkipReason.DETECTOR_SHARED, 1)
        return None

    def _measure_interval(self, media: float) -> None:
        """Mean real seconds between two frames, by their time stamps."""
        interval = (media - self._last_media) * self._info.time_scale if self._last_media is not None else 0.0
        self._last_media = media
        if interval > 0:
            weight = _INTERVAL_WEIGHT if self._interval else 1.0
            self._interval += weight * (min(interval, _MAX_INTERVAL_S) - self._interval)

    def _start_media_segment(self, media_segment: int) -> None:
        self._media_segment = media_segment
        self._frame_sampler: FrameSampler | None = None
        detector, config, scale = self._models.detector, self._config, self._info.time_scale
        if detector is not None and config.profile is not Profile.CLIP:
            keep = None if not self._keep_frames else _copy if self._share.film else _same
            self._frame_sampler = FrameSampler(detector.input_size, self._detector_fps, scale, config.tracking, keep)
        self._interval, self._last_media = 0.0, None
        self._full_rate, self._missing = Pace(self._detector_fps * scale), 0
        self._start_windows()

    def _start_windows(self) -> None:
        width, height = self._models.clip.input_size
        self._sampler = ClipSampler(width, height, self._info.time_scale)
        self._scheduler: WindowScheduler[Sample] = WindowScheduler(
            self._name, self._media_segment, self._config.clip_hop
        )
        self._gaps = 0

    def _put_new_scene(self, detail: str) -> None:
        self._queue.put(NewScene(detail, self.media, self._wall, self._media_segment), keep=True)

    def _hand_over(self, windows: Iterable[Window[Sample]]) -> None:
        for window in windows:
            dropped = self._queue.put(window, share=CLIP_WINDOWS)
            if dropped:
                self._skipped(SkipReason.WINDOW_LATE, len(dropped))
        if self._scheduler.skipped > self._gaps:
            self._skipped(SkipReason.GAP, self._scheduler.skipped - self._gaps)
            self._gaps = self._scheduler.skipped

    def _skipped(self, reason: SkipReason, count: int) -> None:
        self._metrics.windows_skipped.labels(self._name, reason).inc(count)


def _same(frame: Frame) -> Frame:
    """A live camera's frame stays in the ring: whoever is late finds it overwritten."""
    return frame


def _copy(frame: Frame) -> Frame:
    """Of a film nothing may be lost, however far decoding is ahead; only frames that wait for the detector are kept."""
    return Frame(
        frame.camera, frame.sequence, frame.media, frame.capture_time, frame.arrival, frame.media_segment,
        frame.planes.copy(), damaged=frame.damaged,
    )  # fmt: skip
