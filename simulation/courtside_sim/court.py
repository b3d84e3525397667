"""Court geometry: official dimensions, painted lines, baskets and shooting zones.

Coordinates are metres: the origin is the centre of a full court's floor, x along its length, y across, z up.
Basket 0 stands at +x, basket 1 at -x. A half court keeps the same frame and has basket 0 only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

FOOT = 0.3048
INCH = 0.0254


class Zone(IntEnum):
    """Where a shot is taken; left and right as seen by a player facing the basket from half court.

    Values are those of the wire, where 1 to 7 belonged to an older set of zones. `place` defines the zones.
    """

    UNSPECIFIED = 0
    PAINT_EXTENDED = 8
    LEFT_MID_RANGE = 9
    MIDDLE_MID_RANGE = 10
    RIGHT_MID_RANGE = 11
    LEFT_WING_THREE_POINTER = 12
    MIDDLE_THREE_POINTER = 13
    RIGHT_WING_THREE_POINTER = 14


ZONES: tuple[Zone, ...] = tuple(zone for zone in Zone if zone is not Zone.UNSPECIFIED)
"""The zones in the order of a model's output."""
CLOSE_RANGE = 10 * FOOT
"""Metres from the rim within which a two counts as a shot from the extended paint."""
MIDDLE_THREE_ANGLE = math.radians(22.0)
"""A three from within this angle of the court's axis, seen from the rim, is from the middle."""


@dataclass(frozen=True)
class Court:
    """One rule book's dimensions, all in metres; lines are measured to their outer edge.

    Sources: NBA Official Rules, rule 1; FIBA Official Basketball Rules 2022, article 2, and Equipment.
    """

    name: str
    length: float
    width: float
    half: bool
    lane_width: float
    lane_length: float
    circle_radius: float
    three_radius: float
    three_straight: float
    restricted_radius: float
    basket_inset: float
    board_inset: float
    board_width: float
    board_height: float
    board_bottom: float
    rim_height: float
    rim_radius: float
    ball_radius: float
    line_width: float

    @property
    def baskets(self) -> int:
        """Number of baskets: one on a half court, two on a full one."""
        return 1 if self.half else 2

    @property
    def three_break(self) -> float:
        """Distance from the baseline (m) at which the straight three-point line meets the arc."""
        return self.basket_inset + math.sqrt(self.three_radius**2 - self.three_straight**2)

    def rim_centre(self, basket: int) -> np.ndarray:
        """Centre of a basket's ring: (3,) float64 metres. Raises ValueError for a basket the court lacks."""
        if not 0 <= basket < self.baskets:
            raise ValueError(f"court has {self.baskets} basket(s), no basket {basket}")
        x = self.length / 2 - self.basket_inset
        return np.array([x if basket == 0 else -x, 0.0, self.rim_height])

    def board_x(self, basket: int) -> float:
        """The x of the backboard's front face in metres."""
        x = self.length / 2 - self.board_inset
        return x if basket == 0 else -x

    def to_local(self, x: float, y: float, basket: int) -> tuple[float, float]:
        """Fold a floor position onto one half: metres in front of the rim, metres to the attacker's left."""
        rim = self.length / 2 - self.basket_inset
        return (rim - x, y) if basket == 0 else (x + rim, -y)

    def from_local(self, ahead: float, left: float, basket: int) -> tuple[float, float]:
        """Inverse of `to_local`: floor x, y in metres."""
        rim = self.length / 2 - self.basket_inset
        return (rim - ahead, left) if basket == 0 else (ahead - rim, -left)


def nba(half: bool = False) -> Court:
    """The NBA court, 94 ft by 50 ft."""
    return Court(
        name="nba",
        length=94 * FOOT,
        width=50 * FOOT,
        half=half,
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


def fiba(half: bool = False) -> Court:
    """The FIBA court, 28 m by 15 m."""
    return Court(
        name="fiba",
        length=28.0,
        width=15.0,
        half=half,
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


def make_court(name: str, half: bool = False) -> Court:
    """The court of a rule book, 'nba' or 'fiba'. Raises ValueError for any other name."""
    if name == "nba":
        return nba(half)
    if name == "fiba":
        return fiba(half)
    raise ValueError(f"unknown court {name!r}: use 'nba' or 'fiba'")


def is_three(court: Court, x: float, y: float, basket: int) -> bool:
    """Whether a shot from floor position (x, y) metres at `basket` is worth three; on the line is a two."""
    ahead, left = court.to_local(x, y, basket)
    if ahead + court.basket_inset <= court.three_break:
        return abs(left) > court.three_straight
    return math.hypot(ahead, left) > court.three_radius


def place(court: Court, x: float, y: float, basket: int) -> Zone:
    """The shooting zone of floor position (x, y) metres for a shot at `basket`.

    Paint extended: the lane, and every other two within `CLOSE_RANGE` of the rim. Middle mid-range: other twos
    between the rays from the rim through the ends of the free-throw line; left and right mid-range: the rest of the
    twos. Middle three-pointer: within `MIDDLE_THREE_ANGLE` of the court's axis; the wings: the other threes, corners
    among them.
    """
    ahead, left = court.to_local(x, y, basket)
    angle = abs(math.atan2(left, ahead))
    if is_three(court, x, y, basket):
        if angle <= MIDDLE_THREE_ANGLE:
            return Zone.MIDDLE_THREE_POINTER
        return Zone.LEFT_WING_THREE_POINTER if left > 0 else Zone.RIGHT_WING_THREE_POINTER
    in_lane = abs(left) <= court.lane_width / 2 and ahead + court.basket_inset <= court.lane_length
    if in_lane or math.hypot(ahead, left) <= CLOSE_RANGE:
        return Zone.PAINT_EXTENDED
    if angle <= math.atan2(court.lane_width / 2, court.lane_length - court.basket_inset):
        return Zone.MIDDLE_MID_RANGE
    return Zone.LEFT_MID_RANGE if left > 0 else Zone.RIGHT_MID_RANGE


def _arc(cx: float, cy: float, radius: float, start: float, stop: float, count: int = 48) -> np.ndarray:
    angle = np.linspace(start, stop, count)
    return np.stack([cx + radius * np.cos(angle), cy + radius * np.sin(angle)], axis=-1)


def court_lines(court: Court) -> list[np.ndarray]:
    """Every painted line's outer edge as polylines: a list of (N, 2) float64 floor positions in metres."""
    half_length, half_width = court.length / 2, court.width / 2
    lane, inset = court.lane_width / 2, court.basket_inset
    reach = math.acos(court.three_straight / court.three_radius)
    lines: list[np.ndarray] = []
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
