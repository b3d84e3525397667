"""Quality measures of keypoints: COCO's object keypoint similarity and AP, and PCK relative to the torso."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from courtside_training.pose.skeleton import JOINTS, LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER, SIGMAS

BOX_SHARE = 0.53
"""Area of a person relative to the box, if only the box is known (the value of mmpose for data without masks)."""
PCK_REACH = 0.2
"""Largest error of a correct keypoint in torso lengths."""
THRESHOLDS = np.linspace(0.5, 0.95, 10)
"""OKS thresholds over which AP is averaged."""


def similarities(found: NDArray[np.floating], truth: NDArray[np.floating], boxes: NDArray[np.floating]) -> NDArray:
    """COCO's similarity (N, 17) of each keypoint, 0 to 1.

    Args:
        found: (N, 17, 2 or more) x, y.
        truth: (N, 17, 3) x, y, visibility in the same pixels.
        boxes: (N, 4) xyxy.
    """
    area = BOX_SHARE * (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    gap = ((found[..., :2] - truth[..., :2]) ** 2).sum(-1)
    return np.exp(-gap / (2 * area[:, None] * (2 * np.array(SIGMAS)) ** 2))


def oks(found: NDArray[np.floating], truth: NDArray[np.floating], boxes: NDArray[np.floating]) -> NDArray:
    """Object keypoint similarity (N,): the mean over each person's labelled keypoints; NaN if there are none."""
    labelled = truth[..., 2] > 0
    return np.nanmean(np.where(labelled, similarities(found, truth, boxes), np.nan), -1)


def average_precision(similarity: NDArray, score: NDArray) -> dict[str, float]:
    """COCO's AP, AP50 and AP75 for given boxes, with one prediction per person.

    Precision is made monotonic and sampled at 101 recalls, as in pycocotools. A person with a similarity below the
    threshold is one false positive and one missed person.

    Args:
        similarity: (N,) OKS.
        score: (N,) ranking of the predictions, such as the mean confidence.
    """
    order = np.argsort(-score, kind="stable")
    precisions = []
    for threshold in THRESHOLDS:
        hit = similarity[order] >= threshold
        recall = np.cumsum(hit) / len(hit)
        precision = np.cumsum(hit) / np.arange(1, len(hit) + 1)
        precision = np.maximum.accumulate(precision[::-1])[::-1]
        index = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
        sampled = np.where(index < len(hit), precision[np.minimum(index, len(hit) - 1)], 0.0)
        precisions.append(float(sampled.mean()))
    return {"AP": float(np.mean(precisions)), "AP50": precisions[0], "AP75": precisions[5]}


def torso(truth: NDArray[np.floating]) -> NDArray:
    """Torso length (N,) in pixels: the mean of its diagonals; NaN where a shoulder or hip is not labelled."""
    one = np.linalg.norm(truth[:, LEFT_SHOULDER, :2] - truth[:, RIGHT_HIP, :2], axis=-1)
    two = np.linalg.norm(truth[:, RIGHT_SHOULDER, :2] - truth[:, LEFT_HIP, :2], axis=-1)
    known = (truth[:, [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP], 2] > 0).all(-1)
    return np.where(known, (one + two) / 2, np.nan)


def pck(
    found: NDArray[np.floating], truth: NDArray[np.floating], *, least: int = 1, most: int = 2
) -> dict[str, float]:
    """Share of keypoints within 0.2 torso lengths (Yang & Ramanan 2013), by name and as "all".

    Args:
        found: (N, 17, 2 or more).
        truth: (N, 17, 3); people without a complete torso are left out.
        least: smallest visibility that counts: 1 hidden, 2 visible.
        most: largest visibility that counts.
    """
    length = torso(truth)
    counted = (truth[..., 2] >= least) & (truth[..., 2] <= most) & np.isfinite(length)[:, None]
    gap = np.linalg.norm(found[..., :2] - truth[..., :2], axis=-1)
    right = gap <= PCK_REACH * np.nan_to_num(length)[:, None]
    by_joint = {name: _share(right[:, j], counted[:, j]) for j, name in enumerate(JOINTS)}
    return {**by_joint, "all": _share(right, counted)}


def _share(right: NDArray[np.bool_], counted: NDArray[np.bool_]) -> float:
    return float(right[counted].mean()) if counted.any() else float("nan")
