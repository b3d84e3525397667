"""The system `candidate`: which proposed shots are shots, by all that was measured of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import click

from courtside_training.common.options import FILES, count_option, rate_option
from courtside_training.common.system import RunContext, SmokeRun, Stage, System

SMOKE_EPOCHS = 4


class CandidateSystem(System):
    """Measured candidates to `shot_candidate`."""

    name = "candidate"
    help = "Candidates: which proposed shots are shots, by all that was measured of them."
    export_specs: ClassVar = {"shot_candidate": "courtside_training.candidate.export_spec"}
    sample = "candidates"
    fit_options = (
        click.option("--candidates", type=FILES, default=Path("runs/candidate/train.npz"), show_default=True,
                     help="What tests/accuracy/candidates.py wrote."),
        count_option("--epochs", 60), count_option("--samples", 25_600, "Candidates per epoch.", least=256),
        rate_option(3e-3),
    )  # fmt: skip
    evaluate_help = "Measure on candidates of simulated games that were not trained on."

    def stages(
        self, context: RunContext, *, candidates: Path, epochs: int, samples: int, rate: float
    ) -> Iterator[Stage]:
        """See `System.stages`."""
        from courtside_training.candidate.data import load_candidates
        from courtside_training.candidate.train import make_fit
        from courtside_training.common.fit import FitConfig

        config = FitConfig(epochs=epochs, rate=rate, weight_decay=0.05, seed=context.seed)
        yield Stage(make_fit(load_candidates(candidates), config, context.checkpoint, samples))

    def evaluate(self, context: RunContext) -> dict[str, Any]:
        """See `System.evaluate`."""
        from courtside_training.candidate.data import held_out
        from courtside_training.candidate.evaluate import figures
        from courtside_training.candidate.network import ServedCandidate, load_candidate
        from courtside_training.common.running import torch_run

        return figures(torch_run(ServedCandidate(load_candidate(context.checkpoint)).eval()), held_out())

    def tables(self, result: dict[str, Any]) -> str:
        """See `System.tables`."""
        from courtside_training.candidate.evaluate import table

        return table(result)

    def smoke_runs(self) -> Iterator[SmokeRun]:
        """The held-out candidates and a narrow network."""
        from courtside_training.candidate.data import held_out
        from courtside_training.candidate.network import CandidateConfig
        from courtside_training.candidate.train import make_fit
        from courtside_training.common.fit import Fit, FitConfig

        def make(checkpoint: Path) -> Fit:
            config = FitConfig(epochs=SMOKE_EPOCHS, rate=4e-3, average=0.9)
            return make_fit(held_out(), config, checkpoint, samples=1280, batch=64, network=CandidateConfig(12, 6))

        yield SmokeRun("shot_candidate", make, SMOKE_EPOCHS)


SYSTEM = CandidateSystem()
