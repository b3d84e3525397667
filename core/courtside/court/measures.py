"""A court's measures by rule book, and its painted lines.

Coordinates are metres: the origin is the centre of a full court's floor, x along its length, y across, z up.
Basket 0 stands at +x, basket 1 at -x. A half court keeps the same frame and has basket 0 only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

FOOT = 0.3048
"""Metres."""
INCH = 0.0254
"""Metres."""
Metres = TypeVar("Metres", float, NDArray[np.float64])
"""One measure, or an array of them."""


@dataclass(frozen=True, slots=True)
class Court:
    """One rule book's dimensions, all in metres; lines are measured to their outer edge.

    Sources: NBA Official Rules, rule 1; FIBA Official Basketball Rules 2022, article 2, and Equipment.
    """

    name: str
    """``nba``, ``fiba``, ``ncaa`` or ``high-school``."""
    length: float
    """Of a full court, baseline to baseline."""
    width: float
    """Sideline to sideline."""
    lane_width: float
    """Of the lane (the painted rectangle in front of the basket)."""
    lane_length: float
    """From the baseline to the free-throw line."""
    circle_radius: float
    """Of the centre circle and the free-throw circles."""
    three_radius: float
    """Of the three-point arc, around the rim's centre."""
    three_straight: float
    """From the court's axis to the straight part of the three-point line."""
    restricted_radius: float
    """Of the no-charge semicircle, around the rim's centre."""
    basket_inset: float
    """From the baseline to the rim's centre."""
    board_inset: float
    """From the baseline to the backboard's front."""
    board_width: float
    """Of the backboard."""
    board_height: float
    """Of the backboard."""
    board_bottom: float
    """From the floor to the backboard's lower edge."""
    rim_height: float
    """From the floor to the rim."""
    rim_radius: float
    """Inner radius of the rim."""
    ball_radius: float
    """Of the ball."""
    line_width: float
    """Of a painted line."""
    half: bool = False
    """Only the half of basket 0 is there."""

    @property
    def baskets(self) -> int:
        """Number of baskets: one on a half court, two on a full court."""
        return 1 if self.half else 2

    @property
    def three_break(self) -> float:
        """Distance from the baseline (m) at which the straight three-point line meets the arc."""
        return self.basket_inset + math.sqrt(self.three_radius**2 - self.three_straight**2)

    @property
    def elbow_angle(self) -> float:
        """Radians between the court's axis and an end of the free-throw line, seen from the rim: about 30 degrees."""
        return math.atan2(self.lane_width / 2, self.lane_length - self.basket_inset)

    def rim_centre(self, basket: int) -> NDArray[np.float64]:
        """Centre of a basket's rim: (3,) float64 metres.

        Raises:
            ValueError: the court has no such basket.
        """
        if not 0 <= basket < self.baskets:
            raise ValueError(f"court has {self.baskets} basket(s), no basket {basket}")
        x = self.length / 2 - self.basket_inset
        return np.array([x if basket == 0 else -x, 0.0, self.rim_height])

    def board_x(self, basket: int) -> float:
        """The x of the backboard's front face in metres."""
        x = self.length / 2 - self.board_inset
        return x if basket == 0 else -x

    def to_local(self, x: Metres, y: Metres, basket: int) -> tuple[Metres, Metres]:
        """Fold floor positions onto one half: metres in front of the rim, metres to the attacker's left."""
        rim = self.length / 2 - self.basket_inset
        return (rim - x, y) if basket == 0 else (x + rim, -y)

    def from_local(self, ahead: float, left: float, basket: int) -> tuple[float, float]:
        """The inverse of :meth:`to_local`: floor x, y in metres."""
        rim = self.length / 2 - self.basket_inset
        return (rim - ahead, left) if basket == 0 else (ahead - rim, -left)

    def nearer_basket(self, x: float) -> int:
        """The basket on the half that x lies in."""
        return 0 if x >= 0 else 1

    def is_three(self, x: float, y: float, basket: int) -> bool:
        """Whether a shot from (x, y) metres at ``basket`` is worth three; a foot on the line makes it a two."""
        ahead, left = self.to_local(x, y, basket)
        if ahead + self.basket_inset <= self.three_break:
            return abs(left) > self.three_straight
        return math.hypot(ahead, left) > self.three_radius

    def in_lane(self, x: float, y: float, basket: int) -> bool:
        """Whether (x, y) lies in the lane in front of a basket; its lines belong to it."""
        ahead, left = self.to_local(x, y, basket)
        return abs(left) <= self.lane_width / 2 and ahead + self.basket_inset <= self.lane_length


