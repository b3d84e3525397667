"""The system `rim`: made or missed, from small images and the ball's track at the rim."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import click

from courtside_training.common.options import FILES, FOLDER, cache_option, count_option, rate_option
from courtside_training.common.splits import SPLITS
from courtside_training.common.system import RunContext, SmokeRun, Stage, System
from courtside_training.errors import TrainingInputError

FILMS = cache_option("--films", "runs/rim/films", "Folder of simulated films.")
SMOKE_EPOCHS = 4


def newest_detector() -> Path:
    """The graph of the newest detector in model_repository."""
    folder = Path("model_repository/court_detector")
    number = max((int(path.name) for path in folder.glob("[0-9]*")), default=1)
    return folder / str(number) / "model.onnx"


@click.command()
@FILMS
@click.option("--parts", type=click.IntRange(1, 1000), default=30, show_default=True,
              help="Training files of a hundred films (55 MB) each; two thirds as many files of glances are added.")
@click.option("--held-out", type=click.IntRange(1, 100), default=4, show_default=True, help="Test files.")
@click.option("--data", type=FOLDER, help="Folder with photos; some films get a part of one as their background.")
def draw(films: Path, parts: int, held_out: int, data: Path | None) -> None:
    """Simulate shots and draw what cameras see of them; files that exist already are kept."""
    from courtside_training.common.progress import progress
    from courtside_training.common.runtime import prepare
    from courtside_training.rim.films import draw_parts

    prepare(1)
    photos = sorted(path for path in data.rglob("*.jpg") if "train" in path.parent.as_posix()) if data else []
    if data and not photos:
        raise TrainingInputError(f"no training photos (*.jpg) in {data}: name the folder of the detector's data")
    train, test = (SPLITS[split][0] for split in ("train", "test"))
    glances = max(1, parts * 2 // 3)
    with progress() as bar:
        task = bar.add_task("files", total=parts + glances + held_out)
        for _ in draw_parts(films, range(train, train + glances), photos, glances=True):
            bar.advance(task)
        for _ in draw_parts(films, range(train, train + parts), photos):
            bar.advance(task)
        for _ in draw_parts(films, range(test, test + held_out)):
            bar.advance(task)


class RimSystem(System):
    """Simulated films to `rim_result`."""

    name = "rim"
    help = "Results: made or missed, from images and track at the rim."
    export_specs: ClassVar = {"rim_result": "courtside_training.rim.export_spec"}
    sample = "windows"
    fit_options = (
        FILMS, count_option("--epochs", 24), count_option("--samples", 2000, "Windows per epoch.", least=16),
        rate_option(2e-3),
    )  # fmt: skip
    evaluate_help = "Measure on simulated shots that were not trained on, and on real clips."
    evaluate_options = (
        FILMS,
        click.option("--clips", type=FOLDER, help="Real clips, make/*.mp4 and miss/*.mp4, measured as well."),
        click.option("--detections", type=FILES, help="Detector that finds rim and ball on the clips.",
                     default=newest_detector, show_default="newest of model_repository"),
    )  # fmt: skip
    commands = (draw,)

    def stages(self, context: RunContext, *, films: Path, epochs: int, samples: int, rate: float) -> Iterator[Stage]:
        """See `System.stages`."""
        from courtside_training.common.fit import FitConfig
        from courtside_training.rim.films import film_files
        from courtside_training.rim.train import make_fit

        files, glances = (film_files(films, SPLITS["train"], kind) for kind in ("films", "glances"))
        config = FitConfig(epochs=epochs, rate=rate, average=0.99, seed=context.seed)
        yield Stage(make_fit(files, glances, config, context.checkpoint, samples))

    def evaluate(self, context: RunContext, *, films: Path, clips: Path | None, detections: Path) -> dict[str, Any]:
        """See `System.evaluate`."""
        from courtside_training.common.running import torch_run
        from courtside_training.rim.evaluate import clip_figures, figures
        from courtside_training.rim.films import film_files, load_films
        from courtside_training.rim.network import ServedRim, load_rim

        run = torch_run(ServedRim(load_rim(context.checkpoint)).eval(), batch=16)
        result = figures(run, [film for path in film_files(films, SPLITS["test"]) for film in load_films(path)])
        if clips:
            from courtside_training.rim.clips import clip_files, detector, read_clip

            detect, files, found = detector(detections), clip_files(clips), []
            for path, truth in context.bar.track(files, description="clips"):
                clip = read_clip(path, truth, detect)
                if clip:
                    found.append(clip)
            result["clips"] = clip_figures(run, found) | {"without_rim": len(files) - len(found)}
        return result

    def tables(self, result: dict[str, Any]) -> str:
        """See `System.tables`."""
        from courtside_training.rim.evaluate import table

        return table(result)

    def smoke_runs(self) -> Iterator[SmokeRun]:
        """Four films and a narrow network."""
        from courtside_training.common.fit import Fit, FitConfig
        from courtside_training.rim.films import draw_films, save_films
        from courtside_training.rim.network import RimConfig
        from courtside_training.rim.train import make_fit

        with tempfile.TemporaryDirectory() as folder:
            films = Path(folder) / "films-000003.npz"
            save_films(films, draw_films(4, 3))

            def make(checkpoint: Path) -> Fit:
                config = FitConfig(epochs=SMOKE_EPOCHS, rate=4e-3, average=0.8)
                return make_fit([films], [], config, checkpoint, 24, (6, 8), RimConfig(6, 8, 12, 16))

            yield SmokeRun("rim_result", make, SMOKE_EPOCHS)


SYSTEM = RimSystem()
