"""Evaluation of the candidate network: separation and calibration."""

from __future__ import annotations

from typing import Any

from courtside_training.candidate.data import PLAYERS, RIM, Candidates
from courtside_training.common.measures import brier, expected_calibration_error, roc_auc
from courtside_training.common.running import Run
from courtside_training.common.tables import markdown

PARTS = ("all", "no rim in view", "no player in view")


def figures(run: Run, candidates: Candidates) -> dict[str, Any]:
    """Figures over all candidates, and over those of which no rim or no player was seen.

    Args:
        run: from features (N, 23) to shot probabilities (N, 1).
        candidates: the candidates.
    """
    unknown = candidates.features != candidates.features
    parts = (candidates.shot == candidates.shot, unknown[:, RIM].all(1), unknown[:, PLAYERS].all(1))
    out: dict[str, Any] = {}
    for name, kept in zip(PARTS, parts, strict=True):
        part = candidates.where(kept)
        if not 0 < part.shot.sum() < len(part):
            continue
        shot = run((part.features,))[0][:, 0]
        predicted, actual = shot >= 0.5, part.shot > 0.5
        out[name] = {
            "candidates": len(part), "shots": int(actual.sum()), "roc_auc": roc_auc(actual, shot),
            "precision": float((predicted & actual).sum() / max(predicted.sum(), 1)),
            "recall": float((predicted & actual).sum() / max(actual.sum(), 1)),
            "brier": brier(shot, part.shot), "calibration": expected_calibration_error(shot, part.shot),
        }  # fmt: skip
    return out


def table(result: dict[str, Any]) -> str:
    """The figures as a Markdown table."""
    names = ("candidates", "shots", "roc_auc", "precision", "recall", "brier", "calibration")
    return markdown(
        ["held-out candidates", "number", "shots", "ROC-AUC", "precision at .5", "recall at .5", "Brier", "ECE"],
        [[part, *(result[part][name] for name in names)] for part in PARTS if part in result],
    )
