"""The system `skills`: the levels of 20 skills of one player from a highlight film."""

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
    write_json,
)
from courtside_training.common.system import RunContext, SmokeRun, Stage, System
from courtside_training.errors import TrainingInputError

if TYPE_CHECKING:
    import numpy as np
    from rich.progress import Progress

    from courtside_training.skills.films import Film
    from courtside_training.skills.network import FrameEncoder

SPLIT_NAMES = ("train", "validation", "test", "unseen-season", "unseen-league", "unseen-both")
"""Names of the splits; the test splits start at index 2."""
SMOKE_EPOCHS, SMOKE_FILMS = 8, 3

FILMS = cache_option("--films", "runs/skills/films", "Folder of stored frames. Missing films are made.")
DATA = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder with BASKET and BASKET_Labels as published. Without it, films are simulated.",
)  # fmt: skip
SHORTER = click.option(
    "--shorter", type=click.IntRange(64, 512), default=224, show_default=True,
    help="Shorter side in pixels of the frames stored of --data.",
)  # fmt: skip
TRAIN = count_option("--train", 400, "Training films.")
TEST = count_option("--test", 150, "Films per test split.")
FILM_OPTIONS = (FILMS, DATA, SHORTER)
"""Options that select the films."""


@click.command()
@FILMS
@DATA
@SHORTER
@click.option("--split", type=click.Choice(SPLIT_NAMES), default="train", show_default=True)
@count_option("--count", 400, "Films.")
@click.option("--sheet", type=FILES, help="Write the frames of the first film to this PNG file.")
def film(films: Path, data: Path | None, shorter: int, split: str, count: int, sheet: Path | None) -> None:
    """Make (or decode) the films of a split. The other commands make missing films themselves."""
    from courtside_training.common.progress import progress
    from courtside_training.skills.films import contact_sheet

    with progress() as bar:
        found = _films(films, split, count, data, shorter, bar)
    if sheet:
        import cv2

        if not cv2.imwrite(str(sheet), contact_sheet(found[0])):
            raise TrainingInputError(f"cannot write {sheet}: name a .png file in a folder that can be written")
    click.echo(f"{len(found)} films, {sum(len(data) for film in found for data in film.jpeg) / 1e6:.0f} MB")


@click.command()
@FILMS
@checkpoint_option("skills")
@THREADS
@TRAIN
@TEST
@count_option("--epochs", None, "Epochs of the temporal layers of each setting.  [default: as in fit]")
@SEED
@OUT
def ablate(
    films: Path, checkpoint: Path, threads: int, train: int, test: int, epochs: int | None, seed: int, out: Path | None
) -> None:
    """The paper's Table 4 on simulated films: frames, sampling, test-time views, with the checkpoint's encoder."""
    from courtside_training.common.progress import progress
    from courtside_training.common.runtime import prepare

    prepare(threads, seed)
    from courtside_training.skills import ablate as ablation
    from courtside_training.skills.train import film_config, load_network

    network, _ = load_network(checkpoint)
    config = film_config(seed, epochs, None, None, False)
    with progress() as bar:
        known, unseen = (_films(films, split, n, None, 0, bar) for split, n in (("train", train), ("test", test)))
        features = (_features(network.encoder, known, "train", bar), _features(network.encoder, unseen, "test", bar))
        task = bar.add_task("", total=None)
        rows = ablation.ablate(
            known, unseen, features, network.encoder, network.config, config,
            lambda name: bar.update(task, description=name),
        )  # fmt: skip
    write_json(out, rows)
    click.echo(ablation.table(rows))


