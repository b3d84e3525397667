"""Between whole frames the detector sees only where balls are expected; people and rims are carried on."""

from __future__ import annotations

from dataclasses import replace
from itertools import count, pairwise

import numpy as np
import pytest

from courtside_server.inference.engine import ModelInfo, TensorSpec
from courtside_server.perception.balls import BallPrediction, BallTracker
from courtside_server.perception.config import RegionConfig
from courtside_server.perception.detector import CourtDetector
from courtside_server.perception.detector_plan import DetectorPlan
from courtside_server.perception.regions import choose_regions, distinct
from courtside_server.perception.tracker import Tracker, TrackIds
from courtside_server.shots.criteria import ShooterConfig
from courtside_server.shots.shooter import find_feet
from courtside_server.types import Detections, DetectorFrame, ObjectClass

CONFIG = RegionConfig()


def frame(media: float, pan=(0.0, 0.0), cut: bool = False, whole: bool = True) -> DetectorFrame:
    """A frame of 1280 x 720 at half its size, with a bar of 12 pixels above."""
    pixels = np.zeros((3, 384, 640), np.uint8)
    return DetectorFrame("c", 0, 0, media, media, media, pixels, 0.5, (0, 12), 1280, 720, pan, cut, whole)


def found(*rows) -> Detections:
    boxes = np.array([row[0] for row in rows], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([row[1] for row in rows], np.float32), np.array([row[2] for row in rows]))


def ball(x, y, radius=30.0, unseen=0.05, priority=1.5) -> BallPrediction:
    return BallPrediction(x, y, radius, unseen, priority)


# ---- which frames ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fps", "scale", "every"), [
    (15, 1.0, 3), (7.5, 0.5, 3), (12.5, 1.0, 2), (10, 1.0, 2), (7.5, 1.0, 1), (5, 1.0, 1), (30, 1.0, 6),
])  # fmt: skip
def test_whole_frames_come_as_often_as_the_plan_says(fps, scale, every):
    plan = DetectorPlan(scale)
    wholes = [plan.whole(frame(index / fps)) for index in range(30)]
    assert wholes == [index % every == 0 for index in range(30)]


def test_a_cut_a_gap_and_a_detector_of_one_size_need_whole_frames():
    plan = DetectorPlan()
    assert [plan.whole(frame(media)) for media in (0.0, 1 / 15, 0.5)] == [True, False, True]
    assert plan.whole(frame(0.55, cut=True))
    assert all(DetectorPlan(parts=False).whole(frame(index / 15)) for index in range(3))


def test_where_no_ball_is_known_every_second_frame_is_seen_whole():
    plan = DetectorPlan()
    seen = [plan.whole(frame(index / 15)) or plan.search(frame(index / 15)) for index in range(9)]
    assert 1 / 3 < sum(seen) / 9 <= 2 / 3
    assert all(one or other for one, other in pairwise(seen))


@pytest.mark.parametrize("ahead", [1, 2, 4])
def test_how_far_ahead_frames_are_planned_changes_nothing(ahead):
    """A film gives the same events however busy the machine is."""
    times = np.cumsum(np.random.default_rng(3).choice([1 / 15, 1 / 12, 2 / 15], 60)).tolist()

    def seen(ahead):
        plan, planned, out = DetectorPlan(), [], []
        for index, media in enumerate(times):
            while len(planned) < min(index + ahead, len(times)):
                planned.append(plan.whole(frame(times[len(planned)])))
            out.append(planned[index] or (index % 7 < 4 and plan.search(frame(media))))
        return out

    assert seen(ahead) == seen(3)


# ---- which parts -----------------------------------------------------------------------------------------------------


def test_balls_at_rest_are_left_to_the_whole_frames():
    """A ball in a hand, a head, a lamp: most tracks of a picture do not move."""
    still, flying = replace(ball(900, 300), moves=False), ball(300, 300)
    only = choose_regions([still, flying], frame(0.0), CONFIG)
    assert only == choose_regions([flying], frame(0.0), CONFIG) and len(only.corners) == 1
    assert choose_regions([still], frame(0.0), CONFIG).corners == ()


