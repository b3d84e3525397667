"""`courtside-train rim …`: draw films, fit, evaluate, and a quick smoke run."""

from __future__ import annotations

from pathlib import Path

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

CHECKPOINT = checkpoint_option("rim")
FILMS = click.option(
    "--films", type=FOLDER, default=Path("runs/rim/films"), show_default=True, help="Folder of drawn films."
)


def newest_detector() -> Path:
    """The graph of the newest detector there is."""
    folder = Path("model_repository/court_detector")
    number = max((int(path.name) for path in folder.glob("[0-9]*")), default=1)
    return folder / str(number) / "model.onnx"


rim = system_group("rim", "What became of a shot: made or missed, from pictures and track at the ring.")


@rim.command()
@FILMS
@click.option("--parts", type=click.IntRange(1, 1000), default=30, show_default=True,
              help="Training files, a hundred films (55 MB) each, and two thirds as many of decisive looks only.")
@click.option("--held-out", type=click.IntRange(1, 100), default=4, show_default=True, help="Test files.")
@click.option("--data", type=FOLDER, help="Pictures below this folder serve as backgrounds now and then.")
def draw(films: Path, parts: int, held_out: int, data: Path | None) -> None:
    """Simulate shots and draw what cameras see of them; goes on where it stopped."""
    from courtside_training.common.progress import progress
    from courtside_training.common.runtime import prepare
    from courtside_training.errors import TrainingInputError
    from courtside_training.rim.films import draw_parts
    from courtside_training.shots.geometry import SPLITS

    prepare(1)
    photos = sorted(path for path in data.rglob("*.jpg") if "train" in path.parent.as_posix()) if data else []
    if data and not photos:
        raise TrainingInputError(f"no training pictures (*.jpg) in {data}: name the folder of the detector's data")
    train, test = (SPLITS[split][0] for split in ("train", "test"))
    short = max(1, parts * 2 // 3)
    with progress() as bar:
        task = bar.add_task("files", total=parts + short + held_out)
        for _ in draw_parts(films, range(train, train + short), photos, glances=True):
            bar.advance(task)
        for _ in draw_parts(films, range(train, train + parts), photos):
            bar.advance(task)
        for _ in draw_parts(films, range(test, test + held_out)):
            bar.advance(task)


@rim.command()
@CHECKPOINT
@FILMS
@THREADS
@click.option("--epochs", type=click.IntRange(min=1), default=24, show_default=True)
@click.option("--samples", type=click.IntRange(min=16), default=2000, show_default=True, help="Windows an epoch.")
@rate_option(2e-3)
@SEED
@RESUME
def fit(
    checkpoint: Path, films: Path, threads: int, epochs: int, samples: int, rate: float, seed: int, resume: bool
) -> None:
    """Train; a checkpoint is written after every epoch and when interrupted."""
    from courtside_training.common.fit import FitConfig
    from courtside_training.common.progress import progress, reporter
    from courtside_training.common.runtime import prepare

    prepare(threads, seed)
    from courtside_training.rim.films import film_files
    from courtside_training.rim.train import make_fit
    from courtside_training.shots.geometry import SPLITS

    files, glances = (film_files(films, SPLITS["train"], kind) for kind in ("films", "glances"))
    run = make_fit(files, glances, FitConfig(epochs=epochs, rate=rate, average=0.99, seed=seed), checkpoint, samples)
    if resume:
        run.resume()
    with progress() as bar:
        history = run.run(reporter(bar, epochs, run.steps))
    click.echo(f"{history.epochs} epochs, {history.samples} windows, {history.seconds:.0f} s → {checkpoint}")


@rim.command()
@CHECKPOINT
@FILMS
@THREADS
@OUT
@click.option("--clips", type=FOLDER, help="Real clips, make/*.mp4 and miss/*.mp4, measured as well.")
@click.option("--detections", type=FILES, help="Detector that finds ring and ball on the clips.",
              default=newest_detector, show_default="newest of model_repository")
def evaluate(
    checkpoint: Path, films: Path, threads: int, out: Path | None, clips: Path | None, detections: Path,
) -> None:
    """Measure on shots never trained on, and on real clips."""
    from courtside_training.common.runtime import prepare

    prepare(threads)
    from courtside_training.rim.evaluate import clip_figures, figures, runner, table
    from courtside_training.rim.films import film_files, load_films
    from courtside_training.rim.network import ServedRim, load_rim
    from courtside_training.shots.geometry import SPLITS

    run = runner(ServedRim(load_rim(checkpoint)).eval())
    held = [film for path in film_files(films, SPLITS["test"]) for film in load_films(path)]
    result = figures(run, held)
    if clips:
        from courtside_training.common.progress import progress
        from courtside_training.rim.clips import clip_files, detector, read_clip

        detect, files, found = detector(detections), clip_files(clips), []
        with progress() as bar:
            for path, truth in bar.track(files, description="clips"):
                clip = read_clip(path, truth, detect)
                if clip:
                    found.append(clip)
        result["clips"] = clip_figures(run, found) | {"without_ring": len(files) - len(found)}
    write_json(out, result)
    click.echo(table(result))
