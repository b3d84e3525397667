"""The rim network: from small images of a rim and the ball's track to open, made or missed at every time step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from courtside_training.common import checkpoint as checkpoints
from courtside_training.flight.geometry import TIME_STEP_S, TIME_STEPS, Column
from courtside_training.rim.crops import CROPS, SIDE, BallPosition
from courtside_training.rim.views import Verdict
from courtside_training.shots.network import conv

MODEL = "rim_result"
"""Name of the model."""
FEATURES = 14
"""Features per time step that `at_rim` makes of a track."""
CELLS = SIDE // 4
"""Side of the map on which the ball is located, cells."""
_BALL_M, _RIM_M = 0.24, 0.46
"""Diameters of ball and rim, metres."""


@dataclass(frozen=True)
class RimConfig:
    """Channels of the stages of the crop encoder, and of the layers over time."""

    stem: int = 16
    mid: int = 32
    deep: int = 48
    time: int = 64


def at_rim(track: Tensor) -> Tensor:
    """Turn pixels into rim widths.

    Args:
        track: (B, 48, 15), see `courtside_training.flight.geometry.Column`.

    Returns:
        (B, 48, 14).
    """
    c = Column
    seen = (track[..., c.BALL_SEEN] > 0.5).float() * (track[..., c.RIM_SEEN] > 0.5).float()
    width, height = track[..., c.RIM_WIDTH].clamp_min(1.0), track[..., c.RIM_HEIGHT].clamp_min(0.0)
    right = ((track[..., c.BALL_X] - track[..., c.RIM_X]) / width * seen).clamp(-6, 6)
    down = ((track[..., c.BALL_Y] - track[..., c.RIM_Y]) / width * seen).clamp(-6, 6)
    size = torch.log((track[..., c.BALL_SIZE] / width * _RIM_M / _BALL_M).clamp(0.2, 5.0)) * seen
    both = F.pad(seen[:, 1:] * seen[:, :-1], (1, 0))
    speed = [F.pad(v[:, 1:] - v[:, :-1], (1, 0)) * both * (0.1 / TIME_STEP_S) for v in (right, down)]
    shape = (height / width).clamp(0, 2)
    clock = torch.linspace(-1, 1, TIME_STEPS, device=track.device).expand(track.shape[0], TIME_STEPS)
    column = torch.exp(-((right / 0.5) ** 2)) * seen
    features = [
        seen, right, down, right.clamp(-1, 1) * 2, down.clamp(-1.5, 1.5) * 2, *speed, size, shape, clock, column,
        column * (down > 0.2).float(), track[..., c.BALL_SCORE].clamp(0, 1) * seen, (down - shape / 2).clamp(-1, 1),
    ]  # fmt: skip
    return torch.stack(features, -1)


class CropEncoder(nn.Module):
    """Single crops (N, 6, 64, 64) to features, the ball's cell and the ball's position relative to rim and net."""

    def __init__(self, config: RimConfig) -> None:
        """Start with random weights."""
        super().__init__()
        s, m, d = config.stem, config.mid, config.deep
        self.near = nn.Sequential(conv(6, s, 2), conv(s, 24, 2), conv(24, m), conv(m, m))
        self.ball = nn.Conv2d(m, 1, 1)
        self.none = nn.Parameter(torch.zeros(1))
        self.far = nn.Sequential(conv(m, d, 2), conv(d, d), conv(d, 64, 2))
        side = CELLS // 4
        self.flat = nn.Sequential(nn.Linear(64 * side * side, config.time), nn.ReLU(inplace=True))
        self.position = nn.Linear(config.time + m, len(BallPosition))
        cells = (torch.arange(CELLS) + 0.5) / CELLS * 2 - 1
        grid = torch.stack([cells.repeat(CELLS), cells.repeat_interleave(CELLS)], 1)
        self.register_buffer("grid", grid, persistent=False)
        self.width = config.time + m + 3 + len(BallPosition)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Features (N, width), logits over cells and "no ball" (N, 257), and logits of `BallPosition` (N, 4)."""
        near = self.near(images)
        cells = torch.cat([self.ball(near).flatten(1), self.none.expand(near.shape[0], 1)], 1)
        shares = cells.softmax(1)
        found, at = shares[:, :-1], shares[:, -1:]
        there = found @ self.grid
        here = (near.flatten(2) @ found[:, :, None])[:, :, 0]
        wide = self.flat(self.far(near).flatten(1))
        position = self.position(torch.cat([wide, here], 1))
        return torch.cat([wide, here, there, 1 - at, position.softmax(1)], 1), cells, position


