"""Point pairs become a calibration; feet become a position on the court and a zone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courtside.court.homography import Calibration, FloorPosition
from courtside.court.measures import FIBA, NBA
from courtside.court.zones import ZONES, Zone
from courtside.errors import BadCalibration

CORNERS = np.array([[14.0, 7.5], [14.0, -7.5], [0.0, 7.5], [0.0, -7.5], [8.2, 2.45], [8.2, -2.45]])


def seen_from(x: float, y: float, height: float, focal: float, points: np.ndarray) -> np.ndarray:
    """Pixels of floor points (N, 2) in a 1280x720 picture of a camera at (x, y, height) that looks at (9, 0, 0)."""
    ahead = np.array([9.0 - x, -y, -height])
    ahead /= np.linalg.norm(ahead)
    right = np.cross(ahead, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    down = np.cross(ahead, right)
    relative = np.column_stack([points, np.zeros(len(points))]) - [x, y, height]
    depth = relative @ ahead
    assert (depth > 1.0).all()
    return np.stack([640 + focal * (relative @ right) / depth, 360 + focal * (relative @ down) / depth], 1)


@settings(max_examples=60, deadline=None)
@given(
    x=st.floats(-5, 3), y=st.floats(-20, -10), height=st.floats(2, 9), focal=st.floats(500, 1800),
    feet=st.tuples(st.floats(1, 13.5), st.floats(-7, 7)),
)  # fmt: skip
def test_feet_are_found_where_they_stand(x, y, height, focal, feet):
    calibration = Calibration.fit(FIBA, seen_from(x, y, height, focal, CORNERS), CORNERS)
    pixel = seen_from(x, y, height, focal, np.array([feet]))[0]
    found = calibration.to_floor(*pixel)
    assert math.hypot(found.x - feet[0], found.y - feet[1]) < 0.01
    assert calibration.error < 0.01 and found.spread > 0


def test_the_spread_is_what_a_wrong_click_costs():
    view = (-4.0, -14.0, 3.0, 900.0)
    calibration = Calibration.fit(FIBA, seen_from(*view, CORNERS), CORNERS)
    far, near = (seen_from(*view, np.array([spot]))[0] for spot in ([13.0, 6.0], [1.0, -6.0]))
    assert calibration.to_floor(*far).spread > 2 * calibration.to_floor(*near).spread
    place = calibration.to_floor(*far)
    turns = np.linspace(0, 6.3, 40)
    shifted = [calibration.to_floor(far[0] + 2 * math.cos(t), far[1] + 2 * math.sin(t)) for t in turns]
    assert max(math.hypot(p.x - place.x, p.y - place.y) for p in shifted) == pytest.approx(place.spread, rel=0.15)


def test_nothing_stands_in_the_sky_or_far_away():
    calibration = Calibration.fit(FIBA, seen_from(-4.0, -14.0, 3.0, 900.0, CORNERS), CORNERS)
    assert calibration.to_floor(640, -2000) is None
    assert calibration.to_floor(640, 95) is None


def test_a_pan_moves_the_calibration_along():
    view = (-4.0, -14.0, 3.0, 900.0)
    calibration = Calibration.fit(FIBA, seen_from(*view, CORNERS), CORNERS)
    motion = np.array([[1.01, 0.002, 40.0], [-0.002, 1.01, -6.0], [1e-6, 0.0, 1.0]])
    pixel = seen_from(*view, np.array([[6.0, 2.0]]))[0]
    new = motion @ (*pixel, 1.0)
    found = calibration.moved(motion).to_floor(new[0] / new[2], new[1] / new[2])
    assert (found.x, found.y) == (pytest.approx(6.0, abs=1e-6), pytest.approx(2.0, abs=1e-6))


def test_near_the_line_two_zones_share():
    calibration = Calibration(NBA, np.eye(3), 0.0)
    rim = NBA.length / 2 - NBA.basket_inset
    on_the_arc = calibration.zone_probabilities(FloorPosition(rim - NBA.three_radius, 0.0, 0.3), 0)
    assert on_the_arc.sum() == pytest.approx(1.0)
    for zone in (Zone.MIDDLE_THREE_POINTER, Zone.MIDDLE_MID_RANGE):
        assert 0.3 < on_the_arc[ZONES.index(zone)] < 0.7
    in_the_paint = calibration.zone_probabilities(FloorPosition(rim - 1.0, 0.0, 0.1), 0)
    assert in_the_paint[ZONES.index(Zone.PAINT_EXTENDED)] == pytest.approx(1.0)


SQUARE = np.array([[100.0, 100.0], [900.0, 110.0], [1000.0, 600.0], [50.0, 620.0]])
METRES = np.array([[0.0, 7.5], [14.0, 7.5], [14.0, -7.5], [0.0, -7.5]])


@pytest.mark.parametrize(
    ("pixels", "metres", "message"),
    [
        (SQUARE[:3], METRES[:3], "calibration needs 4"),
        (SQUARE, METRES[:3], "calibration needs 4"),
        (np.where(SQUARE == 900.0, np.nan, SQUARE), METRES, "finite"),
        (np.array([[0, 0], [1, 1], [2, 2], [5, 0]], float), METRES, "one line"),
        (SQUARE, np.array([[0, 0], [1, 0], [2, 0], [3, 0]], float), "one line"),
        (np.repeat(SQUARE[:1], 4, 0), METRES, "one line"),
        (SQUARE[[0, 1, 3, 2]], METRES, "horizon"),
        (np.vstack([SQUARE, [[500, 300]]]), np.vstack([METRES, [[14.0, 7.0]]]), "click it again"),
    ],
)
def test_points_that_make_no_court_are_refused(pixels, metres, message):
    with pytest.raises(BadCalibration, match=message):
        Calibration.fit(FIBA, pixels, metres)
