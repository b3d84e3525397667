"""Players keep their ids through gaps, and no two cameras share one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from courtside_server.perception.config import PlayerTrackingConfig
from courtside_server.perception.players import UNTRACKED, PlayerTracker

TALL = 80.0


def box(x: float, y: float = 200.0) -> np.ndarray:
    return np.array([[x - 15, y - TALL / 2, x + 15, y + TALL / 2]], np.float32)


def sure(count: int) -> np.ndarray:
    return np.full(count, 0.9, np.float32)


def test_two_players_keep_their_ids_whatever_the_order_of_detections():
    tracker = PlayerTracker(itertools.count(1))
    rng = np.random.default_rng(0)
    seen = []
    for index in range(30):
        boxes = np.concatenate([box(100 + 3 * index), box(500 - 3 * index)])
        order = rng.permutation(2)
        ids = tracker.update(boxes[order], sure(2), index / 15)
        seen.append(ids[np.argsort(order)].tolist())
    assert seen[-1] == seen[5] and len(set(seen[-1])) == 2 and UNTRACKED not in seen[-1]


@pytest.mark.parametrize("rate", [8.0, 15.0, 30.0])
def test_a_hidden_player_comes_back_under_his_id_at_any_rate(rate: float):
    tracker = PlayerTracker(itertools.count(1), config=PlayerTrackingConfig(memory=1.5))
    ids = {}
    for index in range(int(4 * rate)):
        time = index / rate
        hidden = 1.5 < time < 2.3
        boxes = np.concatenate([box(100 + 20 * time), box(400)][hidden:])
        found = tracker.update(boxes, sure(len(boxes)), time)
        ids[time] = found[0] if not hidden else None
    early = [value for time, value in ids.items() if 0.8 < time < 1.4]
    late = [value for time, value in ids.items() if time > 3.0]
    assert len(set(early) | set(late)) == 1


def test_whoever_is_gone_for_long_is_somebody_new():
    tracker = PlayerTracker(itertools.count(1), config=PlayerTrackingConfig(memory=1.0))
    first = [tracker.update(box(100), sure(1), index / 15)[0] for index in range(10)]
    for index in range(10, 70):
        tracker.update(box(500), sure(1), index / 15)
    again = [tracker.update(np.concatenate([box(500), box(100)]), sure(2), index / 15)[1] for index in range(70, 80)]
    assert again[-1] not in (UNTRACKED, first[-1])


def test_ids_are_unique_across_cameras_and_resets():
    ids = itertools.count(1)
    cameras = [PlayerTracker(ids) for _ in range(3)]
    given = set()
    for turn in range(2):
        for tracker in cameras:
            for index in range(6):
                last = tracker.update(box(100), sure(1), turn * 10 + index / 15)
            given.add(int(last[0]))
            tracker.reset()
    assert len(given) == 6 and UNTRACKED not in given


def test_nothing_in_view_and_faint_detections_are_no_tracks():
    tracker = PlayerTracker(itertools.count(1))
    nothing = np.zeros((0, 4), np.float32)
    for index in range(5):
        assert tracker.update(nothing, sure(0), index / 15).shape == (0,)
    faint = [tracker.update(box(100), np.array([0.1], np.float32), 1 + index / 15)[0] for index in range(6)]
    assert set(faint) == {UNTRACKED}


def test_a_runner_whose_boxes_do_not_overlap_keeps_his_id():
    tracker = PlayerTracker(itertools.count(1))
    rng = np.random.default_rng(0)
    ids = [
        tracker.update(box(100 + 36 * index + rng.normal(0, 2)), sure(1), index / 15)[0] for index in range(20)
    ]
    assert ids[0] == UNTRACKED and len(set(ids[1:])) == 1


def test_a_weak_detection_carries_a_track_on_and_begins_none():
    tracker = PlayerTracker(itertools.count(1))
    weak = np.array([0.3], np.float32)
    assert all(tracker.update(box(100), weak, index / 15)[0] == UNTRACKED for index in range(4))
    known = [tracker.update(box(100), sure(1), index / 15)[0] for index in range(4, 8)][-1]
    assert [tracker.update(box(100), weak, index / 15)[0] for index in range(8, 12)] == [known] * 4 != [UNTRACKED] * 4


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_memory_is_in_real_seconds(scale: float):
    tracker = PlayerTracker(itertools.count(1), scale, PlayerTrackingConfig(memory=1.0))
    first = [tracker.update(box(100), sure(1), index / 15)[0] for index in range(5)][-1]
    back = [tracker.update(box(100), sure(1), 4 / 15 + 0.7 + index / 15)[0] for index in range(3)][-1]
    assert (back == first) == (scale == 1.0)


def test_hours_of_short_tracks_are_forgotten():
    tracker = PlayerTracker(itertools.count(1))
    for index in range(2000):
        x = 100 + 400 * (index // 2 % 5)
        tracker.update(np.concatenate([box(x), box(x + 2000)]), sure(2), index * 0.8)
    assert len(tracker._known) <= 300
