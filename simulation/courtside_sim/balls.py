"""Balls through a camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .lens import NEAR, Lens


@dataclass(frozen=True)
class BallView:
    """A ball through a camera, at one moment or, with a leading N, at N.

    Attributes:
        position: (3,) metres.
        pixel: (2,) its centre.
        depth: () metres.
        radius: () pixels.
    """

    position: np.ndarray
    pixel: np.ndarray
    depth: np.ndarray
    radius: np.ndarray


def view_ball(position: np.ndarray, lens: Lens, radius: float) -> BallView:
    """A ball of `radius` metres at `position`: (3,), or (N, 3) for a lens of N moments."""
    if position.ndim == 1:
        pixel, depth = lens.project(position)
    else:
        pixel, depth = lens.project(position[:, None])
        pixel, depth = pixel[:, 0], depth[:, 0]
    return BallView(position, pixel, depth, radius * lens.focal / np.maximum(depth, NEAR))
