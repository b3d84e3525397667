"""Action windows and stretches: what the model gets, and what becomes an event."""

from __future__ import annotations

import numpy as np
import pytest
from player_scenes import observations, pose_track

from courtside.plays import Action
from courtside_server.players.actions import ORDER, STEPS, ActionStretches, action_window, resample_poses
from courtside_server.players.config import ActionConfig
from courtside_server.players.release_windows import AnsweredWindow, ReleaseWindows


def one_hot(action: Action, probability: float = 0.9) -> np.ndarray:
    found = np.full(len(ORDER), (1 - probability) / (len(ORDER) - 1))
    found[ORDER.index(action)] = probability
    return found


def test_a_window_holds_the_pose_the_ball_and_the_speed() -> None:
    times = np.arange(0, 2.0, 0.1)
    scene = [observations(t, {4: (300 + 100 * t, 500)}, [(340 + 100 * t, 420)]) for t in np.arange(0, 2, 1 / 15)]
    window = action_window(pose_track(4, times, speed=100.0), scene, 1.9, 1.0)
    assert window.steps == STEPS and window.keypoints.shape == (STEPS, 17, 4) and window.middle == pytest.approx(1.2)
    ball_x, ball_y, known, score, speed_x, speed_y, moving = window.context[8]
    assert (known, moving) == (1, 1) and score == pytest.approx(0.9)
    assert ball_x == pytest.approx(0.2, abs=0.05) and ball_y == pytest.approx(-0.1, abs=0.05)
    assert speed_x == pytest.approx(0.5, abs=0.05) and speed_y == pytest.approx(0, abs=0.05)


def test_what_is_not_known_is_nan_in_the_pose_and_0_in_the_context() -> None:
    window = action_window(pose_track(4, np.arange(0, 0.6, 0.1)), [], 1.9, 1.0)
    assert window.steps < 8 and np.isnan(window.keypoints[-1, :, :3]).all() and not window.keypoints[-1, :, 3].any()
    assert not window.context.any()


def test_poses_are_interpolated_within_a_gap_only() -> None:
    poses = pose_track(1, np.array([0.0, 0.2, 1.0]), speed=100.0)
    found = resample_poses(poses, np.array([0.1, 0.6, 0.9]), 0.25)
    assert found[0, 0, 0] == pytest.approx(310) and np.isnan(found[1, 0, 0])
    assert found[2, 0, 0] == pytest.approx(400), "the nearest one stands for it"


def test_windows_become_stretches_with_begin_end_and_confidence() -> None:
    stretches = ActionStretches(ActionConfig(), 1.0)
    ended = []
    for step in range(20):
        action = Action.RUN if step < 10 else Action.DRIBBLE
        done, _ = stretches.push(7, step * 0.3, one_hot(action))
        ended += [done] if done else []
    ended += stretches.flush()
    assert [stretch.action for stretch in ended] == [Action.RUN, Action.DRIBBLE]
    assert ended[0].start == pytest.approx(-0.15) and ended[0].end == pytest.approx(ended[1].start)
    assert all(0.4 < stretch.confidence <= 1 for stretch in ended)


def test_one_odd_answer_breaks_no_stretch() -> None:
    stretches = ActionStretches(ActionConfig(), 1.0)
    ended = []
    for step in range(20):
        done, _ = stretches.push(7, step * 0.3, one_hot(Action.PASS if step == 9 else Action.WALK, 0.7))
        ended += [done] if done else []
    assert not ended and [stretch.action for stretch in stretches.flush()] == [Action.WALK]


def test_a_doubtful_or_short_stretch_is_no_event() -> None:
    stretches = ActionStretches(ActionConfig(), 1.0)
    for step in range(5):
        assert stretches.push(1, step * 0.3, one_hot(Action.WALK, 0.2))[1] is None
    assert stretches.flush() == []
    stretches.push(2, 0.0, one_hot(Action.SHOOT))
    assert stretches.flush() == []


def test_a_player_who_leaves_ends_his_stretch() -> None:
    stretches = ActionStretches(ActionConfig(), 1.0)
    for step in range(5):
        stretches.push(1, step * 0.3, one_hot(Action.RUN))
    assert stretches.expire(1.5) == []
    (gone,) = stretches.expire(5.0)
    assert gone.action is Action.RUN and stretches.flush() == []


def shoots(windows: ReleaseWindows, middles: list[float], found: np.ndarray, until: float) -> list[tuple[float, float]]:
    """Push windows of player 7; returns when they go on, and the probability that he shoots, rounded."""
    for middle in middles:
        windows.push(AnsweredWindow(7, middle, found))
    return [(round(one.middle, 2), round(float(one.probabilities[4]), 2)) for one in windows.ready(until)
            if one.track == 7]  # fmt: skip


def test_a_confirmed_shot_and_the_joints_say_together_that_he_shoots() -> None:
    run = one_hot(Action.RUN, 0.8)
    windows = ReleaseWindows(ActionConfig(), 1.0)
    windows.shot("s", 5.0, 7, 0.99, final=False)
    middles = [4.0, 4.6, 4.9, 5.2, 5.8]
    assert shoots(windows, middles, run, 7.3) == [(4.0, 0.02)], "windows of a shot wait until it is decided"
    windows.shot("s", 5.0, 7, 0.99, final=True)
    joined = shoots(windows, [], run, 7.4)
    assert [time for time, _ in joined] == middles[1:] and joined[-1][1] == 0.02
    assert all(0.6 < probability < 0.9 for _, probability in joined[:3]), "the joints say no: less than the shot alone"


@pytest.mark.parametrize(("shooter", "probability"), [(None, 0.99), (8, 0.99), (7, 0.05)])
def test_a_shot_that_was_none_or_another_players_changes_no_window(shooter: int | None, probability: float) -> None:
    windows = ReleaseWindows(ActionConfig(), 1.0)
    windows.shot("s", 5.0, 7, 0.9, final=False)
    windows.shot("s", 5.0, shooter, probability, final=True)
    assert all(found < 0.1 for _, found in shoots(windows, [4.6, 4.9, 5.2], one_hot(Action.RUN, 0.8), 7.4))


def test_windows_wait_for_no_shot_that_is_never_decided() -> None:
    windows = ReleaseWindows(ActionConfig(), 1.0)
    windows.shot("s", 5.0, 7, 0.9, final=False)
    assert shoots(windows, [4.9, 6.0], one_hot(Action.RUN), 9.4) == []
    assert [time for time, _ in shoots(windows, [], one_hot(Action.RUN), 9.6)] == [4.9, 6.0]
    assert windows.tracks == frozenset()


def test_where_no_joints_are_seen_the_shot_speaks_alone() -> None:
    windows, stretches = ReleaseWindows(ActionConfig(), 2.0), ActionStretches(ActionConfig(), 2.0)
    windows.shot("s", 5.0, 7, 0.99, final=True)
    assert windows.ready(5.2) == []
    for window in windows.ready(8.0):
        stretches.push(window.track, window.middle, window.probabilities)
    (shoot,) = stretches.flush()
    assert shoot.action is Action.SHOOT and shoot.start < 5.0 < shoot.end < 5.3, "half as long in film at double speed"
    assert shoot.confidence == pytest.approx(0.89, abs=0.01)
