"""Sampling: which frame stands for each grid time, and its pixels at the model's size."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_server.types import STRIDE_S, Frame, Sample


def letterbox(planes: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Scale an I420 picture into ``width`` x ``height`` RGB, keeping its shape between black bars.

    Each plane is scaled before the colour conversion: a 720p frame then costs a tenth of converting it first.

    Args:
        planes: I420, uint8, ``(h * 3 // 2, w)`` with even h and w.
        width: pixels, even.
        height: pixels, even.

    Returns:
        RGB, uint8, ``(3, height, width)``.
    """
    source_h, source_w = planes.shape[0] * 2 // 3, planes.shape[1]
    scale = min(width / source_w, height / source_h)
    inner_w = max(2, min(width, round(source_w * scale / 2) * 2))
    inner_h = max(2, min(height, round(source_h * scale / 2) * 2))
    chroma = planes[source_h:].reshape(2, source_h // 2, source_w // 2)
    luma = cv2.resize(planes[:source_h], (inner_w, inner_h), interpolation=cv2.INTER_AREA)
    half = (inner_w // 2, inner_h // 2)
    scaled = [luma, *(cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in chroma)]
    small = np.concatenate([plane.reshape(-1) for plane in scaled])
    rgb = cv2.cvtColor(small.reshape(inner_h * 3 // 2, inner_w), cv2.COLOR_YUV2RGB_I420)
    out = np.zeros((3, height, width), np.uint8)
    top, left = (height - inner_h) // 2, (width - inner_w) // 2
    out[:, top : top + inner_h, left : left + inner_w] = rgb.transpose(2, 0, 1)
    return out


class Sampler:
    """Takes every frame of one segment, gives the samples of the 0.3 s grid as they become known.

    The sample of a grid time is the frame nearest to it, known as soon as a frame at or after that time is in.
    When no frame lies within half a stride the last one before it is held, and the sample says so.

    Args:
        width: model input width, pixels.
        height: model input height, pixels.
        time_scale: real seconds per media second; the grid is in real seconds.
    """

    def __init__(self, width: int, height: int, time_scale: float = 1.0) -> None:
        self._size = (width, height)
        self._stride = STRIDE_S / time_scale
        self._origin: float | None = None
        self._next = 0
        self._previous: Frame | None = None
        self._previous_pixels: NDArray[np.uint8] | None = None

    def offer(self, frame: Frame) -> Iterator[Sample]:
        """Take the next frame (media time must grow); yield the samples it completes.

        Must be iterated before the next frame is written: the previous frame is still a view into the ring.
        """
        if self._origin is None:
            self._origin = frame.media
        pixels: NDArray[np.uint8] | None = None
        # Half a microsecond of slack: 0.3 is no binary fraction, and frame n*9 of 30 fps must be on the grid.
        while (grid := self._origin + self._next * self._stride) <= frame.media + 5e-7:
            previous = self._previous
            nearer_previous = previous is not None and grid - previous.media < frame.media - grid
            if nearer_previous and previous is not None:
                if self._previous_pixels is None:
                    self._previous_pixels = letterbox(previous.planes, *self._size)
                chosen, chosen_pixels = previous, self._previous_pixels
            else:
                pixels = letterbox(frame.planes, *self._size) if pixels is None else pixels
                chosen, chosen_pixels = frame, pixels
            held = abs(chosen.media - grid) > self._stride / 2
            if held and previous is not None:
                # In a long gap the world before it is the honest stand-in; the frame after it is the future.
                if self._previous_pixels is None:
                    self._previous_pixels = letterbox(previous.planes, *self._size)
                chosen, chosen_pixels = previous, self._previous_pixels
            yield Sample(
                self._next, chosen.media, chosen.capture_time, chosen_pixels, held, frame.arrival
            )
            self._next += 1
        self._previous, self._previous_pixels = frame, pixels
