"""Where the commands' clips come from: simulated games by seed, or the published folder dealt 70/20/10."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from courtside_training.actions.clips import SHARES, Clips, split_groups
from courtside_training.actions.network import NETWORKS
from courtside_training.actions.simulated import ClipPlan, games
from courtside_training.actions.spacejam import SpaceJam
from courtside_training.common.progress import progress
from courtside_training.errors import TrainingInputError
from courtside_training.shots.geometry import SPLITS

LOOKED_AT = {"test": 1000}
"""Games at the beginning of a split that were looked at while the network was designed, and count no more."""
SPLIT_SEED = 0
"""Of dealing out the published clips; always the same, so that no training ever meets a test clip."""


@dataclass(frozen=True)
class Part:
    """One side of a split: a data set and which of its clips are meant."""

    clips: Clips
    chosen: NDArray[np.int64]

    @property
    def labels(self) -> NDArray[np.int64]:
        """Class numbers of the chosen clips."""
        return self.clips.labels[self.chosen]


def games_of(split: str, training: int) -> range:
    """Seeds of a split when `training` games are trained on: 70/20/10 of all games.

    Raises:
        TrainingInputError: more games than the split has seeds.
    """
    share = dict(zip(SPLITS, SHARES, strict=True))[split] / SHARES[0]
    count = max(1, round(training * share))
    low, high = SPLITS[split][0] + LOOKED_AT.get(split, 0), SPLITS[split][1]
    if low + count > high:
        raise TrainingInputError(f"the {split} split has {high - low} games, not {count}: lower --games")
    return range(low, low + count)


def simulated(split: str, training: int, folder: Path | None, duration: float = 10.0) -> Part:
    """Clips of the games of a split, rendered where `folder` lacks them."""
    seeds = games_of(split, training)
    plan = ClipPlan(duration=duration, dense=split == "train")
    with progress() as bar:
        task = bar.add_task(f"games {split}", total=len(seeds))
        clips = games(seeds, plan, folder, lambda: bar.advance(task))
    return Part(clips, np.arange(len(clips.labels)))


def published(split: str, folder: Path, network: str) -> Part:
    """Clips of a split of the published data, at the size of a network."""
    shape = NETWORKS[network]
    clips = SpaceJam(folder, shape.height, shape.width)
    return Part(clips, split_groups(clips.groups, SPLIT_SEED)[list(SPLITS).index(split)])


def part(split: str, training: int, folder: Path, data: Path | None, network: str) -> Part:
    """Clips of a split, published if there is a `data` folder, else simulated.

    Raises:
        TrainingInputError: simulated crops are too small for the network.
    """
    if data is not None:
        return published(split, data, network)
    return simulated(split, training, folder)