NBA = Court(
    name="nba",
    length=94 * FOOT,
    width=50 * FOOT,
    lane_width=16 * FOOT,
    lane_length=19 * FOOT,
    circle_radius=6 * FOOT,
    three_radius=23.75 * FOOT,
    three_straight=22 * FOOT,
    restricted_radius=4 * FOOT,
    basket_inset=5.25 * FOOT,
    board_inset=4 * FOOT,
    board_width=6 * FOOT,
    board_height=3.5 * FOOT,
    board_bottom=9.5 * FOOT,
    rim_height=10 * FOOT,
    rim_radius=9 * INCH,
    ball_radius=0.1205,
    line_width=2 * INCH,
)
"""The NBA court, 94 ft by 50 ft."""
FIBA = Court(
    name="fiba",
    length=28.0,
    width=15.0,
    lane_width=4.9,
    lane_length=5.8,
    circle_radius=1.8,
    three_radius=6.75,
    three_straight=6.6,
    restricted_radius=1.25,
    basket_inset=1.575,
    board_inset=1.2,
    board_width=1.8,
    board_height=1.05,
    board_bottom=2.9,
    rim_height=3.05,
    rim_radius=0.2286,
    ball_radius=0.1205,
    line_width=0.05,
)
"""The FIBA court, 28 m by 15 m."""
NCAA = replace(NBA, name="ncaa", lane_width=12 * FOOT, three_radius=6.75, three_straight=6.6)
"""The court of US colleges: the NBA's with a narrower lane and FIBA's three-point line. Source: NCAA Basketball Rules
2023-24, rule 1."""
HIGH_SCHOOL = replace(
    NBA, name="high-school", length=84 * FOOT, lane_width=12 * FOOT, three_radius=19.75 * FOOT,
    three_straight=19.75 * FOOT,
)  # fmt: skip
"""The court of US high schools, 84 ft by 50 ft. Source: NFHS Basketball Rules 2023-24, rule 1."""
COURTS = {court.name: court for court in (NBA, FIBA, NCAA, HIGH_SCHOOL)}
"""The rule books that a calibration can have, by name."""


def make_court(name: str, half: bool = False) -> Court:
    """The court of a rule book.

    Args:
        name: of one of `COURTS`.
        half: only the half of basket 0.

    Raises:
        ValueError: any other name.

    Example:
        >>> make_court("fiba").length, make_court("fiba", half=True).baskets
        (28.0, 1)
    """
    if name not in COURTS:
        raise ValueError(f"unknown court {name!r}: use one of {', '.join(COURTS)}")
    return replace(COURTS[name], half=half)


def _arc(cx: float, cy: float, radius: float, start: float, stop: float, count: int = 48) -> NDArray[np.float64]:
    angle = np.linspace(start, stop, count)
    return np.stack([cx + radius * np.cos(angle), cy + radius * np.sin(angle)], axis=-1)


def court_lines(court: Court) -> list[NDArray[np.float64]]:
    """The outer edges of all painted lines: polylines of (N, 2) float64 floor positions, metres."""
    half_length, half_width = court.length / 2, court.width / 2
    lane, inset = court.lane_width / 2, court.basket_inset
    reach = math.acos(court.three_straight / court.three_radius)
    lines: list[NDArray[np.float64]] = []
    left_end = 0.0 if court.half else -half_length
    lines.append(
        np.array(
            [
                [left_end, -half_width],
                [half_length, -half_width],
                [half_length, half_width],
                [left_end, half_width],
                [left_end, -half_width],
            ]
        )
    )
    lines.append(
        _arc(0, 0, court.circle_radius, -math.pi / 2, math.pi / 2 if court.half else 3 * math.pi / 2)
    )
    if not court.half:
        lines.append(np.array([[0, -half_width], [0, half_width]]))
    for basket in range(court.baskets):
        sign = 1.0 if basket == 0 else -1.0
        foul = half_length - court.lane_length
        local = [
            np.array([[half_length, lane], [foul, lane], [foul, -lane], [half_length, -lane]]),
            _arc(foul, 0, court.circle_radius, math.pi / 2, 3 * math.pi / 2),
            _arc(half_length - inset, 0, court.restricted_radius, math.pi / 2, 3 * math.pi / 2),
            np.concatenate(
                [
                    [[half_length, court.three_straight]],
                    _arc(
                        half_length - inset,
                        0,
                        court.three_radius,
                        math.pi / 2 + reach,
                        3 * math.pi / 2 - reach,
                        96,
                    ),
                    [[half_length, -court.three_straight]],
                ]
            ),
        ]
        lines += [line * sign for line in local]
    return lines
