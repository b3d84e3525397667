"""Motion blur: what a limb or the ball covers while the shutter is open."""

from __future__ import annotations

import cv2
import numpy as np

from .canvas import SHIFT, UNIT
from .style import Color


def sweep(
    spots: np.ndarray, smear: np.ndarray, a: int, b: int, width: int
) -> tuple[np.ndarray, np.ndarray, int, float]:
    """A limb's ends (2, 2) at the start and at the end of the exposure, its width, and its opacity."""
    first, last = smear[a] / 2, smear[b] / 2
    start, stop = np.stack([spots[a] - first, spots[b] - last]), np.stack([spots[a] + first, spots[b] + last])
    moved = float(np.hypot(*(first + last)))
    return start, stop, width, width / (width + moved)


def paint_swept(
    image: np.ndarray, start: np.ndarray, stop: np.ndarray, width: int, solid: float, color: Color
) -> None:
    """Paint the area that a bar covers on its way from `start` to `stop` (2, 2); `solid` is its opacity."""
    corners = np.concatenate([start, stop])
    low = np.maximum(corners.min(0) - width - 1, 0).astype(int)
    high = np.minimum(corners.max(0) + width + 2, [image.shape[1], image.shape[0]]).astype(int)
    if (high - low < 2).any() or (high - low > 400).any():
        return
    patch = image[low[1] : high[1], low[0] : high[0]]
    over = patch.copy()
    fixed = ((corners - low) * UNIT).astype(np.int32)
    cv2.fillConvexPoly(over, cv2.convexHull(fixed), color, cv2.LINE_AA, SHIFT)
    for share in (0.0, 0.5, 1.0):
        a, b = ((start + (stop - start) * share - low) * UNIT).astype(int).tolist()
        cv2.line(over, a, b, color, width, cv2.LINE_AA, SHIFT)
    share = min(1.0, solid + 0.1)
    cv2.addWeighted(over, share, patch, 1 - share, 0, dst=patch)
