"""Accuracy of action classification: on films that were left out, on other games, and on SpaceJam's clips."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from courtside_training.actions.broadcast import Moments, Track, clips
from courtside_training.actions.classes import LABELS
from courtside_training.actions.pool import draw_stored
from courtside_training.actions.spacejam import Labelled
from courtside_training.actions.stored import Stored
from courtside_training.actions.windows import Window
from courtside_training.common import measures
from courtside_training.common.running import Run
from courtside_training.common.tables import confusion_table, markdown

FOLDS = 6
"""Parts of the real films for leaving some out; each film is in one of them."""
PER_CLASS = 100
"""Clips of simulated games per class."""


def figures(truth: NDArray[np.int64], probabilities: NDArray[np.float32]) -> dict[str, Any]:
    """All figures of one set of predictions.

    Args:
        truth: (M,) class numbers.
        probabilities: (M, 10).
    """
    top = probabilities.argmax(1)
    by_class = measures.per_class(truth, top, LABELS)
    there = [line for line in by_class.values() if line["support"]]
    second = np.argsort(-probabilities, 1)[:, :2]
    return {
        "clips": len(truth),
        "accuracy": measures.accuracy(truth, top),
        "top-2 accuracy": float((second == truth[:, None]).any(1).mean()) if len(truth) else float("nan"),
        "macro F1": float(np.mean([line["f1"] for line in there])) if there else float("nan"),
        "expected calibration error": measures.expected_calibration_error(probabilities.max(1), top == truth),
        "per class": by_class,
        "confusion": measures.confusion(truth, top, len(LABELS)).tolist(),
    }


def without_context(window: Window) -> Window:
    """The same clips with neither ball nor velocity."""
    return Window(window.keypoints, np.zeros_like(window.context))


def folds(films: NDArray[np.int64]) -> Iterator[NDArray[np.bool_]]:
    """Masks (N,) of the clips that are left out, one after the other; films are dealt out in order."""
    for fold in range(FOLDS):
        yield films % FOLDS == fold


def players(tracks: list[Track], moments: Moments) -> Moments:
    """The moments of players; referees are trained on and not measured."""
    return moments.where(~np.array([track.referee for track in tracks])[moments.track])


def real_window(tracks: list[Track], moments: Moments) -> Window:
    """Clips round moments, as served."""
    return clips(tracks, moments)


def simulated(run: Run, stored: Stored, rng: np.random.Generator) -> dict[str, Any]:
    """Figures on games that were not trained on, every class as often."""
    window, labels = draw_stored(stored, PER_CLASS * len(np.unique(stored.labels)), rng)
    bare = without_context(window)
    return {
        "simulated games": figures(labels, run((window.keypoints, window.context))[0]),
        "simulated games, keypoints only": figures(labels, run((bare.keypoints, bare.context))[0]),
    }


def spacejam(run: Run, found: Labelled) -> dict[str, Any]:
    """Figures on SpaceJam's clips: all, those that a published network classifies, and the others."""
    probabilities = run((found.window.keypoints, found.window.context))[0]
    out = {"SpaceJam": figures(found.labels, probabilities)}
    for name, kept in (("SpaceJam, easy half", ~found.hard), ("SpaceJam, hard half", found.hard)):
        if kept.any():
            out[name] = figures(found.labels[kept], probabilities[kept])
    return out


def tables(found: dict[str, Any]) -> str:
    """The figures as Markdown: one line per set, F1 per class, and confusion matrices of real players."""
    names = ("clips", "accuracy", "top-2 accuracy", "macro F1", "expected calibration error")
    sets = {name: line for name, line in found.items() if isinstance(line, dict) and "confusion" in line}
    parts = [
        markdown(("", *names), [[name, *(line[key] for key in names)] for name, line in sets.items()]),
        markdown(
            ("F1 (clips)", *LABELS),
            [[name, *(_cell(line["per class"][label]) for label in LABELS)] for name, line in sets.items()],
        ),
    ]
    for name in ("real films left out, keypoints only", "SpaceJam"):
        if name in sets:
            matrix = confusion_table(np.array(sets[name]["confusion"]), LABELS)
            parts.append(f"{name[:1].upper() + name[1:]}:\n\n{matrix}")
    return "\n\n".join(parts)


def _cell(line: dict[str, float]) -> str:
    return f"{line['f1']:.2f} ({int(line['support'])})" if line["support"] else "-"
