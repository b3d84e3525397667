"""How well actions are told apart: per class, all together, and where they are confused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from courtside_training.actions.augment import twin
from courtside_training.actions.batches import Examples, to_tensor
from courtside_training.actions.classes import LABELS, PUBLISHED_ACCURACY
from courtside_training.actions.clips import Clips
from courtside_training.common import measures
from courtside_training.common.export_spec import Arrays
from courtside_training.common.tables import confusion_table, markdown

Run = Callable[[Arrays], Arrays]


def torch_run(network: nn.Module) -> Run:
    """A served network as a function of arrays."""

    def run(inputs: Arrays) -> Arrays:
        with torch.inference_mode():
            return tuple(out.numpy() for out in network(torch.from_numpy(inputs[0])))

    return run


def predict(
    run: Run, clips: Clips, chosen: Examples, batch: int = 16, report: Callable[[int], None] | None = None
) -> NDArray[np.float32]:
    """(M, 10) probabilities of examples; `report` is told how many are done."""
    said = []
    for start in range(0, len(chosen), batch):
        part = chosen[start : start + batch]
        pictures = [twin(clips.read(int(index)), int(which))[0] for index, which in part]
        said.append(run((to_tensor(pictures).numpy(),))[0])
        if report:
            report(min(start + batch, len(chosen)))
    return np.concatenate(said) if said else np.zeros((0, len(LABELS)), np.float32)


def figures(truth: NDArray[np.int64], said: NDArray[np.float32]) -> dict[str, Any]:
    """Every figure of one set of answers.

    Args:
        truth: (M,) class numbers.
        said: (M, 10) probabilities.
    """
    top = said.argmax(1)
    by_class = measures.per_class(truth, top, LABELS)
    there = [line for line in by_class.values() if line["support"]]
    second = np.argsort(-said, 1)[:, :2]
    return {
        "clips": len(truth),
        "accuracy": measures.accuracy(truth, top),
        "top-2 accuracy": float((second == truth[:, None]).any(1).mean()) if len(truth) else float("nan"),
        "macro F1": float(np.mean([line["f1"] for line in there])) if there else float("nan"),
        "macro recall": float(np.mean([line["recall"] for line in there])) if there else float("nan"),
        "expected calibration error": measures.expected_calibration_error(said.max(1), top == truth),
        "per class": by_class,
        "confusion": measures.confusion(truth, top, len(LABELS)).tolist(),
    }


def majority(truth: NDArray[np.int64]) -> float:
    """Accuracy of always saying the commonest class: what imbalance alone gives."""
    return float(np.bincount(truth).max() / len(truth)) if len(truth) else float("nan")


def report(truth: NDArray[np.int64], said: NDArray[np.float32], evenly: NDArray[np.float32]) -> dict[str, Any]:
    """What `evaluate` writes: figures with the shares of play put back in (`said`) and without (`evenly`)."""
    return {**figures(truth, said), "majority": majority(truth), "without prior": figures(truth, evenly)}


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
                    ["for evenly drawn classes", *(plain[name] for name in names)],
                    ["always the commonest", found["majority"], *("-" for _ in names[1:])],
                    ["published, real clips (twins on both sides)", PUBLISHED_ACCURACY, *("-" for _ in names[1:])],
                ],
            ),
            markdown(("action", "precision", "recall", "F1", "clips"), rows),
            confusion_table(np.array(found["confusion"]), LABELS),
        ]
    )
