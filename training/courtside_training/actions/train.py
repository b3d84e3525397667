"""Training of the action network, and loading it from a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from courtside_training.actions.network import MODEL, ActionsNetwork, ActionsNetworkConfig, ServedActions
from courtside_training.actions.pool import Pool
from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.fit import Fit, FitConfig

SMOOTHING = 0.1
"""Label smoothing of the cross-entropy, 0 to 1: neighbouring classes have no sharp border."""
MIX = (0.55, 0.1, 0.25, 0.1)
"""Shares of a batch: real film, pictures set in motion, games, captured motion. Sources that are not there leave
theirs to the others. A fifth instead of a tenth for pictures: .649 instead of .657 right on films left out."""
OPEN = 0.3
"""How often a real clip leaves the open classes out of its loss, see `Pool`. Always is harmful (accuracy on other
films .17 instead of .60): nothing then teaches that a standing player does not pass."""

Batch = tuple[Tensor, Tensor, Tensor]
"""Summaries (M, B, C), classes (M, B) and which classes (M, B, 10) count in the loss; one batch per member."""


@dataclass(frozen=True)
class ActionsConfig:
    """A training run.

    Attributes:
        fit: epochs, learning rate and so on.
        network: sizes.
        batch: clips per step and member.
        steps: per epoch.
    """

    fit: FitConfig = field(default_factory=FitConfig)
    network: ActionsNetworkConfig = field(default_factory=ActionsNetworkConfig)
    batch: int = 256
    steps: int = 100


def batches(pool: Pool, config: ActionsConfig, rng: np.random.Generator) -> Iterator[Batch]:
    """The batches of an epoch; every member has its own draws."""
    rows = [np.flatnonzero(pool.source == source) for source in range(int(pool.source.max()) + 1)]
    share = np.array([MIX[min(source, len(MIX) - 1)] if len(found) else 0.0 for source, found in enumerate(rows)])
    share /= share.sum()
    everything, labels = torch.from_numpy(pool.summaries), torch.from_numpy(pool.labels)
    shape = (config.network.members, config.batch)
    for _ in range(config.steps):
        source = rng.choice(len(rows), shape, p=share)
        chosen = np.empty(shape, np.int64)
        for index, found in enumerate(rows):
            here = source == index
            chosen[here] = rng.choice(found, int(here.sum())) if here.any() else 0
        yield everything[chosen], labels[chosen], torch.from_numpy(_counted(pool, source, chosen, rng))


def _counted(
    pool: Pool, source: NDArray[np.int64], chosen: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.bool_]:
    left_out = (source == 0) & (rng.random(source.shape) < OPEN)
    counted = ~(left_out[..., None] & pool.open_classes)
    np.put_along_axis(counted, pool.labels[chosen][..., None], True, axis=-1)
    return counted


def losses(module: nn.Module, batch: Batch) -> dict[str, Tensor]:
    """Mean cross-entropy of the members over the classes that count, smoothed over these."""
    inputs, labels, counted = batch
    total = torch.zeros(())
    for member, values, truth, mask in zip(module.members, inputs, labels, counted, strict=True):
        logs = member(values).masked_fill(~mask, -1e4).log_softmax(-1)
        exact = -logs.gather(1, truth[:, None])[:, 0]
        spread = -(logs * mask).sum(-1) / mask.sum(-1)
        total = total + ((1 - SMOOTHING) * exact + SMOOTHING * spread).mean()
    return {"total": total / len(labels)}


def make_fit(pool: Pool, config: ActionsConfig, checkpoint: Path) -> Fit:
    """A training run."""
    torch.manual_seed(config.fit.seed)
    module = ActionsNetwork(config.network)

    def drawn(epoch: int, rng: np.random.Generator) -> Iterator[Batch]:
        return batches(pool, config, rng)

    def size(batch: Batch) -> int:
        return batch[1].numel()

    return Fit(MODEL, module, config.fit, config.steps, drawn, losses, checkpoint, asdict(config.network), size)


def load_network(path: Path) -> ActionsNetwork:
    """The averaged network of a checkpoint, in eval mode.

    Raises:
        TrainingInputError: the checkpoint is missing, torn, or of another model.
    """
    found = checkpoints.load(path, MODEL)
    network = ActionsNetwork(ActionsNetworkConfig(**found["settings"]))
    checkpoints.fill(network, found["average"], path)
    return network.eval()


def load_served(path: Path) -> ServedActions:
    """The served network of a checkpoint, with its calibration if it has one.

    Raises:
        TrainingInputError: see `load_network`.
    """
    temperature = checkpoints.load(path, MODEL).get("temperature", 1.0)
    return ServedActions(load_network(path), float(temperature)).eval()


def scores_of(module: nn.Module, inputs: np.ndarray) -> NDArray[np.float32]:
    """Class scores (N, 10), as served before the temperature, of summaries (N, C)."""
    with torch.inference_mode():
        values = torch.from_numpy(inputs)
        logs: Tensor = torch.stack([member(values).log_softmax(-1) for member in module.members]).mean(0)
    return logs.numpy()
