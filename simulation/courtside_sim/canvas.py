"""A canvas with depth: shapes are collected with their distance, then painted from far to near."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from .style import Color

SHIFT = 4
"""Fractional bits of OpenCV's fixed-point coordinates."""
UNIT = 1 << SHIFT
"""Fixed-point units per pixel."""


class Canvas:
    """Collected shapes; coordinates are pixels as floats, drawn to a sixteenth of a pixel."""

    def __init__(self) -> None:
        """Start empty."""
        self._shapes: list[tuple[float, Callable[..., object], tuple]] = []

    def limb(self, depth: float, a: np.ndarray, b: np.ndarray, thickness: float, color: Color) -> None:
        """A round-ended bar from pixel `a` to pixel `b`."""
        start = (int(a[0] * UNIT), int(a[1] * UNIT))
        stop = (int(b[0] * UNIT), int(b[1] * UNIT))
        wide = max(1, round(thickness))
        self._shapes.append((depth, cv2.line, (start, stop, color, wide, cv2.LINE_AA, SHIFT)))

    def bar(self, depth: float, a: list[int], b: list[int], thickness: int, color: Color) -> None:
        """A round-ended bar between two points already in sixteenths of a pixel."""
        self._shapes.append((depth, cv2.line, (a, b, color, thickness, cv2.LINE_AA, SHIFT)))

    def fixed_polygon(self, depth: float, points: np.ndarray, color: Color) -> None:
        """A filled convex polygon, (N, 2) int32 sixteenths of a pixel."""
        self._shapes.append((depth, cv2.fillConvexPoly, (points, color, cv2.LINE_AA, SHIFT)))

    def polygon(self, depth: float, points: np.ndarray, color: Color) -> None:
        """A filled convex polygon, (N, 2) pixels."""
        fixed = (np.asarray(points) * UNIT).astype(np.int32)
        self._shapes.append((depth, cv2.fillConvexPoly, (fixed, color, cv2.LINE_AA, SHIFT)))

    def stroke(self, depth: float, points: list[np.ndarray], thickness: float, color: Color) -> None:
        """Open polylines, each (N, 2) pixels."""
        fixed = [(np.asarray(p) * UNIT).astype(np.int32) for p in points]
        wide = max(1, round(thickness))
        self._shapes.append((depth, cv2.polylines, (fixed, False, color, wide, cv2.LINE_AA, SHIFT)))

    def disc(self, depth: float, centre: np.ndarray, radius: float, color: Color) -> None:
        """A filled circle."""
        middle = (int(centre[0] * UNIT), int(centre[1] * UNIT))
        self._shapes.append(
            (depth, cv2.circle, (middle, max(int(radius * UNIT), 8), color, -1, cv2.LINE_AA, SHIFT))
        )

    def call(self, depth: float, paint: Callable[..., object], *arguments: object) -> None:
        """Any other shape: `paint(picture, *arguments)` draws it in its turn."""
        self._shapes.append((depth, paint, arguments))

    def paint(self, image: np.ndarray) -> None:
        """Paint all shapes onto `image` (H, W, 3) uint8, farthest first; equal depths in the order added."""
        for _, paint, arguments in sorted(self._shapes, key=lambda shape: -shape[0]):
            paint(image, *arguments)
