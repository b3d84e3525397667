"""How stored pictures are shown: a display matrix as a mirror and a turn, and pixels brought upright."""

from __future__ import annotations

import math
import struct
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
"""OpenCV's code for a clockwise rotation in degrees."""
_MATRIX = struct.Struct("=9i")
"""FFmpeg's display matrix: rows a b u, c d v, x y w; a stored (x, y) is shown at (ax + cy, bx + dy)."""


def orientation(picture: Any) -> tuple[int, bool]:
    """How a decoded picture is to be shown, by its display matrix.

    Args:
        picture: an ``av.VideoFrame``.

    Returns:
        Clockwise degrees (0, 90, 180 or 270), and whether it is mirrored left to right before it is turned.
    """
    data = picture.side_data.get("DISPLAYMATRIX")
    if data is None:
        return 0, False
    a, b, _, c, d, *_ = _MATRIX.unpack(bytes(data)[: _MATRIX.size])
    turn = math.degrees(math.atan2(-c, d)) if c or d else 0.0
    return round(turn / 90) * 90 % 360, a * d - b * c < 0


def upright(
    pixels: NDArray[np.uint8], rotation: int, mirrored: bool, out: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """Pixels as they are shown: mirrored left to right where it is to be, then turned.

    Args:
        pixels: ``(height, width)`` or ``(height, width, channels)``.
        rotation: clockwise degrees: 0, 90, 180 or 270.
        mirrored: mirror them first.
        out: takes the result; of the turned shape.
    """
    if mirrored:
        pixels = cv2.flip(pixels, 1) if rotation else cv2.flip(pixels, 1, dst=out)
    if rotation:
        pixels = cv2.rotate(pixels, _TURNS[rotation], dst=out)
    elif out is not None and not mirrored:
        np.copyto(out, pixels)
    return pixels
