"""What the pose network is trained on: cross-entropy of heatmaps, a little of the place itself, and its confidence."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from courtside_training.pose.network import CELL, COLUMNS, ROWS, PoseNetwork
from courtside_training.pose.skeleton import SIGMAS

SPREAD = 0.9
"""Standard deviation of the target round a keypoint, in cells."""


def target(places: Tensor) -> Tensor:
    """Distributions (N, 17, ROWS * COLUMNS) over the cells round places (N, 17, 2) in crop pixels."""
    at = (places - (CELL - 1) / 2) / CELL
    across = torch.arange(COLUMNS, dtype=at.dtype) - at[..., :1]
    down = torch.arange(ROWS, dtype=at.dtype) - at[..., 1:]
    x = torch.softmax(-across.square() / (2 * SPREAD**2), -1)
    y = torch.softmax(-down.square() / (2 * SPREAD**2), -1)
    return (y[..., :, None] * x[..., None, :]).flatten(2)


def similarity(places: Tensor, truth: Tensor, areas: Tensor) -> Tensor:
    """COCO's similarity (N, 17) of each keypoint; `areas` (N,) are the people's, in square pixels."""
    spread = 2 * torch.tensor(SIGMAS, dtype=places.dtype)
    gap = (places - truth).square().sum(-1)
    return torch.exp(-gap / (2 * areas[:, None] * spread.square()))


def losses(network: PoseNetwork, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Losses of one batch.

    Args:
        network: In training mode.
        batch: `crop` (N, 3, H, W) uint8; `places` (N, 17, 2) crop pixels; `weight` (N, 17) of the place;
            `known` (N, 17) weight of the confidence, whose target is zero where `weight` is; `area` (N,).

    Returns:
        `total`, and its parts `heat` (nats above the target's own entropy), `place` (cells) and `trust`.
    """
    logits, features = network(batch["crop"])
    places, trust = network.read(logits, features)
    weight, wanted = batch["weight"], target(batch["places"])
    share = weight / weight.sum().clamp(min=1.0)
    logs = functional.log_softmax(logits.flatten(2), -1)
    # The entropy of the target is no one's fault: without it the loss goes to zero for a perfect network.
    divergence = (wanted * (torch.log(wanted.clamp(min=1e-12)) - logs)).sum(-1)
    heat = (share * divergence).sum()
    gap = (places - batch["places"]).abs().sum(-1) / CELL
    # Only where the right peak was found: pulling the read-out of a wrong one moves it nowhere useful.
    found = share * (gap.detach() < 3).to(gap.dtype)
    off = functional.smooth_l1_loss(places, batch["places"], reduction="none", beta=2.0).sum(-1)
    place = (found * off).sum() / CELL
    like = similarity(places.detach(), batch["places"], batch["area"]) * (weight > 0).to(gap.dtype)
    known = batch["known"]
    doubt = functional.binary_cross_entropy_with_logits(trust, like, reduction="none")
    sure = (known * doubt).sum() / known.sum().clamp(min=1.0)
    total = heat + 0.5 * place + 0.5 * sure
    return {"total": total, "heat": heat.detach(), "place": place.detach(), "trust": sure.detach()}

