"""The square round a player's torso, in which the number on the jersey is read: one for server and training."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside.skeleton import LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER

TORSO_SIDE = 64
"""Width and height of a torso's crop, pixels; part of the signature of the model that reads numbers."""
_WIDE = 0.9
"""Side of the square relative to the torso's longer measure, shoulders to hips or shoulder to shoulder."""
_DOWN = 0.45
"""Where its middle is on the way from the shoulders to the hips: numbers are nearer to the shoulders."""
_SHOULDERS, _HIPS = 0.18, 0.50
"""Heights of shoulders and hips of a standing player, as shares of his box from its top."""
_LEAST, _MOST = 0.12, 0.6
"""Torsos are so long relative to the box; anything else is a wrong pose."""
_VISIBLE = 0.3
"""Joints that are seen less surely are not used."""
_MOST_TILT = 0.7
"""A torso is turned upright by at most this angle, radians."""


@dataclass(frozen=True, slots=True)
class TorsoSquare:
    """A square of the picture, upright for the player.

    Attributes:
        x, y: its middle, pixels.
        side: pixels.
        tilt: by how much the player leans to the picture's right, radians.
    """

    x: float
    y: float
    side: float
    tilt: float = 0.0

    def matrix(self, size: int = TORSO_SIDE) -> NDArray[np.float64]:
        """The (2, 3) affine map from pixels of the picture to those of a crop of ``size`` pixels.

        Centres of pixels are whole numbers, as in OpenCV's maps.
        """
        scale = size / self.side
        cos, sin = math.cos(self.tilt) * scale, math.sin(self.tilt) * scale
        turn = np.array([[cos, sin], [-sin, cos]])
        shift = (size - 1) / 2 - turn @ np.array([self.x, self.y])
        return np.hstack([turn, shift[:, np.newaxis]])


def torso_square(box: NDArray[np.floating], keypoints: NDArray[np.floating] | None = None) -> TorsoSquare:
    """The square round a player's torso: from shoulders and hips where they are seen, or else from the box.

    Args:
        box: (4,) xyxy, pixels.
        keypoints: (17, 4) x, y, depth, visibility; NaN where a joint was not seen.

    Example:
        >>> square = torso_square(np.array([100.0, 50.0, 180.0, 250.0]))
        >>> round(square.x), round(square.y), round(square.side)
        (140, 115, 58)
    """
    x0, y0, x1, y1 = (float(value) for value in box)
    high = max(y1 - y0, 1.0)
    if keypoints is not None:
        joints = np.asarray(keypoints, np.float64)[[LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP]]
        if np.isfinite(joints[:, :2]).all() and (joints[:, 3] >= _VISIBLE).all():
            shoulders, hips = joints[:2, :2].mean(0), joints[2:, :2].mean(0)
            down = hips - shoulders
            wide = float(np.linalg.norm(joints[0, :2] - joints[1, :2]))
            longer = max(float(np.linalg.norm(down)), wide)
            if down[1] > 0 and _LEAST * high <= longer <= _MOST * high:
                x, y = shoulders + _DOWN * down
                tilt = math.atan2(-down[0], down[1])
                return TorsoSquare(float(x), float(y), _WIDE * longer, min(max(tilt, -_MOST_TILT), _MOST_TILT))
    middle = _SHOULDERS + _DOWN * (_HIPS - _SHOULDERS)
    return TorsoSquare((x0 + x1) / 2, y0 + middle * high, _WIDE * (_HIPS - _SHOULDERS) * high)
