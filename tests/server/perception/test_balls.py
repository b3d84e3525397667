"""Several balls keep their tracks through misses, crossings and things that only look like balls."""

from __future__ import annotations

from itertools import count

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from courtside_server.perception.balls import BallTracker
from courtside_server.perception.config import BallTrackingConfig
from courtside_server.types import UNTRACKED

SIZE = 12.0
METRE = SIZE / 0.24


def thrown(x: float, speed: float, up: float, time: np.ndarray) -> np.ndarray:
    """Pixels (N, 2) of a ball thrown from (x, 300)."""
    return np.stack([x + speed * METRE * time, 300 - up * METRE * time + 0.5 * 9.81 * METRE * time**2], 1)


def run(tracker: BallTracker, times: np.ndarray, balls: list[np.ndarray], seen: np.ndarray) -> list[list[int]]:
    """Ids of each ball over time, `UNTRACKED` where it was not seen; ``seen`` is (N, balls)."""
    out: list[list[int]] = [[] for _ in balls]
    for row, time in enumerate(times):
        shown = [index for index in range(len(balls)) if seen[row, index]]
        places = np.array([balls[index][row] for index in shown]).reshape(-1, 2)
        ids = tracker.update(places, np.full(len(shown), SIZE), np.full(len(shown), 0.6, np.float32), float(time))
        for index in range(len(balls)):
            out[index].append(int(ids[shown.index(index)]) if index in shown else UNTRACKED)
    return out


@settings(max_examples=40, deadline=None)
@given(
    rate=st.floats(15, 60), speed=st.floats(-6, 6), up=st.floats(3, 8), seed=st.integers(0, 10_000),
)  # fmt: skip
def test_a_flight_keeps_one_track_at_any_rate_with_a_quarter_of_it_unseen(rate, speed, up, seed):
    rng = np.random.default_rng(seed)
    times = np.arange(0, 1.4, 1 / rate)
    path = thrown(300, speed, up, times) + rng.normal(0, 0.6, (len(times), 2))
    seen = rng.random((len(times), 1)) > 0.25
    seen[:4] = True
    gaps = np.diff(times[np.flatnonzero(seen[:, 0])])
    ids = [i for i in run(BallTracker(count(1)), times, [path], seen)[0] if i != UNTRACKED]
    if gaps.max() < BallTrackingConfig().memory / 2:
        assert set(ids) == {1}


def test_two_balls_that_cross_keep_their_own_tracks():
    times = np.arange(0, 1.2, 1 / 30)
    left, right = thrown(100, 5, 6, times), thrown(380, -5, 6.4, times)
    ids = run(BallTracker(count(1)), times, [left, right], np.ones((len(times), 2), bool))
    assert set(ids[0]) == {1} and set(ids[1]) == {2}


def test_a_ball_out_of_sight_for_longer_than_memory_is_a_new_one():
    times = np.arange(0, 2, 1 / 30)
    still = np.tile([[200.0, 200.0]], (len(times), 1))
    seen = ((times < 0.5) | (times > 0.5 + BallTrackingConfig().memory + 0.1))[:, None]
    ids = [i for i in run(BallTracker(count(1)), times, [still], seen)[0] if i != UNTRACKED]
    assert ids[0] == 1 and ids[-1] == 2


def test_faint_sightings_carry_a_track_on_but_begin_none():
    tracker = BallTracker(count(1))
    place, size = np.array([[50.0, 50.0]]), np.array([SIZE])
    faint, clear = np.array([0.11], np.float32), np.array([0.5], np.float32)
    assert tracker.update(place, size, faint, 0.0).tolist() == [UNTRACKED]
    assert tracker.update(place, size, clear, 0.1).tolist() == [1]
    assert tracker.update(place, size, faint, 0.2).tolist() == [1]


def test_cameras_share_no_ids_and_a_reset_begins_anew():
    ids = count(1)
    one, other = BallTracker(ids), BallTracker(ids)
    place, size, score = np.array([[50.0, 50.0]]), np.array([SIZE]), np.array([0.9], np.float32)
    assert [t.update(place, size, score, 0.0).tolist() for t in (one, other)] == [[1], [2]]
    one.reset()
    assert one.update(place, size, score, 0.1).tolist() == [3]


def test_film_at_twice_the_speed_is_tracked_like_the_real_thing():
    times = np.arange(0, 1.2, 1 / 15)  # real seconds; the film's clock shows half of them
    path = thrown(100, 5, 6, times)
    seen = np.ones((len(times), 1), bool)
    assert set(run(BallTracker(count(1), time_scale=2.0), times / 2, [path], seen)[0]) == {1}


def test_a_ball_in_the_air_does_not_come_to_rest_on_a_spectator_s_head():
    tracker = BallTracker(count(1))
    times = np.arange(0, 2.2, 1 / 15)
    released, behind_the_crowd = 1.0, (1.15, 1.45)
    flying = thrown(300, 5, 8, np.maximum(times - released, 0))
    head = flying[np.searchsorted(times, 1.2)] + (10, -25)
    ids = []
    for time, place in zip(times, flying, strict=True):
        hidden = behind_the_crowd[0] < time < behind_the_crowd[1]
        places = np.array([head] if hidden else [head, place])
        scores = np.array([0.11] if hidden else [0.11, 0.5], np.float32)
        ids.append(tracker.update(places, np.full(len(places), SIZE), scores, float(time)).tolist())
    assert {found[0] for found in ids} == {UNTRACKED}, "the head"
    flown = [found[1] for time, found in zip(times, ids, strict=True) if time > released and len(found) > 1]
    assert len(set(flown)) == 1, "the ball, before the crowd and after"


def test_a_ball_that_rests_keeps_its_track_however_long():
    tracker = BallTracker(count(1))
    place, size = np.array([[50.0, 50.0]]), np.array([SIZE])
    found = [tracker.update(place, size, np.array([0.4], np.float32), time / 15).tolist() for time in range(45)]
    assert set(map(tuple, found)) == {(1,)}
