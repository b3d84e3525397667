"""The pose network once in miniature: eight simulated players, a narrow network, a stop, an export."""

from __future__ import annotations

from pathlib import Path

from courtside_training.common.fit import Fit, FitConfig
from courtside_training.common.runtime import prepare
from courtside_training.common.smoke import smoke
from courtside_training.pose.augment import AugmentConfig
from courtside_training.pose.network import NetworkConfig
from courtside_training.pose.simulated import game_people
from courtside_training.pose.train import SYSTEM, make_fit

EPOCHS = 4


def run_smoke() -> None:
    """Learn, stop, go on, export, agree; prints one line.

    Raises:
        click.ClickException: see `courtside_training.common.smoke.smoke`.
    """
    prepare(threads=1)
    people = list(game_people(2, 2))[:8]
    gentle = AugmentConfig(background=0, cover=0, truncate=0, motion=0, turn=5.0, scale=0.05, move=0.02)
    sizes = NetworkConfig((8, 16, 24, 32), (1, 1, 1))

    def make(checkpoint: Path) -> Fit:
        config = FitConfig(epochs=EPOCHS, rate=6e-3, average=0.9)
        return make_fit(people, config, checkpoint, steps=10, batch=8, network=sizes, augmentation=gentle)

    smoke(SYSTEM, make, EPOCHS)
