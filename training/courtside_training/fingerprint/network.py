"""The encoder: normalisation in the graph, a strided convolution, an LSTM, and an embedding of two parts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from courtside.skeleton import LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER
from courtside_training.common import checkpoint as checkpoints
from courtside_training.errors import TrainingInputError

MODEL = "shot_fingerprint"
"""Name of the model in checkpoints and in the model repository."""

FEATURES = 17 * 5
"""Numbers per step after normalisation; see `normalise`."""


@dataclass(frozen=True)
class EncoderConfig:
    """Sizes of the encoder.

    Attributes:
        channels: channels of the convolution.
        hidden: LSTM units in each direction.
        layers: LSTM layers.
        who: length of the part of the embedding that distinguishes shooters.
        kind: length of the part that distinguishes shot types.
    """

    channels: int = 64
    hidden: int = 64
    layers: int = 2
    who: int = 48
    kind: int = 16


def normalise(keypoints: Tensor) -> Tensor:
    """Normalise pixels: the left shoulder is the origin of every step, and the mean trunk length is one.

    Args:
        keypoints: (N, S, 17, 3) x, y and confidence; a joint with a confidence below .05 is ignored.

    Returns:
        (N, S, 85): 34 coordinates, their 34 changes between steps, 17 confidences.
    """
    confidence = keypoints[..., 2].clamp(0.0, 1.0)
    seen = confidence > 0.05
    weight = seen.to(keypoints.dtype)[..., None]
    position = torch.where(seen[..., None], keypoints[..., :2], torch.zeros_like(keypoints[..., :2]))
    middle = position.sum(2) / weight.sum(2).clamp_min(1.0)
    anchor = torch.where(seen[:, :, LEFT_SHOULDER, None], position[:, :, LEFT_SHOULDER], middle)
    left = weight[:, :, LEFT_SHOULDER] * weight[:, :, LEFT_HIP]
    whole = left * weight[:, :, RIGHT_SHOULDER] * weight[:, :, RIGHT_HIP]
    top = (position[:, :, LEFT_SHOULDER] + position[:, :, RIGHT_SHOULDER]) / 2
    bottom = (position[:, :, LEFT_HIP] + position[:, :, RIGHT_HIP]) / 2
    trunk = ((top - bottom).square().sum(-1, keepdim=True) + 1e-12).sqrt() * whole
    count = whole.sum(1)
    centred = (position - anchor[:, :, None]) * weight
    # If no step has a complete trunk, the spread of the joints is used; it is about one trunk length.
    apart = ((position - middle[:, :, None]) * weight).square().sum((1, 2, 3))
    spread = (apart / weight.sum((1, 2, 3)).clamp_min(1.0) + 1e-12).sqrt()
    scale = torch.where(count > 0, trunk.sum(1) / count.clamp_min(1.0), spread[:, None]).clamp_min(1e-3)
    centred = (centred / scale[:, :, None, None]).clamp(-6.0, 6.0)
    both = weight[:, 1:] * weight[:, :-1]
    change = functional.pad((centred[:, 1:] - centred[:, :-1]) * both * 8.0, (0, 0, 0, 0, 1, 0))
    return torch.cat([centred.flatten(2), change.flatten(2), confidence * weight[..., 0]], -1)


class Encoder(nn.Module):
    """Keypoints (N, 64, 17, 3) to an embedding (N, who + kind) of length one.

    The first part distinguishes shooters, the second shot types; each has length sqrt(1/2). A comparison may use one
    part or both. `projection` is the head of phase one and is not served.
    """

    def __init__(self, config: EncoderConfig | None = None) -> None:
        """Make an encoder with random weights."""
        super().__init__()
        self.config = config or EncoderConfig()
        c = self.config
        self.entry = nn.Conv1d(FEATURES, c.channels, 5, stride=2, padding=2)
        self.norm = nn.LayerNorm(c.channels)
        self.lstm = nn.LSTM(c.channels, c.hidden, c.layers, batch_first=True, bidirectional=True)
        # Without batch norm, all shots have nearly the same embedding at the start, and triplets give no gradient.
        self.mix = nn.Sequential(nn.Linear(4 * c.hidden, 2 * c.hidden), nn.GELU(), nn.BatchNorm1d(2 * c.hidden))
        self.who = nn.Linear(2 * c.hidden, c.who)
        self.kind = nn.Linear(2 * c.hidden, c.kind)
        self.projection = nn.Sequential(nn.Linear(2 * c.hidden, 2 * c.hidden), nn.GELU(), nn.Linear(2 * c.hidden, 64))

    def features(self, keypoints: Tensor) -> Tensor:
        """Features (N, 2 * hidden), the input of both heads and of the projection."""
        entry = self.entry(normalise(keypoints).transpose(1, 2)).transpose(1, 2)
        states, _ = self.lstm(functional.gelu(self.norm(entry)))
        return self.mix(torch.cat([states.mean(1), states.amax(1)], -1))

    def project(self, keypoints: Tensor) -> Tensor:
        """Output of phase one: unit vectors (N, 64)."""
        return functional.normalize(self.projection(self.features(keypoints)), dim=-1)

    def forward(self, keypoints: Tensor) -> Tensor:
        """Keypoints (N, 64, 17, 3) to embeddings (N, who + kind)."""
        mixed = self.features(keypoints)
        parts = [functional.normalize(self.who(mixed), dim=-1), functional.normalize(self.kind(mixed), dim=-1)]
        return torch.cat(parts, -1) * 0.5**0.5


class ServedEncoder(nn.Module):
    """The encoder as served: one input, a tuple of one output."""

    def __init__(self, encoder: Encoder) -> None:
        """Wrap a trained encoder."""
        super().__init__()
        self.encoder = encoder

    def forward(self, keypoints: Tensor) -> tuple[Tensor]:
        """(N, 64, 17, 3) to ((N, who + kind),)."""
        return (self.encoder(keypoints),)


def settings_of(config: EncoderConfig) -> dict[str, int]:
    """Plain values for a checkpoint."""
    return asdict(config)


def load_encoder(path: Path) -> Encoder:
    """The averaged encoder of a checkpoint, in eval mode.

    Raises:
        TrainingInputError: the checkpoint is missing, or of another system or shape.
    """
    found = checkpoints.load(path, MODEL)
    try:
        config = EncoderConfig(**found["settings"])
    except (KeyError, TypeError) as error:
        raise TrainingInputError(f"{path} has no sizes of its network ({error}): train again") from error
    encoder = Encoder(config)
    checkpoints.fill(encoder, found["average"], path)
    return encoder.eval()
