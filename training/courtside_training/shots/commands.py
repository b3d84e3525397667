"""`courtside-train shots …`: render film, fit, calibrate, evaluate, and a quick smoke run of all of it."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import click

from courtside_training.errors import TrainingInputError
from courtside_training.shots.geometry import SPLITS

FILM = click.option(
    "--film", type=click.Path(path_type=Path, file_okay=False), default=Path("runs/shots/film"), show_default=True,
    help="Folder of rendered games.",
)
CHECKPOINT = click.option(
    "--checkpoint", type=click.Path(path_type=Path, dir_okay=False), default=Path("runs/shots/last.pt"),
    show_default=True,
)
THREADS = click.option("--threads", type=click.IntRange(1, 64), default=2, show_default=True)


def _progress() -> object:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


def _prepare(threads: int) -> None:
    from courtside_training.common.allocator import keep_memory

    keep_memory()
    import cv2
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(threads)


def _games(film: Path, split: str, limit: int | None) -> list:
    from courtside_training.shots.footage import load, stored

    seeds = stored(film, SPLITS[split])[:limit]
    if not seeds:
        raise TrainingInputError(
            f"no {split} film in {film}: run `courtside-train shots render --split {split} --film {film}`"
        )
    return [load(seed, film) for seed in seeds]


@click.group()
def shots() -> None:
    """The shot clip model."""


@shots.command()
@FILM
@click.option("--split", type=click.Choice(tuple(SPLITS)), default="train", show_default=True)
@click.option("--games", type=click.IntRange(1, 9000), default=20, show_default=True, help="Games of 60 s.")
@click.option("--first", type=click.IntRange(min=0), help="First seed instead of the split's own.")
@click.option("--duration", type=click.FloatRange(10, 600), default=60.0, show_default=True, help="Seconds a game.")
def render(film: Path, split: str, games: int, first: int | None, duration: float) -> None:
    """Simulate and film games of a split into a folder; those already there are kept."""
    from courtside_training.shots.footage import FootagePlan, ensure

    low, high = SPLITS[split]
    first = low if first is None else first
    if not (low <= first and first + games <= high):
        raise TrainingInputError(f"seeds {first} to {first + games - 1} leave the {split} split {low} to {high - 1}")
    with _progress() as bar:
        task = bar.add_task(f"render {split}", total=games)
        for _ in ensure(range(first, first + games), film, FootagePlan(duration, vary=split == "train")):
            bar.advance(task)


@shots.command()
@FILM
@CHECKPOINT
@THREADS
@click.option("--games", type=click.IntRange(min=1), help="Use only the first so many rendered games.")
@click.option("--epochs", type=click.IntRange(min=1), default=14, show_default=True)
@click.option("--positives", type=click.IntRange(min=1), default=400, show_default=True, 
              help="Windows with a release an epoch.")
@click.option("--batch", type=click.IntRange(2, 256), default=8, show_default=True)
@click.option("--rate", type=click.FloatRange(1e-6, 1.0), default=2.5e-3, show_default=True, help="Peak learning rate.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint.")
def fit(
    film: Path, checkpoint: Path, threads: int, games: int | None, epochs: int, positives: int, batch: int, rate: float,
    seed: int, resume: bool,
) -> None:
    """Train; a checkpoint is written after every epoch and when interrupted."""
    found = _games(film, "train", games)
    _prepare(threads)
    from courtside_training.shots.train import TrainConfig, Trainer

    trainer = Trainer(
        found, TrainConfig(seed=seed, epochs=epochs, positives=positives, batch=batch, rate=rate), checkpoint
    )
    if resume:
        trainer.resume()
    with _progress() as bar:
        task = bar.add_task("fit", total=None)

        def report(epoch: int, step: int, steps: int, totals: dict[str, float]) -> None:
            text = "  ".join(f"{name} {value:.3f}" for name, value in totals.items())
            bar.update(task, description=f"epoch {epoch + 1}/{epochs}  {text}", completed=step, total=steps)

        progress = trainer.fit(report)
    click.echo(f"trained {progress.epoch} epochs, {progress.windows} windows, {progress.seconds:.0f} s → {checkpoint}")


@shots.command("fit-place")
@FILM
@CHECKPOINT
@THREADS
@click.option("--games", type=click.IntRange(min=1), help="Use only the first so many rendered games.")
@click.option("--steps", type=click.IntRange(min=1), default=2000, show_default=True)
@click.option("--batch", type=click.IntRange(2, 512), default=32, show_default=True, help="Moments a step.")
@click.option("--rate", type=click.FloatRange(1e-6, 1.0), default=2e-3, show_default=True, help="Peak learning rate.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
def fit_place(
    film: Path, checkpoint: Path, threads: int, games: int | None, steps: int, batch: int, rate: float, seed: int
) -> None:
    """Train the placing network (zones) and put it into the checkpoint of `fit`."""
    found = _games(film, "train", games)
    _prepare(threads)
    from courtside_training.shots.place_train import PlaceConfig, fit_placer
    from courtside_training.shots.train import load_checkpoint, write_placer

    load_checkpoint(checkpoint)
    with _progress() as bar:
        task = bar.add_task("fit-place", total=steps)
        placer, summary = fit_placer(
            found, PlaceConfig(steps=steps, batch=batch, rate=rate, seed=seed),
            report=lambda step, loss, right: bar.update(
                task, completed=step, description=f"fit-place  loss {loss:.3f}  zone {right:.3f}"
            ),
        )
    write_placer(checkpoint, placer, summary)
    click.echo(f"trained {steps} steps, {steps * batch} moments, {summary['seconds']:.0f} s -> {checkpoint}")


@shots.command()
@FILM
@CHECKPOINT
@THREADS
@click.option("--games", type=click.IntRange(min=1), help="Use only the first so many validation games.")
def calibrate(film: Path, checkpoint: Path, threads: int, games: int | None) -> None:
    """Fit the shot logit's scale and bias on validation film and write them into the checkpoint."""
    found = _games(film, "validation", games)
    _prepare(threads)
    from courtside_training.shots.calibrate import calibrate as fitted
    from courtside_training.shots.evaluate import ask, torch_model
    from courtside_training.shots.geometry import STRIDE_S
    from courtside_training.shots.placing import PlacingNetwork
    from courtside_training.shots.served import ServedShotModel
    from courtside_training.shots.train import load_network, write_calibration
    from courtside_training.shots.windows import hop_windows

    network, _ = load_network(checkpoint)
    with _progress() as bar:
        task = bar.add_task("calibrate")
        answers = ask(
            torch_model(ServedShotModel(network, PlacingNetwork())), found, hop_windows(found, STRIDE_S),
            report=lambda done, total: bar.update(task, completed=done, total=total),
        )
    scale, bias = fitted(answers, found)
    write_calibration(checkpoint, scale, bias, [game.seed for game in found])
    click.echo(f"shot logit * {scale:.3f} + {bias:.3f} → {checkpoint}")


