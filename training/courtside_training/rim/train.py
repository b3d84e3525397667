"""Training the rim network on windows drawn anew in each epoch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from courtside_training.common.fit import Fit, FitConfig
from courtside_training.rim.bank import Bank
from courtside_training.rim.network import SYSTEM, RimNetwork
from courtside_training.rim.views import Seen, draw_view


def stack(views: list[Seen]) -> dict[str, Tensor]:
    """Windows as a batch: tracks (B, 48, 15) and verdicts (B,)."""
    return {
        "track": torch.from_numpy(np.stack([view.track for view in views])),
        "verdict": torch.tensor([int(view.verdict) for view in views]),
    }


def loss(module: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Cross entropy over the verdicts."""
    return {"total": F.cross_entropy(module(batch["track"]), batch["verdict"])}


def make_fit(
    bank: Bank, config: FitConfig, checkpoint: Path, samples: int = 12_000, batch: int = 128, channels: int = 48
) -> Fit:
    """A run over a bank, `samples` windows an epoch."""
    torch.manual_seed(config.seed)
    steps = max(1, samples // batch)

    def batches(epoch: int, rng: np.random.Generator) -> Iterator[dict[str, Tensor]]:
        for _ in range(steps):
            yield stack([draw_view(bank, rng) for _ in range(batch)])

    return Fit(SYSTEM, RimNetwork(channels), config, steps, batches, loss, checkpoint, {"channels": channels})
