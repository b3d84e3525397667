"""Losses of the detector: penalty-reduced focal loss of the heatmaps, generalised IoU of the boxes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from courtside_training.detector.classes import STRIDE

BOX_WEIGHT = 3.0
"""Weight of the box loss, relative to the heatmap loss."""
CLASS_WEIGHTS = (5.0, 3.0, 1.0, 1.0)
"""Weight of each class. There is one ball and one rim for ten players, and shot detection depends on the ball."""


def heat_loss(logits: Tensor, heat: Tensor, known: Tensor) -> Tensor:
    """CenterNet's focal loss (alpha 2, beta 4) per peak; all (N, C, h, w), `known` is 0 for cells without a target."""
    p = logits.sigmoid()
    peak = (heat >= 1.0).float()
    hit = nn.functional.softplus(-logits) * (1 - p) ** 2 * peak
    miss = nn.functional.softplus(logits) * p**2 * (1 - heat) ** 4 * (1 - peak)
    weights = logits.new_tensor(CLASS_WEIGHTS).view(1, -1, 1, 1)
    return ((hit + miss) * known * weights).sum() / peak.sum().clamp(min=1.0)


def cell_boxes(sides: Tensor) -> Tensor:
    """Distances (N, C, 4, h, w) from cell centres to xyxy boxes of the same shape, pixels."""
    # Counted in the maps themselves: a range over sides.shape, and ones_like too, become constants of the traced size.
    ones = sides[:1, :1, 0].detach().float().clamp(1.0, 1.0)
    x, y = (ones.cumsum(3) - 0.5) * STRIDE, (ones.cumsum(2) - 0.5) * STRIDE
    left, top, right, bottom = sides.unbind(2)
    return torch.stack([x - left, y - top, x + right, y + bottom], 2)


def giou(a: Tensor, b: Tensor) -> Tensor:
    """Generalised IoU (Rezatofighi et al. 2019, arXiv:1902.09630) of xyxy boxes (4, M) and (4, M): (M,)."""
    inner = (torch.minimum(a[2:], b[2:]) - torch.maximum(a[:2], b[:2])).clamp(min=0).prod(0)
    union = (a[2:] - a[:2]).clamp(min=0).prod(0) + (b[2:] - b[:2]).clamp(min=0).prod(0) - inner
    hull = (torch.maximum(a[2:], b[2:]) - torch.minimum(a[:2], b[:2])).clamp(min=0).prod(0)
    return inner / union.clamp(min=1e-6) - (hull - union) / hull.clamp(min=1e-6)


def detection_loss(module: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Losses of a batch of images and the maps of `make_targets`."""
    logits, sides = module(batch["image"])
    heat = heat_loss(logits, batch["heat"], batch["known"])
    weighted = batch["weight"] > 0
    weight = (batch["weight"] * sides.new_tensor(CLASS_WEIGHTS).view(1, -1, 1, 1))[weighted]
    if len(weight):
        found, truth = (maps.movedim(2, 0)[:, weighted] for maps in (cell_boxes(sides), batch["box"]))
        box = ((1 - giou(found, truth)) * weight).sum() / weight.sum()
    else:
        box = sides.sum() * 0.0
    return {"total": heat + BOX_WEIGHT * box, "heat": heat, "box": box}
