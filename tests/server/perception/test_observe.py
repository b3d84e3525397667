"""Looks and observations: rates, camera motion, pictures of rims, cuts, detections in the frame's own pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from courtside_server.errors import EngineError, ModelInvalid
from courtside_server.inference.engine import ModelInfo, TensorSpec
from courtside_server.perception.detector import CourtDetector
from courtside_server.perception.camera_motion import CameraMotion
from courtside_server.perception.tracker import RIM_SIDE, Looker, Observer, TrackIds, rim_picture
from courtside_server.types import Detections, Frame, Look, ObjectClass

RNG = np.random.default_rng(3)
WALL = cv2.GaussianBlur(RNG.integers(0, 255, (400, 900), np.uint8), (0, 0), 5)


def frame(media: float, shift: int = 0, level: int | None = None, size=(640, 360)) -> Frame:
    """A frame of a wall, moved by ``shift`` pixels to the left, or of one brightness."""
    width, height = size
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = WALL[:height, 100 + shift : 100 + shift + width] if level is None else level
    return Frame("c", 0, media, media, media, 0, planes)


@pytest.mark.parametrize(("fps", "rate", "scale", "expected"), [(30, 30, 1, 60), (30, 15, 1, 30), (60, 15, 1, 30),
                                                              (25, 30, 1, 50), (30, 15, 2, 60)])  # fmt: skip
def test_looks_come_at_the_asked_rate_or_the_film_s(fps, rate, scale, expected):
    looker = Looker((64, 40), rate, scale)
    taken = [look for i in range(2 * fps) if (look := looker.offer(frame(i / fps))) is not None]
    assert abs(len(taken) - expected) <= 2
    assert [look.number for look in taken] == list(range(len(taken)))


def test_a_pan_is_measured_and_a_still_camera_does_not_drift():
    motion = CameraMotion()
    pans = [motion.offer(frame(i / 30, shift=4 * i).planes) for i in range(30)]
    assert pans[-1][0] == pytest.approx(-4 * 29, abs=6) and abs(pans[-1][1]) < 3
    motion.reset()
    noisy = [motion.offer(np.clip(frame(0).planes + RNG.integers(-6, 7, (540, 640)), 0, 255).astype(np.uint8))
             for _ in range(60)]  # fmt: skip
    assert np.abs(noisy).max() < 1.0


def test_a_fast_pan_over_a_bare_floor_is_measured_past_the_players_who_run_on_it():
    rng = np.random.default_rng(5)
    floor = cv2.GaussianBlur(rng.integers(0, 255, (360, 1500), np.uint8), (0, 0), 3) // 2 + 60
    players = [(rng.uniform(0, 640), rng.uniform(120, 250), rng.uniform(-14, 14)) for _ in range(8)]
    motion, step = CameraMotion(), 18
    for i in range(40):
        picture = floor[:, step * i : step * i + 640].copy()
        for x, y, speed in players:
            at = int(x + speed * i) % 620
            picture[int(y) : int(y) + 80, at : at + 20] = 20
            picture[int(y) : int(y) + 25, at : at + 20] = 240
        x, y = motion.offer(np.concatenate([picture, np.full((180, 640), 128, np.uint8)]))
        assert (x, y) == (pytest.approx(-step * i, abs=6), pytest.approx(0, abs=3))


def test_a_cut_begins_a_new_view_and_a_left_out_frame_s_cut_is_not_lost():
    looker = Looker((64, 40), 15)
    looks = [looker.offer(frame(i / 30, level=None if i < 31 else 220)) for i in range(60)]
    cuts = [look.media for look in looks if look is not None and look.cut]
    assert len(cuts) == 1 and cuts[0] == pytest.approx(31 / 30, abs=0.04)


def look(media: float, pan=(0.0, 0.0), cut: bool = False, scale: float = 1.0) -> Look:
    pixels = np.zeros((3, 384, 640), np.uint8)
    pixels[0, 100:116, 300:340] = 255
    return Look("c", 0, 0, media, media, media, pixels, scale, (0, 0), round(640 / scale), round(384 / scale), pan, cut)


def detections(*rows) -> Detections:
    boxes = np.array([row[0] for row in rows], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([row[1] for row in rows], np.float32), np.array([row[2] for row in rows]))


def test_a_resting_ball_keeps_its_track_while_the_camera_pans():
    observer = Observer(TrackIds.fresh(), 30.0)
    seen = set()
    for i in range(40):
        x = 100 + 9.0 * i
        found = detections(([x, 50, x + 10, 60], 0.8, ObjectClass.BALL))
        seen |= set(observer.observe(look(i / 30, (9.0 * i, 0.0)), found).tracks.tolist())
    assert seen == {1}


def test_rims_are_pictured_at_any_scale_with_the_rim_in_the_same_place():
    for scale in (1.0, 0.5):
        box = np.array([300, 100, 340, 116]) / scale
        picture = rim_picture(look(0.0, scale=scale), box)
        assert picture.shape == (3, RIM_SIDE, RIM_SIDE)
        red = picture[0] > 127
        # The rim is 64 / 3.2 = 20 wide, its middle 6 above the picture's.
        rows, columns = np.nonzero(red)
        assert columns.mean() == pytest.approx(31.5, abs=0.7) and rows.mean() == pytest.approx(31.5 - 6, abs=0.7)
        assert np.ptp(columns) == pytest.approx(19, abs=1.5)


def test_a_rim_at_the_picture_s_edge_is_pictured_with_grey_outside():
    picture = rim_picture(look(0.0), np.array([0.0, 0.0, 40.0, 16.0]))
    assert (picture[:, :10] == 114).all() and picture.max() <= 114


def test_a_cut_forgets_every_track():
    observer = Observer(TrackIds.fresh(), 30.0)
    ball = detections(([100, 50, 110, 60], 0.8, ObjectClass.BALL))
    assert observer.observe(look(0.0), ball).tracks.tolist() == [1]
    assert observer.observe(look(0.1, cut=True), ball).tracks.tolist() == [2]


class FakeEngine:
    def __init__(self, boxes, info=None):
        self.boxes = np.array(boxes, np.float32)
        self.given = info

    def info(self, name):
        spec = {"image": TensorSpec("image", np.dtype(np.uint8), (3, 384, 640))}
        outputs = {"boxes": TensorSpec("boxes", np.dtype(np.float32), (4, 4)),
                   "scores": TensorSpec("scores", np.dtype(np.float32), (4,)),
                   "classes": TensorSpec("classes", np.dtype(np.float32), (4,))}  # fmt: skip
        return self.given or ModelInfo(name, "1", spec, outputs, 8)

    async def infer(self, name, inputs, timeout):
        count = len(self.boxes)
        scores = np.array([[0.9, 0.05, *[0.5] * (count - 2)]], np.float32)
        return {"boxes": self.boxes[None], "scores": scores, "classes": np.zeros((1, count), np.float32)}


async def test_boxes_come_back_in_the_frame_s_pixels_cut_at_its_edges():
    detector = CourtDetector(FakeEngine([[10, 20, 30, 40], [0, 0, 5, 5], [-50, 380, 900, 500]]), "d", 1.0)
    found = await detector.detect(look(0.0, scale=0.5))
    assert found.boxes.tolist() == [[20, 40, 60, 80], [0, 760, 1280, 768]]


async def test_nan_is_an_error_that_says_what_to_do():
    detector = CourtDetector(FakeEngine([[np.nan, 20, 30, 40], [0, 0, 5, 5]]), "d", 1.0)
    with pytest.raises(EngineError, match="re-export"):
        await detector.detect(look(0.0))


def test_a_model_of_another_kind_is_refused_by_name():
    with pytest.raises(ModelInvalid, match="'image' must be uint8"):
        CourtDetector(FakeEngine([], ModelInfo("pose", "1", {}, {}, 1)), "pose", 1.0)
