"""The seven shooting zones and the NBA's finer ones, on both courts and at both baskets."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from courtside.court.measures import FIBA, FOOT, NBA
from courtside.court.zones import ZONES, NbaZone, Zone, nba_zone_at, zone_at, zone_rows
from courtside.v1 import common_pb2
from courtside_training.shots.geometry import ZONE_LABELS

COURTS = [NBA, FIBA]


def spot(court, ahead, left, basket=0):
    """Metres on the court of a place ahead of and to the left of a basket's rim."""
    rim = court.length / 2 - court.basket_inset
    return (rim - ahead, left) if basket == 0 else (ahead - rim, -left)


def around(distance, degrees):
    angle = math.radians(degrees)
    return distance * math.cos(angle), distance * math.sin(angle)


def test_training_and_the_wire_have_the_same_zones_in_the_same_order():
    assert [zone.name for zone in ZONES] == list(ZONE_LABELS)
    assert {f"ZONE_{zone.name}": int(zone) for zone in Zone} == dict(common_pb2.Zone.items())


def test_the_numbers_of_the_older_zones_are_reserved():
    assert not any(Zone.knows(number) for number in range(1, 8))
    assert all(Zone.knows(number) for number in Zone)


def test_zones_in_words():
    assert [str(zone) for zone in (Zone.PAINT_EXTENDED, Zone.LEFT_MID_RANGE, Zone.RIGHT_WING_THREE_POINTER)] == [
        "paint extended", "left mid-range", "right wing three-pointer",
    ]  # fmt: skip


@pytest.mark.parametrize("court", COURTS, ids=lambda court: court.name)
@settings(max_examples=600, deadline=None)
@given(x=st.floats(-15.0, 15.0), y=st.floats(-8.0, 8.0), basket=st.sampled_from([0, 1]))
@example(x=0.0, y=0.0, basket=0)
def test_every_position_has_a_zone_of_its_shot_s_points(court, x, y, basket):
    assert zone_at(court, x, y, basket).points == (3 if court.is_three(x, y, basket) else 2)


@pytest.mark.parametrize("court", COURTS, ids=lambda court: court.name)
@pytest.mark.parametrize("basket", [0, 1])
def test_many_positions_at_once_have_the_zones_of_each(court, basket):
    positions = np.random.default_rng(5).uniform((-15, -8), (15, 8), (200, 2))
    rows = zone_rows(court, positions, basket)
    assert [ZONES[row] for row in rows] == [zone_at(court, x, y, basket) for x, y in positions.tolist()]
    assert zone_rows(court, positions[:0], basket).shape == (0,)


@pytest.mark.parametrize("court", COURTS, ids=lambda court: court.name)
@given(x=st.floats(-15.0, 15.0), y=st.floats(-8.0, 8.0), basket=st.sampled_from([0, 1]))
def test_a_mirrored_place_lies_in_the_mirrored_zone(court, x, y, basket):
    zone = zone_at(court, x, y, basket)
    swapped = zone.name.replace("LEFT", "?").replace("RIGHT", "LEFT").replace("?", "RIGHT")
    axis = y == 0  # a place on the axis behind the rim belongs to one side
    assert axis or zone_at(court, x, -y, basket) is Zone[swapped]


