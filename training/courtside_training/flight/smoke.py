"""The flight network once in miniature: one short game, a narrow network, a stop, an export."""

from __future__ import annotations

import tempfile
from pathlib import Path

from courtside_training.common.fit import Fit, FitConfig
from courtside_training.common.runtime import prepare
from courtside_training.common.smoke import smoke
from courtside_training.flight.network import SYSTEM, FlightConfig
from courtside_training.flight.scenes import draw_game, save_scenes
from courtside_training.flight.train import make_fit

EPOCHS = 4


def run_smoke() -> None:
    """Learn, stop, go on, export, agree; prints one line.

    Raises:
        click.ClickException: see `courtside_training.common.smoke.smoke`.
    """
    prepare(1)
    with tempfile.TemporaryDirectory() as name:
        games = Path(name) / "game-000003.npz"
        save_scenes(games, draw_game(3, 20.0))

        def make(checkpoint: Path) -> Fit:
            config = FitConfig(epochs=EPOCHS, rate=4e-3, average=0.9)
            return make_fit([games], config, checkpoint, samples=640, batch=64, network=FlightConfig(16, (1, 2, 4)))

        smoke(SYSTEM, make, EPOCHS)
