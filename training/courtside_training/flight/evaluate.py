"""Evaluation of the flight network on windows: shots found, release times, make probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from courtside_training.common.measures import brier, expected_calibration_error, roc_auc
from courtside_training.common.running import Run
from courtside_training.common.tables import markdown
from courtside_training.flight.geometry import COUNTED, TIME_STEP_S
from courtside_training.flight.tracks import Example

THRESHOLD = 0.8
"""Shot probability from which a window counts as a shot."""


def position(release: np.ndarray) -> np.ndarray:
    """Expected time step (N,) of distributions (N, 48), over the mode and its two neighbours, as in the server."""
    mode = release.argmax(1)
    out = np.zeros(len(release))
    for row, (shares, best) in enumerate(zip(release.astype(float), mode, strict=True)):
        low, high = max(0, best - 1), min(len(shares), best + 2)
        out[row] = float(shares[low:high] @ np.arange(low, high) / shares[low:high].sum())
    return out


def figures(run: Run, examples: list[Example]) -> dict[str, Any]:
    """Figures over windows; windows with an uncertain truth (weight 0) are left out.

    Args:
        run: from tracks (N, 48, 15) to shot (N, 1), release (N, 48) and make (N, 1) probabilities.
        examples: the windows.
    """
    kept = [example for example in examples if example.weight > 0]
    shot, release, make = run((np.stack([example.track for example in kept]),))
    shot, make = shot[:, 0], make[:, 0]
    true = np.array([example.release for example in kept])
    made = np.array([example.made for example in kept])
    decided = np.array([example.decided for example in kept])
    within = np.isnan(true) | ((true >= COUNTED[0]) & (true < COUNTED[1]))
    actual, predicted = ~np.isnan(true[within]), shot[within] >= THRESHOLD
    found = ~np.isnan(true) & (shot >= THRESHOLD) & within
    error = (position(release)[found] - true[found]) * TIME_STEP_S
    known = ~np.isnan(made) & within
    result: dict[str, Any] = {
        "windows": int(within.sum()),
        "shots": int(actual.sum()),
        "roc_auc": roc_auc(actual, shot[within]),
        "precision": float((predicted & actual).sum() / max(predicted.sum(), 1)),
        "recall": float((predicted & actual).sum() / max(actual.sum(), 1)),
        "release_error_median_s": float(np.median(np.abs(error))) if len(error) else float("nan"),
        "release_error_p90_s": float(np.quantile(np.abs(error), 0.9)) if len(error) else float("nan"),
    }
    for name, part in (("before", known & ~decided), ("after", known & decided)):
        result[f"make_{name}"] = {
            "shots": int(part.sum()),
            "roc_auc": roc_auc(made[part] > 0.5, make[part]),
            "accuracy": float(((make[part] > 0.5) == (made[part] > 0.5)).mean()) if part.any() else float("nan"),
            "brier": brier(make[part], made[part]),
            "calibration": expected_calibration_error(make[part], made[part]),
        }
    return result


def table(result: dict[str, Any]) -> str:
    """The figures as Markdown tables."""
    names = ("windows", "shots", "roc_auc", "precision", "recall", "release_error_median_s", "release_error_p90_s")
    first = markdown(
        ["windows", "with a shot", "ROC-AUC", "precision at .8", "recall at .8", "release error, median s", "90 % s"],
        [[result[name] for name in names]],
    )
    rows = [
        [label, *(result[key][name] for name in ("shots", "roc_auc", "accuracy", "brier", "calibration"))]
        for label, key in (("before the rim decides", "make_before"), ("after", "make_after"))
    ]
    return first + "\n\n" + markdown(["make probability", "shots", "ROC-AUC", "accuracy", "Brier", "ECE"], rows)
