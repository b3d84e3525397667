"""The skill network: a frame encoder, temporal attention over its features, and 20 heads with five levels each.

Temporal attention is used instead of a state-space model for three reasons. A film has 64 tokens, far fewer than the
thousands at which the linear cost of a state-space model helps. The order of the plays in a highlight film carries no
information, so the network must weight and count tokens and needs no state. Attention exports to standard ONNX and
TensorRT operators, a selective scan does not. (In the paper, the state-space model VideoMamba and attention models are
about equally good.) Frames have a learned position embedding with a weak effect, because dropout is applied to it.

The frame encoder of the small network starts with the detector's backbone, which already detects players, balls and
rims. With random weights, the same number of simulated frames taught it almost nothing. `SkillConfig.base()` is a wide
plain encoder at the paper's frame size, for a GPU and the published films.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from courtside_sim.skills import SKILLS
from courtside_training.detector.network import Backbone
from courtside_training.skills.films import CELL_LABELS, PLAY_LABELS
from courtside_training.skills.geometry import FRAMES, LEVEL_COUNT, MEAN, STD


@dataclass(frozen=True)
class SkillConfig:
    """Sizes of the network.

    Attributes:
        channels: channels of the encoder's stages at strides 4, 8 and 16; only the last is used with `detector`.
        detector: use the detector's backbone instead of the first two stages.
        depth: residual blocks per stage.
        feature: length of a frame's feature vector.
        width: width of the temporal attention.
        layers: layers of the temporal attention.
        heads: heads of the temporal attention.
        dropout: dropout in the temporal attention, 0 to 1.
        frames: tokens per film.
    """

    channels: tuple[int, int, int] = (32, 64, 96)
    detector: bool = True
    depth: int = 1
    feature: int = 96
    width: int = 64
    layers: int = 2
    heads: int = 4
    dropout: float = 0.2
    frames: int = FRAMES

    @staticmethod
    def base(frames: int = FRAMES) -> SkillConfig:
        """Sizes for a GPU and the published films at a shorter side of 224 pixels."""
        return SkillConfig((96, 192, 384), False, 3, 512, 512, 6, 8, 0.1, frames)

    def settings(self) -> dict:
        """Plain values for a checkpoint."""
        return asdict(self)


class Block(nn.Module):
    """A residual block of two 3x3 convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, h, w) to the same shape."""
        return F.relu(x + self.second(F.relu(self.first(x))))


class FrameEncoder(nn.Module):
    """Frame to feature vector: a map at stride 16, then mean and attention pooling over its cells."""

    def __init__(self, config: SkillConfig) -> None:
        super().__init__()
        last = config.channels[-1]
        self.backbone = Backbone() if config.detector else None
        steps: list[nn.Module] = []
        # Two extra channels hold the position of each cell, because the player is in the middle of the frame.
        before = 2 + (self.backbone.channels[-1] if self.backbone else 3)
        for after in config.channels[-1:] if self.backbone else config.channels:
            kernel, stride = (3, 2) if steps or self.backbone else (7, 4)
            steps += [nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(after)]
            steps += [nn.ReLU()]
            steps += [Block(after) for _ in range(config.depth)]
            before = after
        self.stages = nn.Sequential(*steps)
        # `PlayNetwork` trains the first two attention maps to be on the player and on the ball.
        self.attend = nn.Conv2d(last, 4, 1)
        self.project = nn.Linear(last * 5, config.feature)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1) * 255)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1) * 255)

    def feature_map(self, frames: Tensor) -> Tensor:
        """Frames (N, 3, height, width) uint8 RGB to a map (N, channels, height / 16, width / 16)."""
        if self.backbone is not None:
            height, width = frames.shape[-2:]
            # The backbone halves the size five times and doubles it twice, so sides must be multiples of 32.
            whole = F.pad(frames.flip(1).float() / 255.0, (0, -width % 32, 0, -height % 32))
            x = self.backbone(whole)[1][:, :, : height // 8, : width // 8]
        else:
            x = (frames.float() - self.mean) / self.std
        down = torch.linspace(-1, 1, x.shape[2], device=x.device, dtype=x.dtype).view(1, 1, -1, 1)
        across = torch.linspace(-1, 1, x.shape[3], device=x.device, dtype=x.dtype).view(1, 1, 1, -1)
        where = torch.cat([torch.zeros_like(x[:, :1]) + down, torch.zeros_like(x[:, :1]) + across], 1)
        return self.stages(torch.cat([x, where], 1))

    def pool(self, x: Tensor) -> Tensor:
        """A map of `feature_map` to features (N, feature)."""
        weights = torch.softmax(self.attend(x).flatten(2), -1)
        attended = weights @ x.flatten(2).transpose(1, 2)
        pooled = torch.cat([x.mean((2, 3)), attended.flatten(1)], 1)
        return F.relu(self.project(pooled))

    def forward(self, frames: Tensor) -> Tensor:
        """Frames (N, 3, height, width) uint8 RGB to features (N, feature)."""
        return self.pool(self.feature_map(frames))


class PlayNetwork(nn.Module):
    """The encoder with heads for the labels of simulated frames (`films.PLAY_LABELS`), to train the encoder."""

    def __init__(self, config: SkillConfig) -> None:
        super().__init__()
        self.encoder = FrameEncoder(config)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(config.feature, size) for name, size in PLAY_LABELS.items() if name not in CELL_LABELS}
        )

    def forward(self, frames: Tensor) -> dict[str, Tensor]:
        """Frames (N, 3, height, width) uint8 to logits (N, classes) by label."""
        cells = self.encoder.feature_map(frames)
        feature = self.encoder.pool(cells)
        # The attention maps themselves predict the positions of player and ball, so the encoder learns to pool there.
        attention = self.encoder.attend(cells).flatten(2)
        positions = {name: attention[:, index] for index, name in enumerate(CELL_LABELS)}
        return {name: positions[name] if name in positions else self.heads[name](feature) for name in PLAY_LABELS}


class SkillNetwork(nn.Module):
    """Frames of a film to the levels of 20 skills."""

    def __init__(self, config: SkillConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = FrameEncoder(config)
        self.enter = nn.Sequential(nn.LayerNorm(config.feature), nn.Linear(config.feature, config.width))
        self.position = nn.Parameter(torch.zeros(1, config.frames, config.width))
        layer = nn.TransformerEncoderLayer(
            config.width, config.heads, 2 * config.width, config.dropout, "gelu", batch_first=True, norm_first=True
        )
        self.attention = nn.TransformerEncoder(layer, config.layers, enable_nested_tensor=False)
        self.forget = nn.Dropout(config.dropout)
        self.leave = nn.LayerNorm(config.width)
        self.pool = nn.Linear(config.width, 1)
        # One score per skill, multiplied by an ordered scale of levels, plus a bias per level. Levels are ordinal, and
        # separate logits for each level need many times as many films to be as good.
        self.score = nn.Linear(2 * config.width, len(SKILLS))
        self.bias = nn.Parameter(torch.zeros(len(SKILLS), LEVEL_COUNT))
        self.register_buffer("scale", torch.linspace(-2.0, 2.0, LEVEL_COUNT))

    def temporal(self, features: Tensor) -> Tensor:
        """Features of frames (B, T, feature) to logits (B, 20, 5)."""
        tokens = self.enter(features)
        x = self.leave(self.attention(self.forget(tokens + self.position)))
        weights = torch.softmax(self.pool(x), 1)
        # The mean counts plays, the weighted sum selects the informative ones.
        both = torch.cat([x.mean(1), (weights * x).sum(1)], 1)
        return self.score(self.forget(both))[..., None] * self.scale + self.bias

    def forward(self, frames: Tensor) -> Tensor:
        """Frames (B, T, 3, height, width) uint8 RGB to logits (B, 20, 5)."""
        batch, count = frames.shape[:2]
        return self.temporal(self.encoder(frames.flatten(0, 1)).view(batch, count, -1))
