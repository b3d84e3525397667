"""Camera motion: by how far the whole picture moved, voted by blocks of a small copy (phase correlation).

People and balls move too: a block says how far what it shows has moved, and most blocks show what stands still.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_SMALL = (240, 136)
_BLOCK = (60, 68)
"""Width and height of a block: four columns and two rows of them."""
_STILL = 0.3
"""Small-picture pixels below which the picture counts as at rest: noise must not add up to a drift."""
_SURE = 0.12
"""Least response of a block's correlation: below it the frames have too little in common there to tell."""
_FAR = 0.4
"""Share of a block by which it can move; more is a mistake."""
_AGREE = 1.0
"""Small-picture pixels within which blocks agree."""
_LEAST_BLOCKS = 4
_NEW_KEY = 10.0
"""Small-picture pixels from the key frame after which the newest frame becomes the key."""

_Small = NDArray[np.float32]


class CameraMotion:
    """Adds up a camera's pans and tilts as shifts of the picture; turns and zooms are not seen.

    Frames are compared with a key frame as long as they show much the same, so that a slow pan is not lost in the
    noise between neighbours and a still camera stays still.
    """

    def __init__(self) -> None:
        self._window = cv2.createHanningWindow(_BLOCK, cv2.CV_32F)
        self.reset()

    def reset(self) -> None:
        """Begin again at zero."""
        self._key: _Small | None = None
        self._before: _Small | None = None
        self._key_pan, self._pan = np.zeros(2), np.zeros(2)

    def offer(self, planes: NDArray[np.uint8]) -> tuple[float, float]:
        """Take the next picture; give how far it has moved since the first, pixels x, y.

        Args:
            planes: I420, (height * 3 // 2, width) uint8; 240 pixels of width suffice.
        """
        height, width = planes.shape[0] * 2 // 3, planes.shape[1]
        now = cv2.resize(planes[:height], _SMALL, interpolation=cv2.INTER_AREA).astype(np.float32)
        scale = np.array([width / _SMALL[0], height / _SMALL[1]])
        if self._key is None or self._before is None:
            self._key = now
        else:
            shift = self._shift(self._key, now)
            if shift is None:
                # Too far from the key: go on from the frame before, or stay where nothing can be told.
                step = self._shift(self._before, now)
                self._pan = self._pan + (np.zeros(2) if step is None else step * scale)
                self._key, self._key_pan = now, self._pan
            else:
                moved = np.abs(shift).max()
                self._pan = self._key_pan + (shift * scale if moved >= _STILL else 0.0)
                if moved > _NEW_KEY:
                    self._key, self._key_pan = now, self._pan
        self._before = now
        return float(self._pan[0]), float(self._pan[1])

    def _shift(self, first: _Small, second: _Small) -> NDArray[np.float64] | None:
        """By how many small-picture pixels most blocks moved; None where no four of the eight agree."""
        votes = []
        for top in range(0, _SMALL[1], _BLOCK[1]):
            for left in range(0, _SMALL[0], _BLOCK[0]):
                part = (slice(top, top + _BLOCK[1]), slice(left, left + _BLOCK[0]))
                shift, response = cv2.phaseCorrelate(first[part], second[part], self._window)
                if response >= _SURE and abs(shift[0]) < _FAR * _BLOCK[0] and abs(shift[1]) < _FAR * _BLOCK[1]:
                    votes.append(shift)
        if len(votes) < _LEAST_BLOCKS:
            return None
        said = np.array(votes)
        agreed = said[np.abs(said - np.median(said, axis=0)).max(1) <= _AGREE]
        if len(agreed) < _LEAST_BLOCKS:
            return None
        middle: NDArray[np.float64] = agreed.mean(0)
        return middle
