"""Commands of `courtside-train shots` beside fit and evaluate: film, the small networks, calibration, ablations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from courtside_training.common.commands import fit_command
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
from courtside_training.common.splits import SPLITS
from courtside_training.common.system import Option, RunContext, Stage
from courtside_training.errors import TrainingInputError

if TYPE_CHECKING:
    from courtside_training.common.fit import Fit
    from courtside_training.shots.footage import Footage
    from courtside_training.shots.moment_train import MomentConfig

HOME = Path("runs/shots")
FILM = cache_option("--film", "runs/shots/film", "Folder of film.")
GAMES = count_option("--games", None, "Use only so many games, from the first.")
CHECKPOINT = checkpoint_option("shots")


def stored_games(film: Path, split: str, limit: int | None) -> list[Footage]:
    """The games of a split that a folder of film holds.

    Raises:
        TrainingInputError: there are none.
    """
    from courtside_training.shots.footage import load, stored

    seeds = stored(film, SPLITS[split])[:limit]
    if not seeds:
        raise TrainingInputError(
            f"no {split} film in {film}: run `courtside-train shots render --split {split} --film {film}`"
        )
    return [load(seed, film) for seed in seeds]


@click.command()
@FILM
@click.option("--split", type=click.Choice(tuple(SPLITS)), default="train", show_default=True)
@click.option("--games", type=click.IntRange(1, 9000), default=20, show_default=True, help="Games.")
@click.option("--first", type=click.IntRange(min=0), help="First seed instead of the split's own.")
@click.option("--duration", type=click.FloatRange(10, 600), default=60.0, show_default=True, help="Seconds per game.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes.")
def render(film: Path, split: str, games: int, first: int | None, duration: float, workers: int) -> None:
    """Simulate and film games of a split; games that exist already are kept."""
    from courtside_training.common.progress import progress
    from courtside_training.shots.footage import FootagePlan, ensure

    low, high = SPLITS[split]
    first = low if first is None else first
    if not (low <= first and first + games <= high):
        raise TrainingInputError(f"seeds {first} to {first + games - 1} leave the {split} split {low} to {high - 1}")
    with progress() as bar:
        task = bar.add_task(f"render {split}", total=games)
        for _ in ensure(range(first, first + games), film, FootagePlan(duration, vary=split == "train"), workers):
            bar.advance(task)


def _moment_command(
    name: str, file: str, steps: int, batch: int, make: Callable[..., Fit], help: str, *own: Option
) -> click.Command:
    """The `fit` command of one of the two small networks beside the clip network; `make` gets the options `own`."""

    def stages(
        context: RunContext, *, film: Path, games: int | None, steps: int, batch: int, rate: float, **own: Any
    ) -> Iterator[Stage]:
        from courtside_training.shots.moment_train import MomentConfig

        found = stored_games(film, "train", games)
        yield Stage(make(found, MomentConfig(steps, batch, rate, context.seed), context.checkpoint, **own))

    options = (
        FILM, GAMES, count_option("--steps", steps),
        click.option("--batch", type=click.IntRange(2, 512), default=batch, show_default=True), rate_option(2e-3), *own,
    )  # fmt: skip
    return fit_command(stages, checkpoint_option("shots", file), options, name=name, sample="moments", help=help)


def _zone_fit(games: list[Footage], config: MomentConfig, path: Path, init: Path | None) -> Fit:
    from courtside_training.shots.moment_train import zone_fit
    from courtside_training.shots.restore import restore

    return zone_fit(games, config, path, init=restore(init).zone_network if init else None)


def _result_fit(games: list[Footage], config: MomentConfig, path: Path) -> Fit:
    from courtside_training.shots.moment_train import result_fit

    return result_fit(games, config, path)


fit_zone = _moment_command(
    "fit-zone", "zone.pt", 2000, 32, _zone_fit,
    "Train the zone network: from which zone. `calibrate` or `join` joins it to the clip network.",
    click.option("--init", type=FILES, help="Start from the zone network of this exported `shot_clip` (ONNX)."),
)  # fmt: skip
fit_result = _moment_command(
    "fit-result", "result.pt", 1500, 64, _result_fit,
    "Train the result network: did it go in. `calibrate` joins it to the clip network.",
)  # fmt: skip


@click.command()
@click.option("--onnx", type=FILES, required=True, help="Exported `shot_clip`, such as model.onnx of the repository.")
@CHECKPOINT
def restore(onnx: Path, checkpoint: Path) -> None:
    """Read an exported model back into a checkpoint, to train parts of it further and export it again."""
    from courtside_training.shots.restore import restored_checkpoint

    restored_checkpoint(onnx, checkpoint)
    click.echo(f"restored {onnx} → {checkpoint}")


@click.command()
@CHECKPOINT
@click.option("--zone", type=FILES, help="Of `fit-zone`.")
@click.option("--result", type=FILES, help="Of `fit-result`.")
def join(checkpoint: Path, zone: Path | None, result: Path | None) -> None:
    """Put newly trained small networks into a checkpoint whose calibration stays as it is."""
    from courtside_training.shots.train import join as joined

    parts = {name: path for name, path in (("zone", zone), ("result", result)) if path is not None}
    if not parts:
        raise TrainingInputError("nothing to join: give --zone, --result or both")
    joined(checkpoint, **parts)
    click.echo(f"joined {' and '.join(parts)} → {checkpoint}")


@click.command()
@FILM
@CHECKPOINT
@click.option("--zone", type=FILES, default=HOME / "zone.pt", show_default=True, help="Of `fit-zone`.")
@click.option("--result", type=FILES, default=HOME / "result.pt", show_default=True, help="Of `fit-result`.")
@THREADS
@GAMES
def calibrate(film: Path, checkpoint: Path, zone: Path, result: Path, threads: int, games: int | None) -> None:
    """Join the three networks, then fit threshold and temperature on validation film into the checkpoint."""
    found = stored_games(film, "validation", games)
    from courtside_training.common.runtime import prepare

    prepare(threads)
    from courtside_training.common.progress import progress
    from courtside_training.shots.calibrate import calibrate_checkpoint
    from courtside_training.shots.models import model_of
    from courtside_training.shots.train import MODEL, join

    if model_of(checkpoint) == MODEL:
        join(checkpoint, zone=zone, result=result)
    with progress() as bar:
        task = bar.add_task("calibrate")
        fitted = calibrate_checkpoint(
            checkpoint, found, report=lambda done, total: bar.update(task, completed=done, total=total)
        )
    click.echo(
        f"shot logit * {fitted['scale']:.3f} + {fitted['bias']:.3f}, make temperature {fitted['temperature']:.2f} "
        f"→ {checkpoint}"
    )


@click.command()
@FILM
@CHECKPOINT
@THREADS
@count_option("--games", 40, "Training games.")
@count_option("--test-games", 10)
@count_option("--epochs", 3, "Of each network.")
@count_option("--positives", 200)
@SEED
@OUT
def ablate(
    film: Path, checkpoint: Path, threads: int, games: int, test_games: int, epochs: int, positives: int, seed: int,
    out: Path | None,
) -> None:
    """Joint heads against separate networks (trained here), stagger on against off (of the checkpoint)."""
    train, test = stored_games(film, "train", games), stored_games(film, "test", test_games)
    from courtside_training.common.runtime import prepare

    prepare(threads, seed)
    from courtside_training.shots.ablate import joint_against_separate, stagger
    from courtside_training.shots.geometry import STRIDE_S
    from courtside_training.shots.models import load_any
    from courtside_training.shots.predictions import infer, torch_model
    from courtside_training.shots.tables import table
    from courtside_training.shots.train import TrainConfig
    from courtside_training.shots.windows import hop_windows

    served, _ = load_any(checkpoint)
    predictions = infer(torch_model(served), test, hop_windows(test, STRIDE_S))
    staggered = stagger(predictions, test)
    config = TrainConfig(seed=seed, epochs=epochs, positives=positives)
    heads = joint_against_separate(
        train, test, config, checkpoint.parent / "ablation", report=lambda text: click.echo(text, err=True)
    )
    result = {"heads": heads, "stagger": staggered, "games": len(train), "epochs": epochs, "positives": positives}
    write_json(out, result)
    click.echo(f"Heads, {epochs} epochs of {3 * positives} windows each\n\n{table(heads, 'figure')}\n")
    click.echo(f"Stagger\n\n{table(staggered, 'figure')}")
