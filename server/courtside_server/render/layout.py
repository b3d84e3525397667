"""Layout: which corner the chart, the cards and the clock go to, so that they hide as little of the play as can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from courtside_server.render.record import FrameRecord
from courtside_server.types import ObjectClass

CORNERS = ((False, False), (True, False), (False, True), (True, True))
"""Right?, bottom? of the four corners: upper left, upper right, lower left, lower right."""
_LOOKS = 400
"""Looks that are counted, evenly spread: more say nothing new."""

Corner = tuple[bool, bool]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """The corners that were chosen; no two are the same."""

    chart: Corner
    cards: Corner
    clock: Corner


def corner_box(corner: Corner, size: tuple[float, float], frame: Box) -> Box:
    """x0, y0, x1, y1 of something of ``size`` in a corner of ``frame``."""
    (right, bottom), (width, height), (x0, y0, x1, y1) = corner, size, frame
    left, top = x1 - width if right else x0, y1 - height if bottom else y0
    return left, top, left + width, top + height


def choose_layout(
    looks: Sequence[FrameRecord], frame: Box, chart: tuple[float, float], cards: tuple[float, float],
    clock: tuple[float, float],
) -> Layout:  # fmt: skip
    """The corners that cover least of players, balls and rims over the whole film: nothing moves about.

    Args:
        looks: everything that was seen.
        frame: x0, y0, x1, y1 within which things may stand, pixels.
        chart: its width and height, pixels.
        cards: the same of the cards.
        clock: the same of the clock.
    """
    chosen = [looks[row] for row in np.unique(np.linspace(0, len(looks) - 1, _LOOKS).astype(int))] if looks else []
    boxes = [seen.boxes[(seen.classes != ObjectClass.REFEREE)] for seen in chosen]
    every = np.concatenate(boxes) if boxes else np.zeros((0, 4), np.float32)
    sizes = (chart, cards, clock)
    # The cards are there now and then only, the clock is small: the chart chooses first where costs are alike.
    weights = (1.0, 0.5, 1.0)

    def cost(corners: Sequence[Corner]) -> float:
        return sum(
            weight * _covered(every, corner_box(corner, size, frame))
            for corner, size, weight in zip(corners, sizes, weights, strict=True)
        )

    # At equal cost: the chart lower right, the cards upper left, the clock upper right, as people expect them.
    order = sorted(
        permutations(CORNERS, 3), key=lambda c: (c[0] != CORNERS[3]) + (c[1] != CORNERS[0]) + (c[2] != CORNERS[1])
    )
    return Layout(*min(order, key=lambda corners: round(cost(corners), 3)))


def _covered(boxes: np.ndarray[tuple[int, ...], np.dtype[np.float32]], area: Box) -> float:
    """Boxes that an area covers, by their covered share."""
    wide = np.minimum(boxes[:, 2], area[2]) - np.maximum(boxes[:, 0], area[0])
    high = np.minimum(boxes[:, 3], area[3]) - np.maximum(boxes[:, 1], area[1])
    whole = np.maximum((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), 1.0)
    return float((np.clip(wide, 0, None) * np.clip(high, 0, None) / whole).sum())
