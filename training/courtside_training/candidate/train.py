"""Training of the candidate network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from courtside_training.candidate.data import Batch, Candidates, batches
from courtside_training.candidate.network import MODEL, CandidateConfig, CandidateNetwork
from courtside_training.common.fit import Fit, FitConfig
from courtside_training.errors import TrainingInputError


def losses(module: nn.Module, batch: Batch) -> dict[str, Tensor]:
    """Cross entropy."""
    total = F.binary_cross_entropy_with_logits(module(batch["features"]), batch["shot"])
    return {"total": total}


def make_fit(
    candidates: Candidates, config: FitConfig, checkpoint: Path, samples: int = 25_600, batch: int = 256,
    network: CandidateConfig | None = None,
) -> Fit:
    """A training run.

    Args:
        candidates: to train on.
        config: how to train.
        checkpoint: file to write.
        samples: candidates per epoch, repeats included.
        batch: candidates per step.
        network: sizes of the network; None: the served ones.

    Raises:
        TrainingInputError: there are no shots, or nothing but shots.
    """
    if not 0 < candidates.shot.sum() < len(candidates):
        raise TrainingInputError("there must be shots and others: collect candidates with tests/accuracy/candidates.py")
    torch.manual_seed(config.seed)
    module = CandidateNetwork(network)
    module.scale_to(candidates.features)
    steps = max(1, samples // batch)

    def drawn(epoch: int, rng: np.random.Generator) -> Iterator[Batch]:
        return batches(candidates, steps, batch, rng)

    return Fit(MODEL, module, config, steps, drawn, losses, checkpoint, asdict(module.config))
