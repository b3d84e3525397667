"""`courtside-train detector …`: fit and evaluate the detector, or train one with ultralytics."""

from __future__ import annotations

from pathlib import Path

import click

from courtside_training.common.options import (
    FILES,
    FOLDER,
    RESUME,
    SEED,
    THREADS,
    checkpoint_option,
    rate_option,
    system_group,
    write_json,
)
from courtside_training.errors import TrainingInputError
from courtside_training.shots.geometry import SPLITS

CHECKPOINT = checkpoint_option("detector")
DATA = click.option(
    "--data", type=FOLDER,
    help="Folder with broadcast_train/_valid (COCO) and players17/ (YOLO); without it everything is simulated.",
)


detector = system_group("detector", "The detector of ball, rim, players and referees.")


@detector.command()
@DATA
@CHECKPOINT
@THREADS
@click.option("--epochs", type=click.IntRange(min=1), default=16, show_default=True)
@click.option("--samples", type=click.IntRange(min=8), default=960, show_default=True, help="Pictures an epoch.")
@click.option("--batch", type=click.IntRange(2, 256), default=8, show_default=True)
@rate_option(1e-3)
@SEED
@click.option("--init", type=FILES,
              help="Weights to start from: YOLOX-nano's ONNX file, or a checkpoint of an earlier fit.")  # fmt: skip
@click.option("--mixture", type=click.Choice(("wide", "served")), default="wide", show_default=True,
              help="wide: crops of every scale and quality; served: whole pictures much as they come, to end with.",
              )  # fmt: skip
@RESUME
def fit(
    data: Path | None, checkpoint: Path, threads: int, epochs: int, samples: int, batch: int, rate: float, seed: int,
    init: Path | None, mixture: str, resume: bool,
) -> None:
    """Train; a checkpoint is written after every epoch and when interrupted."""
    from courtside_training.common.runtime import prepare

    prepare(threads, seed)
    from courtside_training.common.fit import FitConfig
    from courtside_training.common.progress import progress, reporter
    from courtside_training.detector.mixture import Mixture
    from courtside_training.detector.published import training_records
    from courtside_training.detector.training import DetectorPlan, make_fit

    run = make_fit(
        training_records(data) if data else [], checkpoint,
        FitConfig(epochs, rate, clip=10.0, average=0.998, seed=seed),
        DetectorPlan(samples, batch), mixture=Mixture.served() if mixture == "served" else Mixture(), start=init,
    )
    if resume:
        run.resume()
    with progress() as bar:
        history = run.run(reporter(bar, epochs, run.steps))
    click.echo(f"trained {history.epochs} epochs, {history.samples} pictures, {history.seconds:.0f} s → {checkpoint}")


@detector.command()
@DATA
@CHECKPOINT
@THREADS
@click.option("--split", type=click.Choice(tuple(SPLITS)), default="test", show_default=True, help="Which games.")
@click.option("--games", type=click.IntRange(1, 1000), default=20, show_default=True, help="Simulated games.")
@click.option("--frames", type=click.IntRange(1, 200), default=12, show_default=True, help="Frames of each.")
@click.option("--out", type=FILES, help="Write what was measured as JSON here.")
def evaluate(
    data: Path | None, checkpoint: Path, threads: int, split: str, games: int, frames: int, out: Path | None
) -> None:
    """AP50 of every class on the published validation sets (with --data) and on held-out simulated games."""
    from courtside_training.common.runtime import prepare

    prepare(threads)
    from courtside_training.common.progress import progress
    from courtside_training.detector.evaluate import full_report, published_sets, tables, torch_run
    from courtside_training.detector.export_spec import EXPORT_SPEC

    if data and not published_sets(data):
        raise TrainingInputError(f"{data} has neither broadcast_valid nor players17/valid")
    model = EXPORT_SPEC.load(checkpoint)
    with progress() as bar:
        task = bar.add_task("evaluate", total=None)
        result = full_report(
            torch_run(model), data, games, frames, split, lambda name: bar.update(task, description=name)
        )
    write_json(out, result)
    click.echo(tables(result))


@detector.command()
@DATA
@click.option("--task", type=click.Choice(("detect", "pose")), default="detect", show_default=True)
@click.option("--weights", default="yolo11n.yaml", show_default=True, help="A .pt file, or a network of the package.")
@click.option("--epochs", type=click.IntRange(min=1), default=50, show_default=True)
@click.option("--size", type=click.IntRange(32, 1920), default=640, show_default=True, help="Side of the pictures.")
@click.option("--games", type=click.IntRange(1, 1000), default=20, show_default=True, help="Simulated games.")
@click.option("--frames", type=click.IntRange(1, 200), default=12, show_default=True, help="Frames of each.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many pictures a split.")
@click.option("--out", type=FOLDER, default=Path("runs/ultralytics"),
              show_default=True)
def ultralytics(
    data: Path | None, task: str, weights: str, epochs: int, size: int, games: int, frames: int, limit: int | None,
    out: Path,
) -> None:
    """Train and export with the ultralytics package (AGPL-3.0, an extra of its own) on the same data."""
    if data and task == "pose":
        raise TrainingInputError("the published sets hold no keypoints: leave --data out with --task pose")
    if weights == "yolo11n.yaml" and task == "pose":
        weights = "yolo11n-pose.yaml"
    from courtside_training.detector.ultralytics_run import load_package, train_and_export
    from courtside_training.detector.yolo_layout import write_layout

    package = load_package()
    layout = write_layout(out / task / "data", task, data, games, frames, limit)
    best, onnx = train_and_export(package, layout, weights, epochs, size, out / task)
    click.echo(f"trained on {layout} → {best}, exported → {onnx}")
