"""Camera cuts: a frame whose colours lie unlike those of the frame before, and unlike how much they usually move."""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

GRID = (4, 3)
"""Columns and rows of the picture that have a histogram each: a pan shifts colours, a cut replaces them."""
BINS = 16
LEAST = 0.3
"""Smallest difference (0 same, 1 nothing in common) that can be a cut."""
OVER_USUAL = 3.5
"""A cut is so many times the recent median difference: a shaking hand or a fast pan raises what is usual."""
_MEMORY = 24
_SMALL = (64, 48)


class CutDetector:
    """Tells of each frame of one camera whether it begins a new view."""

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None
        self._usual: deque[float] = deque(maxlen=_MEMORY)

    def offer(self, planes: NDArray[np.uint8]) -> bool:
        """Whether a picture (I420 as in :func:`signature`) follows a cut; the first one does not."""
        now = signature(planes)
        before, self._before = self._before, now
        if before is None:
            return False
        difference = 0.5 * float(np.abs(now - before).sum()) / (GRID[0] * GRID[1])
        usual = float(np.median(self._usual)) if self._usual else 0.0
        if difference > max(LEAST, OVER_USUAL * usual):
            self._usual.clear()
            return True
        self._usual.append(difference)
        return False


def signature(planes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Histograms of light and colour over `GRID`: (12, 2 * BINS) float32, each row sums to 1.

    Args:
        planes: I420, (height * 3 // 2, width) uint8.
    """
    height = planes.shape[0] * 2 // 3
    light = cv2.resize(planes[:height], _SMALL, interpolation=cv2.INTER_AREA)
    quarter = planes[height:].reshape(2, -1)
    blue, red = (
        cv2.resize(plane.reshape(height // 2, -1), _SMALL, interpolation=cv2.INTER_AREA) for plane in quarter
    )
    tint = np.clip((red.astype(np.int16) - blue.astype(np.int16)) // 2 + 128, 0, 255)
    rows = []
    for part in (light.astype(np.int16), tint):
        cells = part.reshape(GRID[1], _SMALL[1] // GRID[1], GRID[0], _SMALL[0] // GRID[0]).transpose(0, 2, 1, 3)
        which = (cells.reshape(GRID[0] * GRID[1], -1) * BINS // 256).astype(np.intp)
        rows.append(np.stack([np.bincount(cell, minlength=BINS) for cell in which]) / which.shape[1])
    return (np.concatenate(rows, 1) / 2).astype(np.float32)
