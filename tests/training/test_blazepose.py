"""BlazePose from its .tflite file: wrong files, and parity with an interpreter of the format where one is installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests_support import FOOTAGE

from courtside_training.errors import TrainingInputError
from courtside_training.pose.agreement import agreement, square_crop
from courtside_training.pose.blazepose import BlazePose, ServedBlazePose

WEIGHTS = FOOTAGE.parent / "weights"
LITE = WEIGHTS / "pose_landmark_lite.tflite"
needs_weights = pytest.mark.skipif(not LITE.is_file(), reason=f"no published BlazePose weights at {WEIGHTS}")


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x00\x00\x00\x00TFL3" + bytes(40)])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pose.tflite"
    path.write_bytes(content)
    with pytest.raises(TrainingInputError, match="tflite"):
        BlazePose(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingInputError, match=r"absent\.tflite cannot be read"):
        BlazePose(tmp_path / "absent.tflite")


@needs_weights
def test_keypoints_of_a_crop_are_finite_and_the_batch_is_free() -> None:
    network = ServedBlazePose(BlazePose(LITE)).eval()
    crops = torch.from_numpy(np.random.default_rng(0).integers(0, 255, (2, 3, 256, 256), dtype=np.uint8))
    with torch.no_grad():
        both, person = network(crops)
        one, _ = network(crops[1:])
    assert both.shape == (2, 17, 4) and person.shape == (2, 1)
    assert torch.isfinite(both).all() and ((both[..., 3] >= 0) & (both[..., 3] <= 1)).all()
    torch.testing.assert_close(both[1:], one, atol=0.05, rtol=1e-3)


@needs_weights
def test_landmarks_equal_those_of_the_files_own_interpreter() -> None:
    interpreter = pytest.importorskip("ai_edge_litert.interpreter", reason="ai-edge-litert is not installed")
    runner = interpreter.Interpreter(str(LITE), num_threads=1)
    runner.allocate_tensors()
    crop = np.random.default_rng(1).random((1, 256, 256, 3), np.float32)
    runner.set_tensor(runner.get_input_details()[0]["index"], crop)
    runner.invoke()
    expected = {one["name"]: runner.get_tensor(one["index"]) for one in runner.get_output_details()}
    with torch.no_grad():
        landmarks, person = BlazePose(LITE).eval()(torch.from_numpy(crop.transpose(0, 3, 1, 2).copy()))
    np.testing.assert_allclose(landmarks.reshape(1, -1), expected["Identity"], atol=0.02)
    np.testing.assert_allclose(person, expected["Identity_1"], atol=1e-3)


def test_agreement_counts_joints_within_reach_and_exchanged_sides() -> None:
    truth = np.zeros((2, 17, 4), np.float32)
    truth[:, (5, 6), :2], truth[:, (11, 12), :2] = ((120, 80), (80, 80)), ((110, 180), (90, 180))
    truth[..., 3] = 1
    other = truth.copy()
    other[1, [5, 6]] = other[1, [6, 5]]
    other[0, 0, 0] += 30
    crops, sure = np.zeros((2, 3, 256, 256), np.uint8), np.ones((2, 1), np.float32)
    found = agreement(lambda some: (other, sure), lambda some: (truth, sure), crops)
    assert found["swapped"] == 0.5 and found["person"] == 1.0
    assert found["pck"]["nose"] == 0.5 and found["pck"]["left_wrist"] == 1.0


def test_a_crop_is_square_rgb_and_black_outside_the_picture() -> None:
    image = np.full((100, 100, 3), (255, 0, 0), np.uint8)  # blue, as OpenCV reads it
    crop = square_crop(image, np.array([0.0, 0.0, 20.0, 80.0]))
    assert crop.shape == (3, 256, 256)
    assert crop[:, 128, 128].tolist() == [0, 0, 255] and crop[:, 128, 2].tolist() == [0, 0, 0]
