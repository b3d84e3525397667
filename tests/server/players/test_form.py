from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shooter_support import form_of_player, shots_of

from courtside.shot_poses import SUFFIX, ShotPoses, read_poses, write_poses
from courtside.skeleton import MIRRORED
from courtside_server.errors import BadRequest
from courtside_server.players.comparison import baseline_of, compare
from courtside_server.players.form import form_of, joint_angle, poses_of
from courtside_server.types import Arm, PoseTrack


@pytest.fixture(scope="module")
def poses() -> ShotPoses:
    return shots_of(3, 1)[0]


def test_a_shot_is_cut_and_measured(poses) -> None:
    form = form_of(poses, height_cm=190.0)
    measures = form.measures
    assert form.motion.release == pytest.approx(poses.release, abs=0.02)
    assert 0.4 < measures.tempo < 1.6
    assert measures.arm is (Arm.RIGHT if form_of_player(3).handed > 0 else Arm.LEFT)
    assert 2.5 < measures.release_height < 5.0
    assert measures.release_height_cm == pytest.approx(measures.release_height * 0.288 * 190.0)
    assert measures.release_height_estimated
    assert measures.set_elbow < measures.release_elbow - 40.0
    assert measures.seen == 1.0


def test_a_mirrored_shot_is_of_the_other_arm(poses) -> None:
    flipped = poses.keypoints[:, MIRRORED].copy()
    flipped[..., 0] = 1280.0 - flipped[..., 0]
    one, other = form_of(poses).measures, form_of(replace(poses, keypoints=flipped)).measures
    assert {one.arm, other.arm} == {Arm.LEFT, Arm.RIGHT}
    assert other.release_elbow == pytest.approx(one.release_elbow, abs=1.0)


def test_an_arm_behind_the_body_that_is_guessed_near_the_other_one_is_not_the_shooting_arm(poses) -> None:
    keypoints = poses.keypoints.copy()
    shooting, other = ((6, 8, 10), (5, 7, 9)) if form_of(poses).measures.arm is Arm.RIGHT else ((5, 7, 9), (6, 8, 10))
    keypoints[:, other, :2] = keypoints[:, shooting, :2] - [0.0, 2.0]  # even a little higher
    keypoints[:, other[1:], 3] = 0.3
    keypoints[:, shooting, 3] = 0.98
    assert form_of(replace(poses, keypoints=keypoints)).measures.arm is form_of(poses).measures.arm


def test_film_at_twice_the_speed_gives_the_same_tempo(poses) -> None:
    fast = replace(poses, times=poses.times / 2, release=poses.release / 2, playback_speed=2.0)
    assert form_of(fast).measures.tempo == pytest.approx(form_of(poses).measures.tempo, abs=1e-6)


def test_the_camera_s_scale_gives_centimetres(poses) -> None:
    form = form_of(replace(poses, pixels_per_metre=100.0))
    assert form.measures.release_height_cm == pytest.approx(form.measures.release_height * form.torso)
    assert not form.measures.release_height_estimated


def test_hidden_joints_are_left_out_and_not_guessed(poses) -> None:
    keypoints = poses.keypoints.copy()
    keypoints[:, 7:11, 3] = 0.02  # elbows and wrists are guessed
    with pytest.raises(BadRequest, match="no shooting motion is found"):
        form_of(replace(poses, keypoints=keypoints))
    keypoints = poses.keypoints.copy()
    keypoints[:, 13:, :] = np.nan
    with pytest.raises(BadRequest, match="ankles are detected in fewer"):
        form_of(replace(poses, keypoints=keypoints))
    keypoints = poses.keypoints.copy()
    keypoints[30:34] = np.nan  # a short gap is bridged
    assert np.isfinite(form_of(replace(poses, keypoints=keypoints)).joints).all()


