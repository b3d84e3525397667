"""Trajectories: broken tracks are joined, two balls are told apart, the nearest rim is found."""

from __future__ import annotations

import numpy as np
import pytest
from shot_scenes import RIM, RIM_BOX, by_track, observed, play

from courtside_server.shots.criteria import TrajectoryConfig
from courtside_server.shots.trajectory import Trajectory, are_two_balls, ball_trajectories, nearest_rim, rejoin


def test_a_ball_that_rests_does_not_move_and_one_that_flies_does():
    extents = {path.track: path.extent() for path in ball_trajectories(play())}
    assert extents[1] > 10 and extents[5] < 0.1


def test_the_rim_is_the_one_the_ball_comes_nearest_to():
    two = [observed(0.0, [(RIM_BOX, RIM, 1), ((100.0, 20.0, 112.0, 24.0), RIM, 2)])]
    assert nearest_rim(two, np.array([[480.0, 90.0], [130.0, 225.0]]))[0] == pytest.approx(490)
    assert nearest_rim([observed(0.0, [])], np.zeros((1, 2))) is None


def test_a_broken_track_is_joined_and_another_ball_is_not():
    path = rejoin(by_track(play(split=1.9)), 1, 1.0, TrajectoryConfig(), 1.5)
    assert len(path) == len(play()) and path.track == 1
    assert np.ptp(path.positions[:, 0]) > 300


def test_two_balls_seen_at_once_in_two_places_are_two_balls_and_one_ball_is_not():
    one, other = (next(p for p in ball_trajectories(play()) if p.track == track) for track in (1, 5))
    assert are_two_balls(one, other, 1.0, 0.1, 3.0)
    assert not are_two_balls(one, one, 1.0, 0.1, 3.0)
    assert not are_two_balls(one, Trajectory.empty(), 1.0, 0.1, 3.0) and not are_two_balls(one, other, 9.0, 0.1, 3.0)
