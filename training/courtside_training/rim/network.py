"""The rim network: a ball's path near a rim to open, made or missed."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from courtside_training.common import checkpoint as checkpoints
from courtside_training.flight.geometry import TICK_S, TICKS, Column
from courtside_training.flight.network import Block
from courtside_training.rim.views import Verdict

SYSTEM = "rim_result"
FEATURES = 14
_BALL_M, _RIM_M = 0.24, 0.46


def at_rim(track: Tensor) -> Tensor:
    """Pixels to rims: (B, 48, 15), see `courtside_training.flight.geometry.Column`, to (B, 48, 14)."""
    c = Column
    seen = (track[..., c.BALL_SEEN] > 0.5).float() * (track[..., c.RIM_SEEN] > 0.5).float()
    width, height = track[..., c.RIM_WIDTH].clamp_min(1.0), track[..., c.RIM_HEIGHT].clamp_min(0.0)
    right = ((track[..., c.BALL_X] - track[..., c.RIM_X]) / width * seen).clamp(-6, 6)
    down = ((track[..., c.BALL_Y] - track[..., c.RIM_Y]) / width * seen).clamp(-6, 6)
    size = torch.log((track[..., c.BALL_SIZE] / width * _RIM_M / _BALL_M).clamp(0.2, 5.0)) * seen
    both = nn.functional.pad(seen[:, 1:] * seen[:, :-1], (1, 0))
    speed = [nn.functional.pad(v[:, 1:] - v[:, :-1], (1, 0)) * both * (0.1 / TICK_S) for v in (right, down)]
    shape = (height / width).clamp(0, 2)
    clock = torch.linspace(-1, 1, TICKS, device=track.device).expand(track.shape[0], TICKS)
    column = torch.exp(-((right / 0.5) ** 2)) * seen
    features = [
        seen, right, down, right.clamp(-1, 1) * 2, down.clamp(-1.5, 1.5) * 2, *speed, size, shape, clock, column,
        column * (down > 0.2).float(), track[..., c.BALL_SCORE].clamp(0, 1) * seen, (down - shape / 2).clamp(-1, 1),
    ]  # fmt: skip
    return torch.stack(features, -1)


class RimNetwork(nn.Module):
    """Tracks (B, 48, 15) to logits (B, 3) of `Verdict`."""

    def __init__(self, channels: int = 48) -> None:
        """Random weights."""
        super().__init__()
        self.channels = channels
        self.entry = nn.Conv1d(FEATURES, channels, 5, padding=2)
        self.blocks = nn.Sequential(*(Block(channels, dilation) for dilation in (1, 2, 4, 8, 1)))
        self.head = nn.Sequential(
            nn.Linear(3 * channels, channels), nn.GELU(), nn.Dropout(0.1), nn.Linear(channels, len(Verdict))
        )

    def forward(self, track: Tensor) -> Tensor:
        """See the class."""
        h = self.blocks(self.entry(at_rim(track).transpose(1, 2)))
        return self.head(torch.cat([h.mean(2), h.amax(2), h[:, :, -1]], 1))


class ServedRim(nn.Module):
    """The served face: probabilities (B, 3)."""

    def __init__(self, network: RimNetwork) -> None:
        """`network` as trained."""
        super().__init__()
        self.network = network

    def forward(self, track: Tensor) -> tuple[Tensor]:
        """See the class."""
        return (self.network(track).softmax(1),)


def load_rim(path: Path) -> RimNetwork:
    """The averaged network of a checkpoint, in eval mode.

    Raises:
        TrainingInputError: missing, torn, or of something else.
    """
    found = checkpoints.load(path, SYSTEM)
    network = RimNetwork(int(found["settings"]["channels"]))
    checkpoints.fill(network, found["average"], path)
    return network.eval()
