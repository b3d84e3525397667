"""A contact sheet of the most confident mistakes, for visual inspection."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.action_clips.classes import LABELS
from courtside_training.action_clips.clips import Clips
from courtside_training.errors import TrainingInputError

_SHOWN = (0, 2, 4, 6, 7, 8, 9, 11, 13, 15)
"""Indices of the frames of a clip that are shown; denser around the middle, which the label refers to."""
_CAPTION = 16
"""Height of a caption in pixels."""


def mistakes(truth: NDArray[np.int64], probabilities: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Indices of the `count` wrong predictions with the highest confidence, most confident first."""
    wrong = np.flatnonzero(probabilities.argmax(1) != truth)
    return wrong[np.argsort(-probabilities.max(1)[wrong], kind="stable")][:count]


def sheet(clips: Clips, chosen: NDArray[np.int64], probabilities: NDArray[np.float32] | None) -> NDArray[np.uint8]:
    """One row of frames per clip, captioned with the truth and, if given, the prediction: (H, W, 3) uint8 BGR.

    Args:
        clips: the data set.
        chosen: (N,) indices of the clips to show.
        probabilities: (N, 10) predictions, or None.
    """
    rows = []
    for row, index in enumerate(chosen):
        shown = clips.read(int(index))[list(_SHOWN)]
        strip = np.ascontiguousarray(np.hstack(list(shown))[..., ::-1])
        text = f"{clips.names[index]}  true: {LABELS[clips.labels[index]]}"
        if probabilities is not None:
            text += f"  predicted: {LABELS[int(probabilities[row].argmax())]} {probabilities[row].max():.2f}"
        caption = np.full((_CAPTION, strip.shape[1], 3), 32, np.uint8)
        cv2.putText(caption, text, (4, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 1, cv2.LINE_AA)
        rows += [caption, strip]
    return np.vstack(rows) if rows else np.zeros((_CAPTION, 64, 3), np.uint8)


def write(path: Path, image: NDArray[np.uint8]) -> None:
    """Save a sheet as an image file.

    Raises:
        TrainingInputError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        done = cv2.imwrite(str(path), image)
    except cv2.error:
        done = False
    if not done:
        raise TrainingInputError(f"cannot write {path}: name a .png file in a folder that can be written")
