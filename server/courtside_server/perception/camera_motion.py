"""Camera motion: how far the picture has moved, measured by corners that are followed from frame to frame.

People and balls move too, but most corners lie on things at rest. RANSAC keeps the corners that move alike.
"""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_server.perception.config import CameraMotionConfig

_AREA, _STEP = 240 * 136, 8
"""Pixels of the copy that corners are followed on, 240 x 136 of 16:9, and the multiple that its sides are."""
_WINDOW, _LEVELS = (11, 11), 3
"""Search window and pyramid levels of the optical flow (Lucas-Kanade)."""
_STOP = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 10, 0.03)
"""It stops after so many steps, or when a corner moves by less, pixels. Most corners agree to 0.002 pixels with what
30 steps and 0.01 give; the others are outliers either way."""

_Small = NDArray[np.uint8]


@lru_cache(16)
def copy_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the copy of a frame: of the frame's shape, so that a turn stays a turn."""
    scale = math.sqrt(_AREA / (width * height)) / _STEP
    return max(1, round(width * scale)) * _STEP, max(1, round(height * scale)) * _STEP


class CameraMotion:
    """Adds up a camera's pans and tilts as shifts of the frame's middle. Rotation and zoom are left out.

    Frames are compared with a key frame as long as both show much the same. A slow pan is then not lost in the noise
    between neighbouring frames, and a still camera stays still.

    Args:
        config: the numbers that decide.
    """

    def __init__(self, config: CameraMotionConfig = CameraMotionConfig()) -> None:
        self._config = config
        self.reset()

    def reset(self) -> None:
        """Start again at zero."""
        self._key: _Small | None = None
        self._before: _Small | None = None
        self._key_corners: NDArray[np.float32] | None = None
        self._key_pan, self._pan = np.zeros(2), np.zeros(2)

    def update(self, planes: NDArray[np.uint8]) -> tuple[float, float]:
        """Take the next frame; return how far the picture has moved since the first one, pixels x, y.

        Args:
            planes: I420, (height * 3 // 2, width) uint8; 240 pixels of width are enough.
        """
        height, width = planes.shape[0] * 2 // 3, planes.shape[1]
        small = copy_size(width, height)
        now = cv2.resize(planes[:height], small, interpolation=cv2.INTER_LINEAR)
        scale = np.array([width / small[0], height / small[1]])
        if self._key is not None and self._key.shape != now.shape:
            self.reset()  # the camera was turned, or sends another size
        if self._key is None or self._before is None:
            self._take_key(now)
        else:
            shift = self._shift(self._key, now, self._key_corners)
            if shift is None:
                # Too far from the key frame: continue from the frame before, or stay where nothing can be measured.
                step = None
                if self._before is not self._key:
                    step = self._shift(self._before, now, self._corners(self._before))
                self._pan = self._pan + (np.zeros(2) if step is None else step * scale)
                self._take_key(now)
            else:
                moved = np.abs(shift).max()
                self._pan = self._key_pan + (shift * scale if moved >= self._config.still else 0.0)
                if moved > self._config.new_key:
                    self._take_key(now)
        self._before = now
        return float(self._pan[0]), float(self._pan[1])

    def _take_key(self, now: _Small) -> None:
        self._key, self._key_pan, self._key_corners = now, self._pan, self._corners(now)

    def _corners(self, small: _Small) -> NDArray[np.float32] | None:
        config = self._config
        found: NDArray[np.float32] | None = cv2.goodFeaturesToTrack(
            small, config.corners, config.corner_quality, config.corner_distance
        )
        return found

    def _shift(self, first: _Small, second: _Small, corners: NDArray[np.float32] | None) -> NDArray[np.float64] | None:
        """How many pixels of the small copy the middle moved; None where too few corners agree."""
        config = self._config
        if corners is None or len(corners) < config.min_corners:
            return None
        there, found, _ = cv2.calcOpticalFlowPyrLK(
            first, second, corners, None, winSize=_WINDOW, maxLevel=_LEVELS, criteria=_STOP
        )
        kept = found.ravel() == 1
        if kept.sum() < config.min_corners:
            return None
        affine, agree = cv2.estimateAffinePartial2D(
            corners[kept], there[kept], method=cv2.RANSAC, ransacReprojThreshold=config.max_error, maxIters=200,
            confidence=0.99,
        )  # fmt: skip
        if affine is None or agree.sum() < max(config.min_corners, config.min_share * len(corners)):
            return None
        middle = np.array([first.shape[1], first.shape[0]]) / 2
        moved: NDArray[np.float64] = affine[:, :2] @ middle + affine[:, 2] - middle
        return moved
