"""The clip network: from sixteen images to shot, release and make.

A convolutional stem reads every image. A part of its channels comes from the sample before and another part from the
sample after, as in temporal shift modules (Lin et al. 2019, arXiv:1811.08383). Attention maps locate the ball, the rim
and the feet of the player with the ball; they are trained on the simulation's truth. Their positions, the features
under them and a pooled summary of the image go through dilated convolutions over time.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from courtside_training.shots.geometry import HEIGHT, SAMPLES, WIDTH, ZONE_LABELS

MAPS = 4
"""Attention maps: ball, rim, feet of the player with the ball, and one without a target."""


@dataclass(frozen=True)
class NetworkConfig:
    """Channels of the stem, of the two coarser stages, and of the layers over time."""

    stem: int = 24
    middle: int = 48
    deep: int = 64
    time: int = 96


def shift(x: Tensor, batch: int) -> Tensor:
    """Take an eighth of the channels from the sample before and an eighth from the sample after; (B*16, C, H, W)."""
    _, c, h, w = x.shape
    x = x.reshape(batch, SAMPLES, c, h, w)
    part = c // 8
    before = torch.cat([x[:, :1, :part], x[:, :-1, :part]], 1)
    after = torch.cat([x[:, 1:, part : 2 * part], x[:, -1:, part : 2 * part]], 1)
    return torch.cat([before, after, x[:, :, 2 * part :]], 2).reshape(batch * SAMPLES, c, h, w)


def conv(inside: int, outside: int, stride: int = 1) -> nn.Sequential:
    """A 3x3 convolution with batch normalisation and ReLU."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True)
    )


class TimeBlock(nn.Module):
    """A residual dilated convolution over the sixteen samples, (B, C, 16) to the same."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation, bias=False),
            nn.BatchNorm1d(channels),
            nn.ReLU(inplace=True),
            nn.Conv1d(channels, channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """`x` plus its update, through a ReLU."""
        return torch.relu(x + self.body(x))


class ShotNetwork(nn.Module):
    """uint8 clips (B, 16, 3, 144, 256) RGB to a dict of logits.

    ``events`` (B, 16): a release near each sample. ``shot`` (B,): a release in the window. ``make`` (B, 16): the make
    of a release at each sample. ``zone`` (B, 16, 7): the zone of a release at each sample; it only helps training.
    ``maps`` (B*16, 4, 18, 32): the attention maps.
    """

    def __init__(self, config: NetworkConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or NetworkConfig()
        s, m, d, t = config.stem, config.middle, config.deep, config.time
        self.unshuffle = nn.PixelUnshuffle(4)
        self.stem = conv(48, s)
        self.down = conv(s, m, 2)
        self.refine = conv(m, m)
        self.context = conv(m, m)
        self.maps = nn.Conv2d(m, MAPS, 1)
        self.deepen = nn.Sequential(conv(m, d, 2), conv(d, d))
        self.squeeze = nn.Sequential(nn.Conv2d(d, 8, 1), nn.ReLU(inplace=True))
        rows, columns = HEIGHT // 8, WIDTH // 8
        ys = (torch.arange(rows, dtype=torch.float32) + 0.5) / rows
        xs = (torch.arange(columns, dtype=torch.float32) + 0.5) / columns
        grid = torch.stack([xs.repeat(rows), ys.repeat_interleave(columns)], 1)
        self.register_buffer("grid", grid, persistent=False)
        centres = MAPS * 2 + MAPS + 6
        layout = 8 * (HEIGHT // 16 // 3 * (WIDTH // 16 // 4))
        self.mix = nn.Sequential(
            nn.Conv1d(centres * 3 + MAPS * m + d + layout, t, 1, bias=False), nn.BatchNorm1d(t), nn.ReLU(inplace=True)
        )
        self.over_time = nn.Sequential(*(TimeBlock(t, dilation) for dilation in (1, 2, 4, 1, 2, 4)))
        self.events = nn.Conv1d(t, 1, 3, padding=1)
        self.shot = nn.Linear(2 * t + 1, 1)
        self.details = nn.Sequential(nn.Conv1d(t, t, 1), nn.ReLU(inplace=True), nn.Dropout(0.2))
        self.zone = nn.Conv1d(t, len(ZONE_LABELS), 1)
        self.make = nn.Conv1d(t, 1, 1)

    def forward(self, clip: Tensor) -> dict[str, Tensor]:
        """See the class."""
        batch = clip.shape[0]
        x = clip.reshape(batch * SAMPLES, 3, HEIGHT, WIDTH).float() / 127.5 - 1.0
        x = x.contiguous(memory_format=torch.channels_last) if self.training else x
        x = self.stem(self.unshuffle(x))
        x = self.down(shift(x, batch))
        x = x + self.refine(shift(x, batch))
        x = x + self.context(shift(x, batch))
        maps = self.maps(x)
        attention = maps.flatten(2).softmax(-1)
        centres = attention @ self.grid
        seen = torch.bmm(attention, x.flatten(2).transpose(1, 2))
        deep = self.deepen(shift(x, batch))
        pooled = deep.mean((2, 3))
        layout = nn.functional.avg_pool2d(self.squeeze(deep), (3, 4)).flatten(1)
        relative = [(centres[:, i] - centres[:, j]) * 4.0 for i, j in ((0, 1), (0, 2), (2, 1))]
        where = torch.cat([centres.flatten(1) * 2 - 1, maps.flatten(2).amax(-1) * 0.1, *relative], 1)
        steps = where.reshape(batch, SAMPLES, -1)
        change = (steps[:, 1:] - steps[:, :-1]) * 3.0
        back = torch.cat([change[:, :1] * 0.0, change], 1)
        ahead = torch.cat([change, change[:, :1] * 0.0], 1)
        rest = torch.cat([seen.flatten(1), pooled, layout], 1).reshape(batch, SAMPLES, -1)
        h = self.over_time(self.mix(torch.cat([steps, back, ahead, rest], 2).transpose(1, 2)))
        events = self.events(h)[:, 0]
        focus = torch.softmax(events * 2.0, 1)
        attended = (h * focus[:, None]).sum(2)
        shot = self.shot(torch.cat([attended, h.amax(2), torch.logsumexp(events, 1, keepdim=True)], 1))[:, 0]
        about = self.details(h)
        return {
            "events": events,
            "shot": shot,
            "zone": self.zone(about).transpose(1, 2),
            "make": self.make(about)[:, 0],
            "maps": maps,
        }
