"""What is exported: both networks, the calibration, and probabilities instead of logits."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from courtside_training.shots.geometry import SAMPLES
from courtside_training.shots.network import ShotNetwork
from courtside_training.shots.placing import PICTURES, PlacingNetwork


class ServedShotModel(nn.Module):
    """The clip network with its calibration, the placing network, and final probabilities.

    Args:
        network: trained.
        placer: trained; sees the samples before, at and after the likeliest release.
        scale: shot logits are multiplied by this ...
        bias: ... and this is added, both fitted on validation film so that 0.8 is the best threshold.
    """

    def __init__(
        self, network: ShotNetwork, placer: PlacingNetwork, scale: float = 1.0, bias: float = 0.0
    ) -> None:
        super().__init__()
        self.network, self.placer = network, placer
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float32))
        self.register_buffer("bias", torch.tensor(bias, dtype=torch.float32))
        self.register_buffer("around", torch.arange(PICTURES) - PICTURES // 2, persistent=False)

    def forward(self, clip: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Clip (B, 16, 3, 144, 256) to shot (B, 1), release (B, 16), zone (B, 7), make (B, 1), all probabilities."""
        out = self.network(clip)
        release = torch.softmax(out["events"], 1)
        make = torch.sigmoid((out["make"] * release).sum(1, keepdim=True))
        shot = torch.sigmoid(out["shot"] * self.scale + self.bias)[:, None]
        chosen = (release.argmax(1, keepdim=True) + self.around[None]).clamp(0, SAMPLES - 1)
        rows = torch.arange(clip.shape[0], device=clip.device)[:, None]
        zone = torch.softmax(self.placer(clip[rows, chosen])[0], 1)
        return shot, release, zone, make
