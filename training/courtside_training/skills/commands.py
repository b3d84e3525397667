"""`courtside-train skills …`: film simulated players, fit, evaluate, ablate, and a smoke run of all of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from courtside_training.common.options import (
    FILES,
    FOLDER,
    OUT,
    SEED,
    THREADS,
    checkpoint_option,
    system_group,
    write_json,
)
from courtside_training.errors import TrainingInputError

if TYPE_CHECKING:
    from courtside_training.skills.films import Film

SPLIT_NAMES = ("train", "validation", "test", "unseen-season", "unseen-league", "unseen-both")
FILMS = click.option(
    "--films", type=FOLDER, default=Path("runs/skills/films"), show_default=True,
    help="Folder of stored frames, filled where films are missing.",
)
DATA = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder with BASKET and BASKET_Labels as published; simulated films without it.",
)
SHORTER = click.option(
    "--shorter", type=click.IntRange(64, 512), default=224, show_default=True,
    help="Shorter side of the frames kept of --data, in pixels.",
)
CHECKPOINT = checkpoint_option("skills")
COUNT = click.option("--test", type=click.IntRange(min=1), default=150, show_default=True, help="Films a test split.")
TRAIN = click.option("--train", type=click.IntRange(min=1), default=400, show_default=True, help="Training films.")


skills = system_group("skills", "Skill estimation: 20 skills from a highlight film.")


def _films(films: Path, split: str, count: int | None, data: Path | None, shorter: int) -> list[Film]:
    """The films of a split, made or decoded where they are missing."""
    from courtside_training.common.progress import progress
    from courtside_training.skills import basket
    from courtside_training.skills.films import ensure, ensure_published, load

    if data is None:
        paths, total = ensure(films, split, count), count
    else:
        samples = basket.training_split(data) if split == "train" else basket.read_split(data, split)
        samples = samples[:count]
        paths, total = ensure_published(samples, films / f"published-{shorter}" / split, shorter), len(samples)
    with progress() as bar:
        return [load(path) for path in bar.track(paths, total=total, description=f"films {split}")]


@skills.command()
@FILMS
@DATA
@SHORTER
@click.option("--split", type=click.Choice(SPLIT_NAMES), default="train", show_default=True)
@click.option("--count", type=click.IntRange(min=1), default=400, show_default=True, help="Films.")
@click.option("--sheet", type=FILES, help="Write the first film's frames as PNG.")
def film(films: Path, data: Path | None, shorter: int, split: str, count: int, sheet: Path | None) -> None:
    """Make (or decode) a split's films; the other commands do so by themselves where any are missing."""
    found = _films(films, split, count, data, shorter)
    if sheet:
        import cv2
        import numpy as np

        frames = found[0].frames(np.arange(0, 64)).transpose(0, 2, 3, 1)[..., ::-1]
        rows = [np.hstack(frames[start : start + 8]) for start in range(0, len(frames) - 7, 8)]
        if not cv2.imwrite(str(sheet), np.vstack(rows)):
            raise TrainingInputError(f"cannot write {sheet}")
    click.echo(f"{len(found)} films, {sum(len(data) for film in found for data in film.jpeg) / 1e6:.0f} MB")


@skills.command()
@FILMS
@DATA
@SHORTER
@CHECKPOINT
@THREADS
@TRAIN
@click.option("--epochs", type=click.IntRange(min=1), help="Of learning levels; 60, or 30 with --end-to-end.")
@click.option("--encoder-films", type=click.IntRange(min=1),
              help="Only so many of the films teach the frame encoder; levels are then learned from the others, which "
              "it has not seen.")  # fmt: skip
@click.option("--frame-epochs", type=click.IntRange(min=1), default=4, show_default=True, help="Of learning plays.")
@click.option("--rate", type=click.FloatRange(1e-6, 1.0), help="Peak learning rate of learning levels.")
@SEED
@click.option("--resume", is_flag=True, help="Go on from the checkpoints.")
@click.option("--end-to-end", is_flag=True, help="Train the encoder on levels too; the only way with --data.")
@click.option("--size", type=click.Choice(("small", "base")), default="small", show_default=True,
              help="base: for a GPU.")  # fmt: skip
@click.option("--batch", type=click.IntRange(1, 512), help="Films a step.")
@click.option("--init", type=FILES,
              help="Checkpoint of a detector, whose backbone the small size begins with.")  # fmt: skip
