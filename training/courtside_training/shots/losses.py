"""Training losses of the shot clip network."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from courtside_training.shots.geometry import SAMPLES

POINT_SIGMA = 0.7
"""Width of a located point's target on the attention maps, in cells."""
WEIGHTS = {"shot": 1.0, "events": 3.0, "release": 0.7, "zone": 0.6, "make": 0.4, "points": 0.5}


def point_loss(maps: Tensor, points: Tensor) -> Tensor:
    """Cross-entropy of the first K attention maps against small blobs at the true places.

    Args:
        maps: (N, K or more, rows, columns) logits.
        points: (N, K, 3) x, y as shares of the picture, and 1 where the point is seen.
    """
    rows, columns = maps.shape[2:]
    xs = torch.arange(columns, dtype=torch.float32) + 0.5
    ys = torch.arange(rows, dtype=torch.float32) + 0.5
    dx = (points[..., 0, None] * columns - xs) ** 2
    dy = (points[..., 1, None] * rows - ys) ** 2
    blob = torch.exp(-(dy[..., :, None] + dx[..., None, :]) / (2 * POINT_SIGMA**2)).flatten(2)
    target = blob / blob.sum(-1, keepdim=True).clamp_min(1e-6)
    loss = -(target * F.log_softmax(maps[:, : points.shape[1]].flatten(2), -1)).sum(-1)
    seen = points[..., 2]
    return (loss * seen).sum() / seen.sum().clamp_min(1.0)


def losses(out: dict[str, Tensor], batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Each head's loss on a batch; ``total`` is their weighted sum (`WEIGHTS`).

    A release within half a sample of the window's edge can hardly be seen and is never counted by the service, so
    such a window's shot loss is weighed down.
    """
    positive = batch["shot"] > 0.5
    position = torch.nan_to_num(batch["position"], nan=7.5)
    edge = positive & ((position < 0.6) | (position > SAMPLES - 1.6))
    weight = torch.where(edge, 0.2, 1.0)
    found = {
        "shot": (F.binary_cross_entropy_with_logits(out["shot"], batch["shot"], reduction="none") * weight).mean(),
        "events": F.binary_cross_entropy_with_logits(out["events"], batch["events"]),
        "points": point_loss(out["maps"], batch["points"].flatten(0, 1)),
    }
    if positive.any():
        release = batch["release"][positive]
        found["release"] = -(release * F.log_softmax(out["events"][positive], 1)).sum(1).mean()
        zone = (out["zone"][positive] * release[:, :, None]).sum(1)
        found["zone"] = F.cross_entropy(zone, batch["zone"][positive])
        make = (out["make"][positive] * release).sum(1)
        # The result is hidden from windows that end before the ball comes down.
        visible = (position[positive] < SAMPLES - 5).float()
        missed = F.binary_cross_entropy_with_logits(make, batch["made"][positive], reduction="none")
        found["make"] = (missed * visible).sum() / visible.sum().clamp_min(1.0)
    found["total"] = torch.stack([WEIGHTS[name] * value for name, value in found.items()]).sum()
    return found