class SkillSystem(System):
    """Simulated highlight films or BASKET to `player_skills`."""

    name = "skills"
    help = "Skill estimation: 20 skills from a highlight film."
    export_specs: ClassVar = {"player_skills": "courtside_training.skills.export_spec"}
    fit_help = "Train the frame encoder on plays (simulated films), then the levels; --data trains both together."
    fit_options = (
        *FILM_OPTIONS, TRAIN,
        count_option("--epochs", None, "Epochs of learning levels.  [default: 60, with --end-to-end 30]"),
        count_option("--encoder-films", None, "Use this many of the films for the frame encoder only. Levels are "
                     "learned from the other films, which the encoder has not seen."),
        count_option("--frame-epochs", 4, "Epochs of learning plays."),
        click.option("--rate", type=click.FloatRange(1e-6, 1.0),
                     help="Peak learning rate of learning levels.  [default: 0.0015, with --end-to-end 0.0005]"),
        click.option("--end-to-end", is_flag=True,
                     help="Train the encoder on levels together with the rest; always so with --data."),
        click.option("--size", type=click.Choice(("small", "base")), default="small", show_default=True,
                     help="base is for a GPU."),
        click.option("--batch", type=click.IntRange(1, 512),
                     help="Films per step.  [default: 16, with --end-to-end 4]"),
        click.option("--init", type=FILES, help="Checkpoint of a detector whose backbone starts the small size."),
    )  # fmt: skip
    evaluate_help = "Measure top-1 accuracy by skill and group: held-out players, unseen seasons, unseen leagues."
    evaluate_options = (
        *FILM_OPTIONS, TRAIN, TEST,
        click.option("--views", type=click.IntRange(1, 2), default=1, show_default=True, help="Test-time views."),
        click.option("--split", "splits", type=click.Choice(SPLIT_NAMES[1:]), multiple=True, default=SPLIT_NAMES[2:],
                     help="Can be repeated.  [default: all test splits]"),
    )  # fmt: skip
    commands = (film, ablate)

    def stages(
        self, context: RunContext, *, films: Path, data: Path | None, shorter: int, train: int, epochs: int | None,
        encoder_films: int | None, frame_epochs: int, rate: float | None, end_to_end: bool, size: str,
        batch: int | None, init: Path | None,
    ) -> Iterator[Stage]:
        """See `System.stages`."""
        from courtside_training.common import checkpoint as checkpoints
        from courtside_training.skills import train as training
        from courtside_training.skills.network import SkillConfig, SkillNetwork

        found = _films(films, "train", None if data else train, data, shorter, context.bar)
        end_to_end = end_to_end or data is not None
        sizes = SkillConfig.base() if size == "base" else SkillConfig()
        config = training.film_config(context.seed, epochs, rate, batch, end_to_end)
        if end_to_end:
            network = SkillNetwork(sizes)
            if init:
                training.load_backbone(network.encoder, init)
            run = training.fit_skills(found, None, network, config, context.checkpoint)
            yield Stage(run, context.checkpoint.is_file())
            return
        shown = found
        if encoder_films is not None:
            if encoder_films >= len(found):
                raise TrainingInputError(
                    f"--encoder-films {encoder_films} leaves no film of {len(found)} for the levels: raise --train"
                )
            shown, found = found[:encoder_films], found[encoder_films:]
        file = context.checkpoint.with_name(context.checkpoint.stem + "-frames.pt")
        frames = training.fit_frames(shown, sizes, training.frame_config(context.seed, frame_epochs), file, init)
        yield Stage(frames, file.is_file())
        network = training.with_encoder(sizes, frames.average.encoder)
        features = _features(network.encoder, found, "train", context.bar)
        run = training.fit_skills(found, features, network, config, context.checkpoint)
        # The temporal part must only be resumed if it was trained on features of this very encoder.
        seen = training.encoder_samples(context.checkpoint)
        yield Stage(run, seen is not None and seen == frames.history.samples)
        history = frames.history
        checkpoints.update(context.checkpoint, training.MODEL, frames={
            "epochs": history.epochs, "samples": history.samples, "seconds": history.seconds,
            "losses": history.losses, "films": encoder_films,
        })  # fmt: skip

    def evaluate(
        self, context: RunContext, *, films: Path, data: Path | None, shorter: int, train: int, test: int, views: int,
        splits: tuple[str, ...],
    ) -> dict[str, Any]:
        """See `System.evaluate`."""
        from courtside_training.skills import evaluate as evaluation
        from courtside_training.skills.train import load_network

        network, _ = load_network(context.checkpoint)
        known = _films(films, "train", None if data else train, data, shorter, context.bar)
        tests = {}
        for split in splits:
            found = _films(films, split, None if data else test, data, shorter, context.bar)
            features = _features(network.encoder, found, split, context.bar)
            tests[split] = (found, evaluation.from_features(network, features, clips=views))
        return evaluation.report(known, tests)

    def tables(self, result: dict[str, Any]) -> str:
        """See `System.tables`."""
        from courtside_training.skills.evaluate import tables

        return tables(result)

    def smoke_runs(self) -> Iterator[SmokeRun]:
        """Three small films and a tiny network, both training steps."""
        from courtside_sim.game_bank import bank
        from courtside_training.common.fit import Fit, FitConfig
        from courtside_training.skills import train as training
        from courtside_training.skills.films import simulated
        from courtside_training.skills.geometry import BANKS, FRAMES, HEIGHT, WIDTH, worlds
        from courtside_training.skills.network import SkillConfig

        # The export takes its samples from the same games, so they are simulated only once.
        source, pair = bank(BANKS["test"][0], 2, 20.0, (WIDTH, HEIGHT)), worlds("train")[0]
        films = [simulated(seed, source, pair, FRAMES) for seed in range(SMOKE_FILMS)]
        tiny = SkillConfig(channels=(8, 8, 16), detector=False, feature=16, width=16, layers=1, heads=2, dropout=0.0)

        def make(checkpoint: Path) -> Fit:
            frames = training.FrameConfig(FitConfig(epochs=1, rate=5e-3, average=0.9), batch=32)
            plays = training.fit_frames(films, tiny, frames, checkpoint.with_name("smoke-frames.pt"))
            plays.run()
            network = training.with_encoder(tiny, plays.average.encoder)
            features = training.film_features(network.encoder, films)
            config = training.FilmConfig(FitConfig(epochs=SMOKE_EPOCHS, rate=2e-2, average=0.9), batch=2)
            return training.fit_skills(films, features, network, config, checkpoint)

        yield SmokeRun("player_skills", make, SMOKE_EPOCHS)


def _films(
    folder: Path, split: str, count: int | None, data: Path | None, shorter: int, bar: Progress
) -> list[Film]:
    """The films of a split; missing ones are made or decoded."""
    from courtside_training.skills import basket
    from courtside_training.skills.films import ensure, ensure_published, load

    if data is None:
        paths, total = ensure(folder, split, count), count
    else:
        samples = basket.training_split(data) if split == "train" else basket.read_split(data, split)
        samples = samples[:count]
        paths, total = ensure_published(samples, folder / f"published-{shorter}" / split, shorter), len(samples)
    return [load(path) for path in bar.track(paths, total=total, description=f"films {split}")]


def _features(encoder: FrameEncoder, films: list[Film], split: str, bar: Progress) -> np.ndarray:
    """Features (films, stored, feature) of the stored frames of films."""
    from courtside_training.skills.train import film_features

    task = bar.add_task(f"features {split}", total=len(films))
    return film_features(encoder, films, lambda done: bar.update(task, completed=done))


SYSTEM = SkillSystem()
"""The system `skills`."""
