"""Brush: anti-aliased, translucent strokes, plates and text on a picture, scaled to the picture's height."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""(H, W, 3) BGR."""
Colour = tuple[int, int, int]
"""Blue, green, red."""

WHITE: Colour = (255, 255, 255)
INK: Colour = (24, 20, 18)
GREY: Colour = (170, 170, 170)
BALL: Colour = (40, 140, 255)
RIM: Colour = (80, 200, 255)
GOLD: Colour = (60, 205, 255)
MADE: Colour = (110, 210, 90)
MISSED: Colour = (80, 80, 240)

_SHIFT = 4
"""OpenCV's coordinates have four fractional bits: sixteenths of a pixel."""
_FONT = cv2.FontFace("sans")
_REGULAR, _BOLD = 450, 650
"""Font weights."""


def track_colour(track: int) -> Colour:
    """The colour of a track. Neighbouring numbers have very different hues."""
    hue = track * 0.618034 % 1.0
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.55, 1.0)
    return round(blue * 255), round(green * 255), round(red * 255)


class Brush:
    """Draws on pictures of one size.

    Args:
        height: height of the pictures, pixels.
    """

    def __init__(self, height: int) -> None:
        self.unit = height / 360.0
        """The length, in pixels, of one pixel in a picture 360 pixels high."""
        self.font: float = max(10.0, 12.5 * self.unit**0.85)
        """Height of normal text, pixels."""
        self.line: float = max(1.0, 1.25 * self.unit)
        """Thickness of normal lines, pixels."""

    # ---- strokes -------------------------------------------------------------------------------------------------

    def rectangle(
        self, picture: Picture, box: Sequence[float], colour: Colour, alpha: float = 1.0, thickness: float | None = None
    ) -> None:
        """Draw the outline of a box (x0, y0, x1, y1) with slightly rounded corners."""
        x0, y0, x1, y1 = (float(value) for value in box)
        radius = min(4.0 * self.unit, (x1 - x0) / 4, (y1 - y0) / 4)
        self.polyline(picture, _rounded(x0, y0, x1, y1, radius), colour, alpha, thickness, closed=True)

    def polyline(
        self, picture: Picture, points: NDArray[np.float64], colour: Colour, alpha: float = 1.0,
        thickness: float | None = None, closed: bool = False,
    ) -> None:  # fmt: skip
        """Draw a line through points (N, 2)."""
        self.strokes(picture, [points], colour, alpha, thickness, closed)

    def strokes(
        self, picture: Picture, lines: Sequence[NDArray[np.float64]], colour: Colour, alpha: float = 1.0,
        thickness: float | None = None, closed: bool = False,
    ) -> None:  # fmt: skip
        """Draw lines, each through its points (N, 2). Crossings are not drawn twice."""
        wide = self.line if thickness is None else thickness
        area = _area(picture, np.concatenate(lines), wide + 2)
        if area is None:
            return
        mask = np.zeros((area[3] - area[1], area[2] - area[0]), np.uint8)
        whole = max(1, round(wide))
        cv2.polylines(mask, [_fixed(points, area) for points in lines], closed, 255, whole, cv2.LINE_AA, _SHIFT)
        self._blend(picture, area, mask, colour, alpha * min(1.0, wide / whole))

    def ellipse(
        self, picture: Picture, centre: tuple[float, float], axes: tuple[float, float], colour: Colour,
        alpha: float = 1.0, thickness: float | None = None, arc: tuple[float, float] = (0.0, 360.0),
    ) -> None:  # fmt: skip
        """Draw an ellipse's outline, or a part of it in degrees from the right, clockwise."""
        turns = np.radians(np.linspace(arc[0], arc[1], max(8, round(abs(arc[1] - arc[0]) / 7))))
        points = np.column_stack([centre[0] + axes[0] * np.cos(turns), centre[1] + axes[1] * np.sin(turns)])
        self.polyline(picture, points, colour, alpha, thickness)

    def disc(
        self, picture: Picture, centre: tuple[float, float], radius: float, colour: Colour, alpha: float = 1.0
    ) -> None:
        """Draw a filled circle."""
        turns = np.linspace(0, 2 * math.pi, 24, endpoint=False)
        points = np.column_stack([centre[0] + radius * np.cos(turns), centre[1] + radius * np.sin(turns)])
        self.fill(picture, points, colour, alpha)

    def fill(self, picture: Picture, points: NDArray[np.float64], colour: Colour, alpha: float = 1.0) -> None:
        """Draw a filled polygon (N, 2)."""
        area = _area(picture, points, 2)
        if area is None:
            return
        mask = np.zeros((area[3] - area[1], area[2] - area[0]), np.uint8)
        cv2.fillPoly(mask, [_fixed(points, area)], 255, cv2.LINE_AA, _SHIFT)
        self._blend(picture, area, mask, colour, alpha)

    def plate(
        self, picture: Picture, box: Sequence[float], colour: Colour = INK, alpha: float = 0.62, radius: float = 3.0
    ) -> None:
        """Draw a filled box with rounded corners, as the background of text."""
        x0, y0, x1, y1 = (float(value) for value in box)
        round_by = min(radius * self.unit, (x1 - x0) / 2, (y1 - y0) / 2)
        self.fill(picture, _rounded(x0, y0, x1, y1, round_by), colour, alpha)

    def fading(
        self, picture: Picture, points: NDArray[np.float64], alphas: NDArray[np.float64], colour: Colour,
        thickness: float,
    ) -> None:  # fmt: skip
        """Draw a line through points (N, 2) that gets thinner and fainter: ``alphas`` (N,), 0 to 1, one per point."""
        area = _area(picture, points, thickness + 2)
        if area is None or len(points) < 2:
            return
        mask = np.zeros((area[3] - area[1], area[2] - area[0]), np.uint8)
        fixed = _fixed(points, area)
        # Oldest first, so that the newer part of a path that crosses itself is on top.
        for start, end, alpha in zip(fixed[:-1], fixed[1:], alphas[1:], strict=True):
            wide = max(1, round(thickness * (0.35 + 0.65 * float(alpha))))
            cv2.line(mask, start.tolist(), end.tolist(), round(255 * float(alpha)), wide, cv2.LINE_AA, _SHIFT)
        self._blend(picture, area, mask, colour, 1.0)

    # ---- words ---------------------------------------------------------------------------------------------------

    def width(self, text: str, size: float = 1.0, bold: bool = False) -> float:
        """Width of a text, pixels."""
        return float(cv2.getTextSize((0, 0), text, (0, 0), _FONT, self.pixels(size), _BOLD if bold else _REGULAR)[2])

    def pixels(self, size: float = 1.0) -> int:
        """Height of text of a relative size, pixels."""
        return max(9, round(self.font * size))

    def words(
        self, picture: Picture, text: str, at: tuple[float, float], colour: Colour = WHITE, alpha: float = 1.0,
        size: float = 1.0, bold: bool = False, align: Literal["left", "middle", "right"] = "left",
    ) -> float:  # fmt: skip
        """Draw text whose capitals are centred on the height of ``at``; returns its width."""
        wide, high = self.width(text, size, bold), self.pixels(size)
        x = at[0] - {"left": 0.0, "middle": 0.5, "right": 1.0}[align] * wide
        left, base = round(x), round(at[1] + 0.36 * high)
        area = _area(picture, np.array([[left, base - high], [left + wide, base + 0.4 * high]]), 2)
        if area is None:
            return wide
        # OpenCV draws text opaque only, so it is drawn into a mask.
        mask = np.zeros((area[3] - area[1], area[2] - area[0], 3), np.uint8)
        weight = _BOLD if bold else _REGULAR
        cv2.putText(mask, text, (left - area[0], base - area[1]), WHITE, _FONT, high, weight, wrap=(-10**6, 10**6))
        self._blend(picture, area, np.ascontiguousarray(mask[:, :, 0]), colour, alpha)
        return wide

    def _blend(
        self, picture: Picture, area: tuple[int, int, int, int], mask: NDArray[np.uint8], colour: Colour, alpha: float
    ) -> None:
        x0, y0, x1, y1 = area
        part, alpha = picture[y0:y1, x0:x1], min(max(alpha, 0.0), 1.0) / 255.0
        ink = np.array(colour, np.float32)
        if cv2.countNonZero(mask) * 4 < mask.size:  # outlines: most of their area does not change
            touched = np.nonzero(mask)
            old = part[touched]
            share = mask[touched].astype(np.float32)[:, None] * alpha
            part[touched] = np.rint(old + share * (ink - old)).astype(np.uint8)
        else:
            share = mask.astype(np.float32)[:, :, None] * alpha
            part[:] = np.rint(part + share * (ink - part)).astype(np.uint8)


