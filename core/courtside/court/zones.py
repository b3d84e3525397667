"""Where on a court a shot is taken: the seven shooting zones, and the NBA's own finer zones.

Coordinates are metres; the origin is the centre of a full court's floor, x along its length, y across. Basket 0
stands at +x, basket 1 at -x; a half court keeps the same frame and has basket 0 only. Left and right are those of a
player who faces the basket: both halves are folded onto one before a zone is decided.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside.court.measures import FOOT, Court
from courtside.enums import WireEnum

CLOSE_RANGE = 10 * FOOT
"""Metres from the rim within which a two counts as a shot from the extended paint: the usual limit of close range in
published shooting tables (0-3, 3-10, 10-16 feet and beyond)."""
MIDDLE_THREE_ANGLE = math.radians(22.0)
"""A three from within this angle of the court's axis, seen from the rim, is from the middle."""


class Zone(WireEnum):
    """The seven shooting zones; :func:`zone_at` defines them.

    Values equal the wire's, where 1 to 7 belonged to an older set of zones.

    Example:
        >>> print(Zone.LEFT_MID_RANGE, Zone.LEFT_MID_RANGE.points)
        left mid-range 2
    """

    UNSPECIFIED = 0
    PAINT_EXTENDED = 8
    LEFT_MID_RANGE = 9
    MIDDLE_MID_RANGE = 10
    RIGHT_MID_RANGE = 11
    LEFT_WING_THREE_POINTER = 12
    MIDDLE_THREE_POINTER = 13
    RIGHT_WING_THREE_POINTER = 14

    @property
    def points(self) -> int:
        """Two or three; zero when unspecified."""
        return 0 if self is Zone.UNSPECIFIED else 2 if self <= Zone.RIGHT_MID_RANGE else 3

    @property
    def words(self) -> str:
        """The zone as people read it: "left mid-range", "middle three-pointer"."""
        return self.name.lower().replace("_", " ").replace("d range", "d-range").replace("three p", "three-p")


ZONES: tuple[Zone, ...] = tuple(zone for zone in Zone if zone is not Zone.UNSPECIFIED)
"""The zones in the order in which a model's ``zone`` output and ``zone_probabilities`` give them."""


def zone_at(court: Court, x: float, y: float, basket: int) -> Zone:
    """The shooting zone of floor position (x, y) metres for a shot at ``basket``.

    The zones follow the published shot analytics of Derek Austin (Towards AI, 2024), which names but does not draw
    them. Their borders here, on NBA and FIBA courts alike:

    - three-pointer or not: the three-point line; a foot on it is a two;
    - paint extended: the lane from the baseline to the free-throw line, and every other two within `CLOSE_RANGE` of
      the rim: up to 0.6 m beside the lane, where hook shots and short bank shots come from;
    - middle mid-range: the other twos between the rays from the rim through the two ends of the free-throw line
      (30 degrees to either side of the axis); left and right mid-range: the rest of the twos;
    - middle three-pointer: within `MIDDLE_THREE_ANGLE` of the axis; left and right wing: the other threes, the
      corners among them.

    Example:
        >>> from courtside.court.measures import FIBA
        >>> str(zone_at(FIBA, 13.5, 7.2, basket=0))  # the corner to the left of basket 0
        'left wing three-pointer'
    """
    return ZONES[int(zone_rows(court, np.array([[x, y]]), basket)[0])]


def zone_rows(court: Court, positions: NDArray[np.float64], basket: int) -> NDArray[np.intp]:
    """The zones of many floor positions at once, as :func:`zone_at` defines them.

    Args:
        court: the court.
        positions: (N, 2) x, y metres.
        basket: the basket of the shots.

    Returns:
        (N,) places in `ZONES`.
    """
    ahead, left = court.to_local(positions[:, 0], positions[:, 1], basket)
    distance, angle = np.hypot(ahead, left), np.abs(np.arctan2(left, ahead))
    straight = ahead + court.basket_inset <= court.three_break
    three = np.where(straight, np.abs(left) > court.three_straight, distance > court.three_radius)
    lane = (np.abs(left) <= court.lane_width / 2) & (ahead + court.basket_inset <= court.lane_length)
    middle = angle <= np.where(three, MIDDLE_THREE_ANGLE, court.elbow_angle)
    # Of three in a row in `ZONES`: left, middle, right.
    side = np.where(middle, 1, np.where(left > 0, 0, 2))
    first = np.where(three, ZONES.index(Zone.LEFT_WING_THREE_POINTER), ZONES.index(Zone.LEFT_MID_RANGE))
    paint = ~three & (lane | (distance <= CLOSE_RANGE))
    return np.where(paint, ZONES.index(Zone.PAINT_EXTENDED), first + side).astype(np.intp)


