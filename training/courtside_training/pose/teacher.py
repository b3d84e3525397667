"""Pseudo-labels for real players: MoveNet's keypoints on labelled boxes, kept where several looks agree.

MoveNet SinglePose Lightning (Google, Apache-2.0) looks at each player four times: in two sizes, straight and mirrored.
What is kept is the median of the looks; where they disagree, or are unsure, the keypoint counts as hidden or unknown.
The result is an ordinary folder in COCO's keypoint layout, so training reads it like any other.
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
from courtside_training.pose.crops import crop_matrix, cut, invert, place
from courtside_training.pose.skeleton import JOINTS, MIRRORED

TEACHER = "pseudo-labels of MoveNet SinglePose Lightning (Google, Apache-2.0), four looks a person"
SIDE = 192
LOOKS = ((1.25, True), (1.25, False), (1.5, True), (1.5, False))
"""Enlargement of each look and whether neighbours beside the box are blanked out."""
SEEN, HIDDEN = 0.40, 0.20
"""Least mean score of a keypoint that counts as seen, and as hidden."""
AGREED, DOUBTED = 0.035, 0.07
"""Largest spread of the looks, over the box's height, of a keypoint that counts as seen, and as hidden."""
PLAYER_CLASSES = ("player", "referee", "ref")
"""Classes of people begin with one of these."""


@dataclass(frozen=True)
class Boxed:
    """A picture's path and the people's boxes in it, (P, 4) xyxy as shares of its width and height."""

    path: Path
    boxes: NDArray[np.float64]


class MoveNet:
    """The teacher, run by a TFLite interpreter."""

    def __init__(self, path: Path):
        """Load a MoveNet SinglePose file.

        Raises:
            TrainingInputError: no interpreter is installed, or the file is none of MoveNet's.
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
            raise TrainingInputError(f"{path} is no readable TFLite model: {str(error).splitlines()[0]}") from error
        self._input, self._output = self._runner.get_input_details()[0], self._runner.get_output_details()[0]
        if tuple(self._output["shape"]) != (1, 1, 17, 3) or tuple(self._input["shape"]) != (1, SIDE, SIDE, 3):
            raise TrainingInputError(f"{path} is not MoveNet SinglePose Lightning: it answers {self._output['shape']}")

    def __call__(self, square: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Keypoints (17, 3) x, y in pixels and score, of a (SIDE, SIDE, 3) uint8 RGB picture."""
        self._runner.set_tensor(self._input["index"], square[None].astype(self._input["dtype"]))
        self._runner.invoke()
        y, x, score = self._runner.get_tensor(self._output["index"])[0, 0].astype(np.float64).T
        return np.stack([x * SIDE - 0.5, y * SIDE - 0.5, score], -1)


def look(
    teacher: Callable[[NDArray[np.uint8]], NDArray[np.float64]], picture: NDArray[np.uint8], box: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Keypoints (17, 3) of the player in `box` (xyxy) of a BGR picture: x, y in its pixels, COCO visibility."""
    answers = []
    tall, wide = box[3] - box[1], box[2] - box[0]
    for index, (enlarge, blank) in enumerate(LOOKS):
        matrix = crop_matrix(box, enlarge, (SIDE, SIDE))
        square = cut(picture, matrix, (SIDE, SIDE))
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
        answers.append(np.concatenate([place(found[:, :2], invert(matrix)), found[:, 2:]], -1))
    looks = np.stack(answers)
    middle = np.median(looks[..., :2], 0)
    spread = np.linalg.norm(looks[..., :2] - middle, axis=-1).mean(0) / tall
    score = looks[..., 2].mean(0)
    seen = (score >= SEEN) & (spread <= AGREED)
    hidden = (score >= HIDDEN) & (spread <= DOUBTED)
    return np.concatenate([middle, np.where(seen, 2.0, np.where(hidden, 1.0, 0.0))[:, None]], -1)


def boxed_pictures(folder: Path) -> list[Boxed]:
    """The people's boxes of a folder of pictures: COCO (`_annotations.coco.json`) or YOLO (images/, labels/) layout.

    Raises:
        TrainingInputError: the folder is in neither layout.
    """
    listed = folder / "_annotations.coco.json"
    if listed.is_file():
        return _coco_boxes(listed)
    if (folder / "images").is_dir() and (folder / "labels").is_dir():
        return _yolo_boxes(folder)
    raise TrainingInputError(f"{folder} holds neither _annotations.coco.json nor images/ and labels/")


def _coco_boxes(listed: Path) -> list[Boxed]:
    content = json.loads(listed.read_text())
    people = {c["id"] for c in content["categories"] if c["name"].lower().startswith(PLAYER_CLASSES)}
    by_picture: dict[int, list[list[float]]] = {}
    for note in content["annotations"]:
        if note["category_id"] in people:
            by_picture.setdefault(note["image_id"], []).append(note["bbox"])
    found = []
    for image in sorted(content["images"], key=lambda image: image["file_name"]):
        boxes = np.array(by_picture.get(image["id"], []), np.float64).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        found.append(Boxed(listed.parent / image["file_name"], boxes / ([image["width"], image["height"]] * 2)))
    return found


def _yolo_boxes(folder: Path) -> list[Boxed]:
    listed = folder.parent / "data.yaml"
    if not listed.is_file():
        raise TrainingInputError(f"{listed} is missing: it names the classes of {folder / 'labels'}")
    names = [line[2:].strip() for line in listed.read_text().splitlines() if line.startswith("- ")]
    found = []
    for path in sorted((folder / "images").glob("*.jpg")):
        rows = np.loadtxt(folder / "labels" / f"{path.stem}.txt", ndmin=2)
        rows = np.array([row for row in rows if names[int(row[0])].lower().startswith(PLAYER_CLASSES)]).reshape(-1, 5)
        found.append(Boxed(path, np.concatenate([rows[:, 1:3] - rows[:, 3:] / 2, rows[:, 1:3] + rows[:, 3:] / 2], -1)))
    return found


def teach(
    teacher: Callable[[NDArray[np.uint8]], NDArray[np.float64]], pictures: list[Boxed], out: Path, split: str,
    stretch: float, credit: str = "", min_height: float = 40.0, min_known: int = 8,
) -> Iterator[int]:
    """Label every person and write `out`/annotations/person_keypoints_`split`.json beside `out`/`split`/ pictures.

    Args:
        teacher: Answers a (SIDE, SIDE, 3) RGB picture with keypoints (17, 3).
        pictures: What to label; more people are added to a split already written.
        out: The folder to write.
        split: 'train2017', 'val2017' or any other name.
        stretch: Width is multiplied by this first, for pictures that were squeezed into squares.
        credit: Whose pictures they are and under which licence; kept in the file, and from there in the model card.
        min_height: People of fewer pixels are left out.
        min_known: People of fewer known keypoints are left out.

    Yields:
        People labelled so far, after each picture.
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
    for entry in pictures:
        picture = cv2.imread(str(entry.path))
        if picture is None:
            raise TrainingInputError(f"{entry.path} is no readable picture")
        height, width = picture.shape[0], round(picture.shape[1] * stretch)
        if width != picture.shape[1]:
            picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC)
        number = len(content["images"]) + 1
        name = f"{number:06d}.jpg"
        cv2.imwrite(str(out / split / name), picture, (cv2.IMWRITE_JPEG_QUALITY, 93))
        content["images"].append({"id": number, "file_name": name, "width": width, "height": height})
        for box in entry.boxes * ([width, height] * 2):
            if box[3] - box[1] < min_height or box[2] - box[0] < min_height / 6:
                continue
            keypoints = look(teacher, picture, box)
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
