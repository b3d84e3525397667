"""Pixels: a decoded frame scaled into a model's input."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Letterboxed:
    """A picture at a model's size, and where the frame lies in it.

    Attributes:
        pixels: RGB, uint8, ``(3, H, W)``.
        scale: input pixels a frame pixel.
        margin: x, y of the frame's corner in the input.
        planes: the scaled picture without bars before its colours were converted, I420.
    """

    pixels: NDArray[np.uint8]
    scale: float
    margin: tuple[int, int]
    planes: NDArray[np.uint8]


def letterbox(planes: NDArray[np.uint8], width: int, height: int, grey: int = 0) -> Letterboxed:
    """Scale an I420 picture into ``width`` x ``height`` RGB, keeping its shape between bars.

    Each plane is scaled before the colour conversion: a 720p frame then costs a tenth of converting it first.

    Args:
        planes: I420, uint8, ``(h * 3 // 2, w)`` with even h and w.
        width: pixels, even.
        height: pixels, even.
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
