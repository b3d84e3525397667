"""The system `pose`: the 17 keypoints of one player in a crop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from courtside_training.common.options import FILES, FOLDER, checkpoint_option, count_option, rate_option
from courtside_training.common.system import RunContext, SmokeRun, Stage, System
from courtside_training.errors import TrainingInputError

if TYPE_CHECKING:
    from rich.progress import Progress

    from courtside_training.pose.people import Person

SMOKE_EPOCHS = 4
DATA = click.option(
    "--data", type=FOLDER,
    help="Folder in COCO's keypoint layout: annotations/person_keypoints_SPLIT.json and SPLIT/.",
)  # fmt: skip


@click.command()
@click.option("--teacher", type=FILES, required=True,
              help="MoveNet SinglePose Lightning, a .tflite file (needs the package ai-edge-litert).")
@click.option("--pictures", type=FOLDER, required=True,
              help="Folder of images with people's boxes: _annotations.coco.json, or images/ and labels/ (YOLO).")
@click.option("--out", type=FOLDER, default=Path("runs/pose/taught"), show_default=True,
              help="Folder to write in COCO's keypoint layout. Existing content is kept and extended.")
@click.option("--split", type=click.Choice(("train2017", "val2017")), default="train2017", show_default=True)
@click.option("--stretch", type=click.FloatRange(0.25, 4.0), default=1.0, show_default=True,
              help="Factor for the width of images, applied first: 1.7778 for 16:9 frames squeezed into squares.")
@click.option("--credit", default="", help="Owner and licence of the images, shown in the model card.")  # fmt: skip
def teach(teacher: Path, pictures: Path, out: Path, split: str, stretch: float, credit: str) -> None:
    """Label real players with another network's keypoints, for `fit --data` and `evaluate --data`."""
    from courtside_training.common.progress import progress
    from courtside_training.pose.teacher import MoveNet, boxed_images
    from courtside_training.pose.teacher import teach as label

    images = boxed_images(pictures)
    network, people = MoveNet(teacher), 0
    with progress() as bar:
        task = bar.add_task(f"teach {split}", total=len(images))
        for people in label(network, images, out, split, stretch, credit):
            bar.update(task, advance=1, description=f"teach {split}  {people} people")
    click.echo(f"{people} people of {split} in {out}")


@click.command()
@checkpoint_option("pose")
@DATA
@click.option("--out", type=FILES, default=Path("runs/pose/preview.png"), show_default=True, help="PNG file to write.")
@click.option("--count", type=click.IntRange(1, 200), default=40, show_default=True, help="People to show.")
def preview(checkpoint: Path, data: Path | None, out: Path, count: int) -> None:
    """Draw the predictions on people of the test games, or of --data, into one image."""
    from courtside_training.common.progress import progress
    from courtside_training.common.runtime import prepare

    prepare(1)
    import cv2
    import numpy as np

    from courtside_training.pose.draw import sheet
    from courtside_training.pose.evaluate import batched, crop_run
    from courtside_training.pose.export_spec import EXPORT_SPEC
    from courtside_training.pose.people import stack

    with progress() as bar:
        people = _labelled(data, "val", bar)[0] if data else _simulated("test", 6, max(1, count // 12), bar)
    chosen = np.random.default_rng(0).permutation(len(people))[:count]
    crops = stack([people[i] for i in chosen])[0]
    out.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(out), sheet(crops, batched(crop_run(EXPORT_SPEC.load(checkpoint)), crops)))
    click.echo(f"{len(chosen)} people → {out}")


@click.command()
@click.option("--checkpoint", type=FILES, required=True, help="MediaPipe's pose_landmark_full.tflite, or lite.")
@click.option("--reference", type=FILES, required=True, help="The network to agree with: pose_landmark_heavy.tflite.")
@click.option("--pictures", type=FOLDER,
              help="Folder of images with people's boxes: _annotations.coco.json, or images/ and labels/ (YOLO).")
@click.option("--stretch", type=click.FloatRange(0.25, 4.0), default=1.0, show_default=True,
              help="Factor for the width of images, applied first: 1.7778 for 16:9 frames squeezed into squares.")
@click.option("--credit", default="", help="Owner and licence of the images, shown in the model card.")
@click.option("--count", type=click.IntRange(2, 10_000), default=300, show_default=True, help="People of each kind.")
@click.option("--out", type=FILES, help="JSON file to write, for `courtside-export player_pose --evaluation`.")
def compare(
    checkpoint: Path, reference: Path, pictures: Path | None, stretch: float, credit: str, count: int, out: Path | None
) -> None:
    """Measure how far BlazePose networks agree on real players and on simulated ones."""
    import json

    from courtside_training.common.progress import progress
    from courtside_training.common.running import torch_run
    from courtside_training.common.runtime import prepare
    from courtside_training.pose.agreement import agreement, real_crops, simulated_crops, tables
    from courtside_training.pose.blazepose_export import EXPORT_SPEC
    from courtside_training.pose.teacher import boxed_images

    prepare(1)
    small, large = (torch_run(EXPORT_SPEC.load(path)) for path in (checkpoint, reference))
    result: dict[str, Any] = {"reference": reference.stem, "credit": credit}
    with progress() as bar:
        for kind in ("real players", "simulated players"):
            task = bar.add_task(kind, total=count)
            if kind == "simulated players":
                crops = simulated_crops(count, _seeds("test", 1)[0])
            elif pictures is not None:
                crops = real_crops(boxed_images(pictures), count, stretch)
            else:
                continue
            result[kind] = agreement(lambda some: small((some,)), lambda some: large((some,)), crops)
            bar.update(task, completed=count)
    click.echo(tables(result))
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(result))


