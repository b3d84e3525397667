"""Average precision at an overlap of one half, and how often the ball is found, over many pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_training.detector.classes import BALL, CLASSES

OVERLAP = 0.5
"""Least intersection over union of a hit."""


@dataclass(frozen=True)
class Judged:
    """One picture's answers and truth, xyxy pixels.

    Attributes:
        boxes, scores, classes: (K, 4), (K,), (K,) found.
        true_boxes, true_classes: (N, 4), (N,).
        ignore: (M, 5) xyxy and class; answers there are neither right nor wrong.
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


def _hits(picture: Judged, kind: int, overlap: float) -> tuple[NDArray[np.float32], NDArray[np.bool_], int]:
    """Scores of the answers that count, whether each is right, and how many objects there are.

    Each object is found by at most one answer; answers choose in the order of their scores (as in COCO).
    """
    mine = np.flatnonzero(picture.classes == kind)
    mine = mine[np.argsort(-picture.scores[mine], kind="stable")]
    truth = picture.true_boxes[picture.true_classes == kind]
    places = picture.ignore[picture.ignore[:, 4] == kind, :4]
    table = overlaps(picture.boxes[mine], truth)
    taken = np.zeros(len(truth), bool)
    counted, right = np.ones(len(mine), bool), np.zeros(len(mine), bool)
    for row, index in enumerate(mine):
        free = np.where(taken, 0.0, table[row])
        if len(truth) and free.max() >= overlap:
            taken[int(free.argmax())] = right[row] = True
            continue
        middle = (picture.boxes[index, :2] + picture.boxes[index, 2:]) / 2
        inside = (middle >= places[:, :2]) & (middle <= places[:, 2:])
        counted[row] = not inside.all(1).any()
    return picture.scores[mine][counted], right[counted], len(truth)


def average_precision(pictures: Sequence[Judged], kind: int, overlap: float = OVERLAP) -> tuple[float, int]:
    """Area under the precision envelope over all recalls (all-point interpolation), and the number of objects.

    nan where there is no object of class `kind`.
    """
    parts = [_hits(picture, kind, overlap) for picture in pictures]
    total = sum(part[2] for part in parts)
    if not total:
        return float("nan"), 0
    scores = np.concatenate([part[0] for part in parts])
    right = np.concatenate([part[1] for part in parts])[np.argsort(-scores, kind="stable")]
    found = np.cumsum(right)
    precision = found / np.arange(1, len(right) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((envelope * right).sum() / total), total


def precisions(pictures: Sequence[Judged]) -> dict[str, tuple[float, int]]:
    """AP50 and number of objects of every class."""
    return {name: average_precision(pictures, kind) for kind, name in enumerate(CLASSES)}


def ball_found(pictures: Sequence[Judged], threshold: float, reach: float = 1.0) -> tuple[float, float]:
    """How well the ball is found in frames, whatever its box.

    Args:
        pictures: answers and truth.
        threshold: least score of an answer that counts.
        reach: how many ball diameters (at least 8 pixels) the centre may be off.

    Returns:
        Share of the pictures with a ball in which one was found, and how many answers a picture are near no ball and
        no place to ignore; nan without such pictures.
    """
    held, found, stray = 0, 0, 0
    for picture in pictures:
        mine = (picture.classes == BALL) & (picture.scores >= threshold)
        middles = (picture.boxes[mine, :2] + picture.boxes[mine, 2:]) / 2
        truth = picture.true_boxes[picture.true_classes == BALL]
        near = np.zeros((len(middles), len(truth)), bool)
        if len(truth):
            centres = (truth[:, :2] + truth[:, 2:]) / 2
            allowed = np.maximum((truth[:, 2:] - truth[:, :2]).max(1) * reach, 8.0)
            near = np.linalg.norm(middles[:, None] - centres[None], axis=-1) <= allowed
            held += 1
            found += bool(near.any())
        places = picture.ignore[picture.ignore[:, 4] == BALL, :4]
        excused = ((middles[:, None] >= places[:, :2]) & (middles[:, None] <= places[:, 2:])).all(-1).any(-1)
        stray += int((~near.any(1) & ~excused).sum())
    return (found / held if held else float("nan")), (stray / len(pictures) if pictures else float("nan"))
