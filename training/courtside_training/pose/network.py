"""The pose network: a small residual encoder, two upsampling steps, one heatmap per keypoint, decoded in the graph.

It uses heatmaps with a local soft-argmax instead of SimCC's one-dimensional classification (Li et al., 2022). A fully
convolutional head shares what it learns over all positions. SimCC's dense layer must see every keypoint at every
position, and a short training with some ten thousand crops does not provide this. The decoded position is the centre of
mass around the highest cell. It is finer than a cell, and two candidates do not average as in a soft-argmax over the
whole map.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from courtside_training.pose.crops import HEIGHT, WIDTH
from courtside_training.pose.skeleton import JOINTS

CELL = 4
"""Side of a heatmap cell in crop pixels."""
ROWS, COLUMNS = HEIGHT // CELL, WIDTH // CELL
"""Size of a heatmap in cells."""
REACH = 2.5
"""Cells on each side of the highest one that contribute to the decoded position."""


@dataclass(frozen=True)
class NetworkConfig:
    """Channels at strides 2, 4, 8 and 16, and residual blocks at strides 4, 8 and 16."""

    channels: tuple[int, int, int, int] = (24, 40, 80, 160)
    blocks: tuple[int, int, int] = (1, 2, 2)


def _norm(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs)
    )


class Block(nn.Module):
    """A residual block of two 3 x 3 convolutions (He et al., 2016)."""

    def __init__(self, channels: int):
        """Make a block with `channels` inputs and outputs."""
        super().__init__()
        self.first, self.second = _norm(channels, channels, 3), _norm(channels, channels, 3)
        nn.init.zeros_(self.second[1].weight)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        return functional.relu(x + self.second(functional.relu(self.first(x))))


class PoseNetwork(nn.Module):
    """Crops to heatmaps and the features from which they were computed."""

    def __init__(self, config: NetworkConfig | None = None):
        """Make a network with random weights; `config` gives the sizes."""
        super().__init__()
        config = config or NetworkConfig()
        self.config = config
        c2, c4, c8, c16 = config.channels
        self.stem = nn.Sequential(_norm(3, c2, 3, 2), nn.ReLU())
        self.down4, self.down8, self.down16 = (
            nn.Sequential(_norm(a, b, 3, 2), nn.ReLU(), *(Block(b) for _ in range(count)))
            for a, b, count in zip((c2, c4, c8), (c4, c8, c16), config.blocks, strict=True)
        )
        self.up8, self.up4 = _norm(c16, c8, 1), _norm(c8, c4, 1)
        self.merge8, self.merge4 = _norm(c8, c8, 3), _norm(c4, c4, 3)
        self.heat = nn.Conv2d(c4, len(JOINTS), 1)
        nn.init.normal_(self.heat.weight, std=0.01)
        self.trust = nn.Parameter(torch.zeros(len(JOINTS), c4))
        self.trust_mass = nn.Parameter(torch.ones(len(JOINTS)))
        self.trust_bias = nn.Parameter(torch.ones(len(JOINTS)))

    def forward(self, crop: Tensor) -> tuple[Tensor, Tensor]:
        """Heatmap logits (N, 17, ROWS, COLUMNS) and features (N, C, ROWS, COLUMNS) of crops (N, 3, HEIGHT, WIDTH).

        `crop` is uint8 or float RGB, 0 to 255; it is normalised here.
        """
        x = (crop.float() - 117.0) / 58.0
        at4 = self.down4(self.stem(x))
        at8 = self.down8(at4)
        at16 = self.down16(at8)
        at8 = functional.relu(self.merge8(functional.relu(at8 + _double(self.up8(at16)))))
        features = functional.relu(self.merge4(functional.relu(at4 + _double(self.up4(at8)))))
        return self.heat(features), features

    def decode(self, logits: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        """Decode heatmaps: positions (N, 17, 2) x, y in crop pixels, and confidence logits (N, 17).

        The confidence is trained to predict the similarity of the position and the truth (COCO's OKS of one keypoint).
        Its gradient does not reach the heatmaps.
        """
        flat = functional.softmax(logits.flatten(2), -1)
        peak = flat.argmax(-1, keepdim=True).to(flat.dtype)
        row = torch.floor((peak + 0.5) / COLUMNS)
        column = peak - row * COLUMNS
        cell = torch.arange(ROWS * COLUMNS, device=flat.device, dtype=flat.dtype)
        rows = torch.floor((cell + 0.5) / COLUMNS)
        columns = cell - rows * COLUMNS
        near = ((rows - row).abs() <= REACH) & ((columns - column).abs() <= REACH)
        local = flat * near.to(flat.dtype)
        mass = local.sum(-1)
        x, y = (local * columns).sum(-1) / mass, (local * rows).sum(-1) / mass
        positions = torch.stack((x, y), -1) * CELL + (CELL - 1) / 2
        pooled = torch.matmul(local.detach() / mass.detach()[..., None], features.detach().flatten(2).transpose(1, 2))
        confidence = (pooled * self.trust).sum(-1) + self.trust_mass * torch.log(mass.detach()) + self.trust_bias
        return positions, confidence


def _double(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


class ServedPose(nn.Module):
    """The network as served: crop in, keypoints out."""

    def __init__(self, network: PoseNetwork):
        """Wrap a trained network."""
        super().__init__()
        self.network = network

    def forward(self, crop: Tensor) -> tuple[Tensor]:
        """uint8 (N, 3, HEIGHT, WIDTH) RGB to keypoints (N, 17, 3): x, y in crop pixels, confidence 0 to 1."""
        positions, confidence = self.network.decode(*self.network(crop))
        return (torch.cat((positions, torch.sigmoid(confidence)[..., None]), -1),)
