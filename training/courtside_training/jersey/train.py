"""Training of the network that reads jersey numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from courtside_training.common.fit import Fit, FitConfig
from courtside_training.errors import TrainingInputError
from courtside_training.jersey.network import MODEL, JerseyConfig, JerseyNetwork
from courtside_training.jersey.samples import DIGITS, NOTHING, OPEN, Samples

EMPTY = 0.05
"""Weight of a cell without a digit: nearly all are."""

Batch = tuple[Tensor, Tensor]
"""Crops (B, 3, 64, 64) uint8 and maps of digits (B, 16, 16)."""


@dataclass(frozen=True)
class JerseyFit:
    """A training run.

    Attributes:
        fit: epochs, learning rate and so on.
        network: sizes.
        batch: crops per step.
    """

    fit: FitConfig = field(default_factory=FitConfig)
    network: JerseyConfig = field(default_factory=JerseyConfig)
    batch: int = 128


def batches(samples: Samples, batch: int, rng: np.random.Generator) -> Iterator[Batch]:
    """All samples once, in another order every time."""
    order = rng.permutation(len(samples.digits))
    for begin in range(0, len(order) - batch + 1, batch):
        rows = np.sort(order[begin : begin + batch])
        # Colours stay innermost in memory, which makes convolutions a quarter faster.
        crops = torch.from_numpy(samples.pixels[rows]).permute(0, 3, 1, 2)
        yield crops, torch.from_numpy(samples.maps[rows].astype(np.int64))


def losses(module: nn.Module, batch: Batch) -> dict[str, Tensor]:
    """Cross-entropy of the cells; those beside a digit's middle do not count."""
    crops, maps = batch
    scores = module(crops)
    weights = torch.ones(DIGITS + 1)
    weights[NOTHING] = EMPTY
    return {"total": F.cross_entropy(scores, maps, weights, ignore_index=OPEN)}


def make_fit(samples: Samples, config: JerseyFit, checkpoint: Path) -> Fit:
    """A training run.

    Raises:
        TrainingInputError: there are fewer samples than a batch holds.
    """
    if len(samples.digits) < config.batch:
        raise TrainingInputError(f"{len(samples.digits)} samples are too few: give --samples {config.batch} or more")
    torch.manual_seed(config.fit.seed)
    module = JerseyNetwork(config.network).to(memory_format=torch.channels_last)

    def drawn(epoch: int, rng: np.random.Generator) -> Iterator[Batch]:
        return batches(samples, config.batch, rng)

    steps = len(samples.digits) // config.batch
    return Fit(MODEL, module, config.fit, steps, drawn, losses, checkpoint, asdict(config.network))
