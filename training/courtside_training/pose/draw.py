"""A contact sheet of crops with their keypoints, for visual inspection."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.pose.skeleton import BONES

LEFT_COLOUR, RIGHT_COLOUR = (255, 160, 0), (0, 220, 255)
"""BGR colours of the limbs of the left and of the right side of the body."""


def draw(crop: NDArray[np.uint8], keypoints: NDArray[np.floating], least: float) -> NDArray[np.uint8]:
    """Draw limbs whose ends have at least `least` confidence into a crop (H, W, 3) BGR: left blue, right yellow."""
    shown = crop.copy()
    points = np.rint(keypoints[:, :2] * 8).astype(int)
    for a, b in BONES:
        if min(keypoints[a, 2], keypoints[b, 2]) >= least:
            # COCO's indices of the left side are odd.
            colour = LEFT_COLOUR if a % 2 else RIGHT_COLOUR
            cv2.line(shown, tuple(points[a].tolist()), tuple(points[b].tolist()), colour, 1, cv2.LINE_AA, 3)
    for index, point in enumerate(points):
        if keypoints[index, 2] >= least:
            cv2.circle(shown, tuple(point.tolist()), 12, (0, 255, 0), -1, cv2.LINE_AA, 3)
    return shown


def sheet(
    crops: NDArray[np.uint8], keypoints: NDArray[np.floating], least: float = 0.3, columns: int = 10
) -> NDArray[np.uint8]:
    """Crops (N, 3, H, W) RGB with keypoints (N, 17, 3) as one BGR image."""
    tiles = [
        draw(np.ascontiguousarray(crop[::-1].transpose(1, 2, 0)), points, least)
        for crop, points in zip(crops, keypoints, strict=True)
    ]
    columns = min(columns, len(tiles))
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    return np.vstack([np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)])