class NbaBasicZone(enum.StrEnum):
    """The column ``SHOT_ZONE_BASIC`` of the NBA's shot charts."""

    RESTRICTED_AREA = "Restricted Area"
    PAINT = "In The Paint (Non-RA)"
    MID_RANGE = "Mid-Range"
    LEFT_CORNER_THREE = "Left Corner 3"
    RIGHT_CORNER_THREE = "Right Corner 3"
    ABOVE_THE_BREAK_THREE = "Above the Break 3"
    BACKCOURT = "Backcourt"


class NbaArea(enum.StrEnum):
    """The column ``SHOT_ZONE_AREA`` of the NBA's shot charts."""

    LEFT = "Left Side(L)"
    LEFT_CENTER = "Left Side Center(LC)"
    CENTER = "Center(C)"
    RIGHT_CENTER = "Right Side Center(RC)"
    RIGHT = "Right Side(R)"
    BACKCOURT = "Back Court(BC)"


class NbaRange(enum.StrEnum):
    """The column ``SHOT_ZONE_RANGE`` of the NBA's shot charts."""

    CLOSE = "Less Than 8 ft."
    SHORT = "8-16 ft."
    LONG = "16-24 ft."
    THREE = "24+ ft."
    BACKCOURT = "Back Court Shot"


@dataclass(frozen=True, slots=True)
class NbaZone:
    """A place in the words of the NBA's shot charts.

    ``range`` and ``area`` together tell its fourteen zones and the backcourt apart.
    """

    basic: NbaBasicZone
    area: NbaArea
    range: NbaRange


def nba_zone_at(court: Court, x: float, y: float, basket: int) -> NbaZone:
    """The NBA's shot-chart zone of floor position (x, y) metres for a shot at ``basket``.

    For ``court_x`` and ``court_y`` of a shot event, ``basket`` is ``court.nearer_basket(court_x)``: then no shot is
    from the backcourt; give the basket that was shot at where heaves from the other half matter.

    The league publishes the names, not the borders between left, centre and right. Equal sectors about the rim agree
    with its charts: three of 60 degrees for 8 to 16 ft and for threes above the break, five of 36 degrees for longer
    twos. Distances are from the rim's centre; every three is "24+ ft.".

    Example:
        >>> from courtside.court.measures import NBA
        >>> nba_zone_at(NBA, 13.8, -7.3, basket=0).basic.value
        'Right Corner 3'
    """
    ahead, left = court.to_local(x, y, basket)
    distance = math.hypot(ahead, left)
    if ahead > court.length / 2 - court.basket_inset:
        return NbaZone(NbaBasicZone.BACKCOURT, NbaArea.BACKCOURT, NbaRange.BACKCOURT)
    side, side_center = (
        (NbaArea.LEFT, NbaArea.LEFT_CENTER) if left > 0 else (NbaArea.RIGHT, NbaArea.RIGHT_CENTER)
    )  # fmt: skip
    angle = math.degrees(abs(math.atan2(left, ahead)))
    if court.is_three(x, y, basket):
        if ahead + court.basket_inset <= court.three_break:
            corner = NbaBasicZone.LEFT_CORNER_THREE if left > 0 else NbaBasicZone.RIGHT_CORNER_THREE
            return NbaZone(corner, side, NbaRange.THREE)
        area = NbaArea.CENTER if angle <= 30 else side_center
        return NbaZone(NbaBasicZone.ABOVE_THE_BREAK_THREE, area, NbaRange.THREE)
    if _in_restricted_area(court, ahead, left):
        basic = NbaBasicZone.RESTRICTED_AREA
    else:
        basic = NbaBasicZone.PAINT if court.in_lane(x, y, basket) else NbaBasicZone.MID_RANGE
    if distance < 8 * FOOT:
        return NbaZone(basic, NbaArea.CENTER, NbaRange.CLOSE)
    if distance < 16 * FOOT or basic is NbaBasicZone.PAINT:
        return NbaZone(basic, NbaArea.CENTER if angle <= 30 else side, NbaRange.SHORT)
    area = NbaArea.CENTER if angle <= 18 else side_center if angle <= 54 else side
    return NbaZone(basic, area, NbaRange.LONG)


def _in_restricted_area(court: Court, ahead: float, left: float) -> bool:
    """Whether a position lies in the no-charge semicircle or between it and the backboard."""
    if ahead >= 0:
        return math.hypot(ahead, left) <= court.restricted_radius
    return abs(left) <= court.restricted_radius and ahead >= court.board_inset - court.basket_inset
