"""Measures and painted lines are those of the rule books; zones follow from them on both halves."""

import math

import numpy as np
import pytest

from courtside.court.measures import FIBA, FOOT, NBA, court_lines, make_court
from courtside.court.zones import Zone, zone_at


def test_nba_dimensions_are_those_of_the_rule_book() -> None:
    court = NBA
    assert (court.length, court.width) == pytest.approx((94 * FOOT, 50 * FOOT))
    assert court.rim_centre(0) == pytest.approx([41.75 * FOOT, 0, 10 * FOOT])
    assert court.rim_centre(1) == pytest.approx([-41.75 * FOOT, 0, 10 * FOOT])
    assert court.rim_radius * 2 == pytest.approx(18 / 12 * FOOT)
    assert court.three_break == pytest.approx(14.2 * FOOT, abs=0.03)


def test_fiba_dimensions_are_those_of_the_rule_book() -> None:
    court = FIBA
    assert (court.length, court.width, court.rim_height) == (28.0, 15.0, 3.05)
    assert court.width / 2 - court.three_straight == pytest.approx(0.9)
    assert court.board_bottom == 2.9
    assert court.three_break == pytest.approx(2.99, abs=0.01)


@pytest.mark.parametrize("name", ["nba", "fiba"])
def test_painted_three_point_line_is_where_the_rule_puts_it(name: str) -> None:
    court = make_court(name, half=True)
    arc = max((line for line in court_lines(court) if len(line) == 98), key=len)
    rim = court.rim_centre(0)[:2]
    reach = np.hypot(*(arc[1:-1] - rim).T)
    assert reach == pytest.approx(court.three_radius)
    assert arc[[0, -1], 1] == pytest.approx([court.three_straight, -court.three_straight])
    assert np.abs(np.diff(arc, axis=0)).max() < court.three_break + 0.1


def test_half_court_has_one_basket() -> None:
    court = make_court("nba", half=True)
    assert court.baskets == 1
    with pytest.raises(ValueError, match="no basket 1"):
        court.rim_centre(1)
    assert min(line[:, 0].min() for line in court_lines(court)) >= -1e-9


@pytest.mark.parametrize("name", ["nba", "fiba"])
def test_left_and_right_are_those_of_a_player_facing_the_basket(name: str) -> None:
    court = make_court(name)
    corner = court.width / 2 - 0.3
    end = court.length / 2 - 0.5
    assert zone_at(court, end, corner, 0) is Zone.LEFT_WING_THREE_POINTER
    assert zone_at(court, end, -corner, 0) is Zone.RIGHT_WING_THREE_POINTER
    assert zone_at(court, -end, -corner, 1) is Zone.LEFT_WING_THREE_POINTER
    assert zone_at(court, -end, corner, 1) is Zone.RIGHT_WING_THREE_POINTER


@pytest.mark.parametrize("name", ["nba", "fiba"])
@pytest.mark.parametrize("basket", [0, 1])
def test_zones_by_angle_and_distance(name: str, basket: int) -> None:
    court = make_court(name)

    def at(distance: float, degrees: float) -> Zone:
        angle = math.radians(degrees)
        return zone_at(
            court, *court.from_local(distance * math.cos(angle), distance * math.sin(angle), basket), basket
        )

    far = court.three_radius + 0.3
    assert at(far, 0) is Zone.MIDDLE_THREE_POINTER
    assert at(far, 20) is at(far, -20) is Zone.MIDDLE_THREE_POINTER
    assert at(far, 45) is Zone.LEFT_WING_THREE_POINTER
    assert at(far, -45) is Zone.RIGHT_WING_THREE_POINTER
    assert at(1.5, 30) is at(3.0, 89) is Zone.PAINT_EXTENDED
    assert at(court.three_radius - 0.1, 0) is at(5.5, 29) is Zone.MIDDLE_MID_RANGE
    assert at(5.5, 50) is at(3.1, 89) is Zone.LEFT_MID_RANGE
    assert at(5.5, -50) is at(3.1, -89) is Zone.RIGHT_MID_RANGE


def test_on_the_line_is_a_two() -> None:
    court = NBA
    x, y = court.from_local(court.three_radius - 1e-9, 0.0, 0)
    assert not court.is_three(x, y, 0)
    assert court.is_three(x - 0.01, y, 0)


def test_unknown_court_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown court 'street'"):
        make_court("street")
