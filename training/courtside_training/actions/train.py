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

from courtside_training.actions.batches import BALANCE, Examples, batches, class_shares, draw
from courtside_training.actions.clips import Clips
from courtside_training.actions.network import NETWORKS, R2Plus1D, R2Plus1DConfig, load_published
from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.fit import Fit, FitConfig

SYSTEM = "player_actions"
SMOOTHING = 0.05


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


def loss(module: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
    """Cross-entropy with smoothed labels, and the share of wrong answers."""
    clip, truth = batch
    logits = module(clip)
    wrong = (logits.detach().argmax(1) != truth).float().mean()
    return {"total": functional.cross_entropy(logits, truth, label_smoothing=SMOOTHING), "wrong": wrong}


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
