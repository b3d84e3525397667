"""Figures of merit from arrays, shared by all systems; scikit-learn computes most of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support, roc_auc_score


def accuracy(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Share of equal entries; NaN without entries."""
    actual = np.asarray(truth)
    return float((actual == np.asarray(predicted)).mean()) if actual.size else float("nan")


def confusion(truth: ArrayLike, predicted: ArrayLike, classes: int) -> NDArray[np.int64]:
    """Counts (classes, classes), rows true, columns predicted."""
    if np.size(truth) == 0:
        return np.zeros((classes, classes), np.int64)
    return confusion_matrix(truth, predicted, labels=np.arange(classes)).astype(np.int64)


def per_class(truth: ArrayLike, predicted: ArrayLike, labels: Sequence[str]) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and support of each label; a figure with a zero denominator is 0."""
    if np.size(truth) == 0:
        return {label: {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0} for label in labels}
    found = precision_recall_fscore_support(truth, predicted, labels=np.arange(len(labels)), zero_division=0)
    return {
        label: {"precision": float(p), "recall": float(r), "f1": float(f), "support": int(s)}
        for label, p, r, f, s in zip(labels, *found, strict=True)
    }


def roc_auc(truth: ArrayLike, score: ArrayLike) -> float:
    """Area under the ROC curve; NaN if one class is missing."""
    actual = np.asarray(truth, bool)
    if actual.all() or not actual.any():
        return float("nan")
    return float(roc_auc_score(actual, score))


def brier(probability: ArrayLike, truth: ArrayLike) -> float:
    """Mean squared error of a probability (Brier score); NaN without cases."""
    predicted, actual = np.asarray(probability, float), np.asarray(truth, float)
    return float(((predicted - actual) ** 2).mean()) if predicted.size else float("nan")


def expected_calibration_error(probability: ArrayLike, truth: ArrayLike, bins: int = 15) -> float:
    """Mean gap between predicted and observed share over equal-width bins (Guo et al. 2017, arXiv:1706.04599)."""
    predicted, actual = np.asarray(probability, float), np.asarray(truth, float)
    if not predicted.size:
        return float("nan")
    bin_of = np.clip((predicted * bins).astype(int), 0, bins - 1)
    gaps = [
        abs(predicted[bin_of == index].mean() - actual[bin_of == index].mean()) * (bin_of == index).mean()
        for index in np.unique(bin_of)
    ]
    return float(np.sum(gaps))


def fit_temperature(logits: ArrayLike, truth: ArrayLike) -> float:
    """The temperature with the highest likelihood (Guo et al. 2017).

    Args:
        logits: (N,) of a binary prediction, or (N, classes).
        truth: (N,) 0/1, or class indices.
    """
    values, actual = np.asarray(logits, float), np.asarray(truth, int)
    if values.ndim == 1:
        values = np.stack([np.zeros_like(values), values], 1)

    def loss(log_temperature: float) -> float:
        return -float(log_softmax(values / np.exp(log_temperature), axis=1)[np.arange(len(actual)), actual].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-4.0, 4.0), method="bounded").x))
