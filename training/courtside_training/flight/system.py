"""The system `flight`: shots found in the path of a tracked ball."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import click

from courtside_training.common.options import cache_option, count_option, rate_option
from courtside_training.common.splits import SPLITS
from courtside_training.common.system import RunContext, SmokeRun, Stage, System

SCENES = cache_option("--scenes", "runs/flight/scenes", "Folder of simulated games.")
SMOKE_EPOCHS = 4


@click.command()
@SCENES
@click.option("--games", type=click.IntRange(1, 10_000), default=300, show_default=True, help="Training games.")
@click.option("--held-out", type=click.IntRange(1, 1000), default=20, show_default=True,
              help="Validation games, and as many test games.")  # fmt: skip
def draw(scenes: Path, games: int, held_out: int) -> None:
    """Simulate games of one minute as cameras see them; games that exist already are kept."""
    from courtside_training.common.progress import progress
    from courtside_training.flight.scenes import draw_split

    counts = {"train": games, "validation": held_out, "test": held_out}
    with progress() as bar:
        task = bar.add_task("games", total=sum(counts.values()))
        for split, count in counts.items():
            for _ in draw_split(scenes, range(SPLITS[split][0], SPLITS[split][0] + count)):
                bar.advance(task)


class FlightSystem(System):
    """Simulated games to `shot_flight`."""

    name = "flight"
    help = "Flights: shots found in the path of a tracked ball."
    export_specs: ClassVar = {"shot_flight": "courtside_training.flight.export_spec"}
    sample = "windows"
    fit_options = (
        SCENES, count_option("--epochs", 30),
        count_option("--samples", 12_000, "Windows per epoch.", least=128), rate_option(2e-3),
        click.option("--init", type=click.Path(path_type=Path, dir_okay=False), default=None,
                     help="Exported model (model.onnx) to start from."),
    )  # fmt: skip
    evaluate_help = "Measure on windows of simulated games that were not trained on."
    evaluate_options = (SCENES, count_option("--samples", 6000, "Windows.", least=100))
    commands = (draw,)

    def stages(
        self, context: RunContext, *, scenes: Path, epochs: int, samples: int, rate: float, init: Path | None
    ) -> Iterator[Stage]:
        """See `System.stages`."""
        from courtside_training.common.fit import FitConfig
        from courtside_training.flight.restore import restore
        from courtside_training.flight.scenes import scene_files
        from courtside_training.flight.train import make_fit

        config = FitConfig(epochs=epochs, rate=rate, seed=context.seed)
        start = None if init is None else restore(init)
        yield Stage(make_fit(scene_files(scenes, SPLITS["train"]), config, context.checkpoint, samples, init=start))

    def evaluate(self, context: RunContext, *, scenes: Path, samples: int) -> dict[str, Any]:
        """See `System.evaluate`."""
        import numpy as np

        from courtside_training.common.running import torch_run
        from courtside_training.flight.evaluate import figures
        from courtside_training.flight.network import ServedFlight, load_flight
        from courtside_training.flight.scenes import load_scenes, scene_files
        from courtside_training.flight.train import draw_many

        files = scene_files(scenes, SPLITS["test"])
        drawn = draw_many([s for path in files for s in load_scenes(path)], samples, np.random.default_rng(7))
        run = torch_run(ServedFlight(load_flight(context.checkpoint)).eval(), batch=512)
        return {**figures(run, drawn), "games": len(files)}

    def tables(self, result: dict[str, Any]) -> str:
        """See `System.tables`."""
        from courtside_training.flight.evaluate import table

        return table(result)

    def smoke_runs(self) -> Iterator[SmokeRun]:
        """One short game and a narrow network."""
        from courtside_training.common.fit import Fit, FitConfig
        from courtside_training.flight.network import FlightConfig
        from courtside_training.flight.scenes import draw_game, save_scenes
        from courtside_training.flight.train import make_fit

        with tempfile.TemporaryDirectory() as folder:
            games = Path(folder) / "game-000003.npz"
            save_scenes(games, draw_game(3, 20.0))

            def make(checkpoint: Path) -> Fit:
                config = FitConfig(epochs=SMOKE_EPOCHS, rate=4e-3, average=0.9)
                return make_fit([games], config, checkpoint, samples=640, batch=64, network=FlightConfig(16, (1, 2, 4)))

            yield SmokeRun("shot_flight", make, SMOKE_EPOCHS)


SYSTEM = FlightSystem()
