"""The two phases of training: contrastive on single shots, then triplets of players and of shot types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from courtside_sim.sequences import SHOT_TYPES
from courtside_training.common.fit import Fit, FitConfig
from courtside_training.common.splits import SPLITS
from courtside_training.errors import TrainingInputError
from courtside_training.fingerprint.augment import AUGMENTATIONS, augment
from courtside_training.fingerprint.losses import nt_xent, triplet
from courtside_training.fingerprint.network import MODEL, Encoder, load_encoder, settings_of
from courtside_training.fingerprint.pose_errors import ServedNoise
from courtside_training.fingerprint.simulated import Shots, simulate_shots

SLIP = 0.15
"""Standard deviation in seconds of gather and release in training; the error of `motion.find_shot` on noisy tracks."""
KIND_WEIGHT = 1.0
"""Weight of the loss of shot types, relative to that of players."""
POOL_EPOCHS = 3
"""Epochs that use one pool of simulated shots. To simulate a pool takes as long as to train one epoch."""

Pool = Callable[[int], Shots]
"""A function from the epoch to its shots."""


@dataclass(frozen=True)
class TrainConfig:
    """Settings of both phases.

    Attributes:
        contrastive_epochs: epochs of the contrastive phase.
        triplet_epochs: epochs of the triplet phase.
        shots: shots per contrastive epoch; each is used in 100 augmentations, two per step.
        pairs: shots per contrastive batch.
        players: players in the pool of a triplet epoch.
        per_kind: shots of each type per player in that pool.
        steps: triplet batches per epoch.
        batch: players per triplet batch, with eight shots each.
        views: cameras per shot.
        rate: peak learning rate.
        seed: seed of all random choices.
        errors: size of the pose network's errors relative to `ServedNoise`; None draws it for each shot.
    """

    contrastive_epochs: int = 3
    triplet_epochs: int = 20
    shots: int = 192
    pairs: int = 96
    players: int = 96
    per_kind: int = 3
    steps: int = 36
    batch: int = 20
    views: int = 2
    rate: float = 2e-3
    seed: int = 0
    errors: float | None = None


def _draw_views(shots: Shots, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The input of one random camera for each row."""
    return shots.inputs[rows, rng.integers(0, shots.inputs.shape[1], len(rows))]


def _contrastive(pool: Pool, config: TrainConfig) -> tuple[int, Callable[..., Iterator[tuple[Tensor, Tensor]]]]:
    groups = max(1, config.shots // config.pairs)
    rounds = AUGMENTATIONS // 2

    def batches(epoch: int, rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        shots = pool(epoch)
        for _ in range(rounds):
            order = rng.permutation(len(shots))
            for rows in np.array_split(order, groups):
                pair = [augment(_draw_views(shots, rows, rng), rng) for _ in range(2)]
                yield torch.from_numpy(pair[0]), torch.from_numpy(pair[1])

    return groups * rounds, batches


def _triplets(pool: Pool, config: TrainConfig) -> Callable[..., Iterator[tuple[Tensor, Tensor, Tensor]]]:
    def batches(epoch: int, rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        shots = pool(epoch)
        by_player = [np.flatnonzero(shots.players == player) for player in np.unique(shots.players)]
        usable = [rows for rows in by_player if len(rows) > 1]
        for _ in range(config.steps):
            chosen = rng.choice(len(usable), min(config.batch, len(usable)), replace=False)
            rows = np.concatenate([rng.permutation(usable[index])[:8] for index in chosen])
            inputs = augment(_draw_views(shots, rows, rng), rng, 0.7)
            yield (torch.from_numpy(inputs), torch.from_numpy(shots.players[rows]), torch.from_numpy(shots.kinds[rows]))

    return batches


def _contrastive_loss(module: nn.Module, batch: Any) -> dict[str, Tensor]:
    found = module.project(torch.cat(batch))
    return {"total": nt_xent(found[: len(batch[0])], found[len(batch[0]) :])}


def _triplet_loss(module: nn.Module, batch: Any) -> dict[str, Tensor]:
    inputs, players, kinds = batch
    found = module(inputs) * 2**0.5
    who, kind = found[:, : module.config.who], found[:, module.config.who :]
    losses = {"who": triplet(who, players), "type": triplet(kind, kinds)}
    return {"total": losses["who"] + KIND_WEIGHT * losses["type"], **losses}


def _simulated(first: int, players: int, per_kind: int, last: int, config: TrainConfig) -> Pool:
    """Pools of new players, from training seed `first` on; each is used for `last` epochs."""
    low, high = SPLITS["train"]
    noise = None if config.errors is None else ServedNoise().scaled(config.errors)

    @lru_cache(maxsize=1)
    def drawn(index: int) -> Shots:
        begin = low + first + (index * players) % (high - low - first - players)
        rng = np.random.default_rng(np.random.SeedSequence([config.seed, first, index]))
        return simulate_shots(range(begin, begin + players), per_kind, rng, config.views, noise, SLIP)

    return lambda epoch: drawn(epoch // last)


def contrastive_fit(encoder: Encoder, config: TrainConfig, checkpoint: Path, given: Shots | None = None) -> Fit:
    """Prepare phase one: two augmentations of a shot are a positive pair, all other shots of the batch are negatives.

    Simulated shots come from new players every epoch, and another camera counts as an augmentation.

    Args:
        encoder: the network to train.
        config: settings of the run.
        checkpoint: file to write.
        given: recorded shots to use instead of simulated ones, or None.
    """
    count = max(1, config.shots // len(SHOT_TYPES))
    pool = _simulated(0, count, 1, 1, config) if given is None else lambda epoch: given
    steps, batches = _contrastive(pool, config)
    plan = FitConfig(epochs=config.contrastive_epochs, rate=config.rate, average=0.99, seed=config.seed)
    return Fit(MODEL, encoder, plan, steps, batches, _contrastive_loss, checkpoint, settings_of(encoder.config))


def triplet_fit(encoder: Encoder, config: TrainConfig, checkpoint: Path, given: Shots | None = None) -> Fit:
    """Prepare phase two: shots of one player are positives in the first part, shots of one type in the second.

    Args:
        encoder: the network to train.
        config: settings of the run.
        checkpoint: file to write.
        given: recorded shots to use instead of simulated ones, or None.

    Raises:
        TrainingInputError: fewer than two players have two of the given shots.
    """
    if given is not None and (np.bincount(given.players) > 1).sum() < 2:
        raise TrainingInputError("triplets need at least two shooters with two shots each: record more shots")

    pool = (
        _simulated(2000, config.players, config.per_kind, POOL_EPOCHS, config)
        if given is None
        else lambda epoch: given
    )
    plan = FitConfig(epochs=config.triplet_epochs, rate=config.rate, average=0.99, seed=config.seed + 1)
    batches, settings = _triplets(pool, config), settings_of(encoder.config)
    return Fit(MODEL, encoder, plan, config.steps, batches, _triplet_loss, checkpoint, settings)


def contrastive_path(checkpoint: Path) -> Path:
    """The checkpoint of phase one of a run."""
    return checkpoint.with_name(checkpoint.stem + ".contrastive.pt")


def from_contrastive(checkpoint: Path) -> Encoder:
    """The averaged encoder of phase one, from which phase two starts."""
    encoder = load_encoder(contrastive_path(checkpoint)).train()
    return encoder.requires_grad_(True)
