"""Training of the action network, and loading it from a checkpoint."""

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

from courtside_training.action_clips.batches import BALANCE, Batch, Examples, batches, class_shares, draw
from courtside_training.action_clips.clips import Clips
from courtside_training.action_clips.network import NETWORKS, R2Plus1D, R2Plus1DConfig, load_published
from courtside_training.action_clips.points import BALL
from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.fit import Fit, FitConfig

MODEL = "player_actions_video"
"""Name of the model in checkpoints and in the model repository."""
SMOOTHING = 0.05
"""Label smoothing of the action's cross-entropy, 0 to 1."""
JOINTS_WEIGHT = 0.25
"""Weight of locating the joints, relative to the action's cross-entropy."""
BALL_WEIGHT = 0.5
"""Weight of locating the ball, relative to the action's cross-entropy."""
_SPREAD = 0.7
"""Standard deviation of a point's target in grid cells."""


@dataclass(frozen=True)
class ActionsConfig:
    """A training run.

    Attributes:
        fit: epochs, learning rate and so on.
        network: key of `NETWORKS`.
        batch: clips per step.
        samples: clips per epoch; None for as many as there are examples.
        sampling: key of `BALANCE`.
        varied: apply small random changes to every clip.
        init: published weights to start from.
    """

    fit: FitConfig = field(default_factory=FitConfig)
    network: str = "light"
    batch: int = 16
    samples: int | None = None
    sampling: str = "root"
    varied: bool = True
    init: Path | None = None


def point_targets(points: Tensor, steps: int, grid: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """Target distributions of the point logits.

    Args:
        points: (B, 16, 18, 3) x, y in pixels and whether the point exists.
        steps: time steps of the network.
        grid: rows and columns of the network's grid.
        size: height and width of the crops in pixels.

    Returns:
        (B, steps, 18, rows * columns + 1) shares that sum to 1: a small blob, or everything in the last cell for a
        point outside the crop.
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
    """Losses: cross-entropy with smoothed labels, and locating joints and ball. Also the share of wrong predictions."""
    clip, truth, known = batch
    logits, points = module.with_points(clip)
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
    """Offsets that adapt logits learned with class shares `drawn` to the class shares of the labels `natural`.

    The offset is the log of the ratio of priors (Saerens, Latinne, Decaestecker: "Adjusting the outputs of a classifier
    to new a priori probabilities", 2002). One clip is added to each class, so that no class gets the probability 0. A
    class that is never drawn is not changed, because the network has learned nothing about it.
    """
    counts = np.bincount(natural, minlength=len(drawn)) + 1.0
    share = counts / counts.sum()
    shift = np.log(share) - np.log(np.where(drawn > 0, drawn, share))
    return (shift - shift.mean()).tolist()


def make_fit(
    clips: Clips, chosen: Examples, natural: NDArray[np.int64], config: ActionsConfig, checkpoint: Path
) -> Fit:
    """Prepare a training run on examples of a data set.

    Args:
        clips: the data set.
        chosen: training examples.
        natural: labels of clips with the class shares of real play, such as those of the validation split.
        config: settings of the run.
        checkpoint: file to write.
    """
    shape = NETWORKS[config.network]
    network = R2Plus1D(shape)
    if config.init:
        load_published(network, config.init)
    labels, balance = clips.labels[chosen[:, 0]], BALANCE[config.sampling]
    count = config.samples or len(chosen)
    shift = prior_shift(class_shares(labels, balance), natural)

    def epoch_batches(epoch: int, rng: np.random.Generator) -> Iterable[tuple[Tensor, Tensor]]:
        drawn = draw(labels, count, balance, rng)
        return batches(clips, chosen[drawn], config.batch, rng, config.varied)

    settings = {
        "network": shape.settings(), "prior_shift": shift, "clips": len(np.unique(chosen[:, 0])),
        "examples": len(chosen), "sampling": config.sampling,
    }  # fmt: skip
    return Fit(MODEL, network, config.fit, -(-count // config.batch), epoch_batches, loss, checkpoint, settings)


def load_network(checkpoint: Path) -> tuple[R2Plus1D, dict[str, Any]]:
    """The averaged network of a checkpoint, in eval mode, and the content of the checkpoint.

    Raises:
        TrainingInputError: the checkpoint is missing, unreadable, or of another shape.
    """
    found = checkpoints.load(checkpoint, MODEL)
    network = R2Plus1D(R2Plus1DConfig.from_settings(found["settings"]["network"]))
    checkpoints.fill(network, found["average"], checkpoint)
    return network.eval(), found


class ServedActions(nn.Module):
    """The network with logits adapted to the class shares of real play, and probabilities as output.

    Args:
        network: a trained network.
        shift: (10,) offsets added to its logits.
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
