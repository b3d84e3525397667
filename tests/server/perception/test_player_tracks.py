"""Players keep their ids through gaps, and no two cameras share one."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from courtside_server.perception.appearance import APPEARANCE_SIZE, appearances
from courtside_server.perception.config import PlayerTrackingConfig
from courtside_server.perception.players import PlayerTracker
from courtside_server.perception.tracker import Tracker, TrackIds
from courtside_server.types import UNTRACKED, Detections, DetectorFrame, ObjectClass

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


def test_tracks_are_bounded_and_the_one_seen_longest_ago_ends_first():
    tracker = PlayerTracker(itertools.count(1), config=PlayerTrackingConfig(max_tracks=8))
    first = [tracker.update(box(0), sure(1), index / 15)[0] for index in range(3)][-1]
    for index in range(3, 60):
        tracker.update(box(1000.0 * (index // 3)), sure(1), index / 15)
    assert len(tracker._tracks) <= 9
    assert [tracker.update(box(0), sure(1), 4 + index / 15)[0] for index in range(3)][-1] not in (UNTRACKED, first)


RED, BLUE = (200, 30, 30), (30, 30, 200)


def scene(boxes: np.ndarray, kits: list[tuple[int, int, int]], pan: tuple[float, float] = (0.0, 0.0)) -> DetectorFrame:
    """A grey picture with players of one colour each."""
    pixels = np.full((3, 360, 640), 120, np.uint8)
    for (x0, y0, x1, y1), kit in zip(boxes.astype(int), kits, strict=True):
        pixels[:, y0:y1, max(x0, 0) : max(x1, 0)] = np.array(kit, np.uint8)[:, None, None]
    return DetectorFrame("c", 0, 0, 0.0, 0.0, 0.0, pixels, 1.0, (0, 0), 640, 360, pan, False)


def tracked(tracker: PlayerTracker, places: list[float], kits: list[tuple[int, int, int]], media: float) -> list[int]:
    boxes = np.concatenate([box(x) for x in places])
    return tracker.update(boxes, sure(len(boxes)), media, appearances(scene(boxes, kits), boxes)).tolist()


def meet(kits: list[tuple[int, int, int]], turn: bool) -> tuple[list[int], list[int]]:
    """Ids before and after two players meet, of whom only one is seen meanwhile, and turn back or go on."""
    tracker, before = PlayerTracker(itertools.count(1)), []
    for index in range(46):
        off = 110 - 5 * index
        place = [300 - off, 300 + off] if not turn or off > 0 else [300 + off, 300 - off]
        shown = slice(0, 1 if abs(off) <= 12 else 2)
        ids = tracked(tracker, place[shown], kits[shown], index / 15)
        before = ids if index == 10 else before
    return before, ids


def test_players_of_two_kits_keep_their_ids_whether_they_cross_or_turn():
    for turn in (True, False):
        before, after = meet([RED, BLUE], turn)
        assert before == after and len(set(after) - {UNTRACKED}) == 2, turn
        assert meet([RED, BLUE], turn) == (before, after), "the same film gives the same ids"


def test_players_of_one_kit_keep_their_ids_where_they_cross():
    before, after = meet([RED, RED], turn=False)
    assert before == after and len(set(after) - {UNTRACKED}) == 2


def test_who_leaves_the_picture_comes_back_under_his_id_and_another_kit_is_somebody_else():
    for kit, same in ((RED, True), (BLUE, False)):
        tracker = PlayerTracker(itertools.count(1))
        first = [tracked(tracker, [90 - 6 * index, 500], [RED, BLUE], index / 15)[0] for index in range(14)][-1]
        for index in range(14, 60):
            tracked(tracker, [500], [BLUE], index / 15)
        again = [tracked(tracker, [20 + 6 * index, 500], [kit, BLUE], 4 + index / 15)[0] for index in range(8)]
        assert (again[-1] == first) is same and again[-1] != UNTRACKED


def test_a_box_round_a_part_of_a_player_is_not_somebody_who_comes_back():
    tracker = PlayerTracker(itertools.count(1))
    for index in range(10):
        tracked(tracker, [200, 260], [RED, RED], index / 15)
    for index in range(10, 25):
        tracked(tracker, [200], [RED], index / 15)
    part = np.concatenate([box(200), box(202)])
    found = [tracker.update(part, np.array([0.9, 0.6], np.float32), 25 / 15 + index / 15) for index in range(12)]
    assert all((ids != UNTRACKED).sum() == 1 for ids in found[:5])
    assert len(set(found[-1].tolist()) - {UNTRACKED}) == 2, "whoever stays gets an id in the end"


def test_boxes_that_are_none_are_nobodys():
    boxes = np.concatenate([box(100), [[np.nan, 0, 10, 10]], [[50, 50, 50, 90]], [[900, 10, 940, 90]]])
    boxes = boxes.astype(np.float32)
    known = appearances(scene(box(100), [RED]), boxes)
    assert known.shape == (4, APPEARANCE_SIZE) and np.isfinite(known).all(1).tolist() == [True, False, False, False]
    tracker = PlayerTracker(itertools.count(1))
    ids = [tracker.update(boxes, sure(4), index / 15, known).tolist() for index in range(3)][-1]
    assert ids[1:3] == [UNTRACKED] * 2 and UNTRACKED not in (ids[0], ids[3])


def test_a_camera_that_jerks_does_not_lose_the_players():
    tracker, seen = Tracker(TrackIds.fresh()), set()
    for index in range(8):
        pan = 200.0 * (index % 2)
        boxes = np.concatenate([box(40 + pan), box(140 + pan)])
        frame = replace(scene(boxes, [RED, RED], (pan, 0.0)), media=index / 7.5)
        detections = Detections(boxes, sure(2), np.full(2, ObjectClass.PLAYER))
        seen.add(tuple(tracker.update(frame, detections).tracks.tolist()))
    assert len(seen - {(UNTRACKED, UNTRACKED)}) == 1


def test_players_of_a_scene_that_comes_back_keep_their_ids_and_those_of_another_are_new():
    rng = np.random.default_rng(0)
    hall, close_up = (rng.integers(0, 255, (3, 6, 8)).astype(np.uint8).repeat(60, 1).repeat(80, 2) for _ in range(2))
    tracker, seen = Tracker(TrackIds.fresh()), []
    for index in range(40):
        elsewhere = 15 <= index < 25
        found = np.concatenate([box(100), box(300)])[:1 if elsewhere else 2]
        pixels = (close_up if elsewhere else hall).copy()
        for (x0, y0, x1, y1), kit in zip(found.astype(int), (RED, BLUE), strict=False):
            pixels[:, y0:y1, x0:x1] = np.array(kit, np.uint8)[:, None, None]
        frame = replace(scene(found, [RED, BLUE][: len(found)]), pixels=pixels, media=index / 15, cut=index in (15, 25))
        detections = Detections(found, sure(len(found)), np.full(len(found), ObjectClass.PLAYER))
        seen.append(tracker.update(frame, detections).tracks.tolist())
    assert seen[14] == seen[-1] and UNTRACKED not in seen[-1]
    assert seen[24][0] not in (UNTRACKED, *seen[14])
