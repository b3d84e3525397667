"""The result network: made or missed, from crops around the rim in the samples after the release.

A window continues for up to three seconds after a release in its middle, and most shots come down after little more
than one. The result is decided within a metre of the rim, which the clip network locates, so a small network reads
eight crops around it. If the window ends before the ball comes down, its output is the usual share of makes.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from courtside_training.shots.geometry import HEIGHT, SAMPLES, WIDTH
from courtside_training.shots.network import conv

AFTER = (2, 9)
"""First and last sample after the release that it reads: 0.6 to 2.7 s."""
CROPS = AFTER[1] - AFTER[0] + 1
"""Crops that it reads."""
SIDE = 48
"""Width and height of a crop, pixels."""


@dataclass(frozen=True)
class ResultConfig:
    """Channels of the stem, of the deeper stages, and of the layers over time."""

    stem: int = 24
    deep: int = 32
    time: int = 64


def crop_at(images: Tensor, centres: Tensor) -> Tensor:
    """Crop squares of `SIDE` pixels; pixels outside the image are grey.

    Args:
        images: uint8 (N, 3, 144, 256).
        centres: (N, 2) x and y as shares of the image.

    Returns:
        (N, 3, 48, 48) float, -1 to 1.
    """
    steps = (torch.arange(SIDE, dtype=torch.float32, device=images.device) + 0.5 - SIDE / 2) * 2.0
    xs = (centres[:, 0, None] * 2 - 1) + steps / WIDTH
    ys = (centres[:, 1, None] * 2 - 1) + steps / HEIGHT
    across, down = xs[:, None, :].expand(-1, SIDE, -1), ys[:, :, None].expand(-1, -1, SIDE)
    values = images.float() / 127.5 - 1.0
    return F.grid_sample(values, torch.stack([across, down], -1), mode="bilinear", align_corners=False)


class ResultNetwork(nn.Module):
    """Eight crops (B, 8, 3, 48, 48), -1 to 1, and which of them exist (B, 8), to the make logit (B,)."""

    def __init__(self, config: ResultConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or ResultConfig()
        s, d, t = config.stem, config.deep, config.time
        self.stem = nn.Sequential(conv(12, s), conv(s, s))
        self.ball = nn.Conv2d(s, 1, 1)
        self.deepen = nn.Sequential(conv(s, d, 2), conv(d, d), conv(d, d, 2), conv(d, d))
        side = SIDE // 8
        self.flat = nn.Sequential(nn.Linear(d * side * side, t), nn.ReLU(inplace=True))
        self.over_time = nn.Sequential(
            nn.Conv1d(t + 4, t, 3, padding=1), nn.ReLU(inplace=True), nn.Conv1d(t, t, 3, padding=1),
            nn.ReLU(inplace=True),
        )
        self.head = nn.Sequential(nn.Linear(CROPS * 20 + t, t), nn.ReLU(inplace=True), nn.Dropout(0.2),
                                  nn.Linear(t, 1))
        self.narrow = nn.Conv1d(t, 16, 1)
        cells = (torch.arange(SIDE // 2) + 0.5) / (SIDE // 2) * 2 - 1
        grid = torch.stack([cells.repeat(SIDE // 2), cells.repeat_interleave(SIDE // 2)], 1)
        self.register_buffer("grid", grid, persistent=False)

    def forward(self, squares: Tensor, exist: Tensor) -> Tensor:
        """See the class."""
        return self.all_outputs(squares, exist)[0]

    def all_outputs(self, squares: Tensor, exist: Tensor) -> tuple[Tensor, Tensor]:
        """As `forward`, with the location of the ball: logits (B * 8, 1, 24, 24) over each crop."""
        batch = squares.shape[0]
        x = self.stem(F.pixel_unshuffle(squares.flatten(0, 1), 2))
        maps = self.ball(x)
        flat = maps.flatten(2)
        ball = torch.cat([(flat.softmax(-1) @ self.grid)[:, 0], torch.sigmoid(flat.amax(-1))], 1)
        ball = ball.reshape(batch, CROPS, 3) * exist[:, :, None]
        x = self.flat(self.deepen(x).flatten(1)).reshape(batch, CROPS, -1) * exist[:, :, None]
        h = self.over_time(torch.cat([x, ball, exist[:, :, None]], 2).transpose(1, 2))
        seen = torch.cat([ball, exist[:, :, None]], 2).flatten(1)
        return self.head(torch.cat([self.narrow(h).flatten(1), seen, h.amax(2)], 1))[:, 0], maps


def after(position: Tensor) -> tuple[Tensor, Tensor]:
    """Samples to crop for releases at `position` (B,), and which of them lie in the window, both (B, 8)."""
    steps = torch.arange(AFTER[0], AFTER[1] + 1, device=position.device)
    wanted = torch.round(position)[:, None] + steps
    return wanted.clamp(0, SAMPLES - 1).long(), (wanted <= SAMPLES - 1).float()
