"""The rim network once in miniature: a few films, a narrow network, a stop, an export."""

from __future__ import annotations

import tempfile
from pathlib import Path

from courtside_training.common.fit import Fit, FitConfig
from courtside_training.common.runtime import prepare
from courtside_training.common.smoke import smoke
from courtside_training.rim.films import draw_films, save_films
from courtside_training.rim.network import SYSTEM, RimConfig
from courtside_training.rim.train import make_fit

EPOCHS = 4


def run_smoke() -> None:
    """Learn, stop, go on, export, agree; prints one line.

    Raises:
        click.ClickException: see `courtside_training.common.smoke.smoke`.
    """
    prepare(1)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "films-000003.npz"
        save_films(path, draw_films(4, 3))

        def make(checkpoint: Path) -> Fit:
            config = FitConfig(epochs=EPOCHS, rate=4e-3, average=0.8)
            return make_fit([path], [], config, checkpoint, 24, (6, 8), RimConfig(6, 8, 12, 16))

        smoke(SYSTEM, make, EPOCHS)
