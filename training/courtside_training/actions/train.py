"""Training of the action network on real tracks, captured motion and simulated games together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from courtside_training.actions.broadcast import Moments, Track, clips
from courtside_training.actions.classes import LABELS
from courtside_training.actions.network import MODEL, ActionsNetwork, ActionsNetworkConfig, ServedActions
from courtside_training.actions.stored import Stored
from courtside_training.actions.views import seen
from courtside_training.actions.windows import Window, joined, varied
from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.fit import Fit, FitConfig

SMOOTHING = 0.1
"""Label smoothing of the cross-entropy, 0 to 1. Neighbouring classes have no sharp border."""
REFEREES = 0.3
"""How often a referee is drawn relative to a player of the same class."""
BALANCE = 0.5
"""Share of the draws of real clips that are equal over classes; the others follow the labels' own shares."""

Batch = tuple[Tensor, Tensor, Tensor, Tensor]
"""Keypoints, context, classes (B,) and which classes (B, 10) count in the loss."""


@dataclass(frozen=True)
class Data:
    """What is trained on; each part may be None.

    Attributes:
        tracks: real tracks.
        moments: of `tracks`, those to train on.
        stored: windows in three dimensions, by source; each source is drawn equally often within a class.
    """

    tracks: list[Track]
    moments: Moments | None
    stored: list[Stored]


@dataclass(frozen=True)
class ActionsConfig:
    """A training run.

    Attributes:
        fit: epochs, learning rate and so on.
        network: sizes.
        batch: clips per step.
        steps: per epoch.
        real: share of real clips in a batch.
        open_classes: how often a class that has hardly any real clip is left out of a real clip's loss. Otherwise the
            network would learn that real players never dribble.
        augment: apply random changes.
    """

    fit: FitConfig = field(default_factory=FitConfig)
    network: ActionsNetworkConfig = field(default_factory=ActionsNetworkConfig)
    batch: int = 256
    steps: int = 100
    real: float = 0.5
    open_classes: float = 0.7
    augment: bool = True


RARE_IN_REAL = 40
"""A class with fewer real moments counts as hardly seen, see `ActionsConfig.open_classes`."""


def shares(moments: Moments, tracks: list[Track]) -> NDArray[np.float64]:
    """(N,) how often each moment is drawn: films alike, referees less, classes as `BALANCE` has it."""
    referee = np.array([track.referee for track in tracks])[moments.track]
    weight = np.where(referee, REFEREES, 1.0)
    # Overlapping moments of one stretch are one observation: a long stretch counts by its root.
    _, group, size = np.unique(
        np.stack([moments.track, moments.labels]), axis=1, return_inverse=True, return_counts=True
    )
    weight /= np.sqrt(size[group.reshape(-1)])
    weight /= weight.sum()
    total = np.bincount(moments.labels, weight, len(LABELS))
    there = total > 0
    equal = weight / total[moments.labels] / there.sum()
    return BALANCE * equal + (1 - BALANCE) * weight


def real_classes(moments: Moments) -> NDArray[np.bool_]:
    """(10,) classes with enough real moments."""
    return np.bincount(moments.labels, minlength=len(LABELS)) >= RARE_IN_REAL


def draw_stored(stored: list[Stored], count: int, rng: np.random.Generator) -> tuple[Window, NDArray[np.int64]]:
    """`count` clips of stored windows through random cameras, classes and sources alike."""
    labels = rng.integers(len(LABELS), size=count)
    source = rng.integers(len(stored), size=count)
    joints, ball, kept = [], [], []
    for index, part in enumerate(stored):
        for label in range(len(LABELS)):
            known = np.flatnonzero(part.labels == label)
            wanted = int(((labels == label) & (source == index)).sum())
            if len(known) and wanted:
                chosen = rng.choice(known, wanted)
                joints.append(part.joints[chosen])
                ball.append(part.ball[chosen])
                kept.append(part.labels[chosen])
    return seen(np.concatenate(joints).astype(np.float32), np.concatenate(ball).astype(np.float32), rng), np.concatenate(kept)


def batches(data: Data, config: ActionsConfig, rng: np.random.Generator) -> Iterator[Batch]:
    """The batches of an epoch."""
    real = round(config.batch * config.real) if data.moments is not None else 0
    if data.moments is not None:
        chance, closed = shares(data.moments, data.tracks), real_classes(data.moments)
    for _ in range(config.steps):
        parts, labels, counted = [], [], []
        if data.moments is not None and real:
            chosen = data.moments.where(rng.choice(len(data.moments), real, p=chance))
            parts.append(clips(data.tracks, chosen, rng))
            labels.append(chosen.labels)
            mask = np.ones((real, len(LABELS)), bool)
            mask[:, ~closed] = rng.random((real, 1)) >= config.open_classes
            mask[np.arange(real), chosen.labels] = True
            counted.append(mask)
        if data.stored and config.batch > real:
            window, found = draw_stored(data.stored, config.batch - real, rng)
            parts.append(window)
            labels.append(found)
            counted.append(np.ones((len(found), len(LABELS)), bool))
        window = joined(parts)
        if config.augment:
            window = varied(window, rng)
        yield (
            torch.from_numpy(window.keypoints), torch.from_numpy(window.context),
            torch.from_numpy(np.concatenate(labels)), torch.from_numpy(np.concatenate(counted)),
        )  # fmt: skip


def losses(module: nn.Module, batch: Batch) -> dict[str, Tensor]:
    """Mean cross-entropy of the members over the classes that count, smoothed over these."""
    keypoints, context, labels, counted = batch
    scores = module.scores(keypoints, context).masked_fill(~counted, -1e4)
    logs = scores.log_softmax(-1)
    exact = -logs.gather(-1, labels[None, :, None].expand(len(scores), -1, 1))[..., 0]
    spread = -(logs * counted).sum(-1) / counted.sum(-1)
    return {"total": ((1 - SMOOTHING) * exact + SMOOTHING * spread).mean()}


def make_fit(data: Data, config: ActionsConfig, checkpoint: Path) -> Fit:
    """A training run."""
    torch.manual_seed(config.fit.seed)
    module = ActionsNetwork(config.network)

    def drawn(epoch: int, rng: np.random.Generator) -> Iterator[Batch]:
        return batches(data, config, rng)

    return Fit(MODEL, module, config.fit, config.steps, drawn, losses, checkpoint, asdict(config.network))


def load_network(path: Path) -> ActionsNetwork:
    """The averaged network of a checkpoint, in eval mode.

    Raises:
        TrainingInputError: the checkpoint is missing, torn, or of another model.
    """
    found = checkpoints.load(path, MODEL)
    settings: dict[str, Any] = {**found["settings"], "dilations": tuple(found["settings"]["dilations"])}
    network = ActionsNetwork(ActionsNetworkConfig(**settings))
    checkpoints.fill(network, found["average"], path)
    return network.eval()


def load_served(path: Path) -> ServedActions:
    """The served network of a checkpoint, with its calibration if it has one."""
    found = checkpoints.load(path, MODEL)
    calibration = found.get("calibration", {"temperature": 1.0, "shift": [0.0] * len(LABELS)})
    shift = torch.tensor(calibration["shift"], dtype=torch.float32)
    return ServedActions(load_network(path), float(calibration["temperature"]), shift).eval()


__all__ = ["ActionsConfig", "Data", "functional", "load_network", "load_served", "make_fit"]
