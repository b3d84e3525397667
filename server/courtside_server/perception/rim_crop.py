"""Rim crops: the small picture of a basket that the rim model sees."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_server.perception.detector import GREY
from courtside_server.types import DetectorFrame

CROP_SIDE = 64
"""Width and height of a crop, pixels; part of the rim model's signature."""
CROP_SPAN, CROP_DROP = 3.2, 0.3
"""A crop is a square of so many rim widths, with its middle so many rim widths below the rim's. The rim model was
trained with these values."""


def rim_crop(frame: DetectorFrame, box: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Crop a rim out of a detector frame: (3, 64, 64) uint8 RGB, grey outside the frame.

    Args:
        frame: the detector frame.
        box: (4,) xyxy of the rim, pixels of the camera's frame.
    """
    wide = max(float(box[2] - box[0]), 2.0) * frame.scale
    x = float(box[0] + box[2]) / 2 * frame.scale + frame.margin[0]
    y = float(box[1] + box[3]) / 2 * frame.scale + frame.margin[1] + CROP_DROP * wide
    half = CROP_SPAN * wide / 2
    zoom = CROP_SIDE / (2 * half)
    # Only the part that is needed is converted to rows of pixels; its corner is then the origin.
    high, wide_in = frame.pixels.shape[1:]
    left, top = (int(np.clip(np.floor(v - half) - 1, 0, size)) for v, size in ((x, wide_in), (y, high)))
    right, bottom = (int(np.clip(np.ceil(v + half) + 2, 0, size)) for v, size in ((x, wide_in), (y, high)))
    if right <= left or bottom <= top:
        return np.full((3, CROP_SIDE, CROP_SIDE), GREY, np.uint8)
    part = np.ascontiguousarray(frame.pixels[:, top:bottom, left:right].transpose(1, 2, 0))
    # Pixel centres: output (i + .5) / zoom + corner = input + .5.
    affine = np.array(
        [[1 / zoom, 0, x - half + 0.5 / zoom - 0.5 - left], [0, 1 / zoom, y - half + 0.5 / zoom - 0.5 - top]]
    )
    crop = cv2.warpAffine(
        part, affine, (CROP_SIDE, CROP_SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT, borderValue=(GREY, GREY, GREY),
    )  # fmt: skip
    return np.ascontiguousarray(crop.transpose(2, 0, 1))
