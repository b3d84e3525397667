"""A training run of the pose network: what it draws, in which shares, and how it is built again from a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.fit import Fit, FitConfig
from courtside_training.pose.augment import Chances, example
from courtside_training.pose.losses import losses
from courtside_training.pose.network import NetworkConfig, PoseNetwork
from courtside_training.pose.people import Person

SYSTEM = "player_pose"
REAL_SHARE = 0.5
"""Share of real people in a batch where there are any."""


def draw_batches(
    people: Sequence[Person], steps: int, batch: int, rng: np.random.Generator, chances: Chances | None = None
) -> Iterator[dict[str, torch.Tensor]]:
    """`steps` batches, simulated and real people in fixed shares, everyone of a kind equally often."""
    kinds = [np.array([i for i, one in enumerate(people) if one.source == kind]) for kind in ("simulated", "real")]
    share = REAL_SHARE if len(kinds[0]) and len(kinds[1]) else float(len(kinds[1]) > 0)
    orders = [_rounds(kind, rng) for kind in kinds]
    real = round(share * batch)
    for _ in range(steps):
        chosen = [next(orders[0]) for _ in range(batch - real)] + [next(orders[1]) for _ in range(real)]
        others = rng.integers(len(people), size=batch)
        rows = [example(people[i], rng, people[j], chances) for i, j in zip(chosen, others, strict=True)]
        yield {name: torch.from_numpy(np.stack([row[name] for row in rows])) for name in rows[0]}


def _rounds(indices: np.ndarray, rng: np.random.Generator) -> Iterator[int]:
    while len(indices):
        yield from rng.permutation(indices).tolist()


def make_fit(
    people: Sequence[Person], config: FitConfig, checkpoint: Path, *, steps: int = 100, batch: int = 32,
    network: NetworkConfig | None = None, chances: Chances | None = None, sources: dict[str, Any] | None = None,
) -> Fit:
    """A run over `people`.

    Args:
        people: Simulated and real, in any order.
        config: Epochs, rates, seed.
        checkpoint: Where the run is kept.
        steps: Batches an epoch.
        batch: People a batch.
        network: Sizes.
        chances: Augmentation.
        sources: What the people were, for the model card.
    """
    torch.manual_seed(config.seed)
    network = network or NetworkConfig()
    # Channels last: the convolutions of a training step take a fifth less time.
    module = PoseNetwork(network).to(memory_format=torch.channels_last)
    counts = {kind: sum(one.source == kind for one in people) for kind in ("simulated", "real")}
    settings = {"network": asdict(network), "people": counts, "batch": batch, "sources": sources or {}}
    return Fit(
        SYSTEM, module, config, steps, lambda epoch, rng: draw_batches(people, steps, batch, rng, chances), losses,
        checkpoint, settings,
    )


def load_network(path: Path) -> tuple[PoseNetwork, dict[str, Any]]:
    """The averaged network of a checkpoint, in eval mode, and the checkpoint.

    Raises:
        TrainingInputError: missing, foreign, torn, or of another shape.
    """
    found = checkpoints.load(path, SYSTEM)
    sizes = found["settings"]["network"]
    network = PoseNetwork(NetworkConfig(tuple(sizes["channels"]), tuple(sizes["blocks"])))
    checkpoints.fill(network, found["average"], path)
    return network.eval(), found
