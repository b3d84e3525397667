"""`courtside-train flight …`: draw games, fit, evaluate, and a quick smoke run."""

from __future__ import annotations

from pathlib import Path

import click

from courtside_training.common.options import (
    FOLDER,
    OUT,
    RESUME,
    SEED,
    THREADS,
    checkpoint_option,
    rate_option,
    system_group,
    write_json,
)

CHECKPOINT = checkpoint_option("flight")
SCENES = click.option(
    "--scenes", type=FOLDER, default=Path("runs/flight/scenes"), show_default=True, help="Folder of drawn games."
)

flight = system_group("flight", "Flights: shots found in the path of a tracked ball.")


@flight.command()
@SCENES
@click.option("--games", type=click.IntRange(1, 10_000), default=300, show_default=True, help="Training games.")
@click.option("--held-out", type=click.IntRange(1, 1000), default=20, show_default=True,
              help="Validation and test games, as many of each.")
def draw(scenes: Path, games: int, held_out: int) -> None:
    """Simulate games of a minute and keep what cameras see of them; goes on where it stopped."""
    from courtside_training.common.progress import progress
    from courtside_training.flight.scenes import draw_split
    from courtside_training.shots.geometry import SPLITS

    counts = {"train": games, "validation": held_out, "test": held_out}
    with progress() as bar:
        task = bar.add_task("games", total=sum(counts.values()))
        for split, count in counts.items():
            for _ in draw_split(scenes, range(SPLITS[split][0], SPLITS[split][0] + count)):
                bar.advance(task)


@flight.command()
@CHECKPOINT
@SCENES
@THREADS
@click.option("--epochs", type=click.IntRange(min=1), default=30, show_default=True)
@click.option("--samples", type=click.IntRange(min=128), default=12_000, show_default=True, help="Windows an epoch.")
@rate_option(2e-3)
@SEED
@RESUME
def fit(
    checkpoint: Path, scenes: Path, threads: int, epochs: int, samples: int, rate: float, seed: int, resume: bool
) -> None:
    """Train; a checkpoint is written after every epoch and when interrupted."""
    from courtside_training.common.fit import FitConfig
    from courtside_training.common.progress import progress, reporter
    from courtside_training.common.runtime import prepare

    prepare(threads, seed)
    from courtside_training.flight.scenes import scene_files
    from courtside_training.flight.train import make_fit
    from courtside_training.shots.geometry import SPLITS

    run = make_fit(
        scene_files(scenes, SPLITS["train"]), FitConfig(epochs=epochs, rate=rate, seed=seed), checkpoint, samples
    )
    if resume:
        run.resume()
    with progress() as bar:
        history = run.run(reporter(bar, epochs, run.steps))
    click.echo(f"{history.epochs} epochs, {history.samples} windows, {history.seconds:.0f} s → {checkpoint}")


@flight.command()
@CHECKPOINT
@SCENES
@THREADS
@OUT
@click.option("--samples", type=click.IntRange(min=100), default=6000, show_default=True, help="Windows.")
def evaluate(checkpoint: Path, scenes: Path, threads: int, out: Path | None, samples: int) -> None:
    """Measure on windows of games never trained on."""
    from courtside_training.common.runtime import prepare

    prepare(threads)
    import numpy as np

    from courtside_training.flight.evaluate import figures, table
    from courtside_training.flight.network import ServedFlight, load_flight
    from courtside_training.flight.scenes import load_scenes, scene_files
    from courtside_training.flight.train import draw_many, runner
    from courtside_training.shots.geometry import SPLITS

    files = scene_files(scenes, SPLITS["test"])
    drawn = draw_many([s for path in files for s in load_scenes(path)], samples, np.random.default_rng(7))
    result = {**figures(runner(ServedFlight(load_flight(checkpoint)).eval()), drawn), "games": len(files)}
    write_json(out, result)
    click.echo(table(result))
