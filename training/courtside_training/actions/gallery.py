"""A contact sheet of the most confident mistakes: what to look at before believing a figure."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.actions.classes import LABELS
from courtside_training.actions.clips import Clips
from courtside_training.errors import TrainingInputError

_SHOWN = (0, 2, 4, 6, 7, 8, 9, 11, 13, 15)
_CAPTION = 16


def mistakes(truth: NDArray[np.int64], said: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Places of the wrong answers given with most confidence, surest first."""
    wrong = np.flatnonzero(said.argmax(1) != truth)
    return wrong[np.argsort(-said.max(1)[wrong], kind="stable")][:count]


def sheet(clips: Clips, places: NDArray[np.int64], said: NDArray[np.float32] | None) -> NDArray[np.uint8]:
    """One row of pictures a clip, captioned with the truth and, if given, the answer: (H, W, 3) uint8 BGR.

    Args:
        clips: the data set.
        places: clips to show.
        said: (len(places), 10) probabilities, or None.
    """
    rows = []
    for row, place in enumerate(places):
        shown = clips.read(int(place))[list(_SHOWN)]
        strip = np.ascontiguousarray(np.hstack(list(shown))[..., ::-1])
        text = f"{clips.names[place]}  true: {LABELS[clips.labels[place]]}"
        if said is not None:
            text += f"  said: {LABELS[int(said[row].argmax())]} {said[row].max():.2f}"
        caption = np.full((_CAPTION, strip.shape[1], 3), 32, np.uint8)
        cv2.putText(caption, text, (4, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 1, cv2.LINE_AA)
        rows += [caption, strip]
    return np.vstack(rows) if rows else np.zeros((_CAPTION, 64, 3), np.uint8)


def write(path: Path, picture: NDArray[np.uint8]) -> None:
    """Save a sheet.

    Raises:
        TrainingInputError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        done = cv2.imwrite(str(path), picture)
    except cv2.error:
        done = False
    if not done:
        raise TrainingInputError(f"cannot write {path}: name a file ending in .png in a folder that can be written")
