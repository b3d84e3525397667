"""The system `jersey`: the number on a player's jersey, by the crop of his torso."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import click

from courtside_training.common.options import FOLDER, count_option, rate_option
from courtside_training.common.system import RunContext, SmokeRun, Stage, System

DECAY, AVERAGE = 0.03, 0.998
SMOKE_SAMPLES, SMOKE_EPOCHS = 256, 4


class JerseySystem(System):
    """Drawn numbers and real torsos to `jersey_number`."""

    name = "jersey"
    help = "Jersey numbers of tracked players."
    export_specs: ClassVar = {"jersey_number": "courtside_training.jersey.export_spec"}
    sample = "crops"
    fit_options = (
        click.option("--broadcast", type=FOLDER, help="Folder of the broadcast data set; without it all is drawn."),
        count_option("--samples", 30_000, "Crops that are drawn once and used in every epoch.", least=128),
        count_option("--epochs", 5), rate_option(4e-3),
    )  # fmt: skip
    evaluate_help = "Measure on drawn crops and on the real films that `fit` leaves out."
    evaluate_options = (click.option("--broadcast", type=FOLDER, help="Folder of the broadcast data set."),)

    def stages(
        self, context: RunContext, *, broadcast: Path | None, samples: int, epochs: int, rate: float
    ) -> Iterator[Stage]:
        """See `System.stages`."""
        import numpy as np

        from courtside_training.common.fit import FitConfig
        from courtside_training.jersey.broadcast import load_torsos
        from courtside_training.jersey.evaluate import is_left_out
        from courtside_training.jersey.samples import draw_samples
        from courtside_training.jersey.train import JerseyFit, make_fit

        torsos = None if broadcast is None else load_torsos(broadcast)
        if torsos is not None:
            torsos = torsos.where(np.array([not is_left_out(film) for film in torsos.films]))
        fit = FitConfig(epochs=epochs, rate=rate, weight_decay=DECAY, average=AVERAGE, seed=context.seed)
        yield Stage(make_fit(draw_samples(samples, torsos, context.seed + 1), JerseyFit(fit), context.checkpoint))

    def evaluate(self, context: RunContext, *, broadcast: Path | None) -> dict[str, Any]:
        """See `System.evaluate`."""
        import numpy as np

        from courtside_training.jersey import evaluate
        from courtside_training.jersey.broadcast import load_torsos
        from courtside_training.jersey.network import load_served

        module = load_served(context.checkpoint)
        result: dict[str, Any] = {"drawn": evaluate.drawn(module)}
        if broadcast is not None:
            torsos = load_torsos(broadcast)
            left = torsos.where(np.array([evaluate.is_left_out(film) for film in torsos.films]))
            result["films left out"] = evaluate.real(module, left)
        return result

    def tables(self, result: dict[str, Any]) -> str:
        """See `System.tables`."""
        from courtside_training.jersey.evaluate import tables

        return tables(result)

    def smoke_runs(self) -> Iterator[SmokeRun]:
        """A narrow network on a few drawn crops."""
        from courtside_training.common.fit import Fit, FitConfig
        from courtside_training.jersey.network import JerseyConfig
        from courtside_training.jersey.samples import draw_samples
        from courtside_training.jersey.train import JerseyFit, make_fit

        made = draw_samples(SMOKE_SAMPLES, None, 0)
        config = JerseyFit(
            FitConfig(epochs=SMOKE_EPOCHS, rate=5e-3, average=0.5), JerseyConfig(8, 16, 2), 32
        )

        def make(checkpoint: Path) -> Fit:
            return make_fit(made, config, checkpoint)

        yield SmokeRun("jersey_number", make, SMOKE_EPOCHS)


SYSTEM = JerseySystem()
"""The system `jersey`."""
