"""R(2+1)D: video networks whose 3-D convolutions are a spatial convolution followed by one over time.

After Tran et al. (CVPR 2018, arXiv:1711.11248). The parameter names and shapes of `R18` are those of the published
Kinetics checkpoints (`stem.0.weight`, `layer1.0.conv1.0.0.weight`, …, `fc`), so `load_published` can load them.

`LIGHT` is a narrow network of the same family with early strides, for a CPU. It is trained from random weights on few
games. Therefore it gets two extra inputs that a network would otherwise learn from much data (see
`R2Plus1DConfig.focus`), and an auxiliary task: locating the joints and the ball (`Pointers`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from courtside_training.action_clips.classes import LABELS
from courtside_training.action_clips.points import POINTS
from courtside_training.errors import TrainingInputError

KINETICS_MEAN = (0.43216, 0.394666, 0.37645)
"""Mean of Kinetics frames in RGB, 0 to 1, as the published weights expect."""
KINETICS_STD = (0.22803, 0.22145, 0.216989)
"""Standard deviation of Kinetics frames in RGB, 0 to 1."""
_DIM = 0.25
"""Weight of a pixel at the edge of the crop when `focus` is on; the middle has 1."""


@dataclass(frozen=True)
class R2Plus1DConfig:
    """Sizes of one network of the family.

    Attributes:
        height: height of the expected crop in pixels.
        width: width of the expected crop in pixels.
        stem: channels between the stem's two convolutions.
        widths: channels of the four stages.
        depths: residual blocks of the four stages.
        stem_stride: spatial stride of the stem; 2 in the paper.
        stem_step: stride of the stem over time; 1 in the paper.
        first_stride: spatial stride of the first stage; 1 in the paper.
        focus: darken pixels far from the middle of the crop, because average pooling cannot distinguish the tracked
            player from a neighbour. Also add a channel with the change since the previous frame, which does not depend
            on the colour of the clothes.
        pointers: channels of the branch that locates joints and ball, 0 for none.
        dropout: dropout before the classifier, 0 to 1.
    """

    height: int
    width: int
    stem: int = 45
    widths: tuple[int, int, int, int] = (64, 128, 256, 512)
    depths: tuple[int, int, int, int] = (2, 2, 2, 2)
    stem_stride: int = 2
    stem_step: int = 1
    first_stride: int = 1
    focus: bool = False
    pointers: int = 0
    dropout: float = 0.0

    def settings(self) -> dict[str, Any]:
        """Plain values from which `from_settings` can build the configuration again."""
        return asdict(self)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> R2Plus1DConfig:
        """The configuration `settings` came from."""
        plain = dict(settings)
        return cls(**{**plain, "widths": tuple(plain["widths"]), "depths": tuple(plain["depths"])})


R18 = R2Plus1DConfig(height=176, width=128)
"""The published R(2+1)D-18."""
LIGHT = R2Plus1DConfig(
    height=112, width=80, stem=20, widths=(20, 32, 64, 128), depths=(1, 1, 1, 1), stem_stride=4,
    stem_step=2, focus=True, pointers=32, dropout=0.2,
)  # fmt: skip
"""The served network."""
TINY = R2Plus1DConfig(height=112, width=80, stem=6, widths=(8, 12, 16, 24), depths=(1, 1, 1, 1), stem_stride=4,
                      first_stride=2, focus=True)
"""The network of the smoke run."""
NETWORKS = {"light": LIGHT, "r2plus1d_18": R18, "tiny": TINY}
"""Configurations by the name of the `--network` option."""


def factored(inside: int, outside: int, middle: int, stride: tuple[int, int]) -> nn.Sequential:
    """A 3x3x3 convolution as 1x3x3, norm, ReLU, 3x1x1; `stride` is (spatial, temporal)."""
    space, time = stride
    return nn.Sequential(
        nn.Conv3d(inside, middle, (1, 3, 3), (1, space, space), (0, 1, 1), bias=False),
        nn.BatchNorm3d(middle),
        nn.ReLU(inplace=True),
        nn.Conv3d(middle, outside, (3, 1, 1), (time, 1, 1), (1, 0, 0), bias=False),
    )


def spotlight(height: int, width: int) -> Tensor:
    """(height, width) weights, from 1 over a player in the middle of the crop down to `_DIM` at the edges.

    The weighted area is taller than wide: a raised ball belongs to the player, a neighbour does not.
    """
    y = torch.linspace(-1.0, 1.0, height)[:, None]
    x = torch.linspace(-1.0, 1.0, width)[None]
    return _DIM + (1 - _DIM) * torch.exp(-(((x / 0.75) ** 2 + (y / 1.0) ** 2) ** 2))


class Block(nn.Module):
    """A residual block of two factored convolutions.

    Both have the number of middle channels at which the first one has as many weights as a full 3x3x3 convolution.
    This is how the published weights are built.
    """

    def __init__(self, inside: int, outside: int, stride: tuple[int, int]) -> None:
        super().__init__()
        middle = (inside * outside * 27) // (inside * 9 + 3 * outside)
        self.conv1 = nn.Sequential(
            factored(inside, outside, middle, stride), nn.BatchNorm3d(outside), nn.ReLU(inplace=True)
        )
        self.conv2 = nn.Sequential(factored(outside, outside, middle, (1, 1)), nn.BatchNorm3d(outside))
        self.relu = nn.ReLU(inplace=True)
        space, time = stride
        self.downsample = None
        if stride != (1, 1) or inside != outside:
            self.downsample = nn.Sequential(
                nn.Conv3d(inside, outside, 1, (time, space, space), bias=False), nn.BatchNorm3d(outside)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(B, inside, T, H, W) to (B, outside, T / time stride, H / space stride, W / space stride)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.relu(self.conv2(self.conv1(x)) + shortcut)


class Pointers(nn.Module):
    """Locates joints and ball at each time step of the first stage, and computes features from their paths.

    Every point has one logit per cell of the first stage's grid, and one for being outside the crop. The mean position
    under the softmax and the probability of being inside are 54 numbers per time step: the paths of a skeleton and a
    ball.

    Args:
        widths: channels of the first three stages.
        channels: channels of this branch.
    """

    def __init__(self, widths: tuple[int, ...], channels: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv3d(width, channels, 1) for width in widths[:3])
        self.mix = nn.Sequential(
            nn.ReLU(inplace=True), nn.Conv3d(channels, channels, (1, 3, 3), padding=(0, 1, 1), bias=False),
            nn.BatchNorm3d(channels), nn.ReLU(inplace=True),
        )  # fmt: skip
        self.cells = nn.Conv3d(channels, POINTS, 1)
        self.nowhere = nn.Linear(channels, POINTS)
        self.paths = nn.Sequential(
            nn.Conv1d(POINTS * 3, 2 * channels, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv1d(2 * channels, 2 * channels, 3, padding=1), nn.ReLU(inplace=True),
        )  # fmt: skip
        self.outside = 4 * channels

    def forward(self, stages: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """First three stages (B, C, T, H, W) to (B, 4 * channels) features and (B, T, 18, H * W + 1) logits."""
        size = stages[0].shape[-3:]
        mixed = self.lateral[0](stages[0])
        for lateral, stage in zip(self.lateral[1:], stages[1:], strict=True):
            mixed = mixed + functional.interpolate(lateral(stage), size=size, mode="nearest")
        mixed = self.mix(mixed)
        cells = self.cells(mixed).permute(0, 2, 1, 3, 4).flatten(3)
        nowhere = self.nowhere(mixed.mean((3, 4)).transpose(1, 2))
        logits = torch.cat([cells, nowhere[..., None]], -1)
        share = logits.softmax(-1)[..., :-1]
        x = torch.linspace(-1.0, 1.0, size[2]).repeat(size[1])
        y = torch.linspace(-1.0, 1.0, size[1]).repeat_interleave(size[2])
        positions = share @ torch.stack([x, y, torch.ones_like(x)], 1).to(share)
        paths = self.paths(positions.flatten(2).transpose(1, 2))
        return torch.cat([paths.mean(2), paths.amax(2)], 1), logits


class R2Plus1D(nn.Module):
    """Clips of crops to one logit per class. Any clip length and any crop size of at least 16 pixels works.

    Args:
        config: widths, depths and strides.
        classes: number of logits.
    """

    def __init__(self, config: R2Plus1DConfig, classes: int = len(LABELS)) -> None:
        super().__init__()
        self.config = config
        wide, around = config.widths, config.stem_stride
        self.stem = nn.Sequential(
            nn.Conv3d(3 + config.focus, config.stem, (1, 7, 7), (1, around, around), (0, 3, 3), bias=False),
            nn.BatchNorm3d(config.stem),
            nn.ReLU(inplace=True),
            nn.Conv3d(config.stem, wide[0], (3, 1, 1), (config.stem_step, 1, 1), (1, 0, 0), bias=False),
            nn.BatchNorm3d(wide[0]),
            nn.ReLU(inplace=True),
        )
        strides = ((config.first_stride, 1), (2, 2), (2, 2), (2, 2))
        inside = wide[0]
        for index, (outside, depth, stride) in enumerate(zip(wide, config.depths, strides, strict=True), start=1):
            blocks = [Block(inside if i == 0 else outside, outside, stride if i == 0 else (1, 1)) for i in range(depth)]
            self.add_module(f"layer{index}", nn.Sequential(*blocks))
            inside = outside
        self.avgpool = nn.AdaptiveAvgPool3d(1)
        self.dropout = nn.Dropout(config.dropout)
        self.pointers = Pointers(wide, config.pointers) if config.pointers else None
        self.fc = nn.Linear(inside + (self.pointers.outside if self.pointers else 0), classes)
        self.register_buffer("mean", torch.tensor(KINETICS_MEAN).view(1, 3, 1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(KINETICS_STD).view(1, 3, 1, 1, 1), persistent=False)
        for module in self.modules():
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, clip: Tensor) -> Tensor:
        """Clip (B, T, 3, H, W), uint8 or float 0 to 255 RGB, to logits (B, classes)."""
        return self.with_points(clip)[0]

    def with_points(self, clip: Tensor) -> tuple[Tensor, Tensor | None]:
        """As `forward`, plus the point logits of `Pointers`, or None if the network has no such branch."""
        x = (clip.float().transpose(1, 2) / 255.0 - self.mean) / self.std
        if self.config.focus:
            grey = x.mean(1, keepdim=True)
            change = grey - torch.cat([grey[:, :, :1], grey[:, :, :-1]], 2)
            x = torch.cat([x, 2.0 * change], 1) * spotlight(x.shape[-2], x.shape[-1])
        stages = [self.layer1(self.stem(x))]
        for layer in (self.layer2, self.layer3, self.layer4):
            stages.append(layer(stages[-1]))
        features = self.avgpool(stages[-1]).flatten(1)
        points = None
        if self.pointers is not None:
            paths, points = self.pointers(stages[:3])
            features = torch.cat([features, paths], 1)
        return self.fc(self.dropout(features)), points


def load_published(network: R2Plus1D, path: Path) -> list[str]:
    """Load published weights into `network`, except its classifier.

    Args:
        network: a network of the `r2plus1d_18` configuration.
        path: a state dict saved by torch, optionally under the key "state_dict" or "model".

    Returns:
        Names of the parameters that were not changed.

    Raises:
        TrainingInputError: the file cannot be read, or a tensor is missing or has another shape.
    """
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise TrainingInputError(f"no weights at {path}: give --init the path of a saved state dict") from None
    except Exception as error:
        reason = str(error).splitlines()[0][:100]
        raise TrainingInputError(f"{path} is not a file of saved weights: {reason}; give another --init") from None
    for wrapper in ("state_dict", "model"):
        if isinstance(found, dict) and isinstance(found.get(wrapper), dict):
            found = found[wrapper]
    if not isinstance(found, dict):
        raise TrainingInputError(f"{path} holds no state dict: give --init the path of a saved state dict")
    found = {name.removeprefix("module."): value for name, value in found.items()}
    own = network.state_dict()
    for name, value in own.items():
        if name.startswith("fc."):
            continue
        if name not in found:
            raise TrainingInputError(f"{path} has no {name}: give --init the weights of an R(2+1)D-18")
        if tuple(found[name].shape) != tuple(value.shape):
            raise TrainingInputError(
                f"{path}: {name} has shape {tuple(found[name].shape)}, expected {tuple(value.shape)}; give --init the "
                "weights of an R(2+1)D-18"
            )
    kept = [name for name in own if name.startswith("fc.")]
    network.load_state_dict({**{name: found[name] for name in own if name not in kept}, **{n: own[n] for n in kept}})
    return kept
