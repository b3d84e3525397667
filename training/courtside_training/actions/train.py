"""Training the action network, and reading it back from a checkpoint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from courtside_training.actions.batches import BALANCE, Batch, Examples, batches, class_shares, draw
from courtside_training.actions.clips import Clips
from courtside_training.actions.network import NETWORKS, R2Plus1D, R2Plus1DConfig, load_published
from courtside_training.actions.points import BALL
from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.fit import Fit, FitConfig

SYSTEM = "player_actions"
SMOOTHING = 0.05
JOINTS_WEIGHT, BALL_WEIGHT = 0.25, 0.5
"""Of pointing at the joints and at the ball, beside the action's cross-entropy."""
_SPREAD = 0.7


@dataclass(frozen=True)
class ActionsConfig:
    """A training run.

    Attributes:
        fit: epochs, rate and so on.
        network: key of `NETWORKS`.
        batch: clips a step.
        samples: clips an epoch; None for as many as there are examples.
        sampling: key of `BALANCE`.
        varied: small random changes of every clip.
        init: published weights to begin with.
    """

    fit: FitConfig = field(default_factory=FitConfig)
    network: str = "light"
    batch: int = 16
    samples: int | None = None
    sampling: str = "root"
    varied: bool = True
    init: Path | None = None


def point_targets(points: Tensor, steps: int, grid: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """What the point logits should come to.

    Args:
        points: (B, 16, 18, 3) x, y in pixels and whether the point is there.
        steps: in time that the network has.
        grid: its rows and columns.
        size: height and width of the crops in pixels.

    Returns:
        (B, steps, 18, rows * columns + 1) shares that sum to 1: a small blob, or all in the last cell for a point
        outside the crop.
    """
    points = points[:, :: points.shape[1] // steps]
    (rows, columns), (height, width) = grid, size
    x = (points[..., 0:1] + 0.5) / width * columns - 0.5
    y = (points[..., 1:2] + 0.5) / height * rows - 0.5
    inside = (points[..., 2:] > 0) & (x > -0.5) & (x < columns - 0.5) & (y > -0.5) & (y < rows - 0.5)
    across = torch.exp(-0.5 * ((torch.arange(columns) - x) / _SPREAD) ** 2)
    down = torch.exp(-0.5 * ((torch.arange(rows) - y) / _SPREAD) ** 2)
    blob = (down[..., :, None] * across[..., None, :]).flatten(3)
    blob = blob / blob.sum(-1, keepdim=True).clamp_min(1e-6)
    return torch.cat([blob * inside, (~inside).float()], -1)


def loss(module: nn.Module, batch: Batch) -> dict[str, Tensor]:
    """Cross-entropy with smoothed labels, the share of wrong answers, and how well joints and ball are pointed at."""
    clip, truth, known = batch
    logits, points = module.look(clip)
    wrong = (logits.detach().argmax(1) != truth).float().mean()
    total = functional.cross_entropy(logits, truth, label_smoothing=SMOOTHING)
    if points is None or known is None:
        return {"total": total, "wrong": wrong}
    config, steps = module.config, points.shape[1]
    stride = config.stem_stride * config.first_stride
    height, width = clip.shape[-2:]
    wanted = point_targets(known, steps, (-(-height // stride), -(-width // stride)), (height, width))
    missed = -(wanted * points.log_softmax(-1)).sum(-1).mean((0, 1))
    joints, ball = missed[:BALL].mean(), missed[BALL]
    return {
        "total": total + JOINTS_WEIGHT * joints + BALL_WEIGHT * ball, "action": total, "wrong": wrong,
        "joints": joints, "ball": ball,
    }  # fmt: skip


def prior_shift(drawn: NDArray[np.float64], natural: NDArray[np.int64]) -> list[float]:
    """What to add to logits learned under class shares `drawn` to answer under those of the labels `natural`.

    The log of the ratio of priors (Saerens, Latinne, Decaestecker: "Adjusting the outputs of a classifier to new a
    priori probabilities", 2002); each class counts one clip more than seen, so that none is ruled out. A class that is
    never drawn is left as it is: the network has learned nothing of it that could be corrected.
    """
    counts = np.bincount(natural, minlength=len(drawn)) + 1.0
    share = counts / counts.sum()
    shift = np.log(share) - np.log(np.where(drawn > 0, drawn, share))
    return (shift - shift.mean()).tolist()


def make_fit(
    clips: Clips, chosen: Examples, natural: NDArray[np.int64], config: ActionsConfig, checkpoint: Path
) -> Fit:
    """A run over some examples of a data set.

    Args:
        clips: the data set.
        chosen: examples to train on.
        natural: labels of clips with the imbalance of real play, such as those of the validation split.
        config: how.
        checkpoint: where to.
    """
    shape = NETWORKS[config.network]
    network = R2Plus1D(shape)
    if config.init:
        load_published(network, config.init)
    labels, balance = clips.labels[chosen[:, 0]], BALANCE[config.sampling]
    count = config.samples or len(chosen)
    shift = prior_shift(class_shares(labels, balance), natural)

    def epoch_batches(epoch: int, rng: np.random.Generator) -> Iterable[tuple[Tensor, Tensor]]:
        places = draw(labels, count, balance, rng)
        return batches(clips, chosen[places], config.batch, rng, config.varied)

    settings = {
        "network": shape.settings(), "prior_shift": shift, "clips": len(np.unique(chosen[:, 0])),
        "examples": len(chosen), "sampling": config.sampling,
    }  # fmt: skip
    return Fit(SYSTEM, network, config.fit, -(-count // config.batch), epoch_batches, loss, checkpoint, settings)


def load_network(checkpoint: Path) -> tuple[R2Plus1D, dict[str, Any]]:
    """The averaged network of a checkpoint, in eval mode, and the checkpoint.

    Raises:
        TrainingInputError: missing, unreadable, or of another shape.
    """
    found = checkpoints.load(checkpoint, SYSTEM)
    network = R2Plus1D(R2Plus1DConfig.from_settings(found["settings"]["network"]))
    checkpoints.fill(network, found["average"], checkpoint)
    return network.eval(), found


class ServedActions(nn.Module):
    """The network with the shares of real play put back in, and probabilities instead of logits.

    Args:
        network: trained.
        shift: (10,) added to its logits.
    """

    def __init__(self, network: R2Plus1D, shift: list[float]) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("shift", torch.tensor(shift, dtype=torch.float32))

    def forward(self, clip: Tensor) -> tuple[Tensor]:
        """Clip (B, 16, 3, H, W) uint8 RGB to (action (B, 10) probabilities,)."""
        return (torch.softmax(self.network(clip) + self.shift, 1),)


def load_served(checkpoint: Path) -> ServedActions:
    """The served network of a checkpoint, in eval mode."""
    network, found = load_network(checkpoint)
    return ServedActions(network, found["settings"]["prior_shift"]).eval()
