"""Training of the pose network: batches, the training run, and loading from a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.fit import Fit, FitConfig
from courtside_training.pose.augment import AugmentConfig, example
from courtside_training.pose.losses import losses
from courtside_training.pose.network import NetworkConfig, PoseNetwork
from courtside_training.pose.people import Person

MODEL = "player_pose_small"
"""Name of the model in checkpoints and in the model repository."""
REAL_SHARE = 0.5
"""Share of real people in a batch, if there are both kinds."""


def draw_batches(
    people: Sequence[Person], steps: int, batch: int, rng: np.random.Generator,
    augmentation: AugmentConfig | None = None,
) -> Iterator[dict[str, torch.Tensor]]:
    """`steps` batches with fixed shares of simulated and real people; people of one kind are drawn equally often."""
    kinds = [np.array([i for i, one in enumerate(people) if one.source == kind]) for kind in ("simulated", "real")]
    share = REAL_SHARE if len(kinds[0]) and len(kinds[1]) else float(len(kinds[1]) > 0)
    orders = [_rounds(kind, rng) for kind in kinds]
    real = round(share * batch)
    for _ in range(steps):
        chosen = [next(orders[0]) for _ in range(batch - real)] + [next(orders[1]) for _ in range(real)]
        others = rng.integers(len(people), size=batch)
        rows = [example(people[i], rng, people[j], augmentation) for i, j in zip(chosen, others, strict=True)]
        yield {name: torch.from_numpy(np.stack([row[name] for row in rows])) for name in rows[0]}


def _rounds(indices: np.ndarray, rng: np.random.Generator) -> Iterator[int]:
    while len(indices):
        yield from rng.permutation(indices).tolist()


def make_fit(
    people: Sequence[Person], config: FitConfig, checkpoint: Path, *, steps: int = 100, batch: int = 32,
    network: NetworkConfig | None = None, augmentation: AugmentConfig | None = None,
    sources: dict[str, Any] | None = None,
) -> Fit:
    """Prepare a training run on `people`.

    Args:
        people: simulated and real people, in any order.
        config: epochs, learning rate, seed.
        checkpoint: file to write.
        steps: batches per epoch.
        batch: people per batch.
        network: sizes of the network.
        augmentation: probabilities and sizes of random changes.
        sources: origin of the people, for the model card.
    """
    torch.manual_seed(config.seed)
    network = network or NetworkConfig()
    # With channels last, the convolutions of a training step take a fifth less time.
    module = PoseNetwork(network).to(memory_format=torch.channels_last)
    counts = {kind: sum(one.source == kind for one in people) for kind in ("simulated", "real")}
    settings = {"network": asdict(network), "people": counts, "batch": batch, "sources": sources or {}}
    return Fit(
        MODEL, module, config, steps, lambda epoch, rng: draw_batches(people, steps, batch, rng, augmentation), losses,
        checkpoint, settings,
    )


def load_network(path: Path) -> tuple[PoseNetwork, dict[str, Any]]:
    """The averaged network of a checkpoint, in eval mode, and the content of the checkpoint.

    Raises:
        TrainingInputError: the checkpoint is missing, damaged, of another system or of another shape.
    """
    found = checkpoints.load(path, MODEL)
    sizes = found["settings"]["network"]
    network = PoseNetwork(NetworkConfig(tuple(sizes["channels"]), tuple(sizes["blocks"])))
    checkpoints.fill(network, found["average"], path)
    return network.eval(), found
