"""The rim network: small pictures of a ring and a ball's track near it, to open, made or missed at every tick."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from courtside_training.common import checkpoint as checkpoints
from courtside_training.flight.geometry import TICK_S, TICKS, Column
from courtside_training.rim.pictures import CROPS, SIDE, Place
from courtside_training.rim.views import Verdict
from courtside_training.shots.network import conv

SYSTEM = "rim_result"
FEATURES = 14
CELLS = SIDE // 4
"""Side of the map on which the ball is looked for."""
_BALL_M, _RIM_M = 0.24, 0.46


@dataclass(frozen=True)
class RimConfig:
    """Channels of the picture's stages and of the layers over time."""

    stem: int = 16
    mid: int = 32
    deep: int = 48
    time: int = 64

    def to_dict(self) -> dict[str, int]:
        """Plain values for a checkpoint."""
        return asdict(self)


def at_rim(track: Tensor) -> Tensor:
    """Pixels to rims: (B, 48, 15), see `courtside_training.flight.geometry.Column`, to (B, 48, 14)."""
    c = Column
    seen = (track[..., c.BALL_SEEN] > 0.5).float() * (track[..., c.RIM_SEEN] > 0.5).float()
    width, height = track[..., c.RIM_WIDTH].clamp_min(1.0), track[..., c.RIM_HEIGHT].clamp_min(0.0)
    right = ((track[..., c.BALL_X] - track[..., c.RIM_X]) / width * seen).clamp(-6, 6)
    down = ((track[..., c.BALL_Y] - track[..., c.RIM_Y]) / width * seen).clamp(-6, 6)
    size = torch.log((track[..., c.BALL_SIZE] / width * _RIM_M / _BALL_M).clamp(0.2, 5.0)) * seen
    both = F.pad(seen[:, 1:] * seen[:, :-1], (1, 0))
    speed = [F.pad(v[:, 1:] - v[:, :-1], (1, 0)) * both * (0.1 / TICK_S) for v in (right, down)]
    shape = (height / width).clamp(0, 2)
    clock = torch.linspace(-1, 1, TICKS, device=track.device).expand(track.shape[0], TICKS)
    column = torch.exp(-((right / 0.5) ** 2)) * seen
    features = [
        seen, right, down, right.clamp(-1, 1) * 2, down.clamp(-1.5, 1.5) * 2, *speed, size, shape, clock, column,
        column * (down > 0.2).float(), track[..., c.BALL_SCORE].clamp(0, 1) * seen, (down - shape / 2).clamp(-1, 1),
    ]  # fmt: skip
    return torch.stack(features, -1)


class Eye(nn.Module):
    """One picture at a time: pictures (N, 6, 64, 64) to features, where the ball is, and what it passes."""

    def __init__(self, config: RimConfig) -> None:
        """Random weights."""
        super().__init__()
        s, m, d = config.stem, config.mid, config.deep
        self.near = nn.Sequential(conv(6, s, 2), conv(s, 24, 2), conv(24, m), conv(m, m))
        self.ball = nn.Conv2d(m, 1, 1)
        self.none = nn.Parameter(torch.zeros(1))
        self.far = nn.Sequential(conv(m, d, 2), conv(d, d), conv(d, 64, 2))
        side = CELLS // 4
        self.flat = nn.Sequential(nn.Linear(64 * side * side, config.time), nn.ReLU(inplace=True))
        self.place = nn.Linear(config.time + m, len(Place))
        cells = (torch.arange(CELLS) + 0.5) / CELLS * 2 - 1
        grid = torch.stack([cells.repeat(CELLS), cells.repeat_interleave(CELLS)], 1)
        self.register_buffer("grid", grid, persistent=False)
        self.width = config.time + m + 3 + len(Place)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Features (N, width), logits over the map's cells and for no ball (N, 257), logits of `Place` (N, 4)."""
        near = self.near(pictures)
        cells = torch.cat([self.ball(near).flatten(1), self.none.expand(near.shape[0], 1)], 1)
        shares = cells.softmax(1)
        found, at = shares[:, :-1], shares[:, -1:]
        there = found @ self.grid
        here = (near.flatten(2) @ found[:, :, None])[:, :, 0]
        wide = self.flat(self.far(near).flatten(1))
        place = self.place(torch.cat([wide, here], 1))
        return torch.cat([wide, here, there, 1 - at, place.softmax(1)], 1), cells, place