def test_a_track_is_at_rest_once_its_speed_is_known():
    tracker = BallTracker(count(1))
    for step, moves in enumerate((True, True, False)):
        tracker.update(np.array([[100.0, 200.0]]), np.array([20.0]), np.array([0.6], np.float32), step / 15)
        (expected,) = tracker.predictions((step + 1) / 15)
        assert expected.moves is moves
    for step in range(3, 6):  # thrown upwards, 15 of its sizes per second
        tracker.update(np.array([[100.0, 240.0 - 20 * step]]), np.array([20.0]), np.array([0.6], np.float32), step / 15)
    assert any(expected.moves for expected in tracker.predictions(6 / 15))


def test_a_region_lies_round_the_ball_where_the_camera_points_now():
    regions = choose_regions([ball(600, 300)], frame(0.0, pan=(40.0, -20.0)), CONFIG)
    assert regions is not None and regions.side == 128 and len(regions.corners) == 1
    (left, top), centre = regions.corners[0], ((600 + 40) * 0.5, (300 - 20) * 0.5 + 12)
    assert left % 32 == top % 32 == 0
    assert left + 47 <= centre[0] <= left + 81 and top + 47 <= centre[1] <= top + 81
    assert regions.share(frame(0.0)) == pytest.approx(128**2 / (384 * 640))


def test_balls_near_each_other_share_a_region_and_the_least_of_many_have_none():
    near = choose_regions([ball(600, 300, 10), ball(610, 305, 10)], frame(0.0), CONFIG)
    assert near is not None and len(near.corners) == 1
    many = choose_regions([ball(100 + 250 * i, 300, priority=1 + i / 10) for i in range(5)], frame(0.0), CONFIG)
    assert many is not None and len(many.corners) == CONFIG.max_balls
    assert min(x for x, _ in many.corners) > 64, "those with the least priority are on the left"


@pytest.mark.parametrize("balls", [
    [], [ball(600, 300, unseen=0.3)], [ball(600, 300, priority=0.3)], [ball(600, 300, radius=700)],
    [ball(200, 300, 150), ball(700, 300, 150), ball(1200, 300, 150)],
])  # fmt: skip
def test_the_whole_frame_is_needed_where_no_ball_is_known_or_parts_cost_as_much(balls):
    assert choose_regions(balls, frame(0.0), CONFIG) is None


def test_regions_at_the_edge_lie_in_the_picture():
    regions = choose_regions([ball(-20, 0), ball(1300, 719)], frame(0.0), CONFIG)
    assert regions is not None
    cut = regions.cut(np.arange(3 * 384 * 640, dtype=np.int64).reshape(3, 384, 640).astype(np.uint8))
    assert cut.shape == (len(regions.corners), 3, regions.side, regions.side)


# ---- what is found ---------------------------------------------------------------------------------------------------


class Engine:
    def info(self, name):
        image = TensorSpec("image", np.dtype(np.uint8), (3, -1, -1))
        outputs = {"boxes": (4, 4), "scores": (4,), "classes": (4,)}
        specs = {key: TensorSpec(key, np.dtype(np.float32), shape) for key, shape in outputs.items()}
        sizes = {"width": "640", "height": "384", "multiple": "32"}
        return ModelInfo(name, "1", {"image": image}, specs, 8, parameters=sizes)


