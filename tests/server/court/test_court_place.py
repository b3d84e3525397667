"""Zones of feet on a court: errors of the feet, of the court, and doubt about who shot are carried through."""

from __future__ import annotations

import numpy as np
import pytest

from courtside.court.homography import Calibration
from courtside.court.measures import FIBA
from courtside.court.zones import ZONES, Zone
from courtside_server.court.court_place import Feet, court_place

PIXELS = 40.0
"""Of one metre, seen from above."""
COURT = Calibration(FIBA, np.array([[1 / PIXELS, 0, 0], [0, -1 / PIXELS, 400 / PIXELS], [0, 0, 1.0]]), 0.0)
RIM = FIBA.rim_centre(0)


def feet(ahead: float, left: float, error: float = 0.1, share: float = 1.0) -> Feet:
    """Feet so many metres ahead of the rim and to its left, with an error in metres."""
    return Feet((RIM[0] - ahead) * PIXELS, 400 - left * PIXELS, error * PIXELS, error * PIXELS, share)


def shares(people, error=0.1) -> dict[Zone, float]:
    found = court_place((COURT,), (1.0,), error, people)
    assert sum(found.zone) == pytest.approx(1)
    return dict(zip(ZONES, found.zone, strict=True))


def test_feet_that_are_inexact_leave_the_zone_beyond_a_near_line_open():
    near = FIBA.three_straight + 0.36
    assert shares([feet(0.0, near, 0.1)])[Zone.LEFT_WING_THREE_POINTER] > 0.97
    doubtful = shares([feet(0.0, near, 0.4)])
    assert 0.1 < doubtful[Zone.LEFT_MID_RANGE] < 0.3
    assert shares([feet(0.0, near, 0.1)], error=0.4) == pytest.approx(doubtful, abs=0.05)
    assert shares([feet(0.0, near, 0.4)], error=0.4)[Zone.LEFT_MID_RANGE] > doubtful[Zone.LEFT_MID_RANGE]


def test_who_may_be_the_shooter_shares_the_zones_with_him():
    defender = feet(0.0, FIBA.three_straight - 1.2, share=0.4)
    found = court_place((COURT,), (1.0,), 0.1, [feet(0.0, 7.2, share=0.6), defender])
    assert found.court == pytest.approx((RIM[0], 7.2))
    both = dict(zip(ZONES, found.zone, strict=True))
    assert both[Zone.LEFT_WING_THREE_POINTER] == pytest.approx(0.6, abs=0.02)
    assert both[Zone.LEFT_MID_RANGE] == pytest.approx(0.4, abs=0.02)


def test_feet_above_the_horizon_or_far_off_the_court_have_no_place():
    assert court_place((COURT,), (1.0,), 0.1, [feet(60.0, 0.0)]) is None
    assert court_place((COURT,), (1.0,), 0.1, []) is None
