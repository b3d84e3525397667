"""Map of galleries: every shot a dot in its shooter's colour, the compared shots marked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from courtside_server.render.brush import GREY, INK, Brush, Picture, track_colour

_SIZE, _MARGIN = 720, 70


def draw_map(points: NDArray[np.float64], shooters: Sequence[str], marked: Sequence[str], method: str) -> Picture:
    """Draw a map.

    Args:
        points: (N, 2).
        shooters: name of each point's shooter; empty for a shot of nobody who is enrolled.
        marked: for each point what to write beside it, mostly nothing.
        method: how the points were made, for the headline.
    """
    picture = np.full((_SIZE, _SIZE, 3), 250, np.uint8)
    brush = Brush(_SIZE // 2)
    names = sorted({name for name in shooters if name})
    low, high = points.min(0), points.max(0)
    span = np.maximum(high - low, 1e-9)
    at = _MARGIN + (points - low) / span * [1, -1] * (_SIZE - 2 * _MARGIN - 40)
    at[:, 1] += _SIZE - 2 * _MARGIN - 40 + 40
    for (x, y), name, text in zip(at, shooters, marked, strict=True):
        colour = tuple(int(part * 0.75) for part in track_colour(names.index(name))) if name else INK
        brush.disc(picture, (float(x), float(y)), 9.0 if text else 6.0, (colour[0], colour[1], colour[2]), 0.9)
        if text:
            brush.ellipse(picture, (float(x), float(y)), (13.0, 13.0), INK, 1.0, 2.0)
            right = x < _SIZE / 2
            brush.words(
                picture, text, (float(x) + (20 if right else -20), float(y)), INK, 0.95, bold=True,
                align="left" if right else "right",
            )  # fmt: skip
    brush.words(picture, f"Near dots are similar forms ({method})", (24, 28), INK, 1.2, bold=True)
    x = 24.0
    for index, name in enumerate(names):
        colour = track_colour(index)
        brush.disc(picture, (x + 6, 58), 6.0, (int(colour[0] * 0.75), int(colour[1] * 0.75), int(colour[2] * 0.75)))
        x += 20 + brush.words(picture, name, (x + 18, 58), INK, 0.95) + 16
        if x > _SIZE - 120 and index + 1 < len(names):
            brush.words(picture, f"and {len(names) - index - 1} more", (x, 58), GREY, 0.95)
            break
    return picture