def test_balls_of_regions_come_in_the_frame_s_pixels_each_once_and_never_cut_in_two():
    detector = CourtDetector(Engine(), "d", 1.0)
    regions = choose_regions([ball(300, 300, 10), ball(480, 300, 10)], frame(0.0), CONFIG)
    assert regions is not None and len(regions.corners) == 2
    (left, top), (right, _) = regions.corners
    assert 0 < right - left < 128, "they overlap"
    request = detector.request_regions(frame(0.0), regions)
    assert request.inputs["image"].shape == (2, 3, 128, 128)
    shift = right - left
    boxes = np.zeros((2, 4, 4), np.float32)
    boxes[0, 0], boxes[1, 0] = [shift + 10, 50, shift + 20, 60], [10.5, 50, 20.5, 60]  # the same ball
    boxes[0, 1] = [122, 20, 130, 28]  # at an edge where the picture goes on
    boxes[0, 2] = [40, 40, 60, 90]  # a player
    scores = np.array([[0.9, 0.8, 0.7, 0], [0.6, 0, 0, 0]], np.float32)
    classes = np.array([[0, 0, 2, 0], [0, 0, 0, 0]], np.float32)
    answer = request.parse({"boxes": boxes, "scores": scores, "classes": classes})
    assert answer.scores.tolist() == pytest.approx([0.9]) and answer.classes.tolist() == [0]
    corner = np.array([left + shift + 10, top + 50 - 12]) / 0.5
    assert answer.boxes.tolist() == [pytest.approx([*corner, *(corner + 20)])]


def test_boxes_whose_middle_lies_in_a_better_one_are_left_out():
    boxes = np.array([[0, 0, 10, 10], [3, 3, 12, 12], [20, 0, 30, 10]], np.float32)
    assert distinct(boxes).tolist() == [0, 2] and distinct(boxes[:0]).tolist() == []


# ---- tracks ----------------------------------------------------------------------------------------------------------


def test_people_go_on_rims_stay_and_the_ball_is_tracked_through_frames_seen_in_part():
    tracker, rim = Tracker(TrackIds.fresh()), ([900, 200, 960, 220], 0.9, ObjectClass.RIM)
    last, regions = None, []
    for index in range(31):
        x, media = 100 + 8.0 * index, index / 15
        flying = ([300 + 12 * index, 300, 316 + 12 * index, 316], 0.8, ObjectClass.BALL)
        now = frame(media, pan=(2.0 * index, 0.0))
        if index % 3:
            regions.append(tracker.regions(now))
            last = tracker.update(replace(now, whole=False), found(flying))
        else:
            person = ([x, 300, x + 60, 480], 0.9, ObjectClass.PLAYER)
            last = tracker.update(now, found(flying, rim, person))
    assert last is not None and all(regions)
    for index in (31, 32):
        now = frame(index / 15, pan=(2.0 * index, 0.0), whole=False)
        last = tracker.update(now, found())
    (player,), (basket,) = last.rows(ObjectClass.PLAYER), last.rows(ObjectClass.RIM)
    assert last.boxes[player] == pytest.approx([100 + 8 * 32, 300, 160 + 8 * 32, 480], abs=1.0)
    assert last.tracks[player] == 1 and last.tracks[basket] == 1 and last.scores[basket] > 0.3
    cut = frame(3.0, cut=True)
    assert tracker.regions(cut) is None and not len(tracker.update(cut, found()).tracks)


def test_a_thing_that_stays_is_no_ball_however_often_only_its_place_is_searched():
    """What is seen in part says nothing of how often something is in its place."""
    tracker = Tracker(TrackIds.fresh())
    lamp = ([500, 100, 512, 112], 0.3, ObjectClass.BALL)
    for index in range(40):
        tracker.update(frame(index / 15, whole=not index % 3), found(lamp))
    assert len(tracker._balls._static._past) <= 5


def test_the_feet_are_those_of_whole_frames():
    """A person who is carried on is a guess; one below the others would be taken for the place before a jump."""
    seen = []
    tracker = Tracker(TrackIds.fresh())
    for index in range(12):
        bottom = 480 if index % 3 == 0 else 520
        now = tracker.update(frame(index / 15), found(([100, 300, 160, bottom], 0.9, ObjectClass.PLAYER)))
        seen.append(replace(now, whole=index % 3 == 0))
    feet = find_feet(seen, 1, 11 / 15, 1.0, ShooterConfig())
    assert (feet.x, feet.y) == pytest.approx((130, 480), abs=1.0)