def fit(
    films: Path, data: Path | None, shorter: int, checkpoint: Path, threads: int, train: int, epochs: int | None,
    encoder_films: int | None, frame_epochs: int, rate: float | None, seed: int, resume: bool, end_to_end: bool,
    size: str, batch: int | None, init: Path | None,
) -> None:
    """Train: the frame encoder on plays (simulated films), then levels; a checkpoint after every epoch."""
    found = _films(films, "train", None if data else train, data, shorter)
    from courtside_training.common.runtime import prepare

    prepare(threads, seed)
    from courtside_training.common import checkpoint as checkpoints
    from courtside_training.common.progress import progress, reporter
    from courtside_training.skills import train as training
    from courtside_training.skills.network import SkillConfig, SkillNetwork

    end_to_end = end_to_end or data is not None
    sizes = SkillConfig.base() if size == "base" else SkillConfig()
    config = training.film_config(seed, epochs, rate, batch, end_to_end)
    extra, features = {}, None
    if end_to_end:
        network = SkillNetwork(sizes)
        if init:
            training.load_backbone(network.encoder, init)
    else:
        frames = checkpoint.with_name(checkpoint.stem + "-frames.pt")
        shown = found
        if encoder_films is not None:
            if encoder_films >= len(found):
                raise TrainingInputError(
                    f"--encoder-films {encoder_films} leaves none of {len(found)} films for the levels: raise --train"
                )
            shown, found = found[:encoder_films], found[encoder_films:]
        first = training.fit_frames(shown, sizes, training.frame_config(seed, frame_epochs), frames, init)
        if resume and frames.is_file():
            first.resume()
        with progress() as bar:
            history = first.run(reporter(bar, frame_epochs, first.steps))
            network = training.with_encoder(sizes, first.average.encoder)
            task = bar.add_task("features", total=len(found))
            features = training.film_features(
                network.encoder, found, lambda done: bar.update(task, completed=done)
            )
        extra = {
            "frames": {
                "epochs": history.epochs, "samples": history.samples, "seconds": history.seconds,
                "losses": history.losses, "films": encoder_films,
            }
        }  # fmt: skip
    run = training.fit_skills(found, features, network, config, checkpoint)
    if resume and checkpoint.is_file():
        seen = checkpoints.load(checkpoint, training.SYSTEM).get("frames", {}).get("samples")
        # Levels learned from another encoder's features mean nothing to this one.
        if end_to_end or seen == extra["frames"]["samples"]:
            run.resume()
    with progress() as bar:
        history = run.run(reporter(bar, config.fit.epochs, run.steps))
    checkpoints.update(checkpoint, training.SYSTEM, **extra)
    click.echo(
        f"trained {history.epochs} epochs on {len(found)} films, {history.seconds:.0f} s, loss "
        f"{history.losses[0]['total']:.3f} → {history.losses[-1]['total']:.3f} → {checkpoint}"
    )


@skills.command()
@FILMS
@DATA
@SHORTER
@CHECKPOINT
@THREADS
@TRAIN
@COUNT
@click.option("--views", "clips", type=click.IntRange(1, 2), default=1, show_default=True, help="Test-time views.")
@click.option("--split", "splits", type=click.Choice(SPLIT_NAMES[1:]), multiple=True, default=SPLIT_NAMES[2:],
              help="Repeatable; all the test splits without it.")  # fmt: skip
@OUT
def evaluate(
    films: Path, data: Path | None, shorter: int, checkpoint: Path, threads: int, train: int, test: int, clips: int,
    splits: tuple[str, ...], out: Path | None,
) -> None:
    """Top-1 by skill, five groups and mean: held-out players, unseen seasons, unseen leagues."""
    from courtside_training.common.runtime import prepare

    prepare(threads)
    from courtside_training.common.progress import progress
    from courtside_training.skills import evaluate as evaluation
    from courtside_training.skills.train import film_features, load_network

    network, _ = load_network(checkpoint)
    known = _films(films, "train", None if data else train, data, shorter)
    tests = {}
    for split in splits:
        found = _films(films, split, None if data else test, data, shorter)
        with progress() as bar:
            task = bar.add_task(f"watch {split}", total=len(found))
            features = film_features(network.encoder, found, lambda done, task=task: bar.update(task, completed=done))
        tests[split] = (found, evaluation.from_features(network, features, clips=clips))
    result = evaluation.report(known, tests)
    write_json(out, result)
    click.echo(evaluation.tables(result))


@skills.command()
@FILMS
@CHECKPOINT
@THREADS
@TRAIN
@COUNT
@click.option("--epochs", type=click.IntRange(min=1), help="Of each setting's temporal layers; as in fit without it.")
@SEED
@OUT
def ablate(
    films: Path, checkpoint: Path, threads: int, train: int, test: int, epochs: int | None, seed: int, out: Path | None
) -> None:
    """The paper's Table 4 on simulated films: frames, sampling, test-time views, with the checkpoint's encoder."""
    from courtside_training.common.runtime import prepare

    prepare(threads, seed)
    from courtside_training.common.progress import progress
    from courtside_training.skills import ablate as ablation
    from courtside_training.skills.train import film_config, film_features, load_network

    network, _ = load_network(checkpoint)
    films_of = {split: _films(films, split, count, None, 0) for split, count in (("train", train), ("test", test))}
    with progress() as bar:
        task = bar.add_task("watch", total=train + test)
        features = [
            film_features(network.encoder, found, lambda done, base=base: bar.update(task, completed=base + done))
            for base, found in ((0, films_of["train"]), (train, films_of["test"]))
        ]
        task = bar.add_task("", total=None)
        rows = ablation.ablate(
            films_of["train"], films_of["test"], (features[0], features[1]), network.encoder, network.config,
            film_config(seed, epochs, None, None, False), lambda name: bar.update(task, description=name),
        )  # fmt: skip
    write_json(out, rows)
    click.echo(ablation.table(rows))
