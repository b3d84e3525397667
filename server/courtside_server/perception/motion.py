"""Camera motion: by how far the whole picture moved since the frame before (phase correlation of a small copy)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_SMALL = (160, 90)
_STILL = 0.12
"""Small-picture pixels below which the picture counts as at rest: noise must not add up to a drift."""
_SURE = 0.08
"""Least response of the correlation: below it the frames have too little in common to tell."""
_FAR = 0.25
"""Share of the picture by which it can move between two looks; more is a mistake."""


class CameraMotion:
    """Adds up a camera's pans and tilts as shifts of the picture; turns and zooms are not seen."""

    def __init__(self) -> None:
        self._window = cv2.createHanningWindow(_SMALL, cv2.CV_32F)
        self.reset()

    def reset(self) -> None:
        """Begin again at zero."""
        self._before: NDArray[np.float32] | None = None
        self._pan = np.zeros(2)

    def offer(self, planes: NDArray[np.uint8]) -> tuple[float, float]:
        """Take the next frame; give how far the picture has moved since the first, frame pixels x, y.

        Args:
            planes: I420, (height * 3 // 2, width) uint8.
        """
        height, width = planes.shape[0] * 2 // 3, planes.shape[1]
        now = cv2.resize(planes[:height], _SMALL, interpolation=cv2.INTER_AREA).astype(np.float32)
        if self._before is not None:
            shift, response = cv2.phaseCorrelate(self._before, now, self._window)
            moved = np.array(shift)
            far = abs(shift[0]) > _FAR * _SMALL[0] or abs(shift[1]) > _FAR * _SMALL[1]
            if response >= _SURE and not far and np.abs(moved).max() >= _STILL:
                self._pan = self._pan + moved * (width / _SMALL[0], height / _SMALL[1])
        self._before = now
        return float(self._pan[0]), float(self._pan[1])
