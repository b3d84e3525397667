"""SpaceJam's clips as keypoints: joints found in the crops of single players, without ball and without velocity.

A folder has one JPEG per clip, 16 crops of 128 x 176 pixels side by side, and `labels.csv` with file, label and hard
(1 where a published R(2+1)D errs). Licence unstated: such clips are for measuring, never for training.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.actions.classes import CONTEXT, JOINTS, LABELS, STEPS
from courtside_training.actions.windows import Array, Window
from courtside_training.errors import TrainingInputError
from courtside_training.pose.crops import crop_matrix, cut, invert, transform

WIDTH, HEIGHT = 128, 176
COVERED = 19
"""Rows at the top with a burnt-in line of text, which are covered with the row below them."""
SIDE = 256
"""Side of the pose network's crop in pixels."""
MARGIN = 1.25
"""Side of the pose network's crop relative to the longer side of the player's box."""

Pose = Callable[[NDArray[np.uint8]], Array]
"""From crops (N, 3, 256, 256) uint8 RGB to keypoints (N, 17, 4) in pixels of the crop."""


@dataclass(frozen=True)
class Labelled:
    """N clips: their window, class numbers (N,), file names, and which are hard (N,)."""

    window: Window
    labels: NDArray[np.int64]
    names: list[str]
    hard: NDArray[np.bool_]


def pose_model(path: Path, threads: int = 1) -> Pose:
    """The pose network `player_pose` 2 under ONNX Runtime.

    Raises:
        TrainingInputError: the file is missing, or no such model.
    """
    import onnxruntime as ort

    if not path.is_file():
        raise TrainingInputError(f"no pose model at {path}: give --pose the model.onnx of player_pose 2 or later")
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3
    try:
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        why = type(error).__name__
        raise TrainingInputError(f"{path} is no readable ONNX model ({why}): name a model.onnx") from error
    if [tuple(entry.shape[1:]) for entry in session.get_inputs()] != [(3, SIDE, SIDE)]:
        raise TrainingInputError(f"{path} does not read crops of {SIDE} x {SIDE}: take player_pose 2 or later")

    def run(crops: NDArray[np.uint8]) -> Array:
        found: Array = session.run(["keypoints"], {session.get_inputs()[0].name: crops})[0]
        return found

    return run


def keypoints_of(frames: NDArray[np.uint8], pose: Pose) -> Array:
    """Keypoints (16, 17, 4) in pixels of a clip (16, 176, 128, 3), BGR."""
    matrix = crop_matrix(np.array([0.0, 0.0, WIDTH, HEIGHT]), MARGIN, (SIDE, SIDE))
    crops = []
    for frame in frames:
        covered = frame.copy()
        covered[:COVERED] = covered[COVERED]
        crops.append(cut(covered, matrix, (SIDE, SIDE))[..., ::-1].transpose(2, 0, 1))
    found = pose(np.ascontiguousarray(np.stack(crops)))
    back = invert(matrix)
    places = transform(found[..., :2].astype(np.float64), back)
    scale = float(np.sqrt(abs(np.linalg.det(back[:, :2]))))
    return np.concatenate([places, found[..., 2:3] * scale, found[..., 3:4]], -1).astype(np.float32)


def read(folder: Path, pose: Pose, report: Callable[[], None] | None = None) -> Labelled:
    """All clips of a folder; `report` is called after each one.

    Raises:
        TrainingInputError: the folder has no table, or a clip is missing or has another size.
    """
    table = folder / "labels.csv"
    try:
        with table.open(newline="") as file:
            rows = list(csv.DictReader(file))
        labels = [LABELS.index(row["label"].replace("_", " ")) for row in rows]
        hard = [row.get("hard") == "1" for row in rows]
    except (OSError, KeyError, ValueError) as error:
        why = type(error).__name__
        raise TrainingInputError(f"{table} is no table of file, label and hard ({why}): name another folder") from error
    if not rows:
        raise TrainingInputError(f"{table} lists no clip: name another folder")
    found = []
    for row in rows:
        sheet = cv2.imread(str(folder / row["file"]))
        if sheet is None or sheet.shape != (HEIGHT, STEPS * WIDTH, 3):
            raise TrainingInputError(f"{folder / row['file']} is not {STEPS} crops of {WIDTH} x {HEIGHT} side by side")
        frames = sheet.reshape(HEIGHT, STEPS, WIDTH, 3).transpose(1, 0, 2, 3)
        found.append(keypoints_of(frames, pose))
        if report:
            report()
    keypoints = np.stack(found).reshape(-1, STEPS, JOINTS, 4)
    context = np.zeros((len(rows), STEPS, len(CONTEXT)), np.float32)
    return Labelled(Window(keypoints, context), np.array(labels), [row["file"] for row in rows], np.array(hard))
