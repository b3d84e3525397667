"""Positions of a tracked player's joints and of the ball in the crops: the targets of an auxiliary task.

One of ten class labels per clip is little information about a frame. With the positions of joints and ball as extra
targets, a few thousand simulated clips are enough where several times as many would be needed otherwise. Recorded film
has no such ground truth and is used without it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from courtside_training.pose import skeleton

JOINTS = len(skeleton.JOINTS)
"""Keypoints of the COCO skeleton."""
POINTS = JOINTS + 1
"""The joints, then the ball."""
BALL = JOINTS
"""Index of the ball among the points."""
_FAR = 1000.0
"""Coordinates are clipped to this many pixels."""
_MIRRORED = np.array([*skeleton.MIRRORED, BALL])
"""Index of each point after left and right are exchanged."""


def moved(points: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Apply the warp of an image to its points; a mirroring warp exchanges left and right joints.

    Args:
        points: (..., 18, 3) x, y in pixels and 1 if the point exists, else 0.
        matrix: (2, 3) from old to new pixel coordinates.
    """
    turned = points[..., :2] @ matrix[:, :2].T + matrix[:, 2]
    found = np.concatenate([turned, points[..., 2:]], -1).astype(np.float32)
    return found[..., _MIRRORED, :] if np.linalg.det(matrix[:, :2]) < 0 else found


def gathered(
    joints: NDArray[np.float32], ball: NDArray[np.float32], matrix: NDArray[np.float64]
) -> NDArray[np.float32]:
    """The points of one crop, from the ground truth of a frame.

    Args:
        joints: (17, 3) x, y, visibility in frame pixels. A hidden joint (1) counts as existing, because the rest of
            the body shows where it must be.
        ball: (4,) x, y, radius, visible.
        matrix: (2, 3) from frame pixels to crop pixels.

    Returns:
        (18, 3) float32.
    """
    exists = np.append(joints[:, 2] > 0, ball[3] > 0).astype(np.float32)
    positions = np.vstack([joints[:, :2], ball[None, :2]])
    found = moved(np.column_stack([positions, exists]), matrix)
    # A position far outside carries no information and does not fit half precision.
    return np.clip(np.nan_to_num(found), -_FAR, _FAR)
