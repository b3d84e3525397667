"""Letterbox: scales a decoded frame into a model's input size, keeping its shape between bars."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Letterboxed:
    """A frame scaled to a model's input size.

    Attributes:
        pixels: RGB, uint8, ``(3, H, W)``.
        scale: input pixels per frame pixel.
        margin: x, y of the frame's upper left corner in the input, pixels.
        planes: the scaled frame in I420, without bars.
    """

    pixels: NDArray[np.uint8]
    scale: float
    margin: tuple[int, int]
    planes: NDArray[np.uint8]


def letterbox(planes: NDArray[np.uint8], width: int, height: int, grey: int = 0) -> Letterboxed:
    """Scale an I420 frame into ``width`` x ``height`` RGB, keeping its shape between bars.

    The planes are scaled before the colour conversion. For a 720p frame this takes a tenth of the time of converting
    first.

    Args:
        planes: I420, uint8, ``(h * 3 // 2, w)`` with even h and w.
        width: width of the result, pixels, even.
        height: height of the result, pixels, even.
        grey: brightness of the bars, 0 to 255.
    """
    source_h, source_w = planes.shape[0] * 2 // 3, planes.shape[1]
    scale = min(width / source_w, height / source_h)
    inner_w = max(2, min(width, round(source_w * scale / 2) * 2))
    inner_h = max(2, min(height, round(source_h * scale / 2) * 2))
    chroma = planes[source_h:].reshape(2, source_h // 2, source_w // 2)
    luma = cv2.resize(planes[:source_h], (inner_w, inner_h), interpolation=cv2.INTER_AREA)
    half = (inner_w // 2, inner_h // 2)
    scaled = [luma, *(cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in chroma)]
    small = np.concatenate([plane.reshape(-1) for plane in scaled]).reshape(inner_h * 3 // 2, inner_w)
    rgb = cv2.cvtColor(small, cv2.COLOR_YUV2RGB_I420)
    out = np.full((3, height, width), grey, np.uint8)
    top, left = (height - inner_h) // 2, (width - inner_w) // 2
    out[:, top : top + inner_h, left : left + inner_w] = rgb.transpose(2, 0, 1)
    return Letterboxed(out, inner_w / source_w, (left, top), small)
