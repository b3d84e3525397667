"""The network that reads jersey numbers: a torso's crop to a map of where which digit is.

Each cell says whether a digit has its middle there, and which. So a digit is learned once for all places and for both
digits of a number, from far fewer pictures than numbers as a whole would need.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from courtside_training.common import checkpoint as checkpoints
from courtside_training.jersey.samples import DIGITS
from courtside_training.shots.network import conv

MODEL = "jersey_number"
"""Name of the model in checkpoints and in the model repository."""


@dataclass(frozen=True)
class JerseyConfig:
    """Channels of the stages, and layers of the last one."""

    stem: int = 24
    wide: int = 48
    layers: int = 4


class JerseyNetwork(nn.Module):
    """Crops (B, 3, 64, 64) uint8 RGB to scores of the ten digits and of none in each cell (B, 11, 16, 16)."""

    def __init__(self, config: JerseyConfig | None = None) -> None:
        """Start with random weights."""
        super().__init__()
        self.config = config = config or JerseyConfig()
        self.body = nn.Sequential(
            conv(3, config.stem, 2), conv(config.stem, config.wide, 2),
            *(conv(config.wide, config.wide) for _ in range(config.layers)),
        )  # fmt: skip
        self.head = nn.Conv2d(config.wide, DIGITS + 1, 1)

    def forward(self, crops: Tensor) -> Tensor:
        """See the class."""
        values = crops.float() / 255
        # In other light and another kit a number is the same number.
        mean = values.mean((1, 2, 3), keepdim=True)
        spread = ((values - mean) ** 2).mean((1, 2, 3), keepdim=True).sqrt()
        found: Tensor = self.head(self.body((values - mean) / (spread + 0.05)))
        return found


class ServedJersey(nn.Module):
    """What is served: probabilities (B, 11, 16, 16)."""

    def __init__(self, network: JerseyNetwork) -> None:
        """Wrap a trained network."""
        super().__init__()
        self.network = network

    def forward(self, crop: Tensor) -> tuple[Tensor]:
        """See the class."""
        return (self.network(crop).softmax(1),)


def load_network(path: Path) -> JerseyNetwork:
    """The averaged network of a checkpoint, in eval mode.

    Raises:
        TrainingInputError: the checkpoint is missing, torn, or of another model.
    """
    found = checkpoints.load(path, MODEL)
    network = JerseyNetwork(JerseyConfig(**{name: int(value) for name, value in found["settings"].items()}))
    checkpoints.fill(network, found["average"], path)
    return network.eval()


def load_served(path: Path) -> ServedJersey:
    """The served network of a checkpoint.

    Raises:
        TrainingInputError: see `load_network`.
    """
    return ServedJersey(load_network(path)).eval()


def probabilities(module: nn.Module, pixels: Tensor) -> Tensor:
    """What a served network outputs for crops (N, 64, 64, 3) uint8: (N, 11, 16, 16)."""
    with torch.inference_mode():
        return torch.cat([module(part.permute(0, 3, 1, 2))[0] for part in pixels.split(256)])
