"""Detector frames and tracks: rates, camera motion, rim crops, cuts, detections in the camera's own pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from courtside_server.errors import EngineError, ModelInvalid
from courtside_server.inference.engine import ModelInfo, TensorSpec
from courtside_server.perception.camera_motion import CameraMotion
from courtside_server.perception.detector import CourtDetector
from courtside_server.perception.frame_sampler import FrameSampler
from courtside_server.perception.rim_crop import CROP_SIDE, rim_crop
from courtside_server.perception.tracker import Tracker, TrackIds
from courtside_server.types import Detections, DetectorFrame, Frame, ObjectClass

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
def test_detector_frames_come_at_the_configured_rate_or_the_film_s(fps, rate, scale, expected):
    sampler = FrameSampler(lambda *_: (64, 40), rate, scale)
    taken = [found for i in range(2 * fps) if (found := sampler.push(frame(i / fps, 8 * (i % 2)))) is not None]
    assert abs(len(taken) - expected) <= 2
    assert [found.number for found in taken] == list(range(len(taken)))


def test_a_pan_is_measured_and_a_still_camera_does_not_drift():
    motion = CameraMotion()
    pans = [motion.update(frame(i / 30, shift=4 * i).planes) for i in range(30)]
    assert pans[-1][0] == pytest.approx(-4 * 29, abs=6) and abs(pans[-1][1]) < 3
    motion.reset()
    noisy = [motion.update(np.clip(frame(0).planes + RNG.integers(-6, 7, (540, 640)), 0, 255).astype(np.uint8))
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
        x, y = motion.update(np.concatenate([picture, np.full((180, 640), 128, np.uint8)]))
        assert (x, y) == (pytest.approx(-step * i, abs=6), pytest.approx(0, abs=3))


def test_a_cut_starts_a_new_scene_and_the_cut_of_a_skipped_frame_is_not_lost():
    sampler = FrameSampler(lambda *_: (64, 40), 15)
    frames = [sampler.push(frame(i / 30, level=None if i < 31 else 220)) for i in range(60)]
    cuts = [found.media for found in frames if found is not None and found.cut]
    assert len(cuts) == 1 and cuts[0] == pytest.approx(31 / 30, abs=0.04)


def detector_frame(media: float, pan=(0.0, 0.0), cut: bool = False, scale: float = 1.0) -> DetectorFrame:
    pixels = np.zeros((3, 384, 640), np.uint8)
    pixels[0, 100:116, 300:340] = 255
    size = round(640 / scale), round(384 / scale)
    return DetectorFrame("c", 0, 0, media, media, media, pixels, scale, (0, 0), *size, pan, cut)


def detections(*rows) -> Detections:
    boxes = np.array([row[0] for row in rows], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([row[1] for row in rows], np.float32), np.array([row[2] for row in rows]))


def test_a_resting_ball_keeps_its_track_while_the_camera_pans():
    tracker = Tracker(TrackIds.fresh())
    seen = set()
    for i in range(40):
        x = 100 + 9.0 * i
        found = detections(([x, 50, x + 10, 60], 0.8, ObjectClass.BALL))
        seen |= set(tracker.update(detector_frame(i / 30, (9.0 * i, 0.0)), found).tracks.tolist())
    assert seen == {1}


def test_crops_show_the_rim_in_the_same_place_at_any_scale():
    for scale in (1.0, 0.5):
        box = np.array([300, 100, 340, 116]) / scale
        crop = rim_crop(detector_frame(0.0, scale=scale), box)
        assert crop.shape == (3, CROP_SIDE, CROP_SIDE)
        red = crop[0] > 127
        # The rim is 64 / 3.2 = 20 wide, its middle 6 above the crop's.
        rows, columns = np.nonzero(red)
        assert columns.mean() == pytest.approx(31.5, abs=0.7) and rows.mean() == pytest.approx(31.5 - 6, abs=0.7)
        assert np.ptp(columns) == pytest.approx(19, abs=1.5)


def test_a_crop_at_the_frame_s_edge_is_grey_outside():
    crop = rim_crop(detector_frame(0.0), np.array([0.0, 0.0, 40.0, 16.0]))
    assert (crop[:, :10] == 114).all() and crop.max() <= 114


def test_a_cut_forgets_every_track():
    tracker = Tracker(TrackIds.fresh())
    ball = detections(([100, 50, 110, 60], 0.8, ObjectClass.BALL))
    assert tracker.update(detector_frame(0.0), ball).tracks.tolist() == [1]
    assert tracker.update(detector_frame(0.1, cut=True), ball).tracks.tolist() == [2]


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

    def answer(self):
        count = len(self.boxes)
        scores = np.array([[0.9, 0.05, *[0.5] * (count - 2)]], np.float32)
        return {"boxes": self.boxes[None], "scores": scores, "classes": np.zeros((1, count), np.float32)}


def test_boxes_come_back_in_the_frame_s_pixels_cut_at_its_edges():
    engine = FakeEngine([[10, 20, 30, 40], [0, 0, 5, 5], [-50, 380, 900, 500]])
    request = CourtDetector(engine, "d", 1.0).request(detector_frame(0.0, scale=0.5))
    assert request.inputs["image"].shape == (1, 3, 384, 640)
    found = request.parse(engine.answer())
    assert found.boxes.tolist() == [[20, 40, 60, 80], [0, 760, 1280, 768]]


def test_nan_is_an_error_that_says_what_to_do():
    engine = FakeEngine([[np.nan, 20, 30, 40], [0, 0, 5, 5]])
    with pytest.raises(EngineError, match="export it again"):
        CourtDetector(engine, "d", 1.0).request(detector_frame(0.0)).parse(engine.answer())


def test_a_model_of_another_kind_is_refused_by_name():
    with pytest.raises(ModelInvalid, match="no input 'image', the service needs it as uint8"):
        CourtDetector(FakeEngine([], ModelInfo("pose", "1", {}, {}, 1)), "pose", 1.0)