@pytest.mark.parametrize("court", COURTS, ids=lambda court: court.name)
@pytest.mark.parametrize("basket", [0, 1])
@pytest.mark.parametrize(
    ("place", "zone"),
    [
        ((0.0, 0.0), Zone.PAINT_EXTENDED),
        ((3.5, 2.3), Zone.PAINT_EXTENDED),  # in the lane, by the free-throw line
        ((0.5, 2.8), Zone.PAINT_EXTENDED),  # a hook shot from beside the lane
        ((0.5, 3.3), Zone.LEFT_MID_RANGE),
        ((-1.0, -4.0), Zone.RIGHT_MID_RANGE),  # along the baseline
        ((4.6, 0.0), Zone.MIDDLE_MID_RANGE),  # a free throw
        (around(6.0, 29), Zone.MIDDLE_MID_RANGE),
        (around(6.0, 31.5), Zone.LEFT_MID_RANGE),
        (around(6.0, -31.5), Zone.RIGHT_MID_RANGE),
        (around(7.5, 21), Zone.MIDDLE_THREE_POINTER),
        (around(7.5, 23), Zone.LEFT_WING_THREE_POINTER),
        (around(7.5, -60), Zone.RIGHT_WING_THREE_POINTER),
        ((-0.5, 7.2), Zone.LEFT_WING_THREE_POINTER),  # the corner
        ((-0.5, -7.2), Zone.RIGHT_WING_THREE_POINTER),
    ],
)
def test_places_that_are_known(court, basket, place, zone):
    assert zone_at(court, *spot(court, *place, basket), basket) is zone


@pytest.mark.parametrize("basket", [0, 1])
@pytest.mark.parametrize(
    ("place", "zone"),
    [
        ((0.0, 0.0), ("Restricted Area", "Center(C)", "Less Than 8 ft.")),
        ((-0.3, 1.0), ("Restricted Area", "Center(C)", "Less Than 8 ft.")),  # beside the rim, in front of the board
        ((1.5, 0.0), ("In The Paint (Non-RA)", "Center(C)", "Less Than 8 ft.")),
        ((4.0, 0.0), ("In The Paint (Non-RA)", "Center(C)", "8-16 ft.")),
        ((1.0, 2.35), ("In The Paint (Non-RA)", "Left Side(L)", "8-16 ft.")),
        ((0.0, -3.5), ("Mid-Range", "Right Side(R)", "8-16 ft.")),
        (around(5.5, 10), ("Mid-Range", "Center(C)", "16-24 ft.")),
        (around(5.5, 40), ("Mid-Range", "Left Side Center(LC)", "16-24 ft.")),
        (around(5.5, -80), ("Mid-Range", "Right Side(R)", "16-24 ft.")),
        ((-0.5, 7.2), ("Left Corner 3", "Left Side(L)", "24+ ft.")),
        ((-0.5, -7.2), ("Right Corner 3", "Right Side(R)", "24+ ft.")),
        ((2.5, 7.2), ("Left Corner 3", "Left Side(L)", "24+ ft.")),  # 13.4 ft from the baseline; the line breaks at 14
        ((3.2, 7.2), ("Above the Break 3", "Left Side Center(LC)", "24+ ft.")),
        (around(7.5, 0), ("Above the Break 3", "Center(C)", "24+ ft.")),
        (around(7.5, -50), ("Above the Break 3", "Right Side Center(RC)", "24+ ft.")),
        ((13.5, 1.0), ("Backcourt", "Back Court(BC)", "Back Court Shot")),
    ],
)
def test_places_that_are_known_on_the_nba_s_charts(basket, place, zone):
    found = nba_zone_at(NBA, *spot(NBA, *place, basket), basket)
    assert (found.basic, found.area, found.range) == zone


@pytest.mark.parametrize("court", COURTS, ids=lambda court: court.name)
def test_the_nba_s_charts_have_fourteen_zones_and_the_backcourt(court):
    found: set[NbaZone] = set()
    for x in np.arange(-court.length / 2, court.length / 2, 0.1):
        for y in np.arange(-court.width / 2, court.width / 2, 0.1):
            zone = nba_zone_at(court, x, y, 0)
            found.add(zone)
            if zone.basic != "Backcourt":
                assert (zone.range == "24+ ft.") == court.is_three(x, y, 0)
    corners = {(zone.range, zone.area) for zone in found}
    assert len(corners) == 15
    assert len({zone.basic for zone in found}) == 7


def test_the_ten_feet_around_the_rim_reach_past_the_lane():
    assert zone_at(NBA, *spot(NBA, 0.0, 9.9 * FOOT), 0) is Zone.PAINT_EXTENDED
    assert zone_at(NBA, *spot(NBA, 0.0, 10.1 * FOOT), 0) is Zone.LEFT_MID_RANGE