def _area(picture: Picture, points: NDArray[np.float64], margin: float) -> tuple[int, int, int, int] | None:
    """The part of the picture around points, in whole pixels (x0, y0, x1, y1); None when they lie outside."""
    if not len(points) or not np.isfinite(points).all():
        return None
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    x0, y0 = max(0, math.floor(low[0])), max(0, math.floor(low[1]))
    x1, y1 = min(picture.shape[1], math.ceil(high[0]) + 1), min(picture.shape[0], math.ceil(high[1]) + 1)
    return None if x0 >= x1 or y0 >= y1 else (x0, y0, x1, y1)


def _fixed(points: NDArray[np.float64], area: tuple[int, int, int, int]) -> NDArray[np.int32]:
    moved = (np.asarray(points, np.float64) - (area[0], area[1])) * 2**_SHIFT
    fixed: NDArray[np.int32] = np.rint(np.clip(moved, -(2**24), 2**24)).astype(np.int32)
    return fixed


def _rounded(x0: float, y0: float, x1: float, y1: float, radius: float) -> NDArray[np.float64]:
    """The outline (N, 2) of a box whose corners are quarter circles."""
    turns = np.radians(np.linspace(0, 90, 6))
    corners = [
        (x1 - radius, y1 - radius, 0.0), (x0 + radius, y1 - radius, 90.0),
        (x0 + radius, y0 + radius, 180.0), (x1 - radius, y0 + radius, 270.0),
    ]  # fmt: skip
    return np.concatenate([
        np.column_stack([
            x + radius * np.cos(turns + math.radians(start)), y + radius * np.sin(turns + math.radians(start))
        ])
        for x, y, start in corners
    ])  # fmt: skip
