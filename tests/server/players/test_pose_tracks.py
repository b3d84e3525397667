"""Pose tracks: smoothed without lag, safe against NaN, nobody else's pose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from player_scenes import pose, pose_track

from courtside_server.players.config import PoseConfig
from courtside_server.players.pose_tracks import OneEuroFilter, PoseTracks
from courtside_server.types.players import Pose


def tracks() -> PoseTracks:
    return PoseTracks("games/g/cameras/c", PoseConfig(), 1.0)


def test_jitter_at_rest_is_smoothed_and_a_fast_hand_does_not_lag() -> None:
    rng, smooth = np.random.default_rng(0), OneEuroFilter(PoseConfig())
    still, fast = [], []
    for step in range(60):
        keypoints = pose(1, 0.0).keypoints.copy()
        keypoints[:, :2] += rng.normal(0, 4, (17, 2))
        wrist = 300 + max(step - 30, 0) * 20.0  # 300 px = 1.5 heights per second
        keypoints[10, 0] = wrist
        out = smooth(keypoints, step / 15, 200.0)
        still.append(out[0, 0])
        fast.append(wrist - out[10, 0])
    assert np.std(still[10:]) < 3
    assert max(fast[34:]) < 20, "less than one frame behind"


def test_a_joint_that_was_not_found_stays_so_and_is_found_again() -> None:
    smooth = OneEuroFilter(PoseConfig())
    keypoints = pose(1, 0.0).keypoints.copy()
    smooth(keypoints, 0.0, 200.0)
    lost = keypoints.copy()
    lost[9] = np.nan, np.nan, np.nan, 0
    assert np.isnan(smooth(lost, 0.1, 200.0)[9, :3]).all()
    again = smooth(keypoints, 2.0, 200.0)
    np.testing.assert_allclose(again, keypoints, rtol=1e-6)


@given(arrays(np.float32, (6, 17, 4), elements=st.floats(-1e5, 1e5, width=32) | st.just(float("nan"))))
def test_nan_never_spreads_to_other_joints(values: np.ndarray) -> None:
    smooth = OneEuroFilter(PoseConfig())
    for step, keypoints in enumerate(values):
        out = smooth(keypoints, step / 10, 100.0)
        found = np.isfinite(keypoints[:, :3]).all(axis=1)
        assert np.isfinite(out[found, :3]).all()


def test_no_person_and_a_neighbours_pose_are_left_out() -> None:
    kept = tracks()
    assert kept.add(pose(1, 0.0, person=0.1)) is None
    own = pose(1, 0.1)
    neighbour = replace(own, keypoints=own.keypoints + np.array([90, 0, 0, 0], np.float32))
    assert kept.add(neighbour) is None
    assert kept.add(own) is not None


def test_a_pose_of_nan_is_left_out() -> None:
    one = pose(1, 0.0)
    assert tracks().add(Pose(1, 0.0, np.full((17, 4), np.nan, np.float32), 1.0, one.box)) is None


def test_poses_are_kept_by_time_and_found() -> None:
    kept = tracks()
    for step in range(100):
        kept.add(pose(3, step / 10))
    assert kept.add(pose(3, 5.0)) is None, "older than the newest"
    found = kept.track(3, 6.0, 7.0)
    assert found is not None and len(found) == 11 and found.times[0] == 6.0
    newest = kept.nearest(3, 20.0)
    assert newest is not None and newest.media == 9.9
    near = kept.nearest(3, 7.04)
    assert near is not None and near.media == 7.0
    assert kept.track(4) is None and kept.nearest(4, 0) is None
    assert kept.track(3, 0.0, 1.0) is None, "older than the memory"


def test_a_pose_track_counts_its_poses() -> None:
    assert len(pose_track(1, np.arange(5) / 10)) == 5
