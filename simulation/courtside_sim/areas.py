"""Areas: the parts of the floor that attacks like to shoot from.

They are finer than the shooting zones: a corner is an area of its own, because teams play for corner threes, while a
corner three counts as a wing three. Which zone a shot belongs to is decided by where the shooter's feet really are.
"""

from __future__ import annotations

import math
from enum import Enum

import numpy as np

from courtside.court.measures import Court

TOP_HALF_ANGLE = math.radians(22.0)
"""Threes from within this angle of the court's axis are from the top."""
MARGIN = 0.18
"""Metres that a drawn spot keeps from its area's border."""


class Area(Enum):
    """Where a shot is planned from; left and right as seen by a player facing the basket."""

    PAINT = "paint"
    MID_RANGE = "mid-range"
    LEFT_CORNER = "left corner"
    LEFT_WING = "left wing"
    TOP = "top"
    RIGHT_WING = "right wing"
    RIGHT_CORNER = "right corner"


AREAS: tuple[Area, ...] = tuple(Area)


def area_at(court: Court, x: float, y: float, basket: int) -> Area:
    """The area of floor position (x, y) metres in front of `basket`."""
    ahead, left = court.to_local(x, y, basket)
    if court.is_three(x, y, basket):
        if ahead + court.basket_inset <= court.three_break:
            return Area.LEFT_CORNER if left > 0 else Area.RIGHT_CORNER
        if abs(math.atan2(left, ahead)) <= TOP_HALF_ANGLE:
            return Area.TOP
        return Area.LEFT_WING if left > 0 else Area.RIGHT_WING
    if abs(left) <= court.lane_width / 2 and ahead + court.basket_inset <= court.lane_length:
        return Area.PAINT
    return Area.MID_RANGE


def area_spot(court: Court, area: Area, basket: int, rng: np.random.Generator) -> tuple[float, float]:
    """A random floor position x, y (m) well inside `area`, from where a player would really shoot."""
    while True:
        if area is Area.PAINT:
            ahead = rng.uniform(1.2, court.lane_length - court.basket_inset)
            left = rng.uniform(-0.5, 0.5) * court.lane_width
        elif area is Area.MID_RANGE:
            radius, angle = rng.uniform(3.0, court.three_radius), rng.uniform(-1.5, 1.5)
            ahead, left = radius * math.cos(angle), radius * math.sin(angle)
        elif area in (Area.LEFT_CORNER, Area.RIGHT_CORNER):
            ahead = rng.uniform(-0.7, court.three_break - court.basket_inset)
            left = rng.uniform(court.three_straight, court.width / 2 - 0.15)
            left = left if area is Area.LEFT_CORNER else -left
        else:
            radius, angle = court.three_radius + rng.uniform(0.2, 1.1), rng.uniform(-1.25, 1.25)
            ahead, left = radius * math.cos(angle), radius * math.sin(angle)
        ring = ((0.0, 0.0), (MARGIN, 0.0), (-MARGIN, 0.0), (0.0, MARGIN), (0.0, -MARGIN))
        if abs(left) < court.width / 2 - 0.12 and all(
            area_at(court, *court.from_local(ahead + da, left + dl, basket), basket) is area for da, dl in ring
        ):
            return court.from_local(ahead, left, basket)
