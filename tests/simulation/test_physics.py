"""The ball: flight, bounces and the result of a release."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courtside.court.measures import make_court
from courtside_sim.areas import AREAS, Area, area_spot
from courtside_sim.physics import STEP, BallWorld, energy, solve_flight, solve_release
from courtside_sim.shooting import perfect_velocity, take_shot

COURT = make_court("nba", half=True)
WORLD = BallWorld(COURT)
RIM = COURT.rim_centre(0)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    st.floats(-3.0, 0.9),
    st.floats(-1.2, 1.2),
    st.floats(0.3, 4.5),
    st.tuples(st.floats(-6, 6), st.floats(-6, 6), st.floats(-6, 6)),
)
def test_energy_never_grows(dx: float, dy: float, z: float, velocity: tuple[float, float, float]) -> None:
    p, v = (float(RIM[0]) + dx, dy, z), velocity
    if WORLD.contact(p)[0] < 0:
        return
    before = energy(p, v)
    for _ in range(240):
        p, v, _ = WORLD.advance(p, v)
        after = energy(p, v)
        assert after <= before + 1e-6
        assert p[2] > COURT.ball_radius - 1e-3
        before = after


def test_free_flight_is_a_parabola() -> None:
    path = WORLD.fly((0.0, 0.0, 2.0), (1.0, 2.0, 3.0), 0.5)
    t = path.times
    assert path.positions[:, 0] == pytest.approx(t)
    assert path.positions[:, 2] == pytest.approx(2 + 3 * t - 0.5 * 9.81 * t * t)


def test_a_dropped_ball_bounces_like_a_basketball() -> None:
    """The official rules require a rebound of 1.2 to 1.4 m (bottom to top) when dropped from 1.8 m."""
    path = WORLD.fly((0.0, 0.0, 1.8 + COURT.ball_radius), (0.0, 0.0, 0.0), 1.6)
    after = path.positions[int(path.floor_hits[0] / STEP) :, 2]
    assert 0.95 < after.max() - COURT.ball_radius < 1.4


@pytest.mark.parametrize("court", [make_court("nba", half=True), make_court("fiba", half=True)], ids=["nba", "fiba"])
@pytest.mark.parametrize("area", AREAS)
def test_the_solved_release_goes_in_from_everywhere(court, area: Area) -> None:
    world, rng = BallWorld(court), np.random.default_rng(11)
    for _ in range(4):
        start = (*area_spot(court, area, 0, rng), rng.uniform(2.2, 2.9))
        path = world.fly(start, perfect_velocity(court, start, 0), 3.0, 0)
        assert path.made and path.result is not None


def test_a_release_turned_away_misses() -> None:
    start = (5.0, 0.0, 2.4)
    vx, vy, vz = perfect_velocity(COURT, start, 0)
    path = WORLD.fly(start, (vx, vy + 0.8, vz), 4.0, 0)
    assert not path.made and path.result is not None


def test_made_means_the_ball_fell_through_the_ring() -> None:
    rng = np.random.default_rng(5)
    made = 0
    for _ in range(30):
        start = (*area_spot(COURT, AREAS[int(rng.integers(7))], 0, rng), 2.5)
        path = take_shot(WORLD, start, 0, rng)
        x, y, z = path.at(path.result)
        assert z == pytest.approx(COURT.rim_height, abs=0.02)
        inside = math.hypot(x - RIM[0], y) < COURT.rim_radius
        assert inside == path.made
        assert (path.positions[int(path.result / STEP) + 2 :, 2] < COURT.rim_height).all()
        made += path.made
    assert 5 < made < 25


def test_a_bank_shot_comes_back_off_the_board() -> None:
    board = COURT.board_x(0)
    path = WORLD.fly((board - 1.0, 0.3, 3.6), (5.0, 0.0, 1.0), 0.6)
    assert path.positions[:, 0].max() == pytest.approx(board - COURT.ball_radius, abs=0.02)
    assert path.positions[-1, 0] < board - 0.3


def test_an_impossible_release_is_refused() -> None:
    with pytest.raises(ValueError, match="no flight at 10"):
        solve_release((0, 0, 1), (1, 0, 3), math.radians(10))


def test_a_pass_arrives_on_time() -> None:
    start, target = (0.0, 0.0, 1.4), (5.0, 2.0, 1.3)
    path = WORLD.fly(start, solve_flight(start, target, 0.6), 0.7)
    assert path.at(0.6) == pytest.approx(target, abs=0.01)
