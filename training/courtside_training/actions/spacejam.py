"""SpaceJam's clips as published: MP4 files of one player each and the numbers of their classes.

Layout (github.com/simonefrancia/SpaceJam): a folder with `annotation_dict.json` (clip id to class number),
`labels_dict.json` (class number to name) and the clips as `clips/ID.mp4` (some copies call the folder `examples`), each
of 16 pictures of 128 x 176 pixels. Ids ending in `_flipped` are mirrored copies of others. Which broadcast a clip came
from is not published; ids run along the footage, so stretches of consecutive ids stand in for it when splitting.
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

from courtside_training.actions.classes import DISCARD, FRAMES, LABELS
from courtside_training.errors import TrainingInputError

STRETCH = 100
"""Consecutive ids taken to be of one stretch of broadcast."""
FOLDERS = ("clips", "examples")
_SPELLING = {"defense": "defence", "noaction": "no action", "ballinhand": "ball in hand"}


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        raise TrainingInputError(f"no {path.name} in {path.parent}: give the folder of the published data") from None
    except (OSError, ValueError) as error:
        raise TrainingInputError(f"{path} is no readable JSON: {error}") from None
    if not isinstance(found, dict):
        raise TrainingInputError(f"{path} must map ids to values, not be a {type(found).__name__}")
    return found


def _plain(name: str) -> str:
    plain = re.sub(r"[\s_-]+", " ", name.strip().lower())
    return _SPELLING.get(plain.replace(" ", ""), plain)


def check_labels(found: dict[str, Any]) -> None:
    """Compare `labels_dict.json` with the class order used here.

    Raises:
        TrainingInputError: a number has another name, or one is missing.
    """
    for number, label in enumerate((*LABELS, "discard")):
        if str(number) not in found:
            raise TrainingInputError(f"labels_dict.json has no class {number} ({label})")
        if _plain(str(found[str(number)])) != label:
            raise TrainingInputError(f"labels_dict.json calls class {number} {found[str(number)]!r}, not {label!r}")


def group_of(name: str) -> int:
    """The stretch of broadcast an id is taken to belong to; a mirrored or otherwise derived copy shares its source's.

    Raises:
        TrainingInputError: the id does not begin with a number.
    """
    digits = re.match(r"\d+", name)
    if not digits:
        raise TrainingInputError(f"annotation_dict.json: clip id {name!r} does not begin with a number")
    return int(digits.group()) // STRETCH


class SpaceJam:
    """The published clips without the discards; see `courtside_training.actions.clips.Clips`.

    Args:
        folder: with the two JSON files and the clips.
        height: crops are resized to it, in pixels ...
        width: ... by this.

    Raises:
        TrainingInputError: something is missing, or a class number is none of 0 to 10.
    """

    def __init__(self, folder: Path, height: int, width: int) -> None:
        annotation = _json(folder / "annotation_dict.json")
        check_labels(_json(folder / "labels_dict.json"))
        found = [folder / name for name in FOLDERS if (folder / name).is_dir()]
        if not found:
            raise TrainingInputError(f"no folder {' or '.join(FOLDERS)} in {folder}")
        self._folder, self._size = found[0], (width, height)
        for name, number in annotation.items():
            if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= DISCARD:
                raise TrainingInputError(f"annotation_dict.json: clip {name} has class {number!r}, not 0 to {DISCARD}")
        kept = sorted(name for name, number in annotation.items() if number != DISCARD)
        if not kept:
            raise TrainingInputError(f"annotation_dict.json in {folder} names no clip of an action")
        for name in kept:
            if not (self._folder / f"{name}.mp4").is_file():
                raise TrainingInputError(f"{self._folder / name}.mp4 is missing, but annotated")
        self.points = None
        self.names = np.array(kept)
        self.labels = np.array([annotation[name] for name in kept], np.int64)
        self.groups = np.array([group_of(name) for name in kept], np.int64)

    def read(self, index: int) -> NDArray[np.uint8]:
        """Clip `index`: (16, height, width, 3) uint8 RGB.

        Raises:
            TrainingInputError: the file is no video or has not 16 pictures.
        """
        path = self._folder / f"{self.names[index]}.mp4"
        try:
            with av.open(str(path)) as container:
                frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        except (av.FFmpegError, IndexError) as error:
            raise TrainingInputError(f"{path} is no readable video: {error}") from None
        if len(frames) != FRAMES:
            raise TrainingInputError(f"{path} has {len(frames)} pictures, not {FRAMES}")
        return np.stack([cv2.resize(frame, self._size, interpolation=cv2.INTER_AREA) for frame in frames])
