"""Repeated frames: frames that show what the one before showed, as in a 60 fps file of a 24 fps film.

A repeat differs from the frame before by what the encoder left of nothing. Whatever moves, a ball of a few pixels
included, changes the mean of a small block by more.
"""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_server.perception.config import RepeatConfig

_LINES = 360
"""Lines of the copy that is compared, about: every second or third pixel of larger frames."""
_BLOCK = 4
"""Side of a block, pixels of the copy: a ball in play fills one or more."""

_MEMORY = 48
"""Frames whose differences are compared."""
_HIGH = 0.9
"""Quantile of the differences that a new frame has, also where most frames are repeats."""


class RepeatedFrames:
    """Recognizes for each frame of one camera whether it repeats the one before.

    Args:
        config: the numbers that decide.
    """

    def __init__(self, config: RepeatConfig = RepeatConfig()) -> None:
        self._config = config
        self._before: NDArray[np.uint8] | None = None
        self._differences: deque[float] = deque(maxlen=_MEMORY)

    def update(self, planes: NDArray[np.uint8], damaged: bool = False) -> bool:
        """Take the next frame; return whether it repeats the one before. The first one does not.

        Args:
            planes: I420, (height * 3 // 2, width) uint8.
            damaged: parts of it were lost. What is concealed repeats the frame before, but the camera's picture did
                not stand still: it counts as new.
        """
        height, width = planes.shape[0] * 2 // 3, planes.shape[1]
        step = max(1, round(min(height, width) / _LINES))
        now = np.ascontiguousarray(planes[:height:step, ::step])
        before, self._before = self._before, now
        if before is None or before.shape != now.shape or damaged:
            return False
        blocks = (max(now.shape[1] // _BLOCK, 1), max(now.shape[0] // _BLOCK, 1))
        changed = cv2.resize(cv2.absdiff(now, before), blocks, interpolation=cv2.INTER_AREA)
        difference, config = float(changed.max()), self._config
        self._differences.append(difference)
        lively = sorted(self._differences)[int(_HIGH * len(self._differences))]
        least = max(config.max_difference, min(config.share_of_lively * lively, config.limit))
        return difference <= least
