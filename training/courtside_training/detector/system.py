"""The system `detector`: ball, rims, players and referees in one image."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from courtside_training.common.options import (
    FILES,
    FOLDER,
    OUT,
    SEED,
    THREADS,
    count_option,
    rate_option,
    write_json,
)
from courtside_training.common.splits import SPLITS
from courtside_training.common.system import RunContext, SmokeRun, Stage, System
from courtside_training.errors import TrainingInputError

if TYPE_CHECKING:
    from courtside_training.detector.mixture import Mixture

SMOKE_EPOCHS = 6
DATA = click.option(
    "--data", type=FOLDER,
    help="Folder with broadcast_train/_valid (COCO) and players17/ (YOLO). Without it, all images are simulated.",
)  # fmt: skip
GAMES = click.option("--games", type=click.IntRange(1, 1000), default=20, show_default=True, help="Simulated games.")
FRAMES = click.option("--frames", type=click.IntRange(1, 200), default=12, show_default=True, help="Frames per game.")


@click.command()
@DATA
@click.option("--task", type=click.Choice(("detect", "pose")), default="detect", show_default=True)
@click.option("--weights", default="yolo11n.yaml", show_default=True, help="A .pt file, or a network of the package.")
@count_option("--epochs", 50)
@click.option("--size", type=click.IntRange(32, 1920), default=640, show_default=True, help="Side of the images.")
@GAMES
@FRAMES
@count_option("--limit", None, "Largest number of images per split.")
@click.option("--out", type=FOLDER, default=Path("runs/ultralytics"), show_default=True)
def ultralytics(
    data: Path | None, task: str, weights: str, epochs: int, size: int, games: int, frames: int, limit: int | None,
    out: Path,
) -> None:
    """Train and export with the ultralytics package (AGPL-3.0, a separate extra) on the same data."""
    if data and task == "pose":
        raise TrainingInputError("the published sets have no keypoints: leave out --data with --task pose")
    if weights == "yolo11n.yaml" and task == "pose":
        weights = "yolo11n-pose.yaml"
    from courtside_training.detector.ultralytics_run import load_package, train_and_export
    from courtside_training.detector.yolo_layout import write_layout

    package = load_package()
    layout = write_layout(out / task / "data", task, data, games, frames, limit)
    best, onnx = train_and_export(package, layout, weights, epochs, size, out / task)
    click.echo(f"trained on {layout} → {best}, exported → {onnx}")


@click.command()
@DATA
@click.option("--out", type=FOLDER, default=Path("runs/detector/bank"), show_default=True)
@count_option("--count", 3000, "Number of images.")
@click.option("--split", type=click.Choice(tuple(SPLITS)), default="train", show_default=True)
@SEED
def draw(data: Path | None, out: Path, count: int, split: str, seed: int) -> None:
    """Draw close views, zooms of published frames and composites once, for `fit --bank` and for `evaluate --bank`."""
    from courtside_training.common.progress import progress
    from courtside_training.detector.bank import write_bank
    from courtside_training.detector.published import training_records, validation_records

    records = [] if data is None else training_records(data) if split == "train" else validation_records(data)
    with progress() as bar:
        task = bar.add_task("draw", total=count)
        write_bank(out, records, count, seed, split, lambda done: bar.update(task, completed=done))
    click.echo(f"drew {count} images → {out}")


@click.command()
@click.option("--first", type=FILES, required=True, help="The weights that a fit started from: an exported detector.")
@click.option("--second", type=FILES, required=True, help="Checkpoint of that fit.")
@click.option("--share", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Share of the second.")
@click.option("--out", type=FILES, default=Path("runs/detector/blend.pt"), show_default=True)
def blend(first: Path, second: Path, share: float, out: Path) -> None:
    """Average the weights before and after a fit: keeps most of what both know."""
    from courtside_training.detector.training import blend_weights

    blend_weights(first, second, share, out)
    click.echo(f"{1 - share:g} of {first} and {share:g} of {second} → {out}")


@click.command("people")
@DATA
@click.option("--weights", type=FILES, required=True, help="YOLOX-nano's published ONNX file.")
@click.option("--bank", type=FOLDER, help="Folder of images of `detector draw` to measure on.")
@THREADS
@OUT
def measure_people(data: Path | None, weights: Path, bank: Path | None, threads: int, out: Path | None) -> None:
    """Measure `person_detector`, which is YOLOX-nano's person class; `courtside-export` takes the same file."""
    from courtside_training.common.running import torch_run
    from courtside_training.common.runtime import prepare
    from courtside_training.detector.bank import Bank
    from courtside_training.detector.evaluate import people_report, people_table
    from courtside_training.detector.people import restore
    from courtside_training.detector.people_export_spec import HEIGHT, WIDTH

    prepare(threads)
    result = people_report(torch_run(restore(weights)), data, HEIGHT * WIDTH, Bank(bank) if bank else None)
    write_json(out, result)
    click.echo(people_table(result))


