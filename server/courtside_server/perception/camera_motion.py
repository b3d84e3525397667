"""Camera motion: by how far the picture moved, told by corners that are followed from a small copy to the next.

People and balls move too: of all corners most stand on what stands still, and RANSAC keeps those that move alike.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_SMALL = (240, 136)
_CORNERS, _QUALITY, _APART = 120, 0.0005, 10.0
"""How many corners, how weak against the strongest, and how near to each other in small-picture pixels: a bare floor's
lines must be among them, not players alone."""
_WINDOW, _LEVELS = (11, 11), 3
_OFF = 0.5
"""Small-picture pixels by which a corner may miss what the others say."""
_LEAST, _SHARE = 8, 0.25
"""Corners that must agree, at least and as a share of all: with fewer the pictures have too little in common."""
_STILL = 0.3
"""Small-picture pixels below which the picture counts as at rest: noise must not add up to a drift."""
_NEW_KEY = 5.0
"""Small-picture pixels from the key frame after which the newest frame becomes the key."""

_Small = NDArray[np.uint8]
_MIDDLE = np.array(_SMALL) / 2


class CameraMotion:
    """Adds up a camera's pans and tilts as shifts of the picture's middle; what turns and zooms add is left out.

    Frames are compared with a key frame as long as they show much the same, so that a slow pan is not lost in the
    noise between neighbours and a still camera stays still.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin again at zero."""
        self._key: _Small | None = None
        self._before: _Small | None = None
        self._corners: NDArray[np.float32] | None = None
        self._key_pan, self._pan = np.zeros(2), np.zeros(2)

    def offer(self, planes: NDArray[np.uint8]) -> tuple[float, float]:
        """Take the next picture; give how far it has moved since the first, pixels x, y.

        Args:
            planes: I420, (height * 3 // 2, width) uint8; 240 pixels of width suffice.
        """
        height, width = planes.shape[0] * 2 // 3, planes.shape[1]
        now = cv2.resize(planes[:height], _SMALL, interpolation=cv2.INTER_AREA)
        scale = np.array([width / _SMALL[0], height / _SMALL[1]])
        if self._key is None or self._before is None:
            self._take_key(now)
        else:
            shift = _shift(self._key, now, self._corners)
            if shift is None:
                # Too far from the key: go on from the frame before, or stay where nothing can be told.
                step = None if self._before is self._key else _shift(self._before, now, _corners(self._before))
                self._pan = self._pan + (np.zeros(2) if step is None else step * scale)
                self._take_key(now)
            else:
                moved = np.abs(shift).max()
                self._pan = self._key_pan + (shift * scale if moved >= _STILL else 0.0)
                if moved > _NEW_KEY:
                    self._take_key(now)
        self._before = now
        return float(self._pan[0]), float(self._pan[1])

    def _take_key(self, now: _Small) -> None:
        self._key, self._key_pan, self._corners = now, self._pan, _corners(now)


def _corners(picture: _Small) -> NDArray[np.float32] | None:
    found: NDArray[np.float32] | None = cv2.goodFeaturesToTrack(picture, _CORNERS, _QUALITY, _APART)
    return found


def _shift(first: _Small, second: _Small, corners: NDArray[np.float32] | None) -> NDArray[np.float64] | None:
    """By how many small-picture pixels the middle moved; None where too few corners agree."""
    if corners is None or len(corners) < _LEAST:
        return None
    there, found, _ = cv2.calcOpticalFlowPyrLK(first, second, corners, None, winSize=_WINDOW, maxLevel=_LEVELS)
    kept = found.ravel() == 1
    if kept.sum() < _LEAST:
        return None
    turn, agree = cv2.estimateAffinePartial2D(
        corners[kept], there[kept], method=cv2.RANSAC, ransacReprojThreshold=_OFF, maxIters=200, confidence=0.99
    )
    if turn is None or agree.sum() < max(_LEAST, _SHARE * len(corners)):
        return None
    moved: NDArray[np.float64] = turn[:, :2] @ _MIDDLE + turn[:, 2] - _MIDDLE
    return moved
