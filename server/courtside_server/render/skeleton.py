"""Skeleton: a player's limbs, the left ones and the right ones in their own colours; what is hidden is faint."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from courtside_server.render.brush import Brush, Colour, Picture

LEFT: Colour = (60, 220, 255)
RIGHT: Colour = (255, 190, 60)
MIDDLE: Colour = (235, 235, 235)
BONES: tuple[tuple[int, int, Colour], ...] = (
    (5, 7, LEFT), (7, 9, LEFT), (11, 13, LEFT), (13, 15, LEFT),
    (6, 8, RIGHT), (8, 10, RIGHT), (12, 14, RIGHT), (14, 16, RIGHT),
    (5, 6, MIDDLE), (5, 11, MIDDLE), (6, 12, MIDDLE), (11, 12, MIDDLE), (0, 5, MIDDLE), (0, 6, MIDDLE),
)  # fmt: skip
"""Pairs of COCO's keypoints that a limb joins, and its colour."""
_FAINT = 0.35
"""Opacity of a limb that is not seen."""


def draw_skeleton(brush: Brush, picture: Picture, keypoints: NDArray[np.float32]) -> None:
    """Draw a pose on a picture.

    Args:
        brush: of the picture's size.
        picture: (H, W, 3) uint8 BGR.
        keypoints: (17, 3) x, y in pixels, visibility 0 to 1; NaN where a joint was not found.
    """
    for first, second, colour in BONES:
        pair = keypoints[[first, second]]
        if np.isfinite(pair).all():
            alpha = _FAINT + (1 - _FAINT) * float(pair[:, 2].min())
            brush.polyline(picture, pair[:, :2].astype(np.float64), colour, alpha, 1.4 * brush.line)
