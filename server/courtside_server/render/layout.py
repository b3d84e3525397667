"""Layout: chooses the corners for chart, cards and clock, so that they hide as little of the play as possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from courtside_server.render.record import FrameRecord
from courtside_server.types import ObjectClass

CORNERS = ((False, False), (True, False), (False, True), (True, True))
"""Upper left, upper right, lower left, lower right."""
_MAX_FRAMES = 400
"""Frames that are examined, evenly spread over the film; more do not change the choice."""

CARD_WIDTH = 17
"""Width of a card, heights of normal text."""
_TALLEST = 3 / 4
"""Height of a frame by its width up to which everything drawn grows with the height."""

Corner = tuple[bool, bool]
"""Whether it is a right-hand corner, and whether it is a lower one."""
Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The chosen corners, all different."""

    chart: Corner
    cards: Corner
    clock: Corner


def drawn_height(width: int, height: int) -> int:
    """The height, pixels, by which everything drawn on a frame is scaled.

    On an upright frame it follows the width, so that what is in two corners side by side does not overlap.
    """
    return min(height, round(width * _TALLEST))


def corner_box(corner: Corner, size: tuple[float, float], frame: Box) -> Box:
    """The box of something of ``size`` (width, height) in a corner of ``frame``."""
    (right, bottom), (width, height), (x0, y0, x1, y1) = corner, size, frame
    left, top = x1 - width if right else x0, y1 - height if bottom else y0
    return left, top, left + width, top + height


def choose_layout(
    frames: Sequence[FrameRecord], area: Box, chart: tuple[float, float], cards: tuple[float, float],
    clock: tuple[float, float],
) -> Layout:  # fmt: skip
    """Choose the corners that cover least of players, balls and rims over the whole film.

    Args:
        frames: the recorded frames.
        area: the part of the frame that may be used.
        chart: width and height of the chart, pixels.
        cards: width and height of the cards, pixels.
        clock: width and height of the clock, pixels.
    """
    rows = np.unique(np.linspace(0, len(frames) - 1, _MAX_FRAMES).astype(int)).tolist() if frames else []
    boxes = [frames[row].boxes[(frames[row].classes != ObjectClass.REFEREE)] for row in rows]
    every = np.concatenate(boxes) if boxes else np.zeros((0, 4), np.float32)
    sizes = (chart, cards, clock)
    # Cards are visible only now and then, so they may cover more.
    weights = (1.0, 0.5, 1.0)

    def cost(corners: Sequence[Corner]) -> float:
        return sum(
            weight * _covered(every, corner_box(corner, size, area))
            for corner, size, weight in zip(corners, sizes, weights, strict=True)
        )

    # At equal cost: the chart lower right, the cards upper left, the clock upper right.
    order = sorted(
        permutations(CORNERS, 3), key=lambda c: (c[0] != CORNERS[3]) + (c[1] != CORNERS[0]) + (c[2] != CORNERS[1])
    )
    return Layout(*min(order, key=lambda corners: round(cost(corners), 3)))


def _covered(boxes: np.ndarray[tuple[int, ...], np.dtype[np.float32]], area: Box) -> float:
    """How many boxes an area covers, each counted by its covered share."""
    wide = np.minimum(boxes[:, 2], area[2]) - np.maximum(boxes[:, 0], area[0])
    high = np.minimum(boxes[:, 3], area[3]) - np.maximum(boxes[:, 1], area[1])
    whole = np.maximum((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), 1.0)
    return float((np.clip(wide, 0, None) * np.clip(high, 0, None) / whole).sum())