def test_a_player_who_leaves_the_picture_in_mid_shot_is_one_clear_error(poses) -> None:
    early = poses.times < poses.release - 0.7
    gone = replace(
        poses, times=poses.times[early], keypoints=poses.keypoints[early], heights=poses.heights[early]
    )
    with pytest.raises(BadRequest, match=r"shot shot-3-0-0: .* left the picture or was lost"):
        form_of(gone)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: replace(p, keypoints=np.full_like(p.keypoints, np.nan)), "no joint was seen"),
        (lambda p: replace(p, times=p.times[::-1]), "finite and ascending"),
        (lambda p: replace(p, release=-1.0), "release at -1.00 s is not within"),
        (lambda p: replace(p, keypoints=p.keypoints[:, :16]), "must be"),
        (lambda p: replace(p, times=p.times[:5]), "5 frames of poses; give 8 to 2000"),
        (lambda p: replace(p, playback_speed=float("nan")), "playback speed nan"),
        (lambda p: replace(p, shot_id="a\nb"), "printable"),
    ],
)  # fmt: skip
def test_poses_that_cannot_be_used_are_refused(poses, change, message) -> None:
    with pytest.raises(BadRequest, match=message):
        change(poses)


def test_wild_numbers_are_joints_that_were_not_seen(poses) -> None:
    keypoints = poses.keypoints.copy()
    keypoints[:, 0] = [np.inf, -1e30, np.nan, 7.0]
    assert np.isnan(replace(poses, keypoints=keypoints).keypoints[:, 0]).all()


def test_a_file_of_poses_reads_back_equal_and_another_file_is_refused(poses, tmp_path) -> None:
    path = tmp_path / f"one{SUFFIX}"
    write_poses(path, replace(poses, shot_id="", pixels_per_metre=88.0))
    found = read_poses(path)
    assert (found.shot_id, found.pixels_per_metre, found.release) == ("one", 88.0, poses.release)
    np.testing.assert_array_equal(found.keypoints, poses.keypoints)
    assert ShotPoses.from_proto(poses.to_proto()).times.tolist() == poses.times.tolist()
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(BadRequest, match="is not a file of a shot's poses"):
        read_poses(path)
    for write in (lambda: path.write_text("film,release\n"), lambda: np.savez(path, times=np.array([None]))):
        write()
        with pytest.raises(BadRequest, match="is not a file of a shot's poses") as refused:
            read_poses(path)
        assert "pickle" not in refused.value.message
    with pytest.raises(BadRequest, match="No such file"):
        read_poses(tmp_path / "none.npz")


def test_the_part_of_a_track_round_the_release_is_kept(poses) -> None:
    long = np.arange(0, 20, 0.1)
    track = PoseTrack("games/g/cameras/c", 4, long, np.ones((200, 17, 4), np.float32), np.ones(200, np.float32))
    kept = poses_of(track, 10.0, "shot-1")
    assert (kept.times[0], kept.times[-1]) == (pytest.approx(8.0, abs=0.11), pytest.approx(10.6, abs=0.11))
    with pytest.raises(BadRequest, match="0 frames of poses"):
        poses_of(track, 60.0)


def test_angles_of_known_joints() -> None:
    points = np.full((2, 17, 2), np.nan)
    points[0, (6, 8, 10)] = [(0, 0), (0, 1), (1, 1)]
    assert joint_angle(points, (6, 8, 10))[0] == pytest.approx(90.0)
    assert np.isnan(joint_angle(points, (6, 8, 10))[1])


def test_a_comparison_names_the_joint_that_moved_and_how_to_correct_it(poses) -> None:
    form = form_of(poses)
    assert np.nanmax(np.abs(compare(form, baseline_of([form])).difference)) == 0.0
    keypoints = poses.keypoints.copy()
    keypoints[:, 14, 0] += 0.25 * form.torso
    moved = compare(form_of(replace(poses, keypoints=keypoints)), baseline_of([form]), torso_cm=55.0)
    (worst,) = moved.worst_joints(1)
    assert (worst.joint, worst.horizontal) == ("right_knee", pytest.approx(0.25, abs=0.01))
    assert moved.corrections[20, 14] == pytest.approx([-0.25, 0.0], abs=0.01)
    assert moved.warning == ""


def test_shots_from_different_sides_are_compared_with_a_warning(poses) -> None:
    from courtside_sim.keypoints import CameraView

    behind = shots_of(3, 1, view=CameraView(np.pi, 0.14, 9.0, 210.0))[0]
    assert "different sides" in compare(form_of(poses), baseline_of([form_of(behind)])).warning
