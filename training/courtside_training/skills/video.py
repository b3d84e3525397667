"""Reads single frames of a long video with PyAV: seek, decode, scale."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np

from courtside_training.errors import TrainingInputError

BAD_SHARE = 0.1
"""Largest share of frames that may be unreadable. The previous frame replaces an unreadable one."""
STALE = 1.0
"""Largest age of a frame in seconds at the requested time. An older frame means a gap or an early end of the film."""


def read_frames(path: Path, times: Callable[[float], np.ndarray], shorter: int) -> np.ndarray:
    """The frames shown at `times(duration)` seconds: (N, height, width, 3) uint8 BGR.

    Args:
        path: path of the video.
        times: function from the duration in seconds to ascending times in seconds.
        shorter: pixels of the shorter side. The longer side keeps the aspect ratio, rounded to a multiple of 16.

    Raises:
        TrainingInputError: the file is missing or not a video, or more than a tenth of the frames cannot be decoded.
    """
    if not path.is_file():
        raise TrainingInputError(f"no video at {path}: correct the label file or the --data folder")
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise TrainingInputError(f"{path} holds no video stream: remove its line from the label file")
            stream = container.streams.video[0]
            stream.thread_type = "SLICE"
            duration = _duration(container, stream)
            wanted = np.asarray(times(duration), float)
            found = [_frame_at(container, stream, float(time), shorter) for time in wanted]
    except (av.FFmpegError, OSError, ValueError) as error:
        raise TrainingInputError(
            f"{path} cannot be read as video ({type(error).__name__}): fetch it again or remove its line"
        ) from error
    lost = sum(frame is None for frame in found)
    if lost > BAD_SHARE * len(found):
        raise TrainingInputError(
            f"{path} is damaged: {lost} of {len(found)} frames cannot be decoded; fetch it again or remove its line"
        )
    return _filled(found)


def _duration(container: av.container.InputContainer, stream: av.video.stream.VideoStream) -> float:
    if stream.duration:
        return float(stream.duration * stream.time_base)
    if container.duration:
        return container.duration / av.time_base
    raise ValueError("no duration")


def _frame_at(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream, time: float, shorter: int
) -> np.ndarray | None:
    """The frame shown at `time` seconds, None where it cannot be decoded."""
    start = stream.start_time or 0
    target = start + int(time / stream.time_base)
    last = None
    try:
        container.seek(target, stream=stream)
        for frame in container.decode(stream):
            if frame.pts is None:
                continue
            if frame.pts > target and last is not None:
                break
            last = frame
            if frame.pts >= target:
                break
    except av.FFmpegError:
        # Part of the file is damaged, but the last frame decoded before it may be the requested one.
        pass
    if last is None or (target - last.pts) * stream.time_base > STALE:
        return None
    return _scaled(last.to_ndarray(format="bgr24"), shorter)


def _scaled(image: np.ndarray, shorter: int) -> np.ndarray:
    height, width = image.shape[:2]
    factor = shorter / min(height, width)
    size = tuple(max(16, round(side * factor / 16) * 16) for side in (width, height))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _filled(found: list[np.ndarray | None]) -> np.ndarray:
    """Replace unreadable frames by the previous readable one, or by the first one at the start."""
    last = next(frame for frame in found if frame is not None)
    for index, frame in enumerate(found):
        last = found[index] = last if frame is None else frame
    return np.stack(found)
