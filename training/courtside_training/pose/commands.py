"""`courtside-train pose …`: label real players with a teacher, fit, evaluate, look, and a quick smoke run of it all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

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

CHECKPOINT = checkpoint_option("pose")
DATA = click.option(
    "--data", type=FOLDER,
    help="Folder in COCO's keypoint layout: annotations/person_keypoints_SPLIT.json and SPLIT/.",
)


def _seeds(split: str, games: int) -> range:
    from courtside_training.shots.geometry import SPLITS

    first, end = SPLITS[split]
    if games > end - first:
        raise TrainingInputError(f"--games {games} is more than the {end - first} games of the {split} split")
    return range(first, first + games)


def _real(data: Path, kind: str, limit: int | None = None) -> tuple[Iterator[list], int, dict[str, Any]]:
    """Lists of people, how many lists, and what the split says of itself."""
    from courtside_training.pose.coco import coco_people, described, read, split_name

    split = split_name(data, kind)
    pictures = read(data, split)[:limit]
    return coco_people(pictures), len(pictures), described(data, split)


pose = system_group("pose", "The pose network: seventeen keypoints of one player in a crop.")


@pose.command()
@click.option("--teacher", type=FILES, required=True,
              help="MoveNet SinglePose Lightning, a .tflite file (needs the package ai-edge-litert).")
@click.option("--pictures", type=FOLDER, required=True,
              help="Folder with people's boxes: _annotations.coco.json, or images/ and labels/ (YOLO).")
@click.option("--out", type=FOLDER, default=Path("runs/pose/taught"),
              show_default=True, help="Folder to write in COCO's keypoint layout; what is there is added to.")
@click.option("--split", type=click.Choice(("train2017", "val2017")), default="train2017", show_default=True)
@click.option("--stretch", type=click.FloatRange(0.25, 4.0), default=1.0, show_default=True,
              help="Widen pictures by this first: 1.7778 for 16:9 squeezed into squares.")
@click.option("--credit", default="", help="Whose pictures, under which licence; goes into the model card.")
def teach(teacher: Path, pictures: Path, out: Path, split: str, stretch: float, credit: str) -> None:
    """Label real players with another network's keypoints, for `fit --data` and `evaluate --data`."""
    from courtside_training.common.progress import progress
    from courtside_training.pose.teacher import MoveNet, boxed_pictures
    from courtside_training.pose.teacher import teach as label

    wanted = boxed_pictures(pictures)
    network, people = MoveNet(teacher), 0
    with progress() as bar:
        task = bar.add_task(f"teach {split}", total=len(wanted))
        for people in label(network, wanted, out, split, stretch, credit):
            bar.update(task, advance=1, description=f"teach {split}  {people} people")
    click.echo(f"{people} people of {split} in {out}")


@pose.command()
@CHECKPOINT
@DATA
@THREADS
@click.option("--games", type=click.IntRange(min=0), default=50, show_default=True, help="Simulated games to film.")
@click.option("--frames", type=click.IntRange(min=1), default=16, show_default=True, help="Pictures of each game.")
@click.option("--epochs", type=click.IntRange(min=1), default=12, show_default=True)
@click.option("--steps", type=click.IntRange(min=1), default=100, show_default=True, help="Batches an epoch.")
@click.option("--batch", type=click.IntRange(2, 512), default=32, show_default=True, help="People a batch.")
@rate_option(2e-3)
@SEED
@RESUME
def fit(
    checkpoint: Path, data: Path | None, threads: int, games: int, frames: int, epochs: int, steps: int, batch: int,
    rate: float, seed: int, resume: bool,
) -> None:
    """Train on simulated players and, with --data, on labelled people, half and half."""
    if not games and not data:
        raise TrainingInputError("nobody to train on: give --games, --data, or both")
    from courtside_training.common.progress import progress, reporter
    from courtside_training.common.runtime import prepare

    prepare(threads, seed)
    from courtside_training.common.fit import FitConfig
    from courtside_training.pose.evaluate import gather
    from courtside_training.pose.simulated import simulated_people
    from courtside_training.pose.train import make_fit

    seeds, sources = _seeds("train", games), {}
    if games:
        sources = {"first": seeds[0], "last": seeds[-1], "frames": frames}
    people: list = []
    with progress() as bar:
        if data:
            real, pictures, said = _real(data, "train")
            sources.update(said)
            task = bar.add_task("read people", total=pictures)
            people += gather(real, lambda _: bar.advance(task))
        if games:
            film = bar.add_task("film players", total=games)
            people += gather(simulated_people(seeds, frames), lambda _: bar.advance(film))
        config = FitConfig(epochs=epochs, rate=rate, seed=seed)
        run = make_fit(people, config, checkpoint, steps=steps, batch=batch, sources=sources)
        if resume:
            run.resume()
        history = run.run(reporter(bar, epochs, steps))
    click.echo(f"trained {history.epochs} epochs, {history.samples} crops, {history.seconds:.0f} s -> {checkpoint}")


