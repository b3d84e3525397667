"""Made, missed or unknown: answers of the rim model add up, and an air ball is missed."""

from __future__ import annotations

import numpy as np
import pytest
from shot_scenes import RIM_BOX, play

from courtside_server.shots.criteria import ResultConfig
from courtside_server.shots.result import ResultVote, is_air_ball
from courtside_server.shots.trajectory import Trajectory, ball_trajectories
from courtside_server.types import ShotResult


@pytest.mark.parametrize(
    ("answers", "expected"),
    [([[0.1, 0.85, 0.05]] * 3, ShotResult.MADE), ([[0.05, 0.05, 0.9]] * 3, ShotResult.MISSED),
     ([[0.9, 0.1, 0.0]] * 50, ShotResult.UNKNOWN), ([[0.1, 0.85, 0.05]], ShotResult.UNKNOWN),
     ([[0.1, 0.47, 0.43]] * 9, ShotResult.UNKNOWN)],
)  # fmt: skip
def test_a_result_is_emitted_when_answers_agree(answers, expected):
    vote = ResultVote(ResultConfig())
    for row in answers:
        vote.add(np.array(row))
    assert vote.result is expected


def test_few_answers_settle_a_result_when_no_more_will_come():
    vote = ResultVote(ResultConfig())
    assert vote.final is ShotResult.UNKNOWN
    vote.add(np.array([0.3, 0.1, 0.6]))
    assert (vote.result, vote.final) == (ShotResult.UNKNOWN, ShotResult.MISSED)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [([0.8, 0.02, 0.18], ShotResult.MISSED), ([0.8, 0.09, 0.11], ShotResult.UNKNOWN),
     ([0.95, 0.0, 0.05], ShotResult.UNKNOWN)],
)  # fmt: skip
def test_an_undecided_shot_gets_a_result_only_where_the_last_answer_is_clear(answers, expected):
    vote = ResultVote(ResultConfig())
    vote.add(np.array([0.8, 0.18, 0.02]))
    vote.add(np.array(answers))
    assert (vote.result, vote.final) == (ShotResult.UNKNOWN, expected)


@pytest.mark.parametrize(("beside", "expected"), [(0.0, False), (4.0, True)])
def test_a_ball_that_falls_past_the_rim_without_touching_it_is_an_air_ball(beside, expected):
    rim = np.array(RIM_BOX) + beside * (RIM_BOX[2] - RIM_BOX[0]) * np.array([1, 0, 1, 0])
    path = next(path for path in ball_trajectories(play()) if path.track == 1)
    assert is_air_ball(path, rim, 1.0, ResultConfig()) is expected
    rising = path.media < 1.8
    short = Trajectory(1, path.media[rising], path.positions[rising], path.sizes[rising], path.scores[rising])
    assert not is_air_ball(short, rim, 1.0, ResultConfig()) and not is_air_ball(path, None, 1.0, ResultConfig())
