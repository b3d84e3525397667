"""Balls: their view through a camera, and how they are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .canvas import Canvas
from .lens import NEAR, Lens
from .motion_blur import paint_swept
from .wardrobe import Wardrobe


@dataclass(frozen=True)
class BallView:
    """A ball seen through a camera at one moment; with N moments every array has a leading N.

    Attributes:
        position: (3,) world metres.
        pixel: (2,) the centre.
        depth: () metres from the camera.
        radius: () pixels.
    """

    position: np.ndarray
    pixel: np.ndarray
    depth: np.ndarray
    radius: np.ndarray


def view_ball(position: np.ndarray, lens: Lens, radius: float) -> BallView:
    """Project a ball of `radius` metres at `position`, (3,), or (N, 3) for a lens of N moments."""
    if position.ndim == 1:
        pixel, depth = lens.project(position)
    else:
        pixel, depth = lens.project(position[:, None])
        pixel, depth = pixel[:, 0], depth[:, 0]
    return BallView(position, pixel, depth, radius * lens.focal / np.maximum(depth, NEAR))


def add_ball(
    canvas: Canvas, wardrobe: Wardrobe, pixel: np.ndarray, depth: float, radius: float, smear: np.ndarray
) -> None:
    """Add the ball's shapes to `canvas`: `radius` pixels around `pixel`, moving `smear` (2,) pixels while exposed."""
    body, dark, bright = wardrobe.ball
    moved = float(np.hypot(*smear))
    if 0.5 * radius < moved < 300:
        width = max(1, round(2 * radius))
        solid = max(width / (width + moved), 0.3)
        ends = np.stack([pixel, pixel])
        canvas.call(depth, paint_swept, ends - smear / 2, ends + smear / 2, width, solid, body)
        return
    canvas.disc(depth, pixel, radius, dark)
    canvas.disc(depth, pixel - (radius * 0.10, radius * 0.16), radius * 0.84, body)
    if radius > 2.5:
        canvas.disc(depth, pixel - (radius * 0.3, radius * 0.38), radius * 0.3, bright)
    if radius > 4:
        seam = [
            pixel + np.array([[-radius, 0], [radius, 0]]) * 0.95,
            pixel + np.array([[0, -radius], [0, radius]]) * 0.95,
        ]
        canvas.stroke(depth, seam, radius / 8, (30, 40, 60))
