"""The detector's input has the shape of the film, at the area that the network is tuned for."""

from __future__ import annotations

import numpy as np
import pytest

from courtside_server.errors import ModelInvalid
from courtside_server.inference.engine import ModelInfo, TensorSpec
from courtside_server.inference.onnx.engine import EmbeddedEngine
from courtside_server.packaged import starter_models
from courtside_server.perception.camera_motion import CameraMotion
from courtside_server.perception.detector import CourtDetector
from courtside_server.perception.frame_sampler import FrameSampler
from courtside_server.perception.input_size import InputSize
from courtside_server.types import Frame


def info(shape=(3, -1, -1), **parameters) -> ModelInfo:
    image = TensorSpec("image", np.dtype(np.uint8), shape)
    texts = {key: str(value) for key, value in parameters.items()}
    return ModelInfo("d", "1", {"image": image}, {}, 8, parameters=texts, source="config.pbtxt")


@pytest.mark.parametrize(("film", "size"), [
    ((1280, 720), (640, 384)), ((1920, 1080), (640, 384)), ((854, 480), (640, 384)), ((426, 240), (640, 384)),
    ((720, 1280), (384, 640)), ((480, 848), (384, 640)), ((640, 480), (576, 416)), ((700, 700), (480, 480)),
    ((2560, 1080), (768, 320)), ((100, 2000), (128, 1024)), ((2000, 100), (1024, 128)),
])  # fmt: skip
def test_a_film_of_any_shape_fills_its_picture(film, size):
    found = InputSize.read(info(width=640, height=384, multiple=32), "image").of(*film)
    assert found == size
    if max(film) < 3 * min(film):
        scale = min(found[0] / film[0], found[1] / film[1])
        assert film[0] * film[1] * scale**2 > 0.85 * found[0] * found[1], "less than a seventh is bars"


def test_a_model_of_one_size_gets_it_always():
    assert InputSize.read(info((3, 384, 640)), "image").of(720, 1280) == (640, 384)


@pytest.mark.parametrize("parameters", [
    {}, {"width": 640, "height": 384}, {"width": 640, "height": 380, "multiple": 32},
    {"width": 640, "height": 384, "multiple": "many"}, {"width": 4096, "height": 384, "multiple": 32},
])  # fmt: skip
def test_free_sizes_without_usable_parameters_are_refused(parameters):
    with pytest.raises(ModelInvalid, match=r"config\.pbtxt must name the usual ones"):
        InputSize.read(info(**parameters), "image")


async def test_the_shipped_detector_takes_a_vertical_film_whole():
    engine = EmbeddedEngine(starter_models(), threads=1)
    try:
        await engine.start(["court_detector"])
        detector = CourtDetector(engine, "court_detector", 5.0)
        sampler = FrameSampler(detector.input_size, 15)
        planes = np.full((848 * 3 // 2, 480), 120, np.uint8)
        frame = sampler.push(Frame("c", 0, 0.0, 0.0, 0.0, 0, planes))
        assert frame is not None and frame.pixels.shape == (3, 640, 384)
        assert frame.scale == pytest.approx(362 / 480) and frame.margin == (11, 0)
        request = detector.request(frame)
        assert request.parse(await engine.infer(request.model, request.inputs, timeout=5)).boxes.shape[1] == 4
    finally:
        await engine.close()


def test_the_pan_of_a_vertical_camera_is_measured_in_its_own_pixels():
    rng, motion = np.random.default_rng(4), CameraMotion()
    scene = rng.integers(0, 256, (80, 60), dtype=np.uint8).repeat(10, 0).repeat(10, 1)
    for step in range(8):
        picture = scene[100 - 6 * step :, 40 + 3 * step :][:640, :360]
        pan = motion.update(np.concatenate([picture, np.full((320, 360), 128, np.uint8)]))
        assert pan == pytest.approx((-3 * step, 6 * step), abs=1.5)
    assert motion.update(np.full((540, 640), 128, np.uint8)) == (0.0, 0.0), "the camera was turned: it starts again"
