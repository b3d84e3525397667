"""The candidate network: from what was measured of a candidate to the probability that it is a shot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from courtside_training.candidate.data import FEATURES
from courtside_training.common import checkpoint as checkpoints

MODEL = "shot_candidate"
"""Name of the model."""


@dataclass(frozen=True)
class CandidateConfig:
    """Widths of the two hidden layers."""

    first: int = 48
    second: int = 24


class CandidateNetwork(nn.Module):
    """Features (N, 23), NaN where unknown, to logits (N,)."""

    mean: Tensor
    spread: Tensor

    def __init__(self, config: CandidateConfig | None = None) -> None:
        """Start with random weights."""
        super().__init__()
        self.config = config = config or CandidateConfig()
        self.register_buffer("mean", torch.zeros(len(FEATURES)))
        self.register_buffer("spread", torch.ones(len(FEATURES)))
        self.layers = nn.Sequential(
            nn.Linear(2 * len(FEATURES), config.first), nn.GELU(), nn.Dropout(0.15),
            nn.Linear(config.first, config.second), nn.GELU(), nn.Linear(config.second, 1),
        )  # fmt: skip

    def scale_to(self, features: np.ndarray) -> None:
        """Take mean and spread of the features (N, 23) from data."""
        known = np.isfinite(features)
        count = np.maximum(known.sum(0), 1)
        mean = np.where(known, features, 0).sum(0) / count
        spread = np.sqrt((np.where(known, features - mean, 0) ** 2).sum(0) / count)
        self.mean.copy_(torch.from_numpy(mean.astype(np.float32)))
        self.spread.copy_(torch.from_numpy(np.maximum(spread, 1e-2).astype(np.float32)))

    def forward(self, features: Tensor) -> Tensor:
        """See the class."""
        known = features == features  # NaN differs from itself; ONNX knows this comparison of old.
        scaled = ((features - self.mean) / self.spread).clamp(-4.0, 4.0)
        inputs = torch.where(known, scaled, torch.zeros_like(scaled))
        out: Tensor = self.layers(torch.cat([inputs, known.to(inputs.dtype)], 1))[:, 0]
        return out


class ServedCandidate(nn.Module):
    """What is served: the probability (N, 1) of a shot."""

    def __init__(self, network: CandidateNetwork) -> None:
        """Wrap a trained `network`."""
        super().__init__()
        self.network = network

    def forward(self, features: Tensor) -> tuple[Tensor]:
        """See the class."""
        return (self.network(features).sigmoid()[:, None],)


def load_candidate(path: Path) -> CandidateNetwork:
    """The averaged network of a checkpoint, in eval mode.

    Raises:
        TrainingInputError: the checkpoint is missing, torn, or of another model.
    """
    found = checkpoints.load(path, MODEL)
    network = CandidateNetwork(CandidateConfig(**found["settings"]))
    checkpoints.fill(network, found["average"], path)
    return network.eval()
