"""Numbers as shirts show them: drawn digits, folded, blurred, in any colours.

The shapes come from fonts with free licences that are installed (DejaVu, Liberation, URW), from OpenCV's, and from
blocks with cut corners as many kits have them. Fonts that a machine lacks are left out.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from courtside.torso import TORSO_SIDE

Mask = NDArray[np.float32]
FONTS = (
    "DejaVuSans-Bold.ttf", "DejaVuSansCondensed-Bold.ttf", "DejaVuSerif-Bold.ttf", "DejaVuSansMono-Bold.ttf",
    "LiberationSans-Bold.ttf", "LiberationSansNarrow-Bold.ttf", "LiberationSerif-Bold.ttf", "LiberationMono-Bold.ttf",
    "NimbusSans-Bold.otf", "NimbusSansNarrow-Bold.otf", "URWBookman-Demi.otf", "C059-Bold.otf", "URWGothic-Demi.otf",
)  # fmt: skip
"""Files by name, as Pillow finds them among the installed fonts."""
HIGH = 64
"""Height of a drawn digit, pixels."""
_STROKES: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "0": (((0.3, 0), (0.7, 0), (1, 0.2), (1, 0.8), (0.7, 1), (0.3, 1), (0, 0.8), (0, 0.2), (0.3, 0)),),
    "1": (((0.15, 0.15), (0.5, 0), (0.5, 1)), ((0.15, 1), (0.85, 1))),
    "2": (((0, 0.25), (0, 0.15), (0.25, 0), (0.75, 0), (1, 0.15), (1, 0.4), (0, 0.85), (0, 1), (1, 1)),),
    "3": (((0, 0.2), (0.25, 0), (0.75, 0), (1, 0.15), (1, 0.38), (0.75, 0.5), (0.4, 0.5)),
          ((0.75, 0.5), (1, 0.62), (1, 0.85), (0.75, 1), (0.25, 1), (0, 0.8))),
    "4": (((0.75, 1), (0.75, 0), (0, 0.65), (1, 0.65)),),
    "5": (((1, 0), (0, 0), (0, 0.45), (0.75, 0.42), (1, 0.55), (1, 0.85), (0.75, 1), (0.2, 1), (0, 0.85)),),
    "6": (((1, 0.2), (0.75, 0), (0.25, 0), (0, 0.15), (0, 0.85), (0.25, 1), (0.75, 1), (1, 0.85), (1, 0.6),
           (0.75, 0.47), (0, 0.5)),),
    "7": (((0, 0.12), (0, 0), (1, 0), (0.4, 1)),),
    "8": (((0.25, 0), (0.75, 0), (1, 0.12), (1, 0.38), (0.75, 0.5), (0.25, 0.5), (0, 0.38), (0, 0.12), (0.25, 0)),
          ((0.25, 0.5), (0, 0.62), (0, 0.88), (0.25, 1), (0.75, 1), (1, 0.88), (1, 0.62), (0.75, 0.5))),
    "9": (((0, 0.8), (0.25, 1), (0.75, 1), (1, 0.85), (1, 0.15), (0.75, 0), (0.25, 0), (0, 0.15), (0, 0.4),
           (0.25, 0.53), (1, 0.5)),),
}  # fmt: skip
"""Digits as lines in a square: x to the right, y down."""


@cache
def _fonts() -> tuple[ImageFont.FreeTypeFont, ...]:
    found = []
    for name in FONTS:
        try:
            found.append(ImageFont.truetype(name, 84))
        except OSError:
            continue
    return tuple(found)


@cache
def _printed(font: int, digit: str) -> Mask:
    """A digit of a font, cut to its shape and scaled to `HIGH`."""
    picture = Image.new("L", (160, 160))
    ImageDraw.Draw(picture).text((40, 20), digit, fill=255, font=_fonts()[font])
    return _cropped(np.asarray(picture))


def _cropped(drawn: NDArray[np.uint8]) -> Mask:
    rows, columns = np.flatnonzero(drawn.max(1)), np.flatnonzero(drawn.max(0))
    part = drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    wide = max(round(part.shape[1] * HIGH / part.shape[0]), 4)
    return cv2.resize(part, (wide, HIGH), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


@cache
def _block(digit: str, thick: int, narrow: int) -> Mask:
    """A digit of straight lines; ``narrow`` is its width in percent of its height."""
    wide, edge = HIGH * narrow // 100, thick
    canvas = np.zeros((HIGH + 2 * edge, wide + 2 * edge), np.uint8)
    for stroke in _STROKES[digit]:
        points = np.array([(edge + x * wide, edge + y * HIGH) for x, y in stroke], np.float32).round().astype(np.int32)
        cv2.polylines(canvas, [points], False, 255, thick, cv2.LINE_AA)
    return _cropped(canvas)


@cache
def _hershey(digit: str, font: int, thick: int) -> Mask:
    canvas = np.zeros((140, 140), np.uint8)
    cv2.putText(canvas, digit, (30, 110), font, 3.0, 255, thick, cv2.LINE_AA)
    return _cropped(canvas)


def draw_number(digits: str, rng: np.random.Generator) -> tuple[Mask, NDArray[np.float64]]:
    """A number as a mask (64, W), 0 to 1, in one of the styles; and the middles of its digits, shares of W."""
    style, fonts = rng.random(), len(_fonts())
    if style < 0.45 and fonts:
        font = int(rng.integers(fonts))
        parts = [_printed(font, digit) for digit in digits]
    elif style < 0.9:
        thick, narrow = int(rng.choice([9, 12, 15, 18])), int(rng.choice([35, 45, 55, 65]))
        parts = [_block(digit, thick, narrow) for digit in digits]
    else:
        font = int(rng.choice([cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_TRIPLEX]))
        thick = int(rng.choice([6, 9, 12]))
        parts = [_hershey(digit, font, thick) for digit in digits]
    gap = np.zeros((HIGH, int(rng.integers(2, 12))), np.float32)
    ends = np.cumsum([part.shape[1] + gap.shape[1] for part in parts])
    middles = (ends - gap.shape[1] - np.array([part.shape[1] for part in parts]) / 2) / (ends[-1] - gap.shape[1])
    joined = np.hstack([piece for part in parts for piece in (gap, part)][1:])
    # Widths that look alike for all digits of a style differ from kit to kit.
    wide = max(round(joined.shape[1] * rng.uniform(0.75, 1.15)), 6)
    return cv2.resize(joined, (wide, HIGH), interpolation=cv2.INTER_AREA), middles


def worn(
    mask: Mask, middles: NDArray[np.float64], middle: tuple[float, float], high: float, rng: np.random.Generator
) -> tuple[Mask, Mask, NDArray[np.float64]]:
    """A number on a shirt: what it covers of a torso's crop, and the rim round it.

    Args:
        mask: see `draw_number`.
        middles: see `draw_number`.
        middle: x, y of its middle, pixels of the crop.
        high: its height, pixels of the crop.
        rng: draws how it is turned and folded.

    Returns:
        Two masks (64, 64), 0 to 1, and the digits' middles (D, 2), pixels of the crop.
    """
    edge = int(rng.integers(0, 7))
    padded = np.pad(mask, 10)
    outer = cv2.dilate(padded, np.ones((2 * edge + 1, 2 * edge + 1), np.uint8)) if edge else padded
    scale, turn = high / HIGH, rng.normal(0, 0.08)
    squeeze, shear = min(1.0, rng.uniform(0.65, 1.5)), rng.normal(0, 0.08)
    cos, sin = np.cos(turn), np.sin(turn)
    linear = np.array([[cos, -sin], [sin, cos]]) @ np.array([[squeeze, shear], [0, 1]]) * scale
    h, w = padded.shape
    shift = np.array(middle) - linear @ np.array([(w - 1) / 2, (h - 1) / 2])
    # The body is round: what is at its side is narrower. And cloth has folds.
    grid = np.stack(np.meshgrid(np.arange(TORSO_SIDE), np.arange(TORSO_SIDE)), -1).astype(np.float64)
    inverse = np.linalg.inv(linear)
    source = (grid - shift) @ inverse.T
    bend, phase = rng.normal(0, 0.0025), rng.uniform(0, 6.3)
    across = source[..., 0] - w / 2
    source[..., 0] += bend * across**2 + rng.uniform(0, 2.5) * np.sin(source[..., 1] / rng.uniform(6, 20) + phase)
    source[..., 1] += rng.uniform(0, 2.0) * np.sin(across / rng.uniform(6, 20) + phase)
    maps = source.astype(np.float32)
    small = max(int(1 / scale), 1)
    if small > 1:  # cv2.remap has no area filter
        padded, outer = (cv2.blur(one, (small, small)) for one in (padded, outer))
    inside = cv2.remap(padded, maps[..., 0], maps[..., 1], cv2.INTER_LINEAR)
    places = np.stack([middles * mask.shape[1] + 10, np.full(len(middles), h / 2)], 1) @ linear.T + shift
    return inside, np.maximum(cv2.remap(outer, maps[..., 0], maps[..., 1], cv2.INTER_LINEAR), inside), places