@pose.command()
@CHECKPOINT
@DATA
@THREADS
@click.option("--games", type=click.IntRange(min=0), default=20, show_default=True, help="Simulated test games.")
@click.option("--frames", type=click.IntRange(min=1), default=8, show_default=True, help="Pictures of each game.")
@click.option("--shots", type=click.IntRange(min=0), default=10, show_default=True,
              help="Test games of whose shots the steadiness is measured.")
@OUT
def evaluate(
    checkpoint: Path, data: Path | None, threads: int, games: int, frames: int, shots: int, out: Path | None
) -> None:
    """Measure OKS AP, PCK and steadiness on simulated test games and, with --data, on its validation split."""
    from courtside_training.common.progress import progress
    from courtside_training.common.runtime import prepare

    prepare(threads)
    from courtside_training.pose.evaluate import figures, gather, tables, torch_run
    from courtside_training.pose.export_spec import EXPORT_SPEC
    from courtside_training.pose.simulated import simulated_people
    from courtside_training.pose.steadiness import shots as film_shots
    from courtside_training.pose.steadiness import steadiness

    run = torch_run(EXPORT_SPEC.load(checkpoint))
    result: dict[str, Any] = {}
    with progress() as bar:
        if games:
            film = bar.add_task("film test games", total=games)
            people = gather(simulated_people(_seeds("test", games), frames), lambda _: bar.advance(film))
            result["simulated"] = figures(run, people)
        if data:
            real, pictures, said = _real(data, "val")
            task = bar.add_task("read people", total=pictures)
            result["labelled"] = {**figures(run, gather(real, lambda _: bar.advance(task))), **said}
        if shots:
            steady = bar.add_task("steadiness", total=None)
            result["steadiness"] = steadiness(run, film_shots(_seeds("test", shots)))
            bar.update(steady, total=1, completed=1)
    write_json(out, result)
    click.echo(tables(result))


@pose.command()
@CHECKPOINT
@DATA
@click.option("--out", type=FILES, default=Path("runs/pose/preview.png"),
              show_default=True)
@click.option("--count", type=click.IntRange(1, 200), default=40, show_default=True, help="People to show.")
def preview(checkpoint: Path, data: Path | None, out: Path, count: int) -> None:
    """Draw what the network finds on people of the test games, or of --data, into one picture."""
    from courtside_training.common.runtime import prepare

    prepare(1)
    import cv2
    import numpy as np

    from courtside_training.pose.draw import sheet
    from courtside_training.pose.evaluate import batched, gather, torch_run
    from courtside_training.pose.export_spec import EXPORT_SPEC
    from courtside_training.pose.people import stack
    from courtside_training.pose.simulated import simulated_people

    lists = _real(data, "val")[0] if data else simulated_people(_seeds("test", 6), max(1, count // 12))
    people = gather(lists)
    chosen = np.random.default_rng(0).permutation(len(people))[:count]
    crops = stack([people[i] for i in chosen])[0]
    out.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(out), sheet(crops, batched(torch_run(EXPORT_SPEC.load(checkpoint)), crops)))
    click.echo(f"{len(chosen)} people -> {out}")
