"""Features of a candidate: measured the same for every camera, and unknown where nothing was seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shot_scenes import PLAYER, RIM, play

from courtside_server.shots.features import Feature, candidate_features
from courtside_server.shots.trajectory import Trajectory, ball_trajectories, nearest_rim
from courtside_server.types import Lifecycle
from courtside_server.windows.nms import ShotCandidate
from courtside_training.candidate.data import FEATURES, PLAYERS
from courtside_training.candidate.data import RIM as RIM_COLUMNS

SHOT = ShotCandidate(0, Lifecycle.CONFIRMED, 0.9, 1.0, 1.0, 0.02, None, 0.5, 5, 9, "m:1", 1.0, tracks=(1,))


def measured(film, scale=1.0):
    path = {one.track: one for one in ball_trajectories(film)}[1]
    return candidate_features(SHOT, path, nearest_rim(film, path.positions), film, scale)


def without(film, kind):
    out = []
    for one in film:
        kept = one.classes != kind
        names = ("boxes", "scores", "classes", "tracks")
        out.append(replace(one, **{name: getattr(one, name)[kept] for name in names}))
    return out


def test_a_shot_rises_from_the_hands_and_comes_to_the_rim():
    found = measured(play())
    assert np.isfinite(found).all()
    assert found[Feature.RISE] > 2 and found[Feature.RIM_DISTANCE] < 1 and found[Feature.OVER_RIM] > 0.5
    assert found[Feature.HAND_DISTANCE] < 0.3 and found[Feature.SHARE_SEEN] > 0.9 and found[Feature.MISFIT] < 0.3


@pytest.mark.parametrize(("kind", "columns"), [(RIM, RIM_COLUMNS), (PLAYER, PLAYERS)])
def test_what_is_not_in_view_is_unknown_and_changes_nothing_else(kind, columns):
    whole, blind = measured(play()), measured(without(play(), kind))
    assert np.isnan(blind[list(columns)]).all()
    seen = Feature.RIM_SEEN if kind == RIM else Feature.PLAYERS_SEEN
    assert (whole[seen], blind[seen]) == (1, 0)
    others = [column for column in Feature if column not in (*columns, seen)]
    assert blind[others] == pytest.approx(whole[others])


def test_a_ball_that_was_never_seen_says_nothing():
    found = candidate_features(SHOT, Trajectory.empty(), None, play(), 1.0)
    assert found[Feature.SHARE_SEEN] == 0
    assert np.isnan(found[[Feature.RISE, Feature.MISFIT, Feature.RIM_DISTANCE, Feature.HAND_DISTANCE]]).all()
    assert np.isfinite(candidate_features(SHOT, Trajectory.empty(), None, [], 1.0)[Feature.SCORE])


def test_features_do_not_depend_on_the_size_of_the_picture():
    larger = [
        replace(one, boxes=one.boxes * 2, width=one.width * 2, height=one.height * 2) for one in play()
    ]
    assert measured(larger) == pytest.approx(measured(play()), abs=1e-3)


def test_the_columns_are_those_that_the_network_was_trained_with():
    assert tuple(column.name.lower() for column in Feature) == FEATURES
