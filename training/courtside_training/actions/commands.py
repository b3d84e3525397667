"""`courtside-train actions …`: fit, evaluate, the leak of the published split, an error gallery, and a smoke run."""

from __future__ import annotations

from pathlib import Path

import click

from courtside_training.common.options import (
    FILES,
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
from courtside_training.errors import TrainingInputError

AVERAGE = 0.99
"""Share of the averaged weights kept a step: runs here have hundreds to thousands of steps, not tens of thousands."""

FOLDER = click.option(
    "--clips", "folder", type=FOLDER, default=Path("runs/actions/clips"),
    show_default=True, help="Folder of rendered clips, filled where games are missing; may be deleted.",
)
DATA = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of SpaceJam as published (annotation_dict.json, labels_dict.json, clips/); simulated games without.",
)
GAMES = click.option(
    "--games", type=click.IntRange(1, 3500), default=120, show_default=True,
    help="Training games of 10 s; validation and test have 2/7 and 1/7 as many, of other seeds.",
)
CHECKPOINT = checkpoint_option("actions")
NETWORK = click.option(
    "--network", type=click.Choice(("light", "r2plus1d_18", "tiny")), default="light", show_default=True
)
BATCH = click.option("--batch", type=click.IntRange(2, 256), default=8, show_default=True, help="Clips a step.")
RATE = rate_option(2e-3)
SAMPLES = click.option("--samples", type=click.IntRange(min=2), help="Clips an epoch; all examples once without.")
SPLIT = click.option(
    "--split", type=click.Choice(("train", "validation", "test")), default="test", show_default=True
)


actions = system_group("actions", "Player actions: what one tracked player does in 16 pictures.")


@actions.command()
@FOLDER
@DATA
@GAMES
@CHECKPOINT
@THREADS
@NETWORK
@BATCH
@RATE
@SEED
@SAMPLES
@click.option("--epochs", type=click.IntRange(min=1), default=10, show_default=True)
@click.option("--sampling", type=click.Choice(("natural", "root", "balanced")), default="root", show_default=True,
              help="Classes as they come, evened out by the square root of their size, or equally often.")  # fmt: skip
@click.option("--twins/--no-twins", default=True, show_default=True,
              help="Turned and moved copies of poor classes, in training only.")  # fmt: skip
@click.option("--init", type=FILES,
              help="Published weights to begin with, such as Kinetics ones for r2plus1d_18.")  # fmt: skip
@RESUME
def fit(
    folder: Path, data: Path | None, games: int, checkpoint: Path, threads: int, network: str, batch: int, rate: float,
    seed: int, samples: int | None, epochs: int, sampling: str, twins: bool, init: Path | None, resume: bool,
) -> None:
    """Train; a checkpoint is written after every epoch and when interrupted."""
    from courtside_training.common.runtime import prepare

    prepare(threads, seed)
    from courtside_training.actions.batches import examples
    from courtside_training.actions.splits import part
    from courtside_training.actions.train import ActionsConfig, make_fit
    from courtside_training.common.fit import FitConfig
    from courtside_training.common.progress import progress, reporter

    if init and network != "r2plus1d_18":
        raise TrainingInputError("--init takes weights of the full network: add --network r2plus1d_18")
    train = part("train", games, folder, data, network)
    held = part("validation", games, folder, data, network)
    config = ActionsConfig(
        FitConfig(epochs=epochs, rate=rate, average=AVERAGE, seed=seed), network, batch, samples, sampling, init=init
    )
    chosen = examples(train.clips.labels, train.chosen, twins)
    run = make_fit(train.clips, chosen, held.labels, config, checkpoint)
    if resume:
        run.resume()
    with progress() as bar:
        history = run.run(reporter(bar, epochs, run.steps))
    first, last = history.losses[0]["total"], history.losses[-1]["total"]
    click.echo(
        f"trained {history.epochs} epochs on {len(train.chosen)} clips ({len(chosen)} with twins), {history.samples} "
        f"samples, {history.seconds:.0f} s, loss {first:.3f} → {last:.3f} → {checkpoint}"
    )