class Past(nn.Module):
    """A residual dilated convolution over time that sees no later tick, (B, C, T) to the same."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.reach = 2 * dilation
        self.body = nn.Sequential(
            nn.Conv1d(channels, channels, 3, dilation=dilation), nn.ReLU(inplace=True), nn.Conv1d(channels, channels, 1)
        )
        self.norm = nn.BatchNorm1d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Add what the block makes of `x`."""
        return x + self.body(F.pad(self.norm(x), (self.reach, 0)))


class RimNetwork(nn.Module):
    """Crops (B, 24, 3, 64, 64) uint8 and tracks (B, 48, 15) to logits of `Verdict` at each of 24 ticks (B, 24, 3)."""

    def __init__(self, config: RimConfig | None = None) -> None:
        """Random weights."""
        super().__init__()
        self.config = config = config or RimConfig()
        t = config.time
        self.eye = Eye(config)
        self.entry = nn.Conv1d(FEATURES, t, 3)
        self.path = nn.Sequential(Past(t, 1), Past(t, 2))
        self.join = nn.Conv1d(self.eye.width + t, t, 1)
        self.blocks = nn.Sequential(*(Past(t, dilation) for dilation in (1, 2, 4, 8)))
        self.head = nn.Sequential(
            nn.Conv1d(t, t, 1), nn.ReLU(inplace=True), nn.Dropout(0.1), nn.Conv1d(t, len(Verdict), 1)
        )

    def forward(self, crops: Tensor, track: Tensor) -> Tensor:
        """See the class."""
        return self.look(crops, track)[0]

    def look(self, crops: Tensor, track: Tensor, glances: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """As `forward`, and what the eye says of each crop.

        Args:
            crops: see the class.
            track: see the class.
            glances: (G, 2, 3, 64, 64) uint8, more crops for the eye alone, each with the mean picture of its window.

        Returns:
            Verdicts' logits (B, 24, 3); of the crops and then of the glances the ball's cell (B * 24 + G, 257) and
            its `Place` (B * 24 + G, 4) as logits.
        """
        batch = track.shape[0]
        values = crops.float() / 127.5 - 1.0
        # What moves stands out against the window's mean picture.
        moving = values - values.mean(1, keepdim=True)
        pictures = torch.cat([values, moving], 2).flatten(0, 1)
        if glances is not None:
            more = glances.float() / 127.5 - 1.0
            pictures = torch.cat([pictures, torch.cat([more[:, 0], more[:, 0] - more[:, 1]], 1)])
        features, cells, place = self.eye(pictures)
        seen = features[: batch * CROPS].reshape(batch, CROPS, -1).transpose(1, 2)
        path = self.path(self.entry(F.pad(at_rim(track).transpose(1, 2), (2, 0))))[:, :, TICKS - CROPS :]
        h = self.blocks(self.join(torch.cat([seen, path], 1)))
        return self.head(h).transpose(1, 2), cells, place


class ServedRim(nn.Module):
    """The served face: probabilities of `Verdict` at the last tick (B, 3)."""

    def __init__(self, network: RimNetwork) -> None:
        """`network` as trained."""
        super().__init__()
        self.network = network

    def forward(self, crops: Tensor, track: Tensor) -> tuple[Tensor]:
        """See the class."""
        return (self.network(crops, track)[:, -1].softmax(1),)


def load_rim(path: Path) -> RimNetwork:
    """The averaged network of a checkpoint, in eval mode.

    Raises:
        TrainingInputError: missing, torn, or of something else.
    """
    found = checkpoints.load(path, SYSTEM)
    network = RimNetwork(RimConfig(**{name: int(value) for name, value in found["settings"].items()}))
    checkpoints.fill(network, found["average"], path)
    return network.eval()
