"""Frame sampling: which frames of a camera the detector gets, scaled to its input; runs on the decode thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from courtside_server.letterbox import letterbox
from courtside_server.perception.camera_motion import CameraMotion
from courtside_server.perception.config import TrackingConfig
from courtside_server.perception.detector import GREY
from courtside_server.perception.repeated_frames import RepeatedFrames
from courtside_server.perception.scene_cut import SceneCutDetector
from courtside_server.types import DetectorFrame, Frame

_EARLY = 0.25
"""Share of a step by which a frame may come early: cameras jitter."""


class Pace:
    """Which frames of a stream are due at a rate that may change.

    Args:
        fps: frames per media second, at most.
    """

    def __init__(self, fps: float) -> None:
        self._step = 1.0 / fps
        self._next = -np.inf

    def set_fps(self, fps: float) -> None:
        """Change the rate, counted from the last frame that was taken."""
        step = 1.0 / fps
        self._next += step - self._step
        self._step = step

    def is_due(self, media: float) -> bool:
        """Whether the frame at ``media`` is due."""
        return media >= self._next - _EARLY * self._step

    def take(self, media: float) -> None:
        """The frame at ``media`` is taken."""
        # From the frame's own time: a rate just below the camera's must not leave out every other frame.
        self._next = max(self._next + self._step, media + 0.5 * self._step)


class FrameSampler:
    """Chooses the detector frames of one segment and prepares them.

    Args:
        size: gives width and height of the detector's input for frames of a width and height, pixels.
        fps: detector frames per real second, at most.
        time_scale: real seconds per media second.
        config: the numbers that decide.
        keep: what of a frame is kept in its detector frame, for players to be cut out; None: nothing.
    """

    def __init__(
        self, size: Callable[[int, int], tuple[int, int]], fps: float, time_scale: float = 1.0,
        config: TrackingConfig = TrackingConfig(), keep: Callable[[Frame], Frame] | None = None,
    ) -> None:  # fmt: skip
        self._keep = keep
        self._size, self._scale, self._pace = lru_cache(1)(size), time_scale, Pace(fps * time_scale)
        self._scene_cuts = SceneCutDetector(config.scene_cut)
        self._motion = CameraMotion(config.camera_motion)
        self._repeats, self._max_hold = RepeatedFrames(config.repeats), config.repeats.max_hold / time_scale
        self._given = -np.inf
        self._number = 0

    def push(self, frame: Frame) -> DetectorFrame | None:
        """Take the next frame; return it prepared for the detector, or None where it is left out."""
        return self.prepare(frame) if self.is_new(frame) and self.is_due(frame) else None

    def is_new(self, frame: Frame) -> bool:
        """Whether the frame shows anything new; call it once for every frame.

        A repeated frame would show a moving ball at rest, at a time at which it was elsewhere.
        """
        repeated = self._repeats.update(frame.planes, frame.damaged)
        return not repeated or frame.media - self._given >= self._max_hold

    def set_fps(self, fps: float) -> None:
        """Change the number of detector frames per real second."""
        self._pace.set_fps(fps * self._scale)

    def is_due(self, frame: Frame) -> bool:
        """Whether the detector gets this frame."""
        return self._pace.is_due(frame.media)

    def prepare(self, frame: Frame) -> DetectorFrame:
        """Prepare a frame that is due."""
        self._pace.take(frame.media)
        self._given = frame.media
        boxed = letterbox(frame.planes, *self._size(frame.width, frame.height), grey=GREY)
        # A cut on a frame that was left out shows on this one just as well.
        cut = self._scene_cuts.update(boxed.planes, frame.damaged)
        if cut:
            self._motion.reset()
        x, y = self._motion.update(boxed.planes)
        prepared = DetectorFrame(
            frame.camera, frame.media_segment, self._number, frame.media, frame.capture_time, frame.arrival,
            boxed.pixels, boxed.scale, boxed.margin, frame.width, frame.height,
            (x / boxed.scale, y / boxed.scale), cut, frame=None if self._keep is None else self._keep(frame),
        )  # fmt: skip
        self._number += 1
        return prepared
