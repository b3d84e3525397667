"""Areas of the floor from which simulated attacks shoot."""

import numpy as np
import pytest

from courtside.court.measures import NBA, make_court
from courtside_sim.areas import AREAS, Area, area_at, area_spot


@pytest.mark.parametrize("area", AREAS)
def test_a_spot_drawn_for_an_area_lies_in_it(area: Area) -> None:
    rng = np.random.default_rng(3)
    for court in (NBA, make_court("fiba", half=True)):
        for _ in range(20):
            x, y = area_spot(court, area, 0, rng)
            assert area_at(court, x, y, 0) is area
            assert abs(y) < court.width / 2 and abs(x) < court.length / 2
            assert court.is_three(x, y, 0) == (area not in (Area.PAINT, Area.MID_RANGE))
