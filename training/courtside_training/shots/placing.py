"""The placing network: from which zone a shot was taken, seen in the pictures before, at and after the release.

Where a player stands needs the court's lines and few pictures; when the ball leaves the hand needs many pictures and
few lines. So zones have a small network of their own, which looks at three samples around the release the clip
network found. It learns from every moment somebody has the ball, not from shots alone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from courtside_training.shots.geometry import HEIGHT, WIDTH, ZONE_LABELS
from courtside_training.shots.network import conv

PICTURES = 3
"""Samples it sees: before, at and after the release."""
MAPS = 2
"""Attention maps: the feet of the player who has the ball, the rim."""


@dataclass(frozen=True)
class PlacerConfig:
    """Channels of the stem, the middle and the coarse stage, and of the last layer."""

    stem: int = 24
    middle: int = 48
    deep: int = 64
    last: int = 128

    def to_dict(self) -> dict[str, int]:
        """Plain values for a checkpoint."""
        return asdict(self)


class PlacingNetwork(nn.Module):
    """uint8 pictures (B, 3, 3, 144, 256) RGB to zone logits (B, 7) and map logits (B, 2, 18, 32)."""

    def __init__(self, config: PlacerConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or PlacerConfig()
        s, m, d = config.stem, config.middle, config.deep
        self.stem = conv(48 * PICTURES, s)
        self.down = conv(s, m, 2)
        self.refine = conv(m, m)
        self.maps = nn.Conv2d(m, MAPS, 1)
        self.deepen = nn.Sequential(conv(m, d, 2), conv(d, d), nn.Conv2d(d, 12, 1), nn.ReLU(inplace=True))
        rows, columns = HEIGHT // 8, WIDTH // 8
        ys = (torch.arange(rows, dtype=torch.float32) + 0.5) / rows
        xs = (torch.arange(columns, dtype=torch.float32) + 0.5) / columns
        self.register_buffer("grid", torch.stack([xs.repeat(rows), ys.repeat_interleave(columns)], 1), persistent=False)
        layout = 12 * (HEIGHT // 16) * (WIDTH // 16)
        self.layout = nn.Sequential(nn.Dropout(0.2), nn.Linear(layout, config.last), nn.ReLU(inplace=True))
        self.head = nn.Sequential(
            nn.Linear(config.last + MAPS * 2 + 2 + MAPS * m, config.last), nn.ReLU(inplace=True), nn.Dropout(0.2),
            nn.Linear(config.last, len(ZONE_LABELS)),
        )

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        x = pictures.flatten(1, 2).float() / 127.5 - 1.0
        x = F.pixel_unshuffle(x, 4)
        x = x.contiguous(memory_format=torch.channels_last) if self.training else x
        x = self.down(self.stem(x))
        x = x + self.refine(x)
        maps = self.maps(x)
        attention = maps.flatten(2).softmax(-1)
        places = attention @ self.grid
        seen = torch.bmm(attention, x.flatten(2).transpose(1, 2))
        layout = self.layout(self.deepen(x).flatten(1))
        relative = (places[:, 0] - places[:, 1]) * 4.0
        return self.head(torch.cat([layout, places.flatten(1) * 4 - 2, relative, seen.flatten(1)], 1)), maps
