"""The detector once in miniature: small simulated pictures, a narrow network, a stop, an export."""

from __future__ import annotations

from pathlib import Path

from courtside_training.common.fit import Fit, FitConfig
from courtside_training.common.runtime import prepare
from courtside_training.common.smoke import smoke
from courtside_training.detector.mixture import Mixture
from courtside_training.detector.network import DetectorConfig
from courtside_training.detector.training import SYSTEM, DetectorPlan, make_fit

EPOCHS = 6


def run_smoke() -> None:
    """Learn, stop, go on, export, agree; prints one line.

    Raises:
        click.ClickException: see `courtside_training.common.smoke.smoke`.
    """
    mixture = Mixture(sizes=((128, 192),), seconds=4.0, games=1, uses=24)

    def make(checkpoint: Path) -> Fit:
        prepare(threads=1)
        return make_fit(
            [], checkpoint, FitConfig(epochs=EPOCHS, rate=2e-2, average=0.9), DetectorPlan(samples=16, batch=4),
            DetectorConfig(width=0.25, head=16), mixture,
        )  # fmt: skip

    smoke(SYSTEM, make, EPOCHS)
