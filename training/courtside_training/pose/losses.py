"""Losses of the pose network: cross-entropy of the heatmaps, position error, and confidence."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from courtside_training.pose.network import CELL, COLUMNS, ROWS, PoseNetwork
from courtside_training.pose.skeleton import SIGMAS

SPREAD = 0.9
"""Standard deviation of the target around a keypoint, in cells."""


def target(positions: Tensor) -> Tensor:
    """Target distributions (N, 17, ROWS * COLUMNS) over the cells, for positions (N, 17, 2) in crop pixels."""
    at = (positions - (CELL - 1) / 2) / CELL
    across = torch.arange(COLUMNS, dtype=at.dtype) - at[..., :1]
    down = torch.arange(ROWS, dtype=at.dtype) - at[..., 1:]
    x = torch.softmax(-across.square() / (2 * SPREAD**2), -1)
    y = torch.softmax(-down.square() / (2 * SPREAD**2), -1)
    return (y[..., :, None] * x[..., None, :]).flatten(2)


def similarity(positions: Tensor, truth: Tensor, areas: Tensor) -> Tensor:
    """COCO's similarity (N, 17) of each keypoint; `areas` (N,) are those of the people, in square pixels."""
    spread = 2 * torch.tensor(SIGMAS, dtype=positions.dtype)
    gap = (positions - truth).square().sum(-1)
    return torch.exp(-gap / (2 * areas[:, None] * spread.square()))


def losses(network: PoseNetwork, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Losses of one batch.

    Args:
        network: network in training mode.
        batch: `crop` (N, 3, H, W) uint8; `positions` (N, 17, 2) crop pixels; `weight` (N, 17) of the position;
            `known` (N, 17) weight of the confidence, whose target is zero where `weight` is zero; `area` (N,).

    Returns:
        `total`, and its parts `heat` (nats above the target's entropy), `position` (cells) and `confidence`.
    """
    logits, features = network(batch["crop"])
    positions, confidence = network.decode(logits, features)
    weight, wanted = batch["weight"], target(batch["positions"])
    share = weight / weight.sum().clamp(min=1.0)
    logs = functional.log_softmax(logits.flatten(2), -1)
    # The entropy of the target is subtracted, so that the loss is zero for a perfect network.
    divergence = (wanted * (torch.log(wanted.clamp(min=1e-12)) - logs)).sum(-1)
    heat = (share * divergence).sum()
    gap = (positions - batch["positions"]).abs().sum(-1) / CELL
    # Only where the correct peak was found, because the position around a wrong peak cannot become correct.
    found = share * (gap.detach() < 3).to(gap.dtype)
    off = functional.smooth_l1_loss(positions, batch["positions"], reduction="none", beta=2.0).sum(-1)
    position = (found * off).sum() / CELL
    like = similarity(positions.detach(), batch["positions"], batch["area"]) * (weight > 0).to(gap.dtype)
    known = batch["known"]
    doubt = functional.binary_cross_entropy_with_logits(confidence, like, reduction="none")
    sure = (known * doubt).sum() / known.sum().clamp(min=1.0)
    total = heat + 0.5 * position + 0.5 * sure
    return {"total": total, "heat": heat.detach(), "position": position.detach(), "confidence": sure.detach()}

