"""Training losses of the shot networks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from courtside_training.shots.geometry import SAMPLES

POINT_SIGMA = 0.7
"""Standard deviation of a point's target on the attention maps, cells."""
WEIGHTS = {"shot": 1.0, "events": 3.0, "release": 0.7, "zone": 0.6, "make": 0.4, "points": 0.5}
"""Weight of each loss in the total."""


@dataclass(frozen=True)
class Focal:
    """The focal loss (Lin et al. 2017, arXiv:1708.02002): windows that are predicted well count little.

    Attributes:
        gamma: exponent; larger values make them count less.
        alpha: weight of windows with a release; the others weigh 1 - alpha.
    """

    gamma: float = 2.0
    alpha: float = 0.5

    def __call__(self, logits: Tensor, truth: Tensor) -> Tensor:
        """Loss of each window (N,), scaled so that a probability of one half costs as much as in cross entropy."""
        plain = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
        right = torch.exp(-plain)
        weight = self.alpha * truth + (1 - self.alpha) * (1 - truth)
        return 2.0 * weight * (2 * (1 - right)) ** self.gamma * plain


def point_loss(maps: Tensor, points: Tensor) -> Tensor:
    """Cross entropy of the first K attention maps against Gaussian targets at the true points.

    Args:
        maps: (N, K or more, rows, columns) logits.
        points: (N, K, 3) x and y as shares of the image, and 1 if the point is visible.
    """
    rows, columns = maps.shape[2:]
    xs = torch.arange(columns, dtype=torch.float32, device=maps.device) + 0.5
    ys = torch.arange(rows, dtype=torch.float32, device=maps.device) + 0.5
    dx = (points[..., 0, None] * columns - xs) ** 2
    dy = (points[..., 1, None] * rows - ys) ** 2
    blob = torch.exp(-(dy[..., :, None] + dx[..., None, :]) / (2 * POINT_SIGMA**2)).flatten(2)
    target = blob / blob.sum(-1, keepdim=True).clamp_min(1e-6)
    loss = -(target * F.log_softmax(maps[:, : points.shape[1]].flatten(2), -1)).sum(-1)
    seen = points[..., 2]
    return (loss * seen).sum() / seen.sum().clamp_min(1.0)


def losses(
    out: dict[str, Tensor], batch: dict[str, Tensor], heads: Collection[str] = ("shot", "release", "zone", "make"),
    focal: Focal | None = None,
) -> dict[str, Tensor]:
    """The loss of each trained head on a batch; ``total`` is their sum weighted by `WEIGHTS`.

    A release within half a sample of the window's edge is hardly visible and never counted by the service, so such a
    window has a lower weight in the shot loss. Unknown zones and results (-1) have no loss.

    Args:
        out: of a network: ``shot`` (B,), ``events`` (B, 16), ``zone`` (B, 16, 7), ``make`` (B, 16), ``maps``.
        batch: of `windows.batches`.
        heads: which are trained.
        focal: loss of the shot head; None: cross entropy.
    """
    positive = batch["shot"] > 0.5
    position = torch.nan_to_num(batch["position"], nan=7.5)
    found = {"points": point_loss(out["maps"], batch["points"].flatten(0, 1))}
    if "shot" in heads:
        edge = positive & ((position < 0.6) | (position > SAMPLES - 1.6))
        weight = torch.where(edge, 0.2, 1.0)
        plain = focal or (lambda a, b: F.binary_cross_entropy_with_logits(a, b, reduction="none"))
        found["shot"] = (plain(out["shot"], batch["shot"]) * weight).mean()
    if "release" in heads:
        found["events"] = F.binary_cross_entropy_with_logits(out["events"], batch["events"])
    if positive.any():
        release = batch["release"][positive]
        if "release" in heads:
            found["release"] = -(release * F.log_softmax(out["events"][positive], 1)).sum(1).mean()
        known = batch["zone"][positive]
        if "zone" in heads and (known >= 0).any():
            zone = (out["zone"][positive] * release[:, :, None]).sum(1)
            found["zone"] = F.cross_entropy(zone, known, ignore_index=-1)
        if "make" in heads:
            make = (out["make"][positive] * release).sum(1)
            made = batch["made"][positive]
            # A window that ends before the ball comes down does not show the result.
            visible = ((position[positive] < SAMPLES - 5) & (made >= 0)).float()
            missed = F.binary_cross_entropy_with_logits(make, made.clamp_min(0.0), reduction="none")
            found["make"] = (missed * visible).sum() / visible.sum().clamp_min(1.0)
    found["total"] = torch.stack([WEIGHTS[name] * value for name, value in found.items()]).sum()
    return found
