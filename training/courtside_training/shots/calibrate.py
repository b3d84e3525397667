"""Calibration: a scale and a bias on the shot logit, so that the service's threshold of 0.8 is the best one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.measures import fit_temperature
from courtside_training.shots.evaluate import SUPPORT, Answers, ask, shot_figures, torch_model
from courtside_training.shots.footage import Footage
from courtside_training.shots.geometry import STRIDE_S, THRESHOLD
from courtside_training.shots.metrics import logits
from courtside_training.shots.models import load_any, system_of
from courtside_training.shots.windows import hop_windows

GRID = np.arange(-6.0, 6.01, 0.25)
"""Logits tried as thresholds."""
NEAR_BEST = 0.005
"""Thresholds whose F1 is this close to the best are as good; the middle one is taken."""


def logit(probability: float) -> float:
    """Log odds of a probability strictly between 0 and 1."""
    return math.log(probability / (1 - probability))


def fit_scale(truth: np.ndarray, said: np.ndarray) -> float:
    """The slope of a logistic regression of `truth` on the logits `said` (both (N,)), kept in 0.25..4.

    Newton's method; a step that does not lower the loss is halved until it does.
    """

    def loss(at: np.ndarray) -> float:
        z = at[0] * said + at[1]
        return float((np.logaddexp(0.0, z) - truth * z).sum()) + 5e-4 * float(at @ at)

    point = np.array([1.0, 0.0])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(point[0] * said + point[1], -40, 40)))
        spread = p * (1 - p) + 1e-9
        gradient = np.array([((p - truth) * said).sum(), (p - truth).sum()]) + 1e-3 * point
        cross = (spread * said).sum()
        hessian = np.array([[(spread * said**2).sum(), cross], [cross, spread.sum()]]) + 1e-3 * np.eye(2)
        change = np.linalg.solve(hessian, gradient)
        while np.abs(change).max() > 1e-8 and loss(point - change) > loss(point):
            change = change / 2
        point = point - change
        if np.abs(change).max() <= 1e-8:
            break
    return min(max(float(point[0]), 0.25), 4.0)


def make_temperature(answers: Answers) -> float:
    """Temperature of the make logit, over windows with a known result and the release in their middle.

    Without makes or without misses it is 1: one kind alone asks for endless confidence.

    Args:
        answers: of the uncalibrated model on validation film.
    """
    chosen = answers.true_middle & (answers.true_made >= 0)
    if len(np.unique(answers.true_made[chosen])) < 2:
        return 1.0
    return fit_temperature(logits(answers.make[chosen]), answers.true_made[chosen])


def calibrate(answers: Answers, games: Sequence[Footage]) -> tuple[float, float]:
    """Scale and bias for the shot logit.

    Args:
        answers: of the uncalibrated model (scale 1, bias 0) on validation film at the 0.3 s hop.
        games: that film.

    Returns:
        Scale: a logistic fit of "a release lies in the window". Bias: puts the threshold whose releases within
        0.3 s have the best F1 over whole games (mean of one agreeing window being enough, and of half) at 0.8.
    """
    said = logits(answers.shot)
    scale = fit_scale(answers.true_shot.astype(float), said)
    scores = []
    for threshold in GRID:
        moved = answers.with_shot(1 / (1 + np.exp(-(said - threshold + logit(THRESHOLD)))))
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
    answers = ask(torch_model(model), games, hop_windows(games, hop_s), report=report)
    scale, bias = calibrate(answers, games)
    fitted = {
        "scale": scale, "bias": bias, "temperature": make_temperature(answers), "seeds": [game.seed for game in games],
    }  # fmt: skip
    checkpoints.update(path, system_of(path), calibration=fitted)
    return fitted
