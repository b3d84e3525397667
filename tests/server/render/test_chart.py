"""The chart's lines are the rule books', and a shot's dot is where it was taken."""

import math

import numpy as np
import pytest

from courtside.court.measures import FIBA, NBA
from courtside.court.zones import ZONES, zone_at
from courtside_server.render.brush import MADE, MISSED, Brush
from courtside_server.render.chart import Mark, ShotChart
from courtside_server.types import Zone


@pytest.fixture(params=[FIBA, NBA], ids=lambda court: court.name)
def court(request):
    return request.param


@pytest.fixture
def chart(court):
    return ShotChart(Brush(720), (100.0, 50.0, 400.0), court)


def picture():
    return np.zeros((720, 1280, 3), np.uint8)


def metres(chart, pixel):
    """Back from pixels to metres ahead of the rim and to its left, by two known points."""
    x0, y0 = chart.pixel(0.0, 0.0)
    scale = chart.pixel(1.0, 0.0)[1] - y0
    return (pixel[1] - y0) / scale, (x0 - pixel[0]) / scale


@pytest.mark.parametrize("basket", [0, 1])
def test_a_dot_is_where_the_shooter_stood_on_either_half(chart, court, basket):
    side = 1 if basket == 0 else -1
    x, y = side * (court.length / 2 - court.basket_inset - 4.0), side * 2.5
    assert metres(chart, chart.shot_pixel(x, y)) == pytest.approx((4.0, 2.5))
    pixels = picture()
    shot_made(chart, pixels, (x, y))
    column, row = chart.shot_pixel(x, y)
    assert np.abs(pixels[round(row), round(column)].astype(int) - MADE).max() <= 2


def shot_made(chart, pixels, court_place):
    from dataclasses import replace

    from courtside_server.types import Shot, ShotResult

    shot = Shot(0.9, 0.1, Zone.LEFT_MID_RANGE, (), 0.4, "m:1", result=ShotResult.MADE)
    chart.draw(pixels, [Mark(replace(shot, court=court_place))])


def test_a_shot_from_beyond_the_half_stays_on_the_chart(chart):
    x, y = chart.shot_pixel(0.01, 0.0)
    assert 100 <= x <= 100 + chart.width and 50 <= y <= 450


def test_the_three_point_line_is_the_rule_books(chart, court):
    line = chart.three_point_line()
    arc, straight = line[1:-1], [line[0], line[-1]]
    assert [math.hypot(*point) for point in arc] == pytest.approx([court.three_radius] * len(arc))
    assert [abs(left) for _, left in (arc[0], arc[-1], *straight)] == pytest.approx([court.three_straight] * 4)
    assert all(ahead == -court.basket_inset for ahead, _ in straight)


def test_a_zones_count_stands_in_its_zone(chart, court):
    rim = court.length / 2 - court.basket_inset
    for zone in ZONES:
        ahead, left = chart.middle(zone)
        assert zone_at(court, rim - ahead, left, 0) is zone


def test_a_border_that_is_drawn_parts_two_zones(chart, court):
    rim = court.length / 2 - court.basket_inset
    for line in chart.zone_borders():
        (ahead, left), (ahead_2, left_2) = line[len(line) // 2 - 1 : len(line) // 2 + 1]
        middle = np.array([(ahead + ahead_2) / 2, (left + left_2) / 2])
        across = 0.02 * np.array([left - left_2, ahead_2 - ahead]) / math.hypot(ahead - ahead_2, left - left_2)
        zones = {zone_at(court, rim - point[0], point[1], 0) for point in (middle + across, middle - across)}
        assert len(zones) == 2


def test_shots_without_a_place_are_counted_in_their_zone_with_made_and_missed_shares(chart, helpers):
    pixels = picture()
    results = (helpers.made, helpers.made, helpers.missed)
    chart.draw(pixels, [Mark(helpers.draft(zone=Zone.PAINT_EXTENDED, result=result).payload) for result in results])
    x, y = (round(value) for value in chart.pixel(*chart.middle(Zone.PAINT_EXTENDED)))
    near = pixels[y - 25 : y + 25, x - 25 : x + 25].astype(int)
    made, missed = ((np.abs(near - colour).max(axis=2) < 30).sum() for colour in (MADE, MISSED))
    assert made > 1.5 * missed > 0


def test_the_chart_keeps_to_its_own_corner(chart, helpers):
    pixels = picture()
    chart.draw(pixels, [Mark(helpers.draft(zone=zone).payload, age=0.5) for zone in Zone])
    rows, columns = np.nonzero(pixels.max(axis=2))
    assert columns.min() >= 99 and columns.max() <= 102 + chart.width
    assert rows.min() >= 49 and rows.max() <= 451