class CausalBlock(nn.Module):
    """A residual causal dilated convolution over time, (B, C, T) to the same."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.reach = 2 * dilation
        self.body = nn.Sequential(
            nn.Conv1d(channels, channels, 3, dilation=dilation), nn.ReLU(inplace=True), nn.Conv1d(channels, channels, 1)
        )
        self.norm = nn.BatchNorm1d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """`x` plus its update."""
        return x + self.body(F.pad(self.norm(x), (self.reach, 0)))


class RimNetwork(nn.Module):
    """Crops (B, 24, 3, 64, 64) uint8 and tracks (B, 48, 15) to logits of `Verdict` at 24 time steps (B, 24, 3)."""

    def __init__(self, config: RimConfig | None = None) -> None:
        """Start with random weights."""
        super().__init__()
        self.config = config = config or RimConfig()
        t = config.time
        self.encoder = CropEncoder(config)
        self.entry = nn.Conv1d(FEATURES, t, 3)
        self.path = nn.Sequential(CausalBlock(t, 1), CausalBlock(t, 2))
        self.join = nn.Conv1d(self.encoder.width + t, t, 1)
        self.blocks = nn.Sequential(*(CausalBlock(t, dilation) for dilation in (1, 2, 4, 8)))
        self.head = nn.Sequential(
            nn.Conv1d(t, t, 1), nn.ReLU(inplace=True), nn.Dropout(0.1), nn.Conv1d(t, len(Verdict), 1)
        )

    def forward(self, crops: Tensor, track: Tensor) -> Tensor:
        """See the class."""
        return self.all_outputs(crops, track)[0]

    def all_outputs(self, crops: Tensor, track: Tensor, glances: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """As `forward`, with the outputs of the crop encoder.

        Args:
            crops: see the class.
            track: see the class.
            glances: (G, 2, 3, 64, 64) uint8, more crops for the encoder alone, each with the mean image of its film.

        Returns:
            Logits of the verdicts (B, 24, 3). Then, of the crops and after them of the glances, the logits of the
            ball's cell (B * 24 + G, 257) and of its `BallPosition` (B * 24 + G, 4).
        """
        batch = track.shape[0]
        values = crops.float() / 127.5 - 1.0
        # Subtracting the window's mean image makes moving objects stand out.
        moving = values - values.mean(1, keepdim=True)
        images = torch.cat([values, moving], 2).flatten(0, 1)
        if glances is not None:
            more = glances.float() / 127.5 - 1.0
            images = torch.cat([images, torch.cat([more[:, 0], more[:, 0] - more[:, 1]], 1)])
        features, cells, position = self.encoder(images)
        seen = features[: batch * CROPS].reshape(batch, CROPS, -1).transpose(1, 2)
        path = self.path(self.entry(F.pad(at_rim(track).transpose(1, 2), (2, 0))))[:, :, TIME_STEPS - CROPS :]
        h = self.blocks(self.join(torch.cat([seen, path], 1)))
        return self.head(h).transpose(1, 2), cells, position


class ServedRim(nn.Module):
    """What is served: probabilities of `Verdict` at the last time step (B, 3)."""

    def __init__(self, network: RimNetwork) -> None:
        """Wrap a trained `network`."""
        super().__init__()
        self.network = network

    def forward(self, crops: Tensor, track: Tensor) -> tuple[Tensor]:
        """See the class."""
        return (self.network(crops, track)[:, -1].softmax(1),)


def load_rim(path: Path) -> RimNetwork:
    """The averaged network of a checkpoint, in eval mode.

    Raises:
        TrainingInputError: the checkpoint is missing, torn, or of another model.
    """
    found = checkpoints.load(path, MODEL)
    network = RimNetwork(RimConfig(**{name: int(value) for name, value in found["settings"].items()}))
    checkpoints.fill(network, found["average"], path)
    return network.eval()
