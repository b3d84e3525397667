"""Figures of merit of shots, from arrays alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Detection:
    """Precision, recall, F1 and accuracy of binary predictions; a figure with a zero denominator is NaN."""

    precision: float
    recall: float
    f1: float
    accuracy: float


def detection(truth: ArrayLike, predicted: ArrayLike) -> Detection:
    """Compare predictions with the truth, both (N,) bool."""
    actual, positive = np.asarray(truth, bool), np.asarray(predicted, bool)
    hit = int((actual & positive).sum())
    return Detection(
        hit / positive.sum() if positive.any() else float("nan"),
        hit / actual.sum() if actual.any() else float("nan"),
        2 * hit / (actual.sum() + positive.sum()) if actual.any() or positive.any() else float("nan"),
        float((actual == positive).mean()) if len(actual) else float("nan"),
    )


def best_threshold(truth: ArrayLike, score: ArrayLike) -> tuple[float, float]:
    """The threshold with the highest F1, and that F1; the threshold lies midway between two scores."""
    actual, values = np.asarray(truth, bool), np.asarray(score, float)
    order = np.argsort(-values, kind="stable")
    hits = np.cumsum(actual[order])
    f1 = 2 * hits / (np.arange(1, len(values) + 1) + actual.sum())
    ranked = values[order]
    f1[:-1][ranked[:-1] == ranked[1:]] = -1.0
    best = int(np.argmax(f1))
    below = ranked[best + 1] if best + 1 < len(ranked) else ranked[best] - 1e-3
    return float((ranked[best] + below) / 2), float(f1[best])


def logits(probability: ArrayLike) -> NDArray[np.float64]:
    """Log odds of probabilities; 0 and 1 are clipped so that they stay finite."""
    clipped = np.clip(np.asarray(probability, float), 1e-6, 1 - 1e-6)
    return np.log(clipped / (1 - clipped))


def release_position(release: NDArray[np.floating]) -> NDArray[np.float64]:
    """Expected sample of the release over its mode and the two neighbours: (N, 16) distributions to (N,)."""
    mode = release.argmax(1)
    index = np.arange(release.shape[1])
    near = release * (np.abs(index[None] - mode[:, None]) <= 1)
    return (near * index).sum(1) / np.maximum(near.sum(1), 1e-12)


def match_times(found: Sequence[float], actual: Sequence[float], tolerance: float) -> list[tuple[int, int]]:
    """Match found with true times one to one, nearest pairs first, at most `tolerance` seconds apart."""
    pairs = sorted(
        (abs(f - a), i, j) for i, f in enumerate(found) for j, a in enumerate(actual) if abs(f - a) <= tolerance
    )
    used_found: set[int] = set()
    used_actual: set[int] = set()
    matched = []
    for _, i, j in pairs:
        if i not in used_found and j not in used_actual:
            used_found.add(i)
            used_actual.add(j)
            matched.append((i, j))
    return matched
