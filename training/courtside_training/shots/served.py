"""The served clip model: three networks, their calibration, and probabilities instead of logits."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from courtside_training.shots.geometry import SAMPLES
from courtside_training.shots.network import MAPS, ShotNetwork
from courtside_training.shots.result import CROPS, SIDE, ResultNetwork, after, crop_at
from courtside_training.shots.zone_head import IMAGES, ZoneNetwork

RIM = 1
"""Index of the clip network's attention map that locates the rim."""


class ServedShotModel(nn.Module):
    """The clip network with its calibration, the zone network, the result network, and final probabilities.

    Args:
        network: the trained clip network.
        zone: the trained zone network; reads the samples before, at and after the likeliest release.
        result: the trained result network; reads the rim after the release.
        scale: factor on the shot logit. Scale and bias are fitted on validation film so that 0.8 is the best threshold.
        bias: added to the scaled shot logit.
        temperature: divisor of the make logit, fitted on validation film (Guo et al. 2017).
    """

    def __init__(
        self, network: ShotNetwork, zone: ZoneNetwork, result: ResultNetwork, scale: float = 1.0,
        bias: float = 0.0, temperature: float = 1.0,
    ) -> None:
        super().__init__()
        self.network, self.zone_network, self.result = network, zone, result
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float32))
        self.register_buffer("bias", torch.tensor(bias, dtype=torch.float32))
        self.register_buffer("temperature", torch.tensor(temperature, dtype=torch.float32))
        self.register_buffer("around", torch.arange(IMAGES) - IMAGES // 2, persistent=False)

    def forward(self, clip: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Clip (B, 16, 3, 144, 256) to shot (B, 1), release (B, 16), zone (B, 7), make (B, 1), all probabilities."""
        batch = clip.shape[0]
        out = self.network(clip)
        release = torch.softmax(out["events"], 1)
        shot = torch.sigmoid(out["shot"] * self.scale + self.bias)[:, None]
        at = release.argmax(1)
        rows = torch.arange(batch, device=clip.device)[:, None]
        chosen = (at[:, None] + self.around[None]).clamp(0, SAMPLES - 1)
        zone = torch.softmax(self.zone_network(clip[rows, chosen])["zone"], 1)
        samples, exist = after(at.float())
        rims = (out["maps"].flatten(2).softmax(-1) @ self.network.grid).reshape(batch, SAMPLES, MAPS, 2)[:, :, RIM]
        crops = crop_at(clip[rows, samples].flatten(0, 1), rims[rows, samples].flatten(0, 1))
        logit = self.result(crops.reshape(batch, CROPS, 3, SIDE, SIDE), exist)
        return shot, release, zone, torch.sigmoid(logit / self.temperature)[:, None]
