"""The action system once in miniature: two short games, a tiny network, a stop, an export."""

from __future__ import annotations

from pathlib import Path

from courtside_training.actions.batches import examples
from courtside_training.actions.simulated import ClipPlan, games
from courtside_training.actions.train import SYSTEM, ActionsConfig, make_fit
from courtside_training.common.fit import Fit, FitConfig
from courtside_training.common.runtime import prepare
from courtside_training.common.smoke import smoke

EPOCHS = 4


def run_smoke() -> None:
    """Learn, stop, go on, export, agree; prints one line.

    Raises:
        click.ClickException: see `courtside_training.common.smoke.smoke`.
    """
    prepare(threads=1)
    clips = games((0, 1), ClipPlan(duration=2.5), None)
    chosen = examples(clips.labels, clips.labels.argsort(kind="stable"), twins=False)
    config = ActionsConfig(
        FitConfig(epochs=EPOCHS, rate=5e-3, average=0.8), "tiny", 8, 32, "balanced", varied=False
    )

    def make(checkpoint: Path) -> Fit:
        return make_fit(clips, chosen, clips.labels, config, checkpoint)

    smoke(SYSTEM, make, EPOCHS)
