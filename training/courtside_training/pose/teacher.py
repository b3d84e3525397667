"""Pseudo-labels for real players: MoveNet's keypoints in labelled boxes, kept if several views agree.

MoveNet SinglePose Lightning (Google, Apache-2.0) processes four views of each player: two crop sizes, plain and
mirrored. The label is the median of the views. If they disagree or have a low score, the keypoint counts as hidden or
unknown. The result is a folder in COCO's keypoint layout, which training reads like any other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.errors import TrainingInputError
from courtside_training.pose.crops import crop_matrix, cut, invert, transform
from courtside_training.pose.skeleton import JOINTS, MIRRORED

TEACHER = "pseudo-labels of MoveNet SinglePose Lightning (Google, Apache-2.0), four views per person"
"""Origin of the labels, stored in the data set and shown in the model card."""
SIDE = 192
"""Side of the teacher's input in pixels."""
VIEWS = ((1.25, True), (1.25, False), (1.5, True), (1.5, False))
"""Enlargement of each view, and whether neighbours beside the box are blanked out."""
SEEN_SCORE, HIDDEN_SCORE = 0.40, 0.20
"""Smallest mean score of a visible and of a hidden keypoint."""
SEEN_SPREAD, HIDDEN_SPREAD = 0.035, 0.07
"""Largest spread of the views, relative to the box's height, of a visible and of a hidden keypoint."""
PLAYER_CLASSES = ("player", "referee", "ref")
"""Names of classes of people start with one of these."""


@dataclass(frozen=True)
class Boxed:
    """An image's path and the people's boxes in it, (P, 4) xyxy as shares of its width and height."""

    path: Path
    boxes: NDArray[np.float64]


