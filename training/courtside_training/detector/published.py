"""Published detection data: COCO annotations (broadcast frames) and YOLO text labels (players17).

Both sets were exported as squares of 640x640 pixels, squeezed from 16:9 frames. They are widened when they are loaded.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.detector.classes import COCO_NAMES, RIM, YOLO_NAMES
from courtside_training.detector.images import LabelledImage, no_ignore
from courtside_training.errors import TrainingInputError

ASPECT = 16 / 9
"""Width over height of the original frame of a squeezed square."""
RING_ASPECT = 2.75
"""Width over height of a ring's box: the median of the widened broadcast set."""
FOLDERS = {"train": ("broadcast_train", "players17/train"), "valid": ("broadcast_valid", "players17/valid")}
"""Folders that `training_records` and the evaluation read in a data folder."""


@dataclass(frozen=True)
class Record:
    """One labelled image on disk: `boxes` (N, 4) xyxy as shares of the image's size, `classes` (N,)."""

    path: Path
    boxes: NDArray[np.float64]
    classes: NDArray[np.int64]

    def load(self) -> LabelledImage:
        """Read the image; a square one is widened to 16:9.

        Raises:
            TrainingInputError: the image is missing or damaged.
        """
        image = cv2.imread(str(self.path)) if self.path.is_file() else None
        if image is None:
            raise TrainingInputError(f"{self.path} is not a readable image: restore it or remove it from the labels")
        height, width = image.shape[:2]
        if width == height:
            width = round(height * ASPECT)
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
        boxes = (self.boxes * (width, height, width, height)).astype(np.float32)
        return LabelledImage(np.ascontiguousarray(image[:, :, ::-1]), boxes, self.classes, no_ignore())


def _record(path: Path, boxes: list[list[float]], classes: list[int]) -> Record:
    kept = np.clip(np.array(boxes, float).reshape(-1, 4), 0.0, 1.0)
    large = ((kept[:, 2:] - kept[:, :2]) > 0).all(1)
    return Record(path, kept[large], np.array(classes, np.int64)[large])


def coco_records(folder: Path) -> list[Record]:
    """Labelled images of a folder with ``_annotations.coco.json``; categories without a class here are left out.

    Raises:
        TrainingInputError: there are no annotations, or they are not in COCO's layout.
    """
    path = folder / "_annotations.coco.json"
    if not path.is_file():
        raise TrainingInputError(f"no {path.name} in {folder}: give a folder in COCO layout")
    try:
        held = json.loads(path.read_text())
        names = {category["id"]: category["name"] for category in held["categories"]}
        boxes, classes = defaultdict(list), defaultdict(list)
        sizes = {image["id"]: (image["width"], image["height"]) for image in held["images"]}
        for note in held["annotations"]:
            kind = COCO_NAMES.get(names[note["category_id"]])
            if kind is None:
                continue
            (x, y, w, h), (width, height) = note["bbox"], sizes[note["image_id"]]
            boxes[note["image_id"]].append([x / width, y / height, (x + w) / width, (y + h) / height])
            classes[note["image_id"]].append(kind)
        return [
            _record(folder / image["file_name"], boxes[image["id"]], classes[image["id"]])
            for image in sorted(held["images"], key=lambda image: image["file_name"])
        ]
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        reason = f"{type(error).__name__} {error}"
        raise TrainingInputError(f"{path} is not in COCO's layout ({reason}): export it again") from error


def yolo_records(folder: Path, names: Path | None = None) -> list[Record]:
    """Labelled images of a folder with ``images/`` and ``labels/`` (class, centre x, y, width, height as shares).

    Args:
        folder: folder of one split.
        names: the ``data.yaml`` with the class names; None for the one beside the split's folder.

    Raises:
        TrainingInputError: missing files, or a label line that cannot be read.
    """
    import yaml

    names = names or folder.parent / "data.yaml"
    if not names.is_file() or not (folder / "images").is_dir():
        raise TrainingInputError(f"{folder} is not in YOLO layout: it needs images/, labels/ and {names}")
    listed = yaml.safe_load(names.read_text()).get("names", [])
    listed = list(listed.values()) if isinstance(listed, dict) else list(listed)
    records = []
    for image in sorted((folder / "images").glob("*.jpg")):
        label = folder / "labels" / (image.stem + ".txt")
        boxes, classes = [], []
        for number, line in enumerate(label.read_text().splitlines() if label.is_file() else [], 1):
            if not line.strip():
                continue
            try:
                kind, x, y, w, h = (float(word) for word in line.split())
                name = listed[int(kind)]
            except (ValueError, IndexError) as error:
                raise TrainingInputError(
                    f"{label} line {number} is not a box of a known class: {line!r}; correct it"
                ) from error
            if name in YOLO_NAMES:
                boxes.append([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
                classes.append(YOLO_NAMES[name])
        records.append(_record(image, boxes, classes))
    return records


def ring_only(record: Record) -> Record:
    """The record with boxes of hoops (ring and net) reduced to the ring at the top, as in the other set."""
    boxes = record.boxes.copy()
    rims = record.classes == RIM
    ring = (boxes[rims, 2] - boxes[rims, 0]) * ASPECT / RING_ASPECT
    boxes[rims, 3] = np.minimum(boxes[rims, 3], boxes[rims, 1] + ring)
    return Record(record.path, boxes, record.classes)


def validation_records(data: Path) -> list[Record]:
    """All validation images of a data folder, with hoops reduced to rings; empty without published sets."""
    return _both_sets(data, "valid")


def training_records(data: Path) -> list[Record]:
    """All training images of a folder with ``broadcast_train`` or ``players17/train`` or both.

    Raises:
        TrainingInputError: the folder has neither.
    """
    found = _both_sets(data, "train")
    if not found:
        raise TrainingInputError(
            f"{data} has neither {FOLDERS['train'][0]} nor {FOLDERS['train'][1]}: give --data a folder with one of them"
        )
    return found


def _both_sets(data: Path, split: str) -> list[Record]:
    broadcast, players = (data / name for name in FOLDERS[split])
    found = coco_records(broadcast) if broadcast.is_dir() else []
    return found + ([ring_only(record) for record in yolo_records(players)] if players.is_dir() else [])
