"""Writes labelled images in ultralytics' YOLO layout: images, label files and the YAML file of the data set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import yaml

from courtside_sim import FrameTruth
from courtside_training.common.splits import SPLITS
from courtside_training.detector.classes import CLASSES
from courtside_training.detector.images import LabelledImage
from courtside_training.detector.published import training_records, validation_records
from courtside_training.detector.simulated import film, held_out
from courtside_training.errors import TrainingInputError
from courtside_training.pose.skeleton import JOINTS, MIRRORED

QUALITY = 92
"""Quality of the JPEG files, 0 to 100."""

Sample = tuple[np.ndarray, list[str]]
"""An image (H, W, 3) RGB and its label lines."""


def _shares(box: np.ndarray, width: int, height: int) -> list[float]:
    """Centre, width and height as shares of the image's size, clipped to the image."""
    x0, y0, x1, y1 = np.clip(box / (width, height, width, height), 0.0, 1.0)
    return [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0]


def box_lines(labelled: LabelledImage) -> list[str]:
    """Label lines ``class x y w h`` of an image."""
    height, width = labelled.image.shape[:2]
    return [
        " ".join([str(int(kind)), *(f"{value:.6f}" for value in _shares(box, width, height))])
        for box, kind in zip(labelled.boxes, labelled.classes, strict=True)
    ]


def pose_lines(truth: FrameTruth, width: int, height: int) -> list[str]:
    """Label lines ``0 x y w h (x y visibility) * 17`` of the players in a simulated frame."""
    lines = []
    for box, points in zip(truth.boxes, truth.keypoints, strict=True):
        if box[2] <= box[0] or not (points[:, 2] == 2).any():
            continue
        values = _shares(box, width, height)
        for x, y, seen in points:
            inside = seen > 0
            values += [x / width if inside else 0.0, y / height if inside else 0.0, seen]
        lines.append(" ".join(["0", *(f"{value:.6f}" for value in values)]))
    return lines


def _boxes(images: Iterable[LabelledImage]) -> Iterator[Sample]:
    for labelled in images:
        yield labelled.image, box_lines(labelled)


def _poses(split: str, games: int, frames: int) -> Iterator[Sample]:
    low = SPLITS[split][0]
    for seed in range(low, low + games):
        filmed = film(seed)
        for time in np.linspace(0.3, filmed.seconds - 0.3, frames):
            image = filmed.camera.render(float(time))
            height, width = image.shape[:2]
            yield image[:, :, ::-1], pose_lines(filmed.camera.truth(float(time)), width, height)


def _published(data: Path | None, split: str) -> Iterator[LabelledImage]:
    if data is not None:
        for record in training_records(data) if split == "train" else validation_records(data):
            yield record.load()


def _samples(task: str, data: Path | None, split: str, games: int, frames: int) -> Iterator[Sample]:
    if task == "pose":
        yield from _poses(split, games, frames)
        return
    yield from _boxes(_published(data, split))
    yield from _boxes(held_out(SPLITS[split], games, frames))


def write_layout(
    folder: Path, task: str = "detect", data: Path | None = None, games: int = 20, frames: int = 12,
    limit: int | None = None,
) -> Path:
    """Write ``images/``, ``labels/`` and ``data.yaml`` for training and validation.

    Args:
        folder: folder to write; it is made if it is missing.
        task: ``detect`` (published and simulated frames) or ``pose`` (simulated frames only, because the published
            sets have no keypoints).
        data: folder of the published sets.
        games: simulated training games; a quarter as many, at least one, are for validation.
        frames: frames of each game.
        limit: largest number of images per split.

    Returns:
        The YAML file.

    Raises:
        TrainingInputError: the task is unknown, or `data` has no published set.
    """
    if task not in ("detect", "pose"):
        raise TrainingInputError(f"unknown task {task!r}: use detect or pose")
    for split, name in (("train", "train"), ("validation", "val")):
        images, labels = folder / "images" / name, folder / "labels" / name
        images.mkdir(parents=True, exist_ok=True)
        labels.mkdir(parents=True, exist_ok=True)
        count = games if split == "train" else max(1, games // 4)
        for index, (image, lines) in enumerate(_samples(task, data, split, count, frames)):
            if index == limit:
                break
            target = str(images / f"{index:06d}.jpg")
            cv2.imwrite(target, np.ascontiguousarray(image[:, :, ::-1]), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
            (labels / f"{index:06d}.txt").write_text("".join(line + "\n" for line in lines))
    names = dict(enumerate(CLASSES)) if task == "detect" else {0: "player"}
    layout = {"path": str(folder.resolve()), "train": "images/train", "val": "images/val", "names": names}
    if task == "pose":
        layout |= {"kpt_shape": [len(JOINTS), 3], "flip_idx": list(MIRRORED)}
    path = folder / "data.yaml"
    path.write_text(yaml.safe_dump(layout, sort_keys=False))
    return path
