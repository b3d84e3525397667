"""Shots as joint tracks, and the keypoints a pose network reports for them."""

import math

import numpy as np
import pytest

from courtside_sim.forms import draw_form
from courtside_sim.keypoints import CameraView, PoseNoise, draw_view, noisy_keypoints, project
from courtside_sim.sequences import SHOT_TYPES, STEP_BACK, shot_sequence, shot_sequences

FRONT = CameraView(0.3, 0.1, 9.0, 210.0)
CLEAN = PoseNoise().scaled(0.0)


@pytest.fixture(scope="module")
def shots():
    rng = np.random.default_rng(5)
    return shot_sequences([draw_form(rng) for _ in range(30)], [index % 3 for index in range(30)], rng)


def test_the_hands_are_high_at_the_release_and_low_in_the_motion(shots) -> None:
    for shot in shots:
        wrist = 10 if shot.handed > 0 else 9
        height = shot.joints[:, wrist, 2] - shot.joints[:, (5, 6), 2].mean(1)
        assert shot.gather < shot.release < len(shot.times)
        assert shot.times[shot.gather] >= shot.gather_time > shot.times[shot.gather - 1]
        assert height[shot.release] > 0.25
        assert height[shot.gather : shot.release].min() < -0.15


def test_nobody_moves_faster_than_a_person_and_bones_keep_their_length(shots) -> None:
    for shot in shots:
        step = np.diff(shot.times).mean()
        assert np.linalg.norm(np.diff(shot.joints[:, 11], axis=0), axis=-1).max() / step < 7.5
        thigh = np.linalg.norm(shot.joints[:, 11] - shot.joints[:, 13], axis=-1)
        assert thigh == pytest.approx(np.full(len(thigh), thigh[0]), rel=1e-3)


def test_a_step_back_goes_back_and_a_side_step_aside(shots) -> None:
    hips = [shot.joints[:, (11, 12), :2].mean(1) for shot in shots]
    for shot, path in zip(shots, hips, strict=True):
        moved = path[shot.release] - path[shot.gather]
        if SHOT_TYPES[shot.shot_type] == "step back":
            assert moved[0] < -0.2
        elif SHOT_TYPES[shot.shot_type] == "side step":
            assert abs(moved[1]) > 0.2
        else:
            assert abs(moved[1]) < 0.25


def test_the_same_generator_gives_the_same_shot_and_players_differ_more_than_shots() -> None:
    one, other = draw_form(np.random.default_rng(1)), draw_form(np.random.default_rng(2))
    first, again = (shot_sequence(one, STEP_BACK, np.random.default_rng(9), height=1.9) for _ in range(2))
    assert np.array_equal(first.joints, again.joints)

    def release(form, seed):
        shot = shot_sequence(form, 0, np.random.default_rng(seed), height=1.9)
        return shot.joints[shot.release] - shot.joints[shot.release, 5]

    own = np.mean([np.abs(release(one, seed) - release(one, seed + 50)).mean() for seed in range(6)])
    theirs = np.mean([np.abs(release(one, seed) - release(other, seed + 50)).mean() for seed in range(6)])
    assert theirs > 1.5 * own


def test_unknown_types_and_uneven_lengths_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="shot types must be 0 to 2"):
        shot_sequence(draw_form(rng), 3, rng)
    with pytest.raises(ValueError, match="1 forms but 2 shot types"):
        shot_sequences([draw_form(rng)], [0, 1], rng)


def test_a_perfect_network_sees_the_projection_and_a_real_one_makes_mistakes(shots) -> None:
    rng = np.random.default_rng(0)
    track = noisy_keypoints(shots[0].joints, FRONT, CLEAN, rng)
    assert track[..., :2] == pytest.approx(project(shots[0].joints, FRONT)[0], abs=1e-3)
    seen = [noisy_keypoints(shot.joints, draw_view(rng), PoseNoise(), rng) for shot in shots]
    missing = np.mean([np.isnan(track[..., 0]).mean() for track in seen])
    assert 0.01 < missing < 0.12
    for track in seen:
        assert ((track[..., 2] == 0) == np.isnan(track[..., 0])).all()
        assert track[..., 2].max() <= 1


def test_a_person_of_two_metres_is_as_tall_in_the_picture_as_the_view_says() -> None:
    body = np.zeros((1, 17, 3))
    body[0, 0, 2] = 2.0
    pixels, _ = project(body, CameraView(1.0, 0.0, 12.0, 200.0))
    assert np.ptp(pixels[0, :, 1]) == pytest.approx(200.0, rel=0.02)
    left = np.array([[[0.0, 1.0, 1.2]]])
    assert project(left, CameraView(0.0, 0.0, 9.0, 200.0))[0][0, 0, 0] > 640
    assert project(left, CameraView(math.pi, 0.0, 9.0, 200.0))[0][0, 0, 0] < 640
