"""The clips of each split: simulated games by seed, or the published folder divided 70/20/10."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from courtside_training.action_clips.clips import SHARES, Clips, split_groups
from courtside_training.action_clips.network import NETWORKS
from courtside_training.action_clips.simulated import ClipPlan, games
from courtside_training.action_clips.spacejam import SpaceJam
from courtside_training.common.splits import SPLITS
from courtside_training.errors import TrainingInputError

SEEN_IN_DESIGN = {"test": 1000}
"""Games at the start of a split that were seen while the network was designed. They are not used any more."""
SPLIT_SEED = 0
"""Seed for dividing the published clips. It is fixed, so that no test clip is ever used for training."""


@dataclass(frozen=True)
class Part:
    """One part of a split: a data set and the indices (N,) of its clips in this part."""

    clips: Clips
    chosen: NDArray[np.int64]

    @property
    def labels(self) -> NDArray[np.int64]:
        """Class numbers of the chosen clips."""
        return self.clips.labels[self.chosen]


def games_of(split: str, training: int) -> range:
    """Seeds of a split if the training split has `training` games: 70/20/10 of all games.

    Raises:
        TrainingInputError: the split has fewer games.
    """
    share = dict(zip(SPLITS, SHARES, strict=True))[split] / SHARES[0]
    count = max(1, round(training * share))
    low, high = SPLITS[split][0] + SEEN_IN_DESIGN.get(split, 0), SPLITS[split][1]
    if low + count > high:
        raise TrainingInputError(f"the {split} split has {high - low} games, not {count}: lower --games")
    return range(low, low + count)


def simulated(split: str, training: int, folder: Path | None, bar: Progress, duration: float = 10.0) -> Part:
    """Clips of the games of a split; games that are missing in `folder` are rendered.

    Args:
        split: name of the split.
        training: number of training games.
        folder: folder of rendered games; None to store nothing.
        bar: shows the progress.
        duration: length of a game in seconds.
    """
    seeds = games_of(split, training)
    plan = ClipPlan(duration=duration, dense=split == "train")
    task = bar.add_task(f"games {split}", total=len(seeds))
    clips = games(seeds, plan, folder, lambda: bar.advance(task))
    return Part(clips, np.arange(len(clips.labels)))


def published(split: str, folder: Path, network: str) -> Part:
    """Clips of a split of the published data, at the crop size of a network."""
    shape = NETWORKS[network]
    clips = SpaceJam(folder, shape.height, shape.width)
    return Part(clips, split_groups(clips.groups, SPLIT_SEED)[list(SPLITS).index(split)])


def part(split: str, training: int, folder: Path, data: Path | None, network: str, bar: Progress) -> Part:
    """Clips of a split: published ones at the size of a network if there is a `data` folder, else simulated ones."""
    if data is not None:
        return published(split, data, network)
    return simulated(split, training, folder, bar)
