"""How much a validation figure is too high when copies of one clip are on both sides of the split.

For the published SpaceJam result, clips of rare classes were copied (rotated, shifted) first and split at random
afterwards. Here the same network is trained with three protocols on the same games. Each network is evaluated twice:
on its own validation part, and on games that no network has seen. Clips are not changed in any other way, as in the
published work.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from courtside_training.action_clips.batches import Examples, examples
from courtside_training.action_clips.clips import SHARES, Clips, split_groups
from courtside_training.action_clips.evaluate import figures, predict
from courtside_training.action_clips.train import ActionsConfig, load_served, make_fit
from courtside_training.common.progress import reporter
from courtside_training.common.running import torch_run
from courtside_training.common.tables import markdown

_PART = SHARES[1] / (SHARES[0] + SHARES[1])
"""Share of validation clips when there is no test part."""


@dataclass(frozen=True)
class Protocol:
    """One way of splitting.

    Attributes:
        name: shown in the table.
        train: training examples.
        validation: validation examples.
        related: (len(validation),) whether a copy of the same clip is in the training examples.
    """

    name: str
    train: Examples
    validation: Examples
    related: NDArray[np.bool_]


def protocols(labels: NDArray[np.int64], groups: NDArray[np.int64], seed: int) -> list[Protocol]:
    """The three protocols: twins, then a random split; a random split, then twins; a split by game, then twins."""
    rng = np.random.default_rng(seed)
    everything = np.arange(len(labels))
    pool = rng.permutation(examples(labels, everything, twins=True))
    border = round(len(pool) * _PART)
    leaking = Protocol(
        "twins first, then split at random (published)", pool[border:], pool[:border],
        np.isin(pool[:border, 0], pool[border:, 0]),
    )  # fmt: skip
    mixed = rng.permutation(everything)
    border = round(len(mixed) * _PART)
    by_clip = Protocol(
        "split clips at random, then twins in training", examples(labels, mixed[border:], twins=True),
        examples(labels, mixed[:border], twins=False), np.zeros(border, bool),
    )  # fmt: skip
    train, validation, rest = split_groups(groups, seed)
    # The test uses other games, so the third part is added to training.
    by_game = Protocol(
        "split games, then twins in training (ours)",
        examples(labels, np.concatenate([train, rest]), twins=True), examples(labels, validation, twins=False),
        np.zeros(len(validation), bool),
    )  # fmt: skip
    return [leaking, by_clip, by_game]


def measure(
    clips: Clips, test: Clips, config: ActionsConfig, folder: Path, bar: Progress
) -> list[dict[str, Any]]:
    """Train with each protocol for the same number of steps, then evaluate on its validation part and on unseen games.

    Args:
        clips: clips of the games for training and validation.
        test: clips of other games.
        config: settings of every training run; `samples` per epoch are the same for all protocols.
        folder: where checkpoints are written.
        bar: shows the progress of each protocol.
    """
    found = protocols(clips.labels, clips.groups, config.fit.seed)
    config = replace(config, samples=config.samples or min(len(way.train) for way in found))
    unseen = examples(test.labels, np.arange(len(test.labels)), twins=False)
    rows = []
    for number, way in enumerate(found):
        bar.console.print(way.name)
        checkpoint = folder / f"leak-{number}.pt"
        run = make_fit(clips, way.train, clips.labels[way.validation[:, 0]], config, checkpoint)
        run.run(reporter(bar, config.fit.epochs, run.steps))
        run_served = torch_run(load_served(checkpoint))
        truth = clips.labels[way.validation[:, 0]]
        probabilities = predict(run_served, clips, way.validation)
        right = probabilities.argmax(1) == truth
        honest = figures(test.labels, predict(run_served, test, unseen))
        rows.append(
            {
                "protocol": way.name,
                "training examples": len(way.train),
                "validation examples": len(way.validation),
                "with a copy in training": float(way.related.mean()),
                "validation accuracy": float(right.mean()),
                "validation accuracy, with a copy": float(right[way.related].mean()) if way.related.any() else None,
                "validation accuracy, without": float(right[~way.related].mean()) if (~way.related).any() else None,
                "validation macro F1": figures(truth, probabilities)["macro F1"],
                "test accuracy": honest["accuracy"],
                "test macro F1": honest["macro F1"],
            }
        )
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """The comparison as Markdown."""
    names = [name for name in rows[0] if name != "protocol"]
    dash = [[row["protocol"], *("-" if row[name] is None else row[name] for name in names)] for row in rows]
    return markdown(("protocol", *names), dash)
