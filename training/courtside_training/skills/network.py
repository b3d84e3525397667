"""The skill network: a frame encoder, temporal attention over its features, and 20 five-way heads.

Why temporal attention and not a state-space model: a film is 64 tokens, far below the thousands where a state space's
linear cost pays; the plays of a highlight come in no telling order, so what is needed is to weigh and count tokens, not
to carry a state along; and attention exports to plain ONNX and TensorRT operators, a selective scan does not. (In the
paper a state-space model, VideoMamba, and attention models do about equally.) Frames are told apart by a learned
position, weakly: dropout hits it in training.

The frame encoder of the small network is the detector's backbone, which knows players, balls and rims before it sees
its first play; from nothing, as many simulated frames taught next to nothing. With a GPU and the published films
`SkillConfig.base()` is a wide plain encoder at the paper's picture size.
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
    """Sizes.

    Attributes:
        channels: of the encoder's stages, at strides 4, 8 and 16; after the detector's backbone only the last counts.
        detector: begin with the detector's backbone in place of the first two stages.
        depth: residual blocks a stage.
        feature: width of a frame's feature.
        width, layers, heads: of the temporal attention.
        dropout: in it.
        frames: tokens a film.
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
        """For a GPU and the published films at a shorter side of 224."""
        return SkillConfig((96, 192, 384), False, 3, 512, 512, 6, 8, 0.1, frames)

    def settings(self) -> dict:
        """Plain values for a checkpoint."""
        return asdict(self)


class Block(nn.Module):
    """Two 3x3 convolutions around a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, h, w) to the same."""
        return F.relu(x + self.second(F.relu(self.first(x))))


class FrameEncoder(nn.Module):
    """One picture to one feature: a map at stride 16, then mean and attention pooling over its places."""

    def __init__(self, config: SkillConfig) -> None:
        super().__init__()
        last = config.channels[-1]
        self.backbone = Backbone() if config.detector else None
        steps: list[nn.Module] = []
        # Two extra channels tell where in the picture a place is: the film is framed on the player.
        before = 2 + (self.backbone.channels[-1] if self.backbone else 3)
        for after in config.channels[-1:] if self.backbone else config.channels:
            kernel, stride = (3, 2) if steps or self.backbone else (7, 4)
            steps += [nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(after)]
            steps += [nn.ReLU()]
            steps += [Block(after) for _ in range(config.depth)]
            before = after
        self.stages = nn.Sequential(*steps)
        # The first two look where `PlayNetwork` teaches them to: at the player and at the ball.
        self.attend = nn.Conv2d(last, 4, 1)
        self.project = nn.Linear(last * 5, config.feature)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1) * 255)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1) * 255)

    def places(self, frames: Tensor) -> Tensor:
        """Frames (N, 3, height, width) uint8 RGB to a map (N, channels, height / 16, width / 16)."""
        if self.backbone is not None:
            height, width = frames.shape[-2:]
            # The backbone halves five times and doubles twice: sides must be multiples of 32 on the way.
            whole = F.pad(frames.flip(1).float() / 255.0, (0, -width % 32, 0, -height % 32))
            x = self.backbone(whole)[1][:, :, : height // 8, : width // 8]
        else:
            x = (frames.float() - self.mean) / self.std
        down = torch.linspace(-1, 1, x.shape[2], device=x.device, dtype=x.dtype).view(1, 1, -1, 1)
        across = torch.linspace(-1, 1, x.shape[3], device=x.device, dtype=x.dtype).view(1, 1, 1, -1)
        where = torch.cat([torch.zeros_like(x[:, :1]) + down, torch.zeros_like(x[:, :1]) + across], 1)
        return self.stages(torch.cat([x, where], 1))

    def pool(self, x: Tensor) -> Tensor:
        """A map of `places` to features (N, feature)."""
        weights = torch.softmax(self.attend(x).flatten(2), -1)
        attended = weights @ x.flatten(2).transpose(1, 2)
        pooled = torch.cat([x.mean((2, 3)), attended.flatten(1)], 1)
        return F.relu(self.project(pooled))

    def forward(self, frames: Tensor) -> Tensor:
        """Frames (N, 3, height, width) uint8 RGB to features (N, feature)."""
        return self.pool(self.places(frames))


class PlayNetwork(nn.Module):
    """The encoder with heads for what a simulation knows of a frame (`films.PLAY_LABELS`), to teach it what to see."""

    def __init__(self, config: SkillConfig) -> None:
        super().__init__()
        self.encoder = FrameEncoder(config)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(config.feature, size) for name, size in PLAY_LABELS.items() if name not in CELL_LABELS}
        )

    def forward(self, frames: Tensor) -> dict[str, Tensor]:
        """Frames (N, 3, height, width) uint8 to logits (N, classes) by label."""
        places = self.encoder.places(frames)
        feature = self.encoder.pool(places)
        # Where player and ball are is asked of the attention itself: it makes the encoder find and pool them.
        found = self.encoder.attend(places).flatten(2)
        cells = {name: found[:, index] for index, name in enumerate(CELL_LABELS)}
        return {name: cells[name] if name in cells else self.heads[name](feature) for name in PLAY_LABELS}


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
        # One score a skill, spread over the levels in order, plus a bias a level: levels are an ordinal scale, and
        # a head of its own for each level learns as well as this only with many times the films.
        self.score = nn.Linear(2 * config.width, len(SKILLS))
        self.bias = nn.Parameter(torch.zeros(len(SKILLS), LEVEL_COUNT))
        self.register_buffer("scale", torch.linspace(-2.0, 2.0, LEVEL_COUNT))

    def temporal(self, features: Tensor) -> Tensor:
        """Features of frames (B, T, feature) to logits (B, 20, 5)."""
        tokens = self.enter(features)
        x = self.leave(self.attention(self.forget(tokens + self.position)))
        weights = torch.softmax(self.pool(x), 1)
        # The mean counts plays, the weighted sum picks telling ones.
        both = torch.cat([x.mean(1), (weights * x).sum(1)], 1)
        return self.score(self.forget(both))[..., None] * self.scale + self.bias

    def forward(self, frames: Tensor) -> Tensor:
        """Frames (B, T, 3, height, width) uint8 RGB to logits (B, 20, 5)."""
        batch, count = frames.shape[:2]
        return self.temporal(self.encoder(frames.flatten(0, 1)).view(batch, count, -1))
