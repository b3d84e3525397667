"""Sampling for clip windows: which frame stands for each time of the 0.3 s grid, at the model's size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from courtside_server.letterbox import letterbox
from courtside_server.types import STRIDE_S, Frame, Sample


class ClipSampler:
    """Takes every frame of one segment, gives the samples of the 0.3 s grid as soon as they are complete.

    The sample of a grid time is the frame nearest to it. It is complete as soon as a frame at or after that time is
    in. Where no frame lies within half a stride, the last one before is held, and the sample is marked as held.

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

    def missing(self, media: float) -> int:
        """How many samples a frame at this media time would complete."""
        return 0 if self._origin is None else int((media - self._origin) / self._stride) + 1 - self._next

    def push(self, frame: Frame) -> Iterator[Sample]:
        """Take the next frame (media time must grow); yield the samples it completes.

        Iterate before the next frame is written: the previous frame is still a view into the ring.
        """
        if self._origin is None:
            self._origin = frame.media
        pixels: NDArray[np.uint8] | None = None
        # Half a microsecond of slack: 0.3 has no exact binary form, and frame n*9 of 30 fps must be on the grid.
        while (grid := self._origin + self._next * self._stride) <= frame.media + 5e-7:
            previous = self._previous
            nearer_previous = previous is not None and grid - previous.media < frame.media - grid
            if nearer_previous and previous is not None:
                if self._previous_pixels is None:
                    self._previous_pixels = letterbox(previous.planes, *self._size).pixels
                chosen, chosen_pixels = previous, self._previous_pixels
            else:
                pixels = letterbox(frame.planes, *self._size).pixels if pixels is None else pixels
                chosen, chosen_pixels = frame, pixels
            held = abs(chosen.media - grid) > self._stride / 2
            if held and previous is not None:
                # In a long gap the frame before it is held: the frame after it lies in the future.
                if self._previous_pixels is None:
                    self._previous_pixels = letterbox(previous.planes, *self._size).pixels
                chosen, chosen_pixels = previous, self._previous_pixels
            yield Sample(
                self._next, chosen.media, chosen.capture_time, chosen_pixels, held, frame.arrival
            )
            self._next += 1
        self._previous, self._previous_pixels = frame, pixels
