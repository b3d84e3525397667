"""What is known of the players round a release: who had the ball, who shoots, whose hands are near."""

from __future__ import annotations

import numpy as np
import pytest
from player_scenes import FPS, observations, pose

from courtside_server.players.actions import ORDER
from courtside_server.players.config import ReleaseConfig
from courtside_server.players.possession import Holder
from courtside_server.players.release_evidence import PlayersAtRelease

RELEASE = 2.0


def shooting(probability: float) -> np.ndarray:
    found = np.full(len(ORDER), (1 - probability) / 9)
    found[[action.name for action in ORDER].index("SHOOT")] = probability
    return found


def test_the_evidence_round_a_release_is_whose_it_is_and_grows_until_all_is_known() -> None:
    poses = {1: pose(1, RELEASE, x=300), 2: pose(2, RELEASE, x=420)}
    known = PlayersAtRelease(ReleaseConfig(), 1.0, lambda track, media: poses[track])
    seen = [observations(RELEASE - step / FPS, {1: (300, 500), 2: (420, 500)}) for step in range(8, -1, -1)]
    media = np.array([one.media for one in seen])
    balls = np.tile([262.0, 390.0, 282.0, 410.0], (len(seen), 1))  # at the hand of player 1
    nothing = known.at(media, balls, seen, RELEASE)
    assert known.progress(RELEASE) == 0 and nothing[1].held == 0 and nothing[1].shoots is None
    assert nothing[1].hands == pytest.approx(0, abs=0.02) and nothing[2].hands > 0.2
    steps = []
    for frame in range(80):
        at = frame / FPS
        known.add_holder(Holder(at, 1 if at < RELEASE else None, 0.9))
        steps.append(known.progress(RELEASE))
    known.add_action(1, RELEASE, shooting(0.8))
    known.add_action(1, RELEASE + 2, shooting(0.9))  # the next shot
    evidence = known.at(media, balls, seen, RELEASE)
    assert evidence[1].held == pytest.approx(0.9, abs=0.1) and evidence[2].held == 0
    assert evidence[1].shoots == pytest.approx(0.8) and evidence[2].shoots is None
    assert steps == sorted(steps) and steps[-1] == steps[60] > steps[20]
    assert known.at(media[:0], balls[:0], seen, RELEASE)[1].hands is None