def _mixture(name: str) -> Mixture:
    from courtside_training.detector.mixture import Mixture

    if name == "wide":
        return Mixture()
    return {"served": Mixture.served, "any": Mixture.any_camera, "rehearsed": Mixture.rehearsed}[name]()


class DetectorSystem(System):
    """Published and simulated images to `court_detector`."""

    name = "detector"
    help = "Ball, rim, player and referee detector."
    export_specs: ClassVar = {
        "court_detector": "courtside_training.detector.export_spec",
        "person_detector": "courtside_training.detector.people_export_spec",
    }
    sample = "images"
    fit_options = (
        DATA, count_option("--epochs", 16), count_option("--samples", 960, "Images per epoch.", least=8),
        click.option("--batch", type=click.IntRange(2, 256), default=8, show_default=True, help="Images per step."),
        rate_option(1e-3),
        click.option("--init", type=FILES,
                     help="Weights to start from: YOLOX-nano's or an exported court_detector's ONNX file, or a "
                     "checkpoint of an earlier fit."),
        click.option("--mixture", type=click.Choice(("wide", "served", "any", "rehearsed")), default="wide",
                     show_default=True,
                     help="wide: crops of all scales and qualities. served: whole images similar to served ones, for "
                     "the last epochs. any: all shapes and lights, with the images of --bank. rehearsed: the same with "
                     "mostly whole frames, for the last epochs."),
        click.option("--bank", type=FOLDER, help="Folder of drawn images, made with `detector draw`."),
        click.option("--frozen", is_flag=True, help="Keep the layers down to stride 4 as they are; a fifth faster."),
    )  # fmt: skip
    evaluate_help = "Measure AP50 of every class on published validation sets (--data) and on held-out simulated games."
    evaluate_options = (
        DATA, click.option("--split", type=click.Choice(tuple(SPLITS)), default="test", show_default=True,
                           help="Split of the simulated games."),
        GAMES, FRAMES, click.option("--bank", type=FOLDER, help="Folder of images of `detector draw` to measure on."),
    )  # fmt: skip
    commands = (ultralytics, draw, blend, measure_people)

    def stages(
        self, context: RunContext, *, data: Path | None, epochs: int, samples: int, batch: int, rate: float,
        init: Path | None, mixture: str, bank: Path | None, frozen: bool,
    ) -> Iterator[Stage]:
        """See `System.stages`."""
        from courtside_training.common.fit import FitConfig
        from courtside_training.detector.bank import Bank
        from courtside_training.detector.published import training_records
        from courtside_training.detector.training import DetectorPlan, make_fit

        yield Stage(
            make_fit(
                training_records(data) if data else [], context.checkpoint,
                # A short run averages over its last tenth: the first steps are far from the end.
                FitConfig(
                    epochs, rate, clip=10.0, average=min(0.998, 1 - 10 / (10 + epochs * (samples // batch))),
                    seed=context.seed,
                ),
                DetectorPlan(samples, batch),
                mixture=_mixture(mixture), start=init,
                bank=Bank(bank) if bank else None, frozen=frozen,
            )
        )  # fmt: skip

    def evaluate(
        self, context: RunContext, *, data: Path | None, split: str, games: int, frames: int, bank: Path | None
    ) -> dict[str, Any]:
        """See `System.evaluate`."""
        from courtside_training.common.running import torch_run
        from courtside_training.detector.bank import Bank
        from courtside_training.detector.evaluate import full_report, published_sets
        from courtside_training.detector.export_spec import EXPORT_SPEC

        if data and not published_sets(data):
            raise TrainingInputError(f"{data} has neither broadcast_valid nor players17/valid: give another --data")
        run = torch_run(EXPORT_SPEC.load(context.checkpoint))
        task = context.bar.add_task("evaluate", total=None)
        return full_report(
            run, data, games, frames, split, lambda name: context.bar.update(task, description=name),
            Bank(bank) if bank else None,
        )

    def tables(self, result: dict[str, Any]) -> str:
        """See `System.tables`."""
        from courtside_training.detector.evaluate import tables

        return tables(result)

    def smoke_runs(self) -> Iterator[SmokeRun]:
        """Small simulated images and a narrow network."""
        from courtside_training.common.fit import Fit, FitConfig
        from courtside_training.detector.mixture import Mixture
        from courtside_training.detector.network import DetectorConfig
        from courtside_training.detector.training import DetectorPlan, make_fit

        mixture = Mixture(sizes=((128, 192),), seconds=4.0, games=1, uses=24)

        def make(checkpoint: Path) -> Fit:
            config = FitConfig(epochs=SMOKE_EPOCHS, rate=2e-2, average=0.9)
            sizes = DetectorConfig(width=0.25, head=16)
            return make_fit([], checkpoint, config, DetectorPlan(samples=16, batch=4), sizes, mixture)

        yield SmokeRun("court_detector", make, SMOKE_EPOCHS)


SYSTEM = DetectorSystem()
"""The system `detector`."""
