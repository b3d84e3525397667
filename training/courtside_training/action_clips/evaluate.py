"""Accuracy of action classification: per class, overall, and the confusion matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from courtside_training.action_clips.augment import twin
from courtside_training.action_clips.batches import Examples, examples, to_tensor
from courtside_training.action_clips.classes import LABELS, PUBLISHED_ACCURACY
from courtside_training.action_clips.clips import Clips
from courtside_training.action_clips.splits import Part
from courtside_training.action_clips.train import ServedActions
from courtside_training.common import measures
from courtside_training.common.running import Run, torch_run
from courtside_training.common.tables import confusion_table, markdown


def predict(
    run: Run, clips: Clips, chosen: Examples, batch: int = 16, report: Callable[[int], None] | None = None
) -> NDArray[np.float32]:
    """(M, 10) probabilities of examples; `report` receives the number of examples done so far."""
    probabilities = []
    for start in range(0, len(chosen), batch):
        part = chosen[start : start + batch]
        inputs = [twin(clips.read(int(index)), int(which))[0] for index, which in part]
        probabilities.append(run((to_tensor(inputs).numpy(),))[0])
        if report:
            report(min(start + batch, len(chosen)))
    return np.concatenate(probabilities) if probabilities else np.zeros((0, len(LABELS)), np.float32)


@dataclass(frozen=True)
class Predictions:
    """Predictions for one part of a split.

    Attributes:
        clips: the data set.
        chosen: (M,) indices of the predicted clips.
        labels: (M,) their class numbers.
        probabilities: (M, 10) as served.
        unadjusted: (M, 10) for equal class priors.
    """

    clips: Clips
    chosen: NDArray[np.int64]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    unadjusted: NDArray[np.float32]


def predict_split(served: ServedActions, part: Part, report: Callable[[int], None]) -> Predictions:
    """Predict all clips of one part of a split; `report` receives the number of clips done so far."""
    chosen = examples(part.clips.labels, part.chosen, twins=False)
    probabilities = predict(torch_run(served), part.clips, chosen, report=report)
    unadjusted = probabilities / np.exp(served.shift.numpy())
    unadjusted /= unadjusted.sum(1, keepdims=True)
    return Predictions(part.clips, part.chosen, part.labels, probabilities, unadjusted)


def figures(truth: NDArray[np.int64], probabilities: NDArray[np.float32]) -> dict[str, Any]:
    """All figures of one set of predictions.

    Args:
        truth: (M,) class numbers.
        probabilities: (M, 10) probabilities.
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
        "macro recall": float(np.mean([line["recall"] for line in there])) if there else float("nan"),
        "expected calibration error": measures.expected_calibration_error(probabilities.max(1), top == truth),
        "per class": by_class,
        "confusion": measures.confusion(truth, top, len(LABELS)).tolist(),
    }


def majority(truth: NDArray[np.int64]) -> float:
    """Accuracy of always predicting the most frequent class, which is what class imbalance alone gives."""
    return float(np.bincount(truth).max() / len(truth)) if len(truth) else float("nan")


def report(
    truth: NDArray[np.int64], probabilities: NDArray[np.float32], unadjusted: NDArray[np.float32]
) -> dict[str, Any]:
    """The result of `evaluate`: figures with class shares of real play (`probabilities`) and without (`unadjusted`)."""
    return {**figures(truth, probabilities), "majority": majority(truth), "without prior": figures(truth, unadjusted)}


def tables(found: dict[str, Any]) -> str:
    """The figures of `report` as Markdown."""
    rows = [
        [label, *(line[name] for name in ("precision", "recall", "f1")), int(line["support"])]
        for label, line in found["per class"].items()
    ]
    plain = found["without prior"]
    names = ("accuracy", "top-2 accuracy", "macro F1", "macro recall", "expected calibration error")
    return "\n\n".join(
        [
            markdown(
                ("", *names),
                [
                    ["as served", *(found[name] for name in names)],
                    ["with equal class priors", *(plain[name] for name in names)],
                    ["always the most frequent class", found["majority"], *("-" for _ in names[1:])],
                    ["published, real clips (copies on both sides)", PUBLISHED_ACCURACY, *("-" for _ in names[1:])],
                ],
            ),
            markdown(("action", "precision", "recall", "F1", "clips"), rows),
            confusion_table(np.array(found["confusion"]), LABELS),
        ]
    )
