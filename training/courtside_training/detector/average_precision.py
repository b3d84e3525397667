"""Average precision at an IoU of 0.5, and recall of the ball, over many images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_training.detector.classes import BALL, CLASSES

OVERLAP = 0.5
"""Smallest intersection over union of a true positive."""


@dataclass(frozen=True)
class EvaluatedImage:
    """Detections and truth of one image, in pixels.

    Attributes:
        boxes: (K, 4) detected boxes, xyxy.
        scores: (K,) scores of the detections.
        classes: (K,) classes of the detections.
        true_boxes: (N, 4) true boxes, xyxy.
        true_classes: (N,) classes of the true boxes.
        ignore: (M, 5) regions to ignore, xyxy and class. Detections there are neither true nor false positives.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    classes: NDArray[np.int64]
    true_boxes: NDArray[np.float32]
    true_classes: NDArray[np.int64]
    ignore: NDArray[np.float32]


def overlaps(a: NDArray, b: NDArray) -> NDArray[np.float64]:
    """Intersection over union (A, B) of boxes (A, 4) and (B, 4)."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    inner = np.clip(high - low, 0, None).prod(-1)
    areas = [np.clip(x[:, 2:] - x[:, :2], 0, None).prod(-1) for x in (a, b)]
    return inner / np.maximum(areas[0][:, None] + areas[1][None] - inner, 1e-9)


def _hits(image: EvaluatedImage, kind: int, overlap: float) -> tuple[NDArray[np.float32], NDArray[np.bool_], int]:
    """Scores of the detections that count, whether each is a true positive, and the number of objects.

    Each object matches at most one detection. Detections are matched in order of their scores, as in COCO.
    """
    mine = np.flatnonzero(image.classes == kind)
    mine = mine[np.argsort(-image.scores[mine], kind="stable")]
    truth = image.true_boxes[image.true_classes == kind]
    ignored = image.ignore[image.ignore[:, 4] == kind, :4]
    table = overlaps(image.boxes[mine], truth)
    taken = np.zeros(len(truth), bool)
    counted, right = np.ones(len(mine), bool), np.zeros(len(mine), bool)
    for row, index in enumerate(mine):
        free = np.where(taken, 0.0, table[row])
        if len(truth) and free.max() >= overlap:
            taken[int(free.argmax())] = right[row] = True
            continue
        middle = (image.boxes[index, :2] + image.boxes[index, 2:]) / 2
        inside = (middle >= ignored[:, :2]) & (middle <= ignored[:, 2:])
        counted[row] = not inside.all(1).any()
    return image.scores[mine][counted], right[counted], len(truth)


def average_precision(images: Sequence[EvaluatedImage], kind: int, overlap: float = OVERLAP) -> tuple[float, int]:
    """Area under the precision envelope over all recalls (all-point interpolation), and the number of objects.

    The area is NaN if there is no object of class `kind`.
    """
    parts = [_hits(image, kind, overlap) for image in images]
    total = sum(part[2] for part in parts)
    if not total:
        return float("nan"), 0
    scores = np.concatenate([part[0] for part in parts])
    right = np.concatenate([part[1] for part in parts])[np.argsort(-scores, kind="stable")]
    found = np.cumsum(right)
    precision = found / np.arange(1, len(right) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((envelope * right).sum() / total), total


def precisions(images: Sequence[EvaluatedImage]) -> dict[str, tuple[float, int]]:
    """AP50 and number of objects of every class."""
    return {name: average_precision(images, kind) for kind, name in enumerate(CLASSES)}


def ball_found(images: Sequence[EvaluatedImage], threshold: float, reach: float = 1.0) -> tuple[float, float]:
    """Recall of the ball by the position of its centre, regardless of the size of its box.

    Args:
        images: detections and truth.
        threshold: smallest score of a detection that counts.
        reach: largest error of the centre in ball diameters (but at least 8 pixels).

    Returns:
        Share of the images with a ball in which a ball was found, and false ball detections per image outside regions
        to ignore; NaN if there are no such images.
    """
    held, found, false_positives = 0, 0, 0
    for image in images:
        mine = (image.classes == BALL) & (image.scores >= threshold)
        middles = (image.boxes[mine, :2] + image.boxes[mine, 2:]) / 2
        truth = image.true_boxes[image.true_classes == BALL]
        near = np.zeros((len(middles), len(truth)), bool)
        if len(truth):
            centres = (truth[:, :2] + truth[:, 2:]) / 2
            allowed = np.maximum((truth[:, 2:] - truth[:, :2]).max(1) * reach, 8.0)
            near = np.linalg.norm(middles[:, None] - centres[None], axis=-1) <= allowed
            held += 1
            found += bool(near.any())
        ignored = image.ignore[image.ignore[:, 4] == BALL, :4]
        excused = ((middles[:, None] >= ignored[:, :2]) & (middles[:, None] <= ignored[:, 2:])).all(-1).any(-1)
        false_positives += int((~near.any(1) & ~excused).sum())
    if not images:
        return float("nan"), float("nan")
    return (found / held if held else float("nan")), false_positives / len(images)
