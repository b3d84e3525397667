"""The system `action_clips`: which of ten actions a tracked player does in a clip of 16 crops, from pixels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from courtside_training.common.options import (
    FILES,
    OUT,
    SEED,
    THREADS,
    cache_option,
    checkpoint_option,
    count_option,
    rate_option,
    write_json,
)
from courtside_training.common.system import RunContext, SmokeRun, Stage, System
from courtside_training.errors import TrainingInputError

if TYPE_CHECKING:
    from rich.progress import Progress

    from courtside_training.action_clips.evaluate import Predictions

AVERAGE = 0.99
"""Share of the averaged weights that is kept per step. The runs have hundreds to thousands of steps."""
SMOKE_EPOCHS = 4

CLIPS = cache_option("--clips", "runs/action_clips/clips", "Folder of rendered clips. It can be deleted at any time.")
DATA = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of SpaceJam as published (annotation_dict.json, labels_dict.json, clips/). Without it, games are "
    "simulated.",
)  # fmt: skip
GAMES = click.option(
    "--games", type=click.IntRange(1, 3500), default=120, show_default=True,
    help="Training games of 10 s. Validation and test use 2/7 and 1/7 as many games with other seeds.",
)
NETWORK = click.option(
    "--network", type=click.Choice(("light", "r2plus1d_18", "tiny")), default="light", show_default=True
)
BATCH = click.option("--batch", type=click.IntRange(2, 256), default=8, show_default=True, help="Clips per step.")
RATE = rate_option(2e-3)
SAMPLES = count_option("--samples", None, "Clips per epoch.  [default: every example once]", least=2)
SPLIT = click.option(
    "--split", type=click.Choice(("train", "validation", "test")), default="test", show_default=True
)
DATA_OPTIONS = (CLIPS, DATA, GAMES)
"""Options that select the clips."""
RUN_OPTIONS = (NETWORK, BATCH, RATE, SAMPLES)
"""Options of a training run."""


@click.command()
@CLIPS
@DATA
@GAMES
@checkpoint_option("action_clips")
@THREADS
@SPLIT
@click.option("--count", type=click.IntRange(1, 100), default=16, show_default=True, help="Mistakes to show.")
@click.option("--picture", type=FILES, default=Path("runs/action_clips/mistakes.png"), show_default=True,
              help="PNG file to write.")  # fmt: skip
def gallery(
    clips: Path, data: Path | None, games: int, checkpoint: Path, threads: int, split: str, count: int, picture: Path
) -> None:
    """Write the most confident mistakes as one image, with one row of frames per clip."""
    from courtside_training.common.progress import progress
    from courtside_training.common.runtime import prepare

    prepare(threads)
    from courtside_training.action_clips.gallery import mistakes, sheet, write

    with progress() as bar:
        found = _predictions(checkpoint, split, games, clips, data, bar)
    chosen = mistakes(found.labels, found.probabilities, count)
    write(picture, sheet(found.clips, found.chosen[chosen], found.probabilities[chosen]))
    wrong = int((found.probabilities.argmax(1) != found.labels).sum())
    click.echo(f"{len(chosen)} of {wrong} mistakes among {len(found.labels)} clips → {picture}")


@click.command()
@CLIPS
@GAMES
@THREADS
@NETWORK
@BATCH
@RATE
@SEED
@SAMPLES
@count_option("--epochs", 8)
@OUT
def leak(
    clips: Path, games: int, threads: int, network: str, batch: int, rate: float, seed: int, samples: int | None,
    epochs: int, out: Path | None,
) -> None:
    """Train with the published split and with ours, and compare validation with games that no network has seen."""
    from courtside_training.common.progress import progress
    from courtside_training.common.runtime import prepare

    prepare(threads, seed)
    from courtside_training.action_clips.leak import measure, table
    from courtside_training.action_clips.splits import simulated
    from courtside_training.action_clips.train import ActionsConfig
    from courtside_training.common.fit import FitConfig

    with progress() as bar:
        pool, test = simulated("train", games, clips, bar), simulated("test", games, clips, bar)
        config = ActionsConfig(
            FitConfig(epochs=epochs, rate=rate, average=AVERAGE, seed=seed), network, batch, samples, "natural",
            varied=False,
        )  # fmt: skip
        rows = measure(pool.clips, test.clips, config, Path("runs/action_clips"), bar)
    write_json(out, rows)
    click.echo(table(rows))


class ActionsSystem(System):
    """Simulated games or SpaceJam to `player_actions_video`."""

    name = "action_clips"
    help = "Action tagging of tracked players from pixels (R(2+1)D); actions reads keypoints and is served."
    export_specs: ClassVar = {"player_actions_video": "courtside_training.action_clips.export_spec"}
    sample = "clips"
    fit_options = (
        *DATA_OPTIONS, *RUN_OPTIONS, count_option("--epochs", 10),
        click.option("--sampling", type=click.Choice(("natural", "root", "balanced")), default="root",
                     show_default=True,
                     help="Class shares: as in the data, balanced by the square root of class sizes, or equal."),
        click.option("--twins/--no-twins", default=True, show_default=True,
                     help="Add rotated and shifted copies of rare classes, in training only."),
        click.option("--init", type=FILES,
                     help="Published weights to start from, such as Kinetics weights for r2plus1d_18."),
    )  # fmt: skip
    evaluate_help = "Measure precision, recall, F1 and confusion by action on held-out games or clips."
    evaluate_options = (*DATA_OPTIONS, SPLIT)
    commands = (gallery, leak)

    def stages(
        self, context: RunContext, *, clips: Path, data: Path | None, games: int, network: str, batch: int, rate: float,
        samples: int | None, epochs: int, sampling: str, twins: bool, init: Path | None,
    ) -> Iterator[Stage]:
        """See `System.stages`."""
        if init and network != "r2plus1d_18":
            raise TrainingInputError("--init takes weights of the full network: add --network r2plus1d_18")
        from courtside_training.action_clips.batches import examples
        from courtside_training.action_clips.splits import part
        from courtside_training.action_clips.train import ActionsConfig, make_fit
        from courtside_training.common.fit import FitConfig

        train, held = (part(split, games, clips, data, network, context.bar) for split in ("train", "validation"))
        fit = FitConfig(epochs=epochs, rate=rate, average=AVERAGE, seed=context.seed)
        config = ActionsConfig(fit, network, batch, samples, sampling, init=init)
        chosen = examples(train.clips.labels, train.chosen, twins)
        yield Stage(make_fit(train.clips, chosen, held.labels, config, context.checkpoint))

    def evaluate(
        self, context: RunContext, *, clips: Path, data: Path | None, games: int, split: str
    ) -> dict[str, Any]:
        """See `System.evaluate`."""
        from courtside_training.action_clips.evaluate import report

        found = _predictions(context.checkpoint, split, games, clips, data, context.bar)
        return {"split": split, **report(found.labels, found.probabilities, found.unadjusted)}

    def tables(self, result: dict[str, Any]) -> str:
        """See `System.tables`."""
        from courtside_training.action_clips.evaluate import tables

        return tables(result)

    def smoke_runs(self) -> Iterator[SmokeRun]:
        """Two short games and a tiny network."""
        from courtside_training.action_clips.batches import examples
        from courtside_training.action_clips.simulated import ClipPlan, games
        from courtside_training.action_clips.train import ActionsConfig, make_fit
        from courtside_training.common.fit import Fit, FitConfig

        clips = games((0, 1), ClipPlan(duration=2.5), None)
        chosen = examples(clips.labels, clips.labels.argsort(kind="stable"), twins=False)
        config = ActionsConfig(
            FitConfig(epochs=SMOKE_EPOCHS, rate=5e-3, average=0.8), "tiny", 8, 32, "balanced", varied=False
        )

        def make(checkpoint: Path) -> Fit:
            return make_fit(clips, chosen, clips.labels, config, checkpoint)

        yield SmokeRun("player_actions_video", make, SMOKE_EPOCHS)


def _predictions(
    checkpoint: Path, split: str, games: int, folder: Path, data: Path | None, bar: Progress
) -> Predictions:
    """Predictions of a checkpoint for a split, with the crop size that the checkpoint needs."""
    from courtside_training.action_clips.evaluate import predict_split
    from courtside_training.action_clips.splits import part
    from courtside_training.action_clips.train import load_served

    served = load_served(checkpoint)
    name = "light" if served.network.config.height < 176 else "r2plus1d_18"
    clips = part(split, games, folder, data, name, bar)
    task = bar.add_task(f"evaluate {split}", total=len(clips.chosen))
    return predict_split(served, clips, lambda done: bar.update(task, completed=done))


SYSTEM = ActionsSystem()
"""The system `action_clips`."""
