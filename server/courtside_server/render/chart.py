"""Shot chart: a small half court with every shot known so far, at its position or, without calibration, by zone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from courtside.court.measures import FIBA, Court
from courtside.court.zones import CLOSE_RANGE, MIDDLE_THREE_ANGLE, ZONES
from courtside_server.render.brush import GREY, MADE, MISSED, WHITE, Brush, Colour, Picture
from courtside_server.types import Shot, ShotResult, Zone

_MARGIN = 0.4
"""Floor drawn outside the lines, metres."""
_COLOURS: dict[ShotResult, Colour] = {
    ShotResult.MADE: MADE, ShotResult.MISSED: MISSED, ShotResult.UNKNOWN: WHITE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """A shot on the chart.

    Attributes:
        shot: the shot as known at that moment.
        confirmed: it is confirmed.
        age: seconds since it was announced; a new one gets a ring.
    """

    shot: Shot
    confirmed: bool = True
    age: float = math.inf


def result_colour(result: ShotResult) -> Colour:
    """Green for made, red for missed, white while the result is unknown."""
    return _COLOURS[result]


class ShotChart:
    """The half court in front of one basket, with the basket at the top, as its attackers see it.

    Args:
        brush: the brush to draw with.
        box: x, y of the upper left corner and the height, pixels; :meth:`size` gives the width.
        court: the court whose lines are drawn.
    """

    def __init__(self, brush: Brush, box: tuple[float, float, float], court: Court = FIBA) -> None:
        self._brush, self._court = brush, court
        self._left, self._top, self.height = box
        self.width, _ = self.size(brush, self.height, court)
        self._head = brush.font * 1.5
        self._scale = self.width / (court.width + 2 * _MARGIN)
        self._radius = max(2.5, 3.2 * brush.unit)

    @staticmethod
    def size(brush: Brush, height: float, court: Court = FIBA) -> tuple[float, float]:
        """Width and height of a chart with this height, pixels."""
        floor = height - brush.font * 1.5
        return floor * (court.width + 2 * _MARGIN) / (court.length / 2 + 2 * _MARGIN), height

    def pixel(self, ahead: float, left: float) -> tuple[float, float]:
        """The pixel of a point on the floor.

        Args:
            ahead: metres in front of the rim, away from the baseline.
            left: metres to the attacker's left.
        """
        x = self._left + (self._court.width / 2 + _MARGIN - left) * self._scale
        return x, self._top + self._head + (ahead + self._court.basket_inset + _MARGIN) * self._scale

    def shot_pixel(self, x: float, y: float) -> tuple[float, float]:
        """The pixel of a shot from (x, y), metres from the court's centre; the nearest edge if off the court."""
        court = self._court
        ahead, left = court.to_local(x, y, court.nearer_basket(x))
        ahead = min(max(ahead, -court.basket_inset), court.length / 2 - court.basket_inset)
        return self.pixel(ahead, min(max(left, -court.width / 2), court.width / 2))

    def draw(self, picture: Picture, marks: Sequence[Mark]) -> None:
        """Draw the court, a sign for each shot with a position, and a count per zone for the other shots."""
        brush = self._brush
        box = (self._left, self._top, self._left + self.width, self._top + self.height)
        brush.plate(picture, box, alpha=0.55, radius=5.0)
        self._headline(picture, [mark.shot for mark in marks])
        self._lines(picture)
        for zone in ZONES:
            shots = [mark for mark in marks if mark.shot.court is None and mark.shot.zone is zone]
            if shots:
                self._count(picture, zone, shots)
        for mark in marks:
            if mark.shot.court is not None:
                self._dot(picture, mark, self.shot_pixel(*mark.shot.court))

    def _headline(self, picture: Picture, shots: Sequence[Shot]) -> None:
        """The number of shots, and of made and missed ones beside their signs, which explains the signs."""
        brush, y = self._brush, self._top + self._head * 0.55
        word = "shot" if len(shots) == 1 else "shots"
        brush.words(picture, f"{len(shots)} {word}", (self._left + 6 * brush.unit, y), size=0.85, bold=True)
        right = self._left + self.width - 6 * brush.unit
        for result in (ShotResult.MISSED, ShotResult.MADE):
            number = sum(shot.result is result for shot in shots)
            if number:
                colour = result_colour(result)
                right -= brush.words(picture, str(number), (right, y), colour, size=0.85, bold=True, align="right")
                self._sign(picture, (right - 6 * brush.unit, y), result)
                right -= 14 * brush.unit

    # ---- the court -----------------------------------------------------------------------------------------------

    def _lines(self, picture: Picture) -> None:
        court, inset = self._court, self._court.basket_inset
        half, end, lane = court.width / 2, court.length / 2 - inset, court.lane_width / 2
        foul = court.lane_length - inset
        outline = [(-inset, -half), (-inset, half), (end, half), (end, -half), (-inset, -half)]
        board = [(court.board_inset - inset, side * court.board_width / 2) for side in (-1, 1)]
        ring = _arc(0.0, max(court.rim_radius, 1.6 / self._scale), 180)
        self._strokes(picture, [outline, self.three_point_line(), board, ring], 0.65)
        key = [(-inset, -lane), (foul, -lane), (foul, lane), (-inset, lane)]
        centre = [(end - ahead, left) for ahead, left in _arc(0.0, court.circle_radius, 90)]
        self._strokes(picture, [key, _arc(foul, court.circle_radius, 90), centre], 0.5)
        self._strokes(picture, [_arc(0.0, court.restricted_radius, 90), *self.zone_borders()], 0.2)

    def zone_borders(self) -> list[list[tuple[float, float]]]:
        """The zone borders that are not painted lines: metres ahead of the rim, metres to the left.

        These are the rays between left, middle and right, on both sides of the three-point line, and the arcs at
        `CLOSE_RANGE` beside the lane.
        """
        court = self._court
        foul, lane = court.lane_length - court.basket_inset, court.lane_width / 2
        end = court.length / 2 - court.basket_inset
        beside = np.linspace(math.asin(lane / CLOSE_RANGE), math.acos(-court.basket_inset / CLOSE_RANGE), 24)
        borders = []
        for side in (-1, 1):
            reach = court.three_radius * math.cos(court.elbow_angle)
            borders.append([(ahead, side * ahead * math.tan(court.elbow_angle)) for ahead in (foul, reach)])
            reach = court.three_radius * math.cos(MIDDLE_THREE_ANGLE)
            borders.append([(ahead, side * ahead * math.tan(MIDDLE_THREE_ANGLE)) for ahead in (reach, end)])
            borders.append([(CLOSE_RANGE * math.cos(turn), side * CLOSE_RANGE * math.sin(turn)) for turn in beside])
        return borders

    def three_point_line(self) -> list[tuple[float, float]]:
        """The three-point line from corner to corner: metres ahead of the rim, metres to the left."""
        court, inset = self._court, self._court.basket_inset
        widest = math.degrees(math.atan2(court.three_straight, court.three_break - inset))
        arc = _arc(0.0, court.three_radius, widest)
        return [(-inset, -court.three_straight), *arc, (-inset, court.three_straight)]

    def _strokes(self, picture: Picture, lines: Sequence[Sequence[tuple[float, float]]], alpha: float) -> None:
        points = [np.array([self.pixel(*point) for point in line]) for line in lines]
        self._brush.strokes(picture, points, WHITE, alpha, max(1.0, 0.8 * self._brush.unit))

    # ---- shots ---------------------------------------------------------------------------------------------------

    def _dot(self, picture: Picture, mark: Mark, at: tuple[float, float]) -> None:
        brush, radius = self._brush, self._radius
        self._sign(picture, at, mark.shot.result, mark.confirmed)
        if mark.age < 1.0:
            grown = radius * (1.2 + 1.6 * mark.age)
            colour = result_colour(mark.shot.result)
            brush.ellipse(picture, at, (grown, grown), colour, 1.0 - mark.age, 1.2 * brush.unit)

    def _sign(self, picture: Picture, at: tuple[float, float], result: ShotResult, confirmed: bool = True) -> None:
        """Draw a dot, hollow until confirmed; for a miss a cross, because some people cannot tell red from green."""
        brush, radius, alpha = self._brush, self._radius, 1.0 if confirmed else 0.6
        colour = result_colour(result)
        if result is ShotResult.MISSED:
            ends = [
                np.array([(at[0] - radius, at[1] - slope * radius), (at[0] + radius, at[1] + slope * radius)])
                for slope in (-1, 1)
            ]
            brush.strokes(picture, ends, colour, alpha, max(1.5, 1.8 * brush.unit))
        elif confirmed:
            brush.disc(picture, at, radius, colour, alpha)
        else:
            brush.ellipse(picture, at, (radius, radius), colour, alpha, 1.5 * brush.unit)

    def _count(self, picture: Picture, zone: Zone, marks: Sequence[Mark]) -> None:
        """Draw a number in a ring with shares in green for made, red for missed and white for unknown."""
        brush, (x, y) = self._brush, self.pixel(*self.middle(zone))
        radius = max(7.0, 8.0 * brush.unit)
        # A wing may be narrower than the ring.
        room = radius + 2 * brush.unit
        at = min(max(x, self._left + room), self._left + self.width - room), y
        brush.disc(picture, at, radius, (60, 54, 50), 0.85)
        start = -90.0
        for result in (ShotResult.MADE, ShotResult.MISSED, ShotResult.UNKNOWN):
            share = 360.0 * sum(mark.shot.result is result for mark in marks) / len(marks)
            colour = GREY if result is ShotResult.UNKNOWN else result_colour(result)
            if share:
                arc = (start, start + share)
                brush.ellipse(picture, at, (radius, radius), colour, 1.0, max(1.5, 1.8 * brush.unit), arc)
            start += share
        brush.words(picture, str(len(marks)), at, size=0.85, bold=True, align="middle")
        newest = min(mark.age for mark in marks)
        if newest < 1.0:
            grown = radius * (1.0 + 0.2 * newest)
            brush.ellipse(picture, at, (grown, grown), WHITE, 1.0 - newest, 1.2 * brush.unit)

    def middle(self, zone: Zone) -> tuple[float, float]:
        """Where the count of a zone is drawn: metres ahead of the rim, metres to the left."""
        court = self._court
        foul, beyond = court.lane_length - court.basket_inset, court.three_radius + 1.6
        side = 1 if zone in (Zone.LEFT_MID_RANGE, Zone.LEFT_WING_THREE_POINTER) else -1
        if zone is Zone.PAINT_EXTENDED:
            return foul * 0.45, 0.0
        if zone is Zone.MIDDLE_MID_RANGE:
            return (foul + court.three_radius) / 2, 0.0
        if zone is Zone.MIDDLE_THREE_POINTER:
            return beyond, 0.0
        if zone in (Zone.LEFT_MID_RANGE, Zone.RIGHT_MID_RANGE):
            return 1.3, side * (CLOSE_RANGE + court.three_straight) / 2
        wing = math.radians(42)
        return beyond * math.cos(wing), side * min(beyond * math.sin(wing), court.width / 2 - 1.0)


def _arc(ahead: float, radius: float, widest: float) -> list[tuple[float, float]]:
    """Points of an arc around the court's axis from right to left, up to ``widest`` degrees on either side."""
    turns = np.radians(np.linspace(-widest, widest, 40))
    return [(ahead + radius * math.cos(turn), radius * math.sin(turn)) for turn in turns]


