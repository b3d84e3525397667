"""Places of feet on a court, and the zones they may be in: errors of feet and of the court are carried through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from courtside.court.homography import NORMAL_POINTS, Calibration
from courtside.court.zones import ZONES

_LEAST_WEIGHT = 0.01
"""Courts and people that are less probable than this are left out."""


@dataclass(frozen=True, slots=True)
class Feet:
    """Where somebody's feet are in the picture, camera motion removed.

    Attributes:
        x: pixel between the feet.
        y: pixel between the feet, on the floor.
        spread_x: pixels, one standard deviation.
        spread_y: pixels, one standard deviation.
        share: probability that this is the person who is meant.
    """

    x: float
    y: float
    spread_x: float
    spread_y: float
    share: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class CourtPlace:
    """A place on a court.

    Attributes:
        court: x, y metres from the court's centre.
        zone: (7,) probabilities of `ZONES`, over all places, people and courts that are possible.
    """

    court: tuple[float, float]
    zone: tuple[float, ...]


def court_place(
    courts: Sequence[Calibration], weights: Sequence[float], error: float | None, people: Sequence[Feet]
) -> CourtPlace | None:
    """Place feet on a court; None where the likeliest feet are on no floor near the likeliest court.

    The feet's normal distribution becomes one on the floor of every court, by the slope of its homography, and is
    widened by the court's own error. Points that carry equal shares of it are then counted.

    Args:
        courts: what the court may be, likeliest first; from frame pixels with camera motion removed.
        weights: their probabilities.
        error: metres, one standard deviation of a place for exact feet; None takes what clicked points amount to.
        people: who may be meant, likeliest first.
    """
    here = courts[0].to_floor(people[0].x, people[0].y) if courts and people else None
    if here is None:
        return None
    zones = np.zeros(len(ZONES))
    for court, weight in zip(courts, weights, strict=True):
        for feet in people:
            middle = court.to_floor(feet.x, feet.y)
            if middle is None or weight * feet.share < _LEAST_WEIGHT:
                continue
            slope = court.slope(feet.x, feet.y) * (feet.spread_x, feet.spread_y)
            own = middle.spread if error is None else error
            width = np.linalg.cholesky(slope @ slope.T + own**2 * np.eye(2))
            floor = (middle.x, middle.y) + NORMAL_POINTS @ width.T
            zones += weight * feet.share * court.zone_shares(floor, court.court.nearer_basket(middle.x))
    total = zones.sum()
    if not total:
        return None
    return CourtPlace((round(here.x, 3), round(here.y, 3)), tuple((zones / total).tolist()))

