"""The zone network: from which zone a shot was taken, from the images before, at and after the release.

To locate a player, a network needs the court's lines but few images; to time a release, it needs many images but no
lines. So zones have a small network of their own, which reads three samples around the release that the clip network
found. It learns to read the floor: for every cell of the image, its position on the court and its zone. The zone of a
shot is that of the floor under the shooter's feet.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from courtside_training.shots.geometry import HEIGHT, WIDTH, ZONE_LABELS
from courtside_training.shots.network import conv

IMAGES = 3
"""Samples that it reads: before, at and after the release."""
MAPS = 2
"""Attention maps: the feet of the player with the ball, the rim."""
FLOOR_SCALE = 8.0
"""Metres per unit of the floor's coordinates."""


@dataclass(frozen=True)
class ZoneNetworkConfig:
    """Channels of the stem, of the middle and the coarse stage, and of the last layer."""

    stem: int = 24
    middle: int = 48
    deep: int = 64
    last: int = 96


class ContextBlock(nn.Module):
    """A residual dilated convolution that also uses the mean over the whole image, (B, C, H, W) to the same."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation, bias=False),
            nn.BatchNorm2d(channels),
        )
        self.whole = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """`x` plus its update, through a ReLU."""
        return torch.relu(x + self.body(x) + self.whole(x.mean((2, 3)))[:, :, None, None])


class ZoneNetwork(nn.Module):
    """uint8 images (B, 3, 3, 144, 256) RGB to zone logits and the outputs they are read from.

    ``zone`` (B, 7) logits. ``maps`` (B, 2, 18, 32) attention logits. ``floor`` (B, 9, 18, 32): for each cell, metres
    ahead of and to the left of the rim divided by `FLOOR_SCALE`, and zone logits. ``spot`` (B, 2): the metres under
    the shooter's feet, divided likewise.
    """

    def __init__(self, config: ZoneNetworkConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or ZoneNetworkConfig()
        s, m, d = config.stem, config.middle, config.deep
        self.stem = conv(48 * IMAGES, s)
        self.down = conv(s, m, 2)
        self.refine = conv(m, m)
        self.deepen = nn.Sequential(conv(m, d, 2), *(ContextBlock(d, dilation) for dilation in (1, 2, 4, 1)))
        self.back = nn.Conv2d(d, m, 1)
        self.fuse = conv(m, m)
        self.maps = nn.Conv2d(m, MAPS, 1)
        self.floor = nn.Conv2d(d, 2 + len(ZONE_LABELS), 1)
        rows, columns = HEIGHT // 8, WIDTH // 8
        ys = (torch.arange(rows, dtype=torch.float32) + 0.5) / rows
        xs = (torch.arange(columns, dtype=torch.float32) + 0.5) / columns
        self.register_buffer("grid", torch.stack([xs.repeat(rows), ys.repeat_interleave(columns)], 1), persistent=False)
        self.head = nn.Sequential(
            nn.Linear(2 * MAPS + 2 + MAPS * m + d + 2 + len(ZONE_LABELS), config.last), nn.ReLU(inplace=True),
            nn.Dropout(0.1), nn.Linear(config.last, len(ZONE_LABELS)),
        )

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """See the class."""
        x = images.flatten(1, 2).float() / 127.5 - 1.0
        x = F.pixel_unshuffle(x, 4)
        x = x.contiguous(memory_format=torch.channels_last) if self.training else x
        x = self.down(self.stem(x))
        x = x + self.refine(x)
        deep = self.deepen(x)
        size = (HEIGHT // 8, WIDTH // 8)
        x = self.fuse(x + F.interpolate(self.back(deep), size, mode="bilinear", align_corners=False))
        maps = self.maps(x)
        floor = F.interpolate(self.floor(deep), size, mode="bilinear", align_corners=False)
        attention = maps.flatten(2).softmax(-1)
        centres = attention @ self.grid
        seen = torch.bmm(attention, x.flatten(2).transpose(1, 2))
        under = torch.bmm(attention[:, :1], floor.flatten(2).transpose(1, 2))[:, 0]
        relative = (centres[:, 0] - centres[:, 1]) * 4.0
        pooled = deep.mean((2, 3))
        rest = self.head(torch.cat([centres.flatten(1) * 4 - 2, relative, seen.flatten(1), pooled, under], 1))
        return {"zone": under[:, 2:] + rest, "spot": under[:, :2], "maps": maps, "floor": floor}
