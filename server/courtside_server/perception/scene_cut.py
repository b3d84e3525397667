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
    light = _small(planes[:height])
    blue, red = (_small(plane.reshape(height // 2, -1)) for plane in planes[height:].reshape(2, -1))
    tint = np.clip((red.astype(np.int16) - blue.astype(np.int16)) // 2 + 128, 0, 255)
    # One count for all: a bin's number is its cell's, then light or tint, then its value's.
    bins = np.stack([light, tint.astype(np.uint8)]) // (256 // BINS) + _FIRST_BIN
    cells = GRID[0] * GRID[1]
    counts = np.bincount(bins.reshape(-1), minlength=cells * 2 * BINS).reshape(cells, 2 * BINS)
    return (counts / (2 * _SMALL[0] * _SMALL[1] / cells)).astype(np.float32)


def _small(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A plane at the size at which colours are counted.

    Halved first: means of 2 x 2 pixels take OpenCV a tenth of the time of means of uneven areas.
    """
    height, width = plane.shape
    half = cv2.resize(plane, (max(width // 2, 1), max(height // 2, 1)), interpolation=cv2.INTER_AREA)
    small: NDArray[np.uint8] = cv2.resize(half, _SMALL, interpolation=cv2.INTER_AREA)
    return small


def _first_bins() -> NDArray[np.int64]:
    """(2, H, W): for light and tint, the number of the first bin of each pixel's cell."""
    width, height = _SMALL
    rows, columns = np.arange(height) * GRID[1] // height, np.arange(width) * GRID[0] // width
    cells = (rows[:, np.newaxis] * GRID[0] + columns) * 2 * BINS
    return np.stack([cells, cells + BINS])


_FIRST_BIN = _first_bins()
