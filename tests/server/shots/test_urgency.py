"""Urgency: a ball in flight or near a rim needs every detector frame; a ball at rest or carried does not."""

import numpy as np
import pytest

from courtside_server.perception.config import DetectorSharingConfig
from courtside_server.shots.urgency import is_urgent
from courtside_server.types import ObjectClass, Observations

CONFIG = DetectorSharingConfig()
RIM = (600.0, 200.0, 640.0, 220.0)


def observations(positions, fps, size=20.0, rim=None):
    """One ball of 20 pixels at the given places."""
    out = []
    for index, (x, y) in enumerate(positions):
        rows = [((x - size / 2, y - size / 2, x + size / 2, y + size / 2), ObjectClass.BALL, 1)]
        if rim is not None:
            rows.append((rim, ObjectClass.RIM, 7))
        out.append(
            Observations(
                "c", 0, index / fps, index / fps, 0.0, 1280, 720, (0.0, 0.0),
                np.array([box for box, *_ in rows], np.float32), np.ones(len(rows), np.float32),
                np.array([kind for _, kind, _ in rows], np.int64), np.array([track for *_, track in rows], np.int64),
            )
        )  # fmt: skip
    return out


@pytest.mark.parametrize("fps", [6, 15])
@pytest.mark.parametrize(("speed", "urgent"), [(100, False), (600, True)])
def test_a_fast_ball_is_urgent_at_every_rate(fps, speed, urgent):
    path = [(100 + speed * index / fps, 400.0) for index in range(6)]
    assert is_urgent(observations(path, fps), 1.0, CONFIG) is urgent


def test_a_ball_that_moves_near_a_rim_is_urgent_and_one_that_rests_there_is_not():
    moving, resting = [(560.0, 190.0), (580.0, 195.0), (600.0, 200.0)], [(600.0, 200.0)] * 3
    assert is_urgent(observations(moving, 6, rim=RIM), 1.0, CONFIG)
    assert not is_urgent(observations(moving, 6), 1.0, CONFIG)
    assert not is_urgent(observations(resting, 6, rim=RIM), 1.0, CONFIG)


def test_nothing_seen_is_not_urgent():
    assert not is_urgent([], 1.0, CONFIG)
    assert not is_urgent(observations([(1.0, 1.0)], 15), 1.0, CONFIG)