@actions.command()
@FOLDER
@DATA
@GAMES
@CHECKPOINT
@THREADS
@SPLIT
@OUT
def evaluate(
    folder: Path, data: Path | None, games: int, checkpoint: Path, threads: int, split: str, out: Path | None
) -> None:
    """Precision, recall and F1 by action, confusion matrix and accuracy on held-out games or clips."""
    from courtside_training.common.runtime import prepare

    prepare(threads)
    from courtside_training.actions.evaluate import report, tables

    asked, said, evenly = _answers(folder, data, games, checkpoint, split)
    result = {"split": split, **report(asked.labels, said, evenly)}
    write_json(out, result)
    click.echo(tables(result))


@actions.command()
@FOLDER
@DATA
@GAMES
@CHECKPOINT
@THREADS
@SPLIT
@click.option("--count", type=click.IntRange(1, 100), default=16, show_default=True, help="Mistakes to show.")
@click.option("--picture", type=FILES, default=Path("runs/actions/mistakes.png"),
              show_default=True)  # fmt: skip
def gallery(
    folder: Path, data: Path | None, games: int, checkpoint: Path, threads: int, split: str, count: int, picture: Path
) -> None:
    """Write the most confident mistakes as one picture, a row of pictures each."""
    from courtside_training.common.runtime import prepare

    prepare(threads)
    from courtside_training.actions.gallery import mistakes, sheet, write

    asked, said, _ = _answers(folder, data, games, checkpoint, split)
    places = mistakes(asked.labels, said, count)
    write(picture, sheet(asked.clips, asked.chosen[places], said[places]))
    wrong = int((said.argmax(1) != asked.labels).sum())
    click.echo(f"{len(places)} of {wrong} mistakes among {len(said)} clips → {picture}")


def _answers(folder: Path, data: Path | None, games: int, checkpoint: Path, split: str) -> tuple:
    """A part of the data and its probabilities, as served and for evenly drawn classes."""
    import numpy as np

    from courtside_training.actions.batches import examples
    from courtside_training.actions.evaluate import predict, torch_run
    from courtside_training.actions.splits import part
    from courtside_training.actions.train import load_network, load_served
    from courtside_training.common.progress import progress

    network, found = load_network(checkpoint)
    name = "light" if network.config.height < 176 else "r2plus1d_18"
    asked = part(split, games, folder, data, name)
    chosen = examples(asked.clips.labels, asked.chosen, twins=False)
    with progress() as bar:
        task = bar.add_task(f"evaluate {split}", total=len(chosen))
        said = predict(
            torch_run(load_served(checkpoint)), asked.clips, chosen,
            report=lambda done: bar.update(task, completed=done),
        )  # fmt: skip
    evenly = said / np.exp(np.array(found["settings"]["prior_shift"], np.float32))
    return asked, said, evenly / evenly.sum(1, keepdims=True)


@actions.command()
@FOLDER
@GAMES
@THREADS
@NETWORK
@BATCH
@RATE
@SEED
@SAMPLES
@click.option("--epochs", type=click.IntRange(min=1), default=8, show_default=True)
@OUT
def leak(
    folder: Path, games: int, threads: int, network: str, batch: int, rate: float, seed: int, samples: int | None,
    epochs: int, out: Path | None,
) -> None:
    """Train under the published split and under ours; compare their validation with games neither has seen."""
    from courtside_training.common.runtime import prepare

    prepare(threads, seed)
    from courtside_training.actions.leak import measure, table
    from courtside_training.actions.splits import simulated
    from courtside_training.actions.train import ActionsConfig
    from courtside_training.common.fit import FitConfig

    pool, test = simulated("train", games, folder), simulated("test", games, folder)
    config = ActionsConfig(
        FitConfig(epochs=epochs, rate=rate, average=AVERAGE, seed=seed), network, batch, samples, "natural",
        varied=False,
    )  # fmt: skip
    rows = measure(pool.clips, test.clips, config, Path("runs/actions"), lambda text: click.echo(text, err=True))
    write_json(out, rows)
    click.echo(table(rows))