@shots.command()
@FILM
@CHECKPOINT
@THREADS
@click.option("--split", type=click.Choice(tuple(SPLITS)), default="test", show_default=True)
@click.option("--games", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--onnx", type=click.Path(path_type=Path, dir_okay=False), help="Evaluate this exported model instead.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the tables as JSON here.")
def evaluate(
    film: Path, checkpoint: Path, threads: int, split: str, games: int, onnx: Path | None, out: Path | None
) -> None:
    """Measure on held-out games: windows, releases, zones, makes."""
    found = _games(film, split, games)
    _prepare(threads)
    from courtside_training.shots.evaluate import full_report, torch_model
    from courtside_training.shots.onnx_model import onnx_model
    from courtside_training.shots.tables import tables
    from courtside_training.shots.train import load_served

    model = onnx_model(onnx, threads) if onnx else torch_model(load_served(checkpoint))
    with _progress() as bar:
        task = bar.add_task(f"evaluate {split}")
        result = full_report(model, found, lambda done, total: bar.update(task, completed=done, total=total))
    result["split"] = split
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(result, indent=1) + "\n")
    click.echo(tables(result))


@shots.command()
@THREADS
@click.option("--steps", type=click.IntRange(2, 200), default=12, show_default=True)
def smoke(threads: int, steps: int) -> None:
    """Everything once in miniature: render two short games, train a few steps, calibrate, evaluate."""
    _prepare(threads)
    from courtside_training.shots.calibrate import calibrate as fitted
    from courtside_training.shots.evaluate import ask, shot_figures, torch_model, window_figures
    from courtside_training.shots.footage import FootagePlan, ensure, load
    from courtside_training.shots.network import NetworkConfig
    from courtside_training.shots.place_train import PlaceConfig, fit_placer
    from courtside_training.shots.placing import PlacerConfig, PlacingNetwork
    from courtside_training.shots.served import ServedShotModel
    from courtside_training.shots.train import TrainConfig, Trainer
    from courtside_training.shots.windows import hop_windows

    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        games = [load(seed, folder) for seed in ensure((0, 1), folder, FootagePlan(duration=12.0))]
        positives = max(1, steps * 4 // 3)
        trainer = Trainer(
            games, TrainConfig(epochs=1, positives=positives, batch=4, network=NetworkConfig(8, 16, 24, 32)),
            folder / "smoke.pt",
        )
        losses: list[float] = []
        trainer.fit(lambda epoch, step, of, totals: losses.append(totals["total"]))
        small = PlacingNetwork(PlacerConfig(8, 16, 16, 32))
        placer, _ = fit_placer(games, PlaceConfig(steps=4, batch=4), small)
        answers = ask(torch_model(ServedShotModel(trainer.average, placer)), games, hop_windows(games, 0.9))
        scale, bias = fitted(answers, games)
        figures = {**window_figures(answers, middle_rule=False), **shot_figures(answers, games)}
    click.echo(
        f"smoke: loss {losses[0]:.2f} → {losses[-1]:.2f} in {len(losses)} steps, "
        f"calibration * {scale:.2f} + {bias:.2f}, "
        f"window ROC-AUC {figures['ROC-AUC']:.2f}, {time.monotonic() - begin:.1f} s"
    )
