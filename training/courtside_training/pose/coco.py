"""COCO's keypoint layout as published: annotations/person_keypoints_SPLIT.json, and images in SPLIT/."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.errors import TrainingInputError
from courtside_training.pose.people import Person, person

PREFIX = "person_keypoints_"
"""First part of the name of an annotation file."""
MIN_KNOWN = 5
"""People with fewer labelled keypoints are left out."""


@dataclass(frozen=True)
class Labelled:
    """One image: its path, the people's boxes (P, 4) xyxy and keypoints (P, 17, 3) in pixels."""

    path: Path
    boxes: NDArray[np.float64]
    keypoints: NDArray[np.float64]


def splits(folder: Path) -> list[str]:
    """Names of the splits in a folder in COCO's keypoint layout.

    Raises:
        TrainingInputError: the folder does not have this layout.
    """
    found = sorted(path.stem.removeprefix(PREFIX) for path in (folder / "annotations").glob(f"{PREFIX}*.json"))
    if not found:
        raise TrainingInputError(
            f"{folder} has no annotations/{PREFIX}*.json: give a folder in COCO's keypoint layout"
        )
    return found


def split_name(folder: Path, kind: str) -> str:
    """Name of the split of `kind` ('train', 'val' or 'test'), such as train2017.

    Raises:
        TrainingInputError: there is no such split.
    """
    found = [name for name in splits(folder) if name.startswith(kind)]
    if not found:
        there = ", ".join(splits(folder))
        raise TrainingInputError(f"{folder}/annotations has no {PREFIX}{kind}*.json, only {there}: add one")
    return found[0]


def read(folder: Path, split: str) -> list[Labelled]:
    """The images with people of one split, sorted by name.

    Raises:
        TrainingInputError: the file is missing or damaged, or does not have 17 keypoints per person.
    """
    listed = folder / "annotations" / f"{PREFIX}{split}.json"
    try:
        content = json.loads(listed.read_text())
        paths = {image["id"]: _image(folder, split, image["file_name"]) for image in content["images"]}
        people: dict[int, list[tuple[list[float], list[float]]]] = {}
        for note in content["annotations"]:
            if not note.get("iscrowd") and note["num_keypoints"] >= MIN_KNOWN:
                people.setdefault(note["image_id"], []).append((note["bbox"], note["keypoints"]))
        found = []
        for number, rows in people.items():
            boxes = np.array([row[0] for row in rows], np.float64).reshape(-1, 4)
            boxes[:, 2:] += boxes[:, :2]
            found.append(Labelled(paths[number], boxes, np.array([row[1] for row in rows]).reshape(-1, 17, 3)))
    except FileNotFoundError:
        raise TrainingInputError(f"{listed} is missing: give a folder in COCO's keypoint layout") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__} {error}"
        raise TrainingInputError(f"{listed} is not a COCO keypoint file ({reason}): download it again") from error
    if not found:
        raise TrainingInputError(f"{listed} has no person with {MIN_KNOWN} or more keypoints: give another folder")
    return sorted(found, key=lambda entry: entry.path.name)


def provenance(folder: Path, split: str) -> dict[str, Any]:
    """Origin of a split: `labels` (network that made them, empty for human labels) and `credits` of the images."""
    info = json.loads((folder / "annotations" / f"{PREFIX}{split}.json").read_text()).get("info") or {}
    return {"labels": str(info.get("labels", "")), "credits": [str(credit) for credit in info.get("credits", [])]}


def _image(folder: Path, split: str, name: str) -> Path:
    beside = folder / split / name
    return beside if beside.is_file() else folder / "images" / split / name


def coco_people(images: list[Labelled]) -> Iterator[list[Person]]:
    """One list of people per image.

    Raises:
        TrainingInputError: an image is missing or unreadable.
    """
    for entry in images:
        image = cv2.imread(str(entry.path))
        if image is None:
            raise TrainingInputError(f"{entry.path} is missing or not a readable image: restore it")
        yield [
            person(image, box, keypoints, outside=False, source="real")
            for box, keypoints in zip(entry.boxes, entry.keypoints, strict=True)
            if box[2] - box[0] >= 8 and box[3] - box[1] >= 16
        ]
