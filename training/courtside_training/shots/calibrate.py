"""Calibration: a scale and a bias on the shot logit, so that the service's threshold of 0.8 is the best one."""

from __future__ import annotations

import math

import numpy as np

from courtside_training.shots.evaluate import Answers, counted
from courtside_training.shots.geometry import THRESHOLD
from courtside_training.shots.metrics import best_threshold


def logit(probability: float) -> float:
    """Log odds of a probability strictly between 0 and 1."""
    return math.log(probability / (1 - probability))


def fit_scale(truth: np.ndarray, logits: np.ndarray) -> float:
    """The slope of a logistic regression of `truth` on `logits` (both (N,)), by Newton's method, kept in 0.25..4."""
    scale, bias = 1.0, 0.0
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(scale * logits + bias, -40, 40)))
        spread = p * (1 - p) + 1e-9
        gradient = np.array([((p - truth) * logits).sum(), (p - truth).sum()])
        hessian = np.array(
            [[(spread * logits**2).sum(), (spread * logits).sum()], [(spread * logits).sum(), spread.sum()]]
        ) + 1e-3 * np.eye(2)
        change = np.linalg.solve(hessian, gradient)
        scale, bias = scale - float(change[0]), bias - float(change[1])
        if np.abs(change).max() < 1e-8:
            break
    return min(max(scale, 0.25), 4.0)


def calibrate(answers: Answers) -> tuple[float, float]:
    """Scale and bias for the shot logit.

    Args:
        answers: of the uncalibrated model (scale 1, bias 0) on validation film at the 0.3 s hop.

    Returns:
        Scale: a logistic fit of "a release lies in the window". Bias: puts the threshold of best F1 under the
        middle-eight rule at 0.8.
    """
    clipped = np.clip(answers.shot.astype(float), 1e-6, 1 - 1e-6)
    logits = np.log(clipped / (1 - clipped))
    scale = fit_scale(answers.true_shot.astype(float), logits)
    score = np.where(counted(answers, threshold=0.0), logits, -20.0)
    best, _ = best_threshold(answers.true_middle, score)
    return scale, logit(THRESHOLD) - scale * best