class PoseSystem(System):
    """Simulated and labelled people to `player_pose_small`, and BlazePose to `player_pose`."""

    name = "pose"
    help = "Keypoints of one player."
    export_specs: ClassVar = {
        "player_pose": "courtside_training.pose.blazepose_export",
        "player_pose_small": "courtside_training.pose.export_spec",
    }
    sample = "crops"
    fit_help = "Train on simulated players and, with --data, on labelled people, in equal shares."
    fit_options = (
        DATA, count_option("--games", 50, "Simulated games.", least=0),
        count_option("--frames", 16, "Frames per game."), count_option("--epochs", 12),
        count_option("--steps", 100, "Batches per epoch."),
        click.option("--batch", type=click.IntRange(2, 512), default=32, show_default=True, help="People per batch."),
        rate_option(2e-3),
    )  # fmt: skip
    evaluate_help = "Measure OKS AP, PCK and steadiness on simulated test games, and on the validation split of --data."
    evaluate_options = (
        DATA, count_option("--games", 20, "Simulated test games.", least=0),
        count_option("--frames", 8, "Frames per game."),
        count_option("--shots", 10, "Test games on whose shots the steadiness is measured.", least=0),
    )  # fmt: skip
    commands = (teach, preview, compare)

    def stages(
        self, context: RunContext, *, data: Path | None, games: int, frames: int, epochs: int, steps: int, batch: int,
        rate: float,
    ) -> Iterator[Stage]:
        """See `System.stages`."""
        if not games and not data:
            raise TrainingInputError("no people to train on: give --games, --data, or both")
        from courtside_training.common.fit import FitConfig
        from courtside_training.pose.train import make_fit

        seeds = _seeds("train", games)
        people: list[Person] = []
        sources: dict[str, Any] = {"first": seeds[0], "last": seeds[-1], "frames": frames} if games else {}
        if data:
            people, origin = _labelled(data, "train", context.bar)
            sources.update(origin)
        if games:
            people += _simulated("train", games, frames, context.bar)
        config = FitConfig(epochs=epochs, rate=rate, seed=context.seed)
        yield Stage(make_fit(people, config, context.checkpoint, steps=steps, batch=batch, sources=sources))

    def evaluate(
        self, context: RunContext, *, data: Path | None, games: int, frames: int, shots: int
    ) -> dict[str, Any]:
        """See `System.evaluate`."""
        from courtside_training.pose.evaluate import crop_run, figures
        from courtside_training.pose.export_spec import EXPORT_SPEC
        from courtside_training.pose.steadiness import shots as simulated_shots
        from courtside_training.pose.steadiness import steadiness

        run = crop_run(EXPORT_SPEC.load(context.checkpoint))
        result: dict[str, Any] = {}
        if games:
            result["simulated"] = figures(run, _simulated("test", games, frames, context.bar))
        if data:
            people, origin = _labelled(data, "val", context.bar)
            result["labelled"] = {**figures(run, people), **origin}
        if shots:
            task = context.bar.add_task("steadiness", total=None)
            result["steadiness"] = steadiness(run, simulated_shots(_seeds("test", shots)))
            context.bar.update(task, total=1, completed=1)
        return result

    def tables(self, result: dict[str, Any]) -> str:
        """See `System.tables`."""
        from courtside_training.pose.evaluate import tables

        return tables(result)

    def smoke_runs(self) -> Iterator[SmokeRun]:
        """Eight simulated players and a narrow network."""
        from courtside_training.common.fit import Fit, FitConfig
        from courtside_training.pose.augment import AugmentConfig
        from courtside_training.pose.network import NetworkConfig
        from courtside_training.pose.simulated import game_people
        from courtside_training.pose.train import make_fit

        people = list(game_people(2, 2))[:8]
        gentle = AugmentConfig(background=0, cover=0, truncate=0, motion=0, turn=5.0, scale=0.05, move=0.02)
        sizes = NetworkConfig((8, 16, 24, 32), (1, 1, 1))

        def make(checkpoint: Path) -> Fit:
            config = FitConfig(epochs=SMOKE_EPOCHS, rate=6e-3, average=0.9)
            return make_fit(people, config, checkpoint, steps=10, batch=8, network=sizes, augmentation=gentle)

        yield SmokeRun("player_pose_small", make, SMOKE_EPOCHS)


def _seeds(split: str, games: int) -> range:
    from courtside_training.common.splits import SPLITS

    first, end = SPLITS[split]
    if games > end - first:
        raise TrainingInputError(f"the {split} split has {end - first} games: lower --games from {games}")
    return range(first, first + games)


def _simulated(split: str, games: int, frames: int, bar: Progress) -> list[Person]:
    from courtside_training.pose.evaluate import gather
    from courtside_training.pose.simulated import simulated_people

    task = bar.add_task(f"games {split}", total=games)
    return gather(simulated_people(_seeds(split, games), frames), lambda _: bar.advance(task))


def _labelled(data: Path, kind: str, bar: Progress) -> tuple[list[Person], dict[str, Any]]:
    """The people of a split of a data set, and their origin."""
    from courtside_training.pose.coco import coco_people, provenance, read, split_name
    from courtside_training.pose.evaluate import gather

    split = split_name(data, kind)
    images = read(data, split)
    task = bar.add_task(f"people {split}", total=len(images))
    return gather(coco_people(images), lambda _: bar.advance(task)), provenance(data, split)


SYSTEM = PoseSystem()
"""The system `pose`."""
