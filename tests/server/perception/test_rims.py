"""Rims: believed after clear looks, steady under jitter, remembered while hidden, forgotten when gone."""

from __future__ import annotations

from itertools import count

import numpy as np

from courtside_server.perception.rims import RimTracker

RIM = np.array([300.0, 100.0, 340.0, 116.0])
VIEW = np.array([0.0, 0.0, 640.0, 360.0])
NOTHING = (np.zeros((0, 4)), np.zeros(0, np.float32))


def frames(tracker, boxes, scores, number, start=0.0, rate=30):
    for index in range(number):
        found = tracker.update(np.array(boxes).reshape(-1, 4), np.array(scores, np.float32), start + index / rate, VIEW)
    return found


def test_one_detection_is_not_enough_and_some_clear_ones_are():
    tracker = RimTracker(count(1))
    assert len(frames(tracker, [RIM], [0.5], 1)[0]) == 0
    boxes, worth, ids = frames(tracker, [RIM], [0.5], 10, 0.1)
    assert ids.tolist() == [1] and 0 < worth[0] <= 1 and np.allclose(boxes[0], RIM)


def test_faint_looks_make_no_rim():
    assert len(frames(RimTracker(count(1)), [RIM], [0.2], 200)[0]) == 0


def test_jitter_is_smoothed_away():
    rng = np.random.default_rng(1)
    tracker = RimTracker(count(1))
    shown = [
        tracker.update((RIM + rng.normal(0, 3, 4))[None], np.array([0.8], np.float32), i / 30, VIEW)[0]
        for i in range(150)
    ]
    late = np.concatenate(shown[50:])
    assert np.abs(late - RIM).max() < 4 and late.std(0).max() < 1.2


def test_a_hidden_rim_is_remembered_and_one_that_is_gone_is_forgotten():
    tracker = RimTracker(count(1))
    frames(tracker, [RIM], [0.9], 60)
    assert len(frames(tracker, *NOTHING, 60, 2.0)[0]) == 1
    assert len(frames(tracker, *NOTHING, 30 * 60, 4.0)[0]) == 0


def test_two_baskets_are_two_rims_and_one_seen_twice_is_one():
    tracker = RimTracker(count(1))
    other = RIM - [250, 0, 250, 0]
    assert len(frames(tracker, [RIM, other, RIM + 3], [0.9, 0.8, 0.5], 60)[2]) == 2


def test_a_rim_that_pans_out_of_the_picture_is_kept_but_not_shown():
    tracker = RimTracker(count(1))
    frames(tracker, [RIM], [0.9], 60)
    away = np.array([400.0, 0.0, 1040.0, 360.0])
    found = [tracker.update(*NOTHING, 2 + i / 30, away) for i in range(300)]
    assert len(found[-1][0]) == 0
    assert tracker.update(*NOTHING, 12.1, VIEW)[2].tolist() == [1]
