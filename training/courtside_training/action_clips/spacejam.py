"""SpaceJam's clips as published: one MP4 file per clip of one player, and the class number of each clip.

Layout (SpaceJam repository of Simone Francia): a folder with `annotation_dict.json` (clip id to class number),
`labels_dict.json` (class number to name) and the clips as `clips/ID.mp4` (some copies name the folder `examples`). Each
clip has 16 frames of 128 x 176 pixels. Ids that end in `_flipped` are mirrored copies of others. The broadcast of a
clip is not published. Ids follow the order of the footage, so ranges of consecutive ids are used instead for splitting.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.action_clips.classes import DISCARD, FRAMES, LABELS
from courtside_training.errors import TrainingInputError

IDS_PER_GROUP = 100
"""Consecutive ids that are assumed to come from one section of a broadcast."""
FOLDERS = ("clips", "examples")
"""Possible names of the folder with the clips."""
_SPELLING = {"defense": "defence", "noaction": "no action", "ballinhand": "ball in hand"}
"""Our spelling of published class names."""


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        raise TrainingInputError(f"no {path.name} in {path.parent}: give the folder of the published data") from None
    except (OSError, ValueError) as error:
        raise TrainingInputError(f"{path} is not readable JSON ({error}): download it again") from None
    if not isinstance(found, dict):
        raise TrainingInputError(f"{path} must be an object of ids and values, not a {type(found).__name__}")
    return found


def _plain(name: str) -> str:
    plain = re.sub(r"[\s_-]+", " ", name.strip().lower())
    return _SPELLING.get(plain.replace(" ", ""), plain)


def check_labels(found: dict[str, Any]) -> None:
    """Check that `labels_dict.json` has the class order used here.

    Raises:
        TrainingInputError: a class number is missing or has another name.
    """
    for number, label in enumerate((*LABELS, "discard")):
        if str(number) not in found:
            raise TrainingInputError(f"labels_dict.json has no class {number} ({label})")
        if _plain(str(found[str(number)])) != label:
            raise TrainingInputError(f"labels_dict.json calls class {number} {found[str(number)]!r}, not {label!r}")


def group_of(name: str) -> int:
    """The assumed broadcast section of a clip id; a mirrored or otherwise derived copy has that of its source.

    Raises:
        TrainingInputError: the id does not begin with a number.
    """
    digits = re.match(r"\d+", name)
    if not digits:
        raise TrainingInputError(f"annotation_dict.json: clip id {name!r} does not begin with a number")
    return int(digits.group()) // IDS_PER_GROUP


class SpaceJam:
    """The published clips without the discarded ones; see `courtside_training.action_clips.clips.Clips`.

    Args:
        folder: the folder with the two JSON files and the clips.
        height: height in pixels to which crops are resized.
        width: width in pixels to which crops are resized.

    Raises:
        TrainingInputError: a file is missing, or a class number is not 0 to 10.
    """

    def __init__(self, folder: Path, height: int, width: int) -> None:
        annotation = _json(folder / "annotation_dict.json")
        check_labels(_json(folder / "labels_dict.json"))
        found = [folder / name for name in FOLDERS if (folder / name).is_dir()]
        if not found:
            raise TrainingInputError(f"no folder {' or '.join(FOLDERS)} in {folder}: give the published folder")
        self._folder, self._size = found[0], (width, height)
        for name, number in annotation.items():
            if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= DISCARD:
                raise TrainingInputError(f"annotation_dict.json: clip {name} has class {number!r}, not 0 to {DISCARD}")
        kept = sorted(name for name, number in annotation.items() if number != DISCARD)
        if not kept:
            raise TrainingInputError(f"annotation_dict.json in {folder} lists no clip of an action")
        for name in kept:
            if not (self._folder / f"{name}.mp4").is_file():
                raise TrainingInputError(f"{self._folder / name}.mp4 is annotated but missing: download it again")
        self.points = None
        self.names = np.array(kept)
        self.labels = np.array([annotation[name] for name in kept], np.int64)
        self.groups = np.array([group_of(name) for name in kept], np.int64)

    def read(self, index: int) -> NDArray[np.uint8]:
        """Clip `index`: (16, height, width, 3) uint8 RGB.

        Raises:
            TrainingInputError: the file is not a video or does not have 16 frames.
        """
        path = self._folder / f"{self.names[index]}.mp4"
        try:
            with av.open(str(path)) as container:
                frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        except (av.FFmpegError, IndexError) as error:
            raise TrainingInputError(f"{path} is not a readable video ({error}): download it again") from None
        if len(frames) != FRAMES:
            raise TrainingInputError(f"{path} has {len(frames)} frames, expected {FRAMES}")
        return np.stack([cv2.resize(frame, self._size, interpolation=cv2.INTER_AREA) for frame in frames])