class MoveNet:
    """The teacher network in a TFLite interpreter."""

    def __init__(self, path: Path):
        """Load a MoveNet SinglePose file.

        Raises:
            TrainingInputError: no interpreter is installed, or the file is not a MoveNet file.
        """
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError:
            raise TrainingInputError(
                "the teacher needs a TFLite interpreter: `pip install ai-edge-litert`, then run this again"
            ) from None
        if not path.is_file():
            raise TrainingInputError(f"no teacher at {path}: give MoveNet SinglePose as a .tflite file")
        try:
            self._runner = Interpreter(str(path), num_threads=1)
            self._runner.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise TrainingInputError(f"{path} is not a readable TFLite model ({reason}): give another file") from error
        self._input, self._output = self._runner.get_input_details()[0], self._runner.get_output_details()[0]
        if tuple(self._output["shape"]) != (1, 1, 17, 3) or tuple(self._input["shape"]) != (1, SIDE, SIDE, 3):
            raise TrainingInputError(
                f"{path} is not MoveNet SinglePose Lightning (output shape {self._output['shape']}): give that file"
            )

    def __call__(self, square: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Keypoints (17, 3) x, y in pixels and score, of a (SIDE, SIDE, 3) uint8 RGB image."""
        self._runner.set_tensor(self._input["index"], square[None].astype(self._input["dtype"]))
        self._runner.invoke()
        y, x, score = self._runner.get_tensor(self._output["index"])[0, 0].astype(np.float64).T
        return np.stack([x * SIDE - 0.5, y * SIDE - 0.5, score], -1)


def label_player(
    teacher: Callable[[NDArray[np.uint8]], NDArray[np.float64]], image: NDArray[np.uint8], box: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Keypoints (17, 3) of the player in `box` (xyxy) of a BGR image: x, y in image pixels, COCO visibility."""
    by_view = []
    tall, wide = box[3] - box[1], box[2] - box[0]
    for index, (enlarge, blank) in enumerate(VIEWS):
        matrix = crop_matrix(box, enlarge, (SIDE, SIDE))
        square = cut(image, matrix, (SIDE, SIDE))
        if blank:
            reach = matrix[0, 0] * (wide * 0.5 + tall * 0.12)
            square[:, : max(round(SIDE / 2 - reach), 0)] = 0
            square[:, round(SIDE / 2 + reach) :] = 0
        square = np.ascontiguousarray(square[..., ::-1])
        mirrored = index % 2 == 1
        found = teacher(np.ascontiguousarray(square[:, ::-1]) if mirrored else square)
        if mirrored:
            found = found[list(MIRRORED)]
            found[:, 0] = SIDE - 1 - found[:, 0]
        by_view.append(np.concatenate([transform(found[:, :2], invert(matrix)), found[:, 2:]], -1))
    views = np.stack(by_view)
    middle = np.median(views[..., :2], 0)
    spread = np.linalg.norm(views[..., :2] - middle, axis=-1).mean(0) / tall
    score = views[..., 2].mean(0)
    seen = (score >= SEEN_SCORE) & (spread <= SEEN_SPREAD)
    hidden = (score >= HIDDEN_SCORE) & (spread <= HIDDEN_SPREAD)
    return np.concatenate([middle, np.where(seen, 2.0, np.where(hidden, 1.0, 0.0))[:, None]], -1)


def boxed_images(folder: Path) -> list[Boxed]:
    """The people's boxes of a folder of images in COCO (`_annotations.coco.json`) or YOLO (images/, labels/) layout.

    Raises:
        TrainingInputError: the folder has neither layout.
    """
    listed = folder / "_annotations.coco.json"
    if listed.is_file():
        return _coco_boxes(listed)
    if (folder / "images").is_dir() and (folder / "labels").is_dir():
        return _yolo_boxes(folder)
    raise TrainingInputError(
        f"{folder} has neither _annotations.coco.json nor images/ and labels/: give a folder in one of these layouts"
    )


def _coco_boxes(listed: Path) -> list[Boxed]:
    content = json.loads(listed.read_text())
    people = {c["id"] for c in content["categories"] if c["name"].lower().startswith(PLAYER_CLASSES)}
    by_image: dict[int, list[list[float]]] = {}
    for note in content["annotations"]:
        if note["category_id"] in people:
            by_image.setdefault(note["image_id"], []).append(note["bbox"])
    found = []
    for image in sorted(content["images"], key=lambda image: image["file_name"]):
        boxes = np.array(by_image.get(image["id"], []), np.float64).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        found.append(Boxed(listed.parent / image["file_name"], boxes / ([image["width"], image["height"]] * 2)))
    return found


def _yolo_boxes(folder: Path) -> list[Boxed]:
    listed = folder.parent / "data.yaml"
    if not listed.is_file():
        raise TrainingInputError(f"{listed} is missing: add it, with the class names of {folder / 'labels'}")
    names = [line[2:].strip() for line in listed.read_text().splitlines() if line.startswith("- ")]
    found = []
    for path in sorted((folder / "images").glob("*.jpg")):
        rows = np.loadtxt(folder / "labels" / f"{path.stem}.txt", ndmin=2)
        rows = np.array([row for row in rows if names[int(row[0])].lower().startswith(PLAYER_CLASSES)]).reshape(-1, 5)
        found.append(Boxed(path, np.concatenate([rows[:, 1:3] - rows[:, 3:] / 2, rows[:, 1:3] + rows[:, 3:] / 2], -1)))
    return found


def teach(
    teacher: Callable[[NDArray[np.uint8]], NDArray[np.float64]], images: list[Boxed], out: Path, split: str,
    stretch: float, credit: str = "", min_height: float = 40.0, min_known: int = 8,
) -> Iterator[int]:
    """Label every person. Writes `out`/annotations/person_keypoints_`split`.json and the images to `out`/`split`.

    Args:
        teacher: function from a (SIDE, SIDE, 3) RGB image to keypoints (17, 3).
        images: what to label. People are added to an existing split.
        out: folder to write.
        split: 'train2017', 'val2017' or any other name.
        stretch: the width is multiplied by this first, for images that were squeezed into squares.
        credit: owner and licence of the images; stored in the file and shown in the model card.
        min_height: people with a smaller box height in pixels are left out.
        min_known: people with fewer known keypoints are left out.

    Yields:
        Number of people labelled so far, after each image.

    Raises:
        TrainingInputError: an image cannot be read.
    """
    listed = out / "annotations" / f"person_keypoints_{split}.json"
    categories = [{"id": 1, "name": "person", "keypoints": list(JOINTS)}]
    content: dict[str, Any] = {"info": {}, "images": [], "annotations": [], "categories": categories}
    if listed.is_file():
        content = json.loads(listed.read_text())
    credits = [known for known in content["info"].get("credits", []) if known != credit]
    content["info"] = {"labels": TEACHER, "credits": [*credits, credit] if credit else credits}
    (out / split).mkdir(parents=True, exist_ok=True)
    listed.parent.mkdir(parents=True, exist_ok=True)
    for entry in images:
        image = cv2.imread(str(entry.path))
        if image is None:
            raise TrainingInputError(f"{entry.path} is not a readable image: restore it or remove it from the labels")
        height, width = image.shape[0], round(image.shape[1] * stretch)
        if width != image.shape[1]:
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC)
        number = len(content["images"]) + 1
        name = f"{number:06d}.jpg"
        cv2.imwrite(str(out / split / name), image, (cv2.IMWRITE_JPEG_QUALITY, 93))
        content["images"].append({"id": number, "file_name": name, "width": width, "height": height})
        for box in entry.boxes * ([width, height] * 2):
            if box[3] - box[1] < min_height or box[2] - box[0] < min_height / 6:
                continue
            keypoints = label_player(teacher, image, box)
            known = int((keypoints[:, 2] > 0).sum())
            if known < min_known:
                continue
            keypoints[keypoints[:, 2] == 0] = 0
            x, y, w, h = box[0], box[1], box[2] - box[0], box[3] - box[1]
            content["annotations"].append({
                "id": len(content["annotations"]) + 1, "image_id": number, "category_id": 1, "iscrowd": 0,
                "bbox": [round(float(v), 2) for v in (x, y, w, h)], "area": round(float(w * h * 0.53), 1),
                "num_keypoints": known, "keypoints": [round(float(v), 2) for v in keypoints.reshape(-1)],
            })  # fmt: skip
        yield len(content["annotations"])
    listed.write_text(json.dumps(content))
