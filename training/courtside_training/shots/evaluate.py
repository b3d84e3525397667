"""Evaluation on held-out games: figures of windows as in the source system, and the whole report."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from courtside_training.common.measures import brier, confusion, expected_calibration_error, roc_auc
from courtside_training.shots.footage import Footage
from courtside_training.shots.geometry import SAMPLES, STRIDE_S, THRESHOLD, ZONE_LABELS
from courtside_training.shots.labels import in_middle
from courtside_training.shots.metrics import best_threshold, detection, logits, release_position
from courtside_training.shots.predictions import HALF, Model, Predictions, counted, every, infer
from courtside_training.shots.whole_games import shot_figures
from courtside_training.shots.windows import hop_windows


def window_figures(predictions: Predictions, middle_only: bool) -> dict[str, float]:
    """Detection and release figures of windows.

    Without `middle_only`, a window should find a release anywhere in it. With it, only releases in the middle eight
    samples should be found, and a prediction counts only if its release lies there.
    """
    if middle_only:
        truth = predictions.true_middle
        position = release_position(predictions.release)
        inside = np.array([in_middle(p) for p in position], bool)
        score = np.where(inside, predictions.shot, 0.0)
    else:
        truth, score = predictions.true_shot, predictions.shot
    at, best = detection(truth, score >= THRESHOLD), best_threshold(truth, score)
    found = truth & (score >= THRESHOLD)
    error = np.abs(release_position(predictions.release) - predictions.true_position)[found] * STRIDE_S
    with_zone = found & (predictions.true_zone >= 0)
    zone_right = predictions.zone[with_zone].argmax(1) == predictions.true_zone[with_zone]
    return {
        "windows": len(truth),
        "with a release": int(truth.sum()),
        "ROC-AUC": roc_auc(truth, score),
        "precision": at.precision,
        "recall": at.recall,
        "F1": at.f1,
        "accuracy": at.accuracy,
        "best F1": best[1],
        "best threshold": best[0],
        "release error, mean s": float(error.mean()) if len(error) else float("nan"),
        "release error, median s": float(np.median(error)) if len(error) else float("nan"),
        "zone accuracy": float(zone_right.mean()) if len(zone_right) else float("nan"),
        **make_figures(predictions, found),
    }


RESULT_S = 1.5
"""Seconds after the release at which most shots have come down."""


def make_figures(predictions: Predictions, found: NDArray[np.bool_]) -> dict[str, float]:
    """Figures of the make probabilities of the windows `found`: ranking, Brier score, calibration error.

    "Result in window" are windows that continue for `RESULT_S` after the release.
    """
    chosen = found & (predictions.true_made >= 0)
    made, predicted = predictions.true_made[chosen] == 1, predictions.make[chosen]
    late = (SAMPLES - 1 - predictions.true_position[chosen]) * STRIDE_S >= RESULT_S
    return {
        "make ROC-AUC": roc_auc(made, predicted) if len(made) else float("nan"),
        "make ROC-AUC, result in window": roc_auc(made[late], predicted[late]) if late.any() else float("nan"),
        "make Brier": brier(predicted, made),
        "make ECE": expected_calibration_error(predicted, made),
        "made share": float(made.mean()) if len(made) else float("nan"),
    }


def retempered(predictions: Predictions, temperature: float) -> Predictions:
    """The predictions with make logits multiplied by `temperature`, which undoes the division by it."""
    make = 1 / (1 + np.exp(-logits(predictions.make) * temperature))
    return Predictions(**{**predictions.__dict__, "make": make})


def reliability(predictions: Predictions, bins: int = 10) -> list[dict[str, float]]:
    """Predicted and observed share of makes in each bin, over counted windows with a known result in their middle."""
    chosen = counted(predictions) & predictions.true_middle & (predictions.true_made >= 0)
    predicted, made = predictions.make[chosen], predictions.true_made[chosen] == 1
    bin_of = np.clip((predicted * bins).astype(int), 0, bins - 1)
    return [
        {"predicted": float(predicted[rows].mean()), "observed": float(made[rows].mean()), "count": int(rows.sum())}
        for rows in (bin_of == i for i in range(bins)) if rows.any()
    ]


def zone_confusion(predictions: Predictions) -> NDArray[np.int64]:
    """Counts (7, 7), rows true, columns predicted, over counted windows with a release in the middle."""
    chosen = counted(predictions) & predictions.true_middle & (predictions.true_zone >= 0)
    return confusion(predictions.true_zone[chosen], predictions.zone[chosen].argmax(1), len(ZONE_LABELS))


def full_report(
    model: Model, games: Sequence[Footage], report: Callable[[int, int], None] | None = None,
    temperature: float = 1.0,
) -> dict[str, object]:
    """Every table of the model card for some games, as plain values.

    Args:
        model: the served one.
        games: held-out film.
        report: called with the windows done and their number.
        temperature: divisor of the make logits in `model`; figures without it are added.
    """
    predictions = infer(model, games, hop_windows(games, STRIDE_S), report=report)
    staggered, apart = every(predictions, HALF), every(predictions, SAMPLES)
    kinds = sorted({game.kind for game in games})
    by_kind = {}
    for kind in kinds:
        chosen = [i for i, game in enumerate(games) if game.kind == kind]
        part = predictions.pick(np.isin(predictions.game, chosen))
        renamed = Predictions(**{**part.__dict__, "game": np.searchsorted(chosen, part.game)})
        by_kind[kind] = shot_figures(renamed, [games[i] for i in chosen])
    result_known = counted(predictions) & predictions.true_middle
    return {
        "seeds": [game.seed for game in games],
        "windows, 0.3 s hop, any sample": window_figures(predictions, middle_only=False),
        "windows, 0.3 s hop, middle eight": window_figures(predictions, middle_only=True),
        "windows, staggered, any sample": window_figures(staggered, middle_only=False),
        "windows, staggered, middle eight": window_figures(staggered, middle_only=True),
        "windows, non-overlapping": window_figures(apart, middle_only=False),
        "shots, 0.3 s hop": shot_figures(predictions, games),
        "shots, staggered": shot_figures(staggered, games, support=0.0),
        "shots by camera": by_kind,
        "zone confusion": zone_confusion(predictions).tolist(),
        "make": {
            "temperature": temperature,
            "as trained": make_figures(retempered(predictions, temperature), result_known),
            "with temperature": make_figures(predictions, result_known),
        },
        "reliability": {
            "as trained": reliability(retempered(predictions, temperature)),
            "with temperature": reliability(predictions),
        },
    }
