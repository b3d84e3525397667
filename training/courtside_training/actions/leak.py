"""How much a validation figure flatters itself when copies of one clip lie on both sides of the split.

The published result for SpaceJam came of copying the clips of poor classes (turned, moved) first and splitting at
random after. Here the same network is trained under three protocols on the same games, and each is asked twice: on its
own validation part, and on games none of them has seen. No other change is made to the clips, as it was then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from courtside_training.actions.batches import Examples, examples
from courtside_training.actions.clips import SHARES, Clips, split_groups
from courtside_training.actions.evaluate import figures, predict, torch_run
from courtside_training.actions.train import ActionsConfig, load_served, make_fit
from courtside_training.common.progress import progress, reporter
from courtside_training.common.tables import markdown

_PART = SHARES[1] / (SHARES[0] + SHARES[1])


@dataclass(frozen=True)
class Protocol:
    """One way of splitting.

    Attributes:
        name: for the table.
        train: examples trained on.
        validation: examples the protocol validates on.
        related: (len(validation),) whether a copy of the very same clip is trained on.
    """

    name: str
    train: Examples
    validation: Examples
    related: NDArray[np.bool_]


def protocols(labels: NDArray[np.int64], groups: NDArray[np.int64], seed: int) -> list[Protocol]:
    """Twins before a random split; a random split of clips, then twins; a split by game, then twins."""
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
    # Nobody needs a third part here: the games of the test are others.
    by_game = Protocol(
        "split games, then twins in training (ours)",
        examples(labels, np.concatenate([train, rest]), twins=True), examples(labels, validation, twins=False),
        np.zeros(len(validation), bool),
    )  # fmt: skip
    return [leaking, by_clip, by_game]


def measure(
    clips: Clips, test: Clips, config: ActionsConfig, folder: Path, say: Callable[[str], None] = lambda text: None
) -> list[dict[str, Any]]:
    """Train under each protocol for equally many steps and ask each network on its validation and on unseen games.

    Args:
        clips: of the games to train and validate on.
        test: of other games.
        config: of every training; its `samples` an epoch are the same for all.
        folder: for the checkpoints.
        say: told what is being done.
    """
    found = protocols(clips.labels, clips.groups, config.fit.seed)
    config = replace(config, samples=config.samples or min(len(way.train) for way in found))
    unseen = examples(test.labels, np.arange(len(test.labels)), twins=False)
    rows = []
    for number, way in enumerate(found):
        say(way.name)
        checkpoint = folder / f"leak-{number}.pt"
        run = make_fit(clips, way.train, clips.labels[way.validation[:, 0]], config, checkpoint)
        with progress() as bar:
            run.run(reporter(bar, config.fit.epochs, run.steps))
        asked = torch_run(load_served(checkpoint))
        truth = clips.labels[way.validation[:, 0]]
        said = predict(asked, clips, way.validation)
        right = said.argmax(1) == truth
        honest = figures(test.labels, predict(asked, test, unseen))
        rows.append(
            {
                "protocol": way.name,
                "training examples": len(way.train),
                "validation examples": len(way.validation),
                "with a copy in training": float(way.related.mean()),
                "validation accuracy": float(right.mean()),
                "validation accuracy, with a copy": float(right[way.related].mean()) if way.related.any() else None,
                "validation accuracy, without": float(right[~way.related].mean()) if (~way.related).any() else None,
                "validation macro F1": figures(truth, said)["macro F1"],
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
