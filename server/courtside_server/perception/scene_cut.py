"""Scene cuts: a frame whose colours differ from the frame before by more than they usually do."""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_server.perception.config import SceneCutConfig

GRID = (4, 3)
"""Columns and rows of cells, each with its own histogram: a pan shifts colours between cells, a cut replaces them."""
BINS = 16
"""Bins of a histogram."""
_SMALL = (64, 48)
"""Width and height at which colours are counted, pixels."""


class SceneCutDetector:
    """Decides for each frame of one camera whether it starts a new scene.

    Args:
        config: the numbers that decide.
    """

    def __init__(self, config: SceneCutConfig = SceneCutConfig()) -> None:
        self._config = config
        self._before: NDArray[np.float32] | None = None
        self._differences: deque[float] = deque(maxlen=config.memory)

    def update(self, planes: NDArray[np.uint8], damaged: bool = False) -> bool:
        """Take the next frame; return whether it follows a cut. The first frame does not.

        Args:
            planes: I420, (height * 3 // 2, width) uint8.
            damaged: parts of it were lost. What is concealed looks like a cut, and so does its end: the next whole
                frame is compared with the last whole one.
        """
        if damaged:
            return False
        now = histograms(planes)
        before, self._before = self._before, now
        if before is None:
            return False
        difference = 0.5 * float(np.abs(now - before).sum()) / (GRID[0] * GRID[1])
        usual = float(np.median(self._differences)) if self._differences else 0.0
        if difference > max(self._config.min_difference, self._config.over_median * usual):
            self._differences.clear()
            return True
        self._differences.append(difference)
        return False


def histograms(planes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Histograms of brightness and colour over `GRID`: (12, 2 * BINS) float32, each row sums to 1.

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
        bins = (cells.reshape(GRID[0] * GRID[1], -1) * BINS // 256).astype(np.intp)
        rows.append(np.stack([np.bincount(cell, minlength=BINS) for cell in bins]) / bins.shape[1])
    return (np.concatenate(rows, 1) / 2).astype(np.float32)
