"""Where a tracked player's joints and the ball are in his crops: what a small network is taught beside the action.

Ten words a clip say little about a picture. Told where the joints and the ball are, a network learns to see from some
thousand simulated clips what would otherwise take several times as many; recorded film has no such truth and does
without.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

JOINTS = 17
"""Of the COCO skeleton."""
POINTS = JOINTS + 1
"""The joints, then the ball."""
BALL = JOINTS
_FAR = 1000.0
_SIDES = np.array([0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15, BALL])


def moved(points: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Points after their picture was warped; a warp that mirrors swaps left and right joints.

    Args:
        points: (..., 18, 3) x, y in pixels and 1 where the point is there, else 0.
        matrix: (2, 3) from old pixels to new.
    """
    turned = points[..., :2] @ matrix[:, :2].T + matrix[:, 2]
    found = np.concatenate([turned, points[..., 2:]], -1).astype(np.float32)
    return found[..., _SIDES, :] if np.linalg.det(matrix[:, :2]) < 0 else found


def gathered(
    joints: NDArray[np.float32], ball: NDArray[np.float32], matrix: NDArray[np.float64]
) -> NDArray[np.float32]:
    """The points of one crop, from a moment's truth.

    Args:
        joints: (17, 3) x, y, visibility in picture pixels; a hidden joint (1) counts as there, since a body shows
            where it must be.
        ball: (4,) x, y, radius, visible.
        matrix: (2, 3) from picture pixels to the crop's.

    Returns:
        (18, 3) float32.
    """
    there = np.append(joints[:, 2] > 0, ball[3] > 0).astype(np.float32)
    places = np.vstack([joints[:, :2], ball[None, :2]])
    found = moved(np.column_stack([places, there]), matrix)
    # Far outside, a place says nothing and would not fit half precision.
    return np.clip(np.nan_to_num(found), -_FAR, _FAR)
