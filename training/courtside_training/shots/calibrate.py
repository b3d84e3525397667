"""Calibration: scale and bias on the shot logit that make 0.8 the best threshold, and a temperature for makes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.measures import fit_temperature
from courtside_training.shots.footage import Footage
from courtside_training.shots.geometry import STRIDE_S, THRESHOLD
from courtside_training.shots.metrics import logits
from courtside_training.shots.models import load_any, model_of
from courtside_training.shots.predictions import Predictions, infer, torch_model
from courtside_training.shots.whole_games import SUPPORT, shot_figures
from courtside_training.shots.windows import hop_windows

GRID = np.arange(-6.0, 6.01, 0.25)
"""Thresholds that are tried, as logits."""
NEAR_BEST = 0.005
"""Thresholds whose F1 is this close to the best count as equal; the median is used."""


def logit(probability: float) -> float:
    """Log odds of a probability strictly between 0 and 1."""
    return math.log(probability / (1 - probability))


def fit_scale(truth: np.ndarray, predicted: np.ndarray) -> float:
    """The slope of a logistic regression of `truth` on the logits `predicted`, both (N,), limited to 0.25 to 4.

    Uses Newton's method; a step that does not lower the loss is halved until it does.
    """

    def loss(at: np.ndarray) -> float:
        z = at[0] * predicted + at[1]
        return float((np.logaddexp(0.0, z) - truth * z).sum()) + 5e-4 * float(at @ at)

    point = np.array([1.0, 0.0])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(point[0] * predicted + point[1], -40, 40)))
        spread = p * (1 - p) + 1e-9
        gradient = np.array([((p - truth) * predicted).sum(), (p - truth).sum()]) + 1e-3 * point
        cross = (spread * predicted).sum()
        hessian = np.array([[(spread * predicted**2).sum(), cross], [cross, spread.sum()]]) + 1e-3 * np.eye(2)
        change = np.linalg.solve(hessian, gradient)
        while np.abs(change).max() > 1e-8 and loss(point - change) > loss(point):
            change = change / 2
        point = point - change
        if np.abs(change).max() <= 1e-8:
            break
    return min(max(float(point[0]), 0.25), 4.0)


def make_temperature(predictions: Predictions) -> float:
    """Temperature of the make logit, from windows with a known result and the release in their middle.

    Without makes or without misses it is 1, since one result alone would make it infinitely confident.

    Args:
        predictions: of the uncalibrated model on validation film.
    """
    chosen = predictions.true_middle & (predictions.true_made >= 0)
    if len(np.unique(predictions.true_made[chosen])) < 2:
        return 1.0
    return fit_temperature(logits(predictions.make[chosen]), predictions.true_made[chosen])


def calibrate(predictions: Predictions, games: Sequence[Footage]) -> tuple[float, float]:
    """Scale and bias for the shot logit.

    Args:
        predictions: of the uncalibrated model (scale 1, bias 0) on validation film at the 0.3 s hop.
        games: that film.

    Returns:
        The scale, from a logistic regression of "a release lies in the window". The bias, which puts the best
        threshold at 0.8: that with the highest F1 of releases within 0.3 s over whole games, averaged over two
        supports (one window is enough, or half of them must agree).
    """
    predicted = logits(predictions.shot)
    scale = fit_scale(predictions.true_shot.astype(float), predicted)
    scores = []
    for threshold in GRID:
        moved = predictions.with_shot(1 / (1 + np.exp(-(predicted - threshold + logit(THRESHOLD)))))
        scores.append(np.mean([shot_figures(moved, games, support)["F1"] for support in (0.0, SUPPORT)]))
    best = float(np.median(GRID[np.array(scores) >= max(scores) - NEAR_BEST]))
    return scale, logit(THRESHOLD) - scale * best


def calibrate_checkpoint(
    path: Path, games: Sequence[Footage], hop_s: float = STRIDE_S, report: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Fit scale, bias and temperature on validation film and write them into a checkpoint.

    Args:
        path: checkpoint of the joined clip network, or of VideoMAE.
        games: validation film.
        hop_s: seconds between two windows.
        report: called with windows done and in all.

    Returns:
        What was written: ``scale`` and ``bias`` of the shot logit, ``temperature`` of the make logit, ``seeds``.

    Raises:
        TrainingInputError: the checkpoint is missing, torn, of another system, or not joined yet.
    """
    model, _ = load_any(path, calibrated=False)
    predictions = infer(torch_model(model), games, hop_windows(games, hop_s), report=report)
    scale, bias = calibrate(predictions, games)
    fitted = {
        "scale": scale, "bias": bias, "temperature": make_temperature(predictions),
        "seeds": [game.seed for game in games],
    }  # fmt: skip
    checkpoints.update(path, model_of(path), calibration=fitted)
    return fitted
