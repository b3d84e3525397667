"""`courtside-train shots …`: render or import film, fit, calibrate, evaluate, ablate, and a quick smoke run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from courtside_training.common.options import FILES, FOLDER, RESUME, SEED, THREADS, system_group, write_json
from courtside_training.errors import TrainingInputError
from courtside_training.shots.geometry import SPLITS

HOME = Path("runs/shots")
FILM = click.option("--film", type=FOLDER, default=HOME / "film", show_default=True, help="Folder of film.")
GAMES = click.option("--games", type=click.IntRange(min=1), help="Use only the first so many games.")
WHOLE = click.option(
    "--checkpoint", type=FILES, default=HOME / "last.pt", show_default=True, help="Of the clip network, or of VideoMAE."
)


def _games(film: Path, split: str, limit: int | None) -> list[Any]:
    from courtside_training.shots.footage import load, stored

    seeds = stored(film, SPLITS[split])[:limit]
    if not seeds:
        raise TrainingInputError(
            f"no {split} film in {film}: run `courtside-train shots render --split {split} --film {film}`"
        )
    return [load(seed, film) for seed in seeds]


def _run(fit: Any, resume: bool) -> None:
    """Train with a progress bar; say what was done."""
    from courtside_training.common.progress import progress, reporter

    if resume:
        fit.resume()
    with progress() as bar:
        history = fit.run(reporter(bar, fit.config.epochs, fit.steps))
    click.echo(
        f"trained {history.epochs} epochs, {history.samples} samples, {history.seconds:.0f} s, "
        f"loss {history.losses[-1]['total']:.3f} → {fit.checkpoint}"
    )


shots = system_group("shots", "Shot analytics: was a ball shot, when, from where, and will it go in.")


@shots.command()
@FILM
@click.option("--split", type=click.Choice(tuple(SPLITS)), default="train", show_default=True)
@click.option("--games", type=click.IntRange(1, 9000), default=20, show_default=True, help="Games.")
@click.option("--first", type=click.IntRange(min=0), help="First seed instead of the split's own.")
@click.option("--duration", type=click.FloatRange(10, 600), default=60.0, show_default=True, help="Seconds a game.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes.")
def render(film: Path, split: str, games: int, first: int | None, duration: float, workers: int) -> None:
    """Simulate and film games of a split into a folder; those already there are kept."""
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


@shots.command()
@click.option("--model", type=click.Choice(("light", "videomae-tiny", "videomae-small", "videomae-base")),
              default="light", show_default=True)
@click.option("--film", type=FOLDER, help="Folder of film.  [default: runs/shots/film, with --labels runs/shots/real]")
@click.option("--labels", type=FILES, help="CSV of shots on real film: video, release_time, type, made, x, y.")
@click.option("--films", type=FOLDER, help="Folder with the videos of --labels.")
@click.option("--court", type=click.Choice(("nba", "fiba")), default="nba", show_default=True,
              help="Whose three-point line parts the zones of --labels.")
@click.option("--loader", type=click.Choice(("auto", "pyav", "dali")), default="auto", show_default=True,
              help="What decodes --films; DALI needs a GPU.")
@click.option("--init", help="VideoMAE: begin with this local folder or cached hub name.")
@click.option("--checkpoint", type=FILES, help="[default: runs/shots/last.pt, or runs/shots/videomae.pt]")
@THREADS
@GAMES
@click.option("--epochs", type=click.IntRange(min=1), default=14, show_default=True)
@click.option("--positives", type=click.IntRange(min=1), default=400, show_default=True,
              help="Windows with a release an epoch; twice as many without are added.")
@click.option("--batch", type=click.IntRange(2, 256), help="Windows a step.  [default: by model]")
@click.option("--rate", type=click.FloatRange(1e-6, 1.0), help="Peak learning rate.  [default: by model]")
@click.option("--focal", is_flag=True, help="Focal loss for the shot head.")
@click.option("--zone-balanced", is_flag=True, help="Draw every zone equally often.")
@SEED
@RESUME
def fit(
    model: str, film: Path | None, labels: Path | None, films: Path | None, court: str, loader: str, init: str | None,
    checkpoint: Path | None, threads: int, games: int | None, epochs: int, positives: int, batch: int | None,
    rate: float | None, focal: bool, zone_balanced: bool, seed: int, resume: bool,
) -> None:
    """Train; a checkpoint is written after every epoch and when interrupted."""
    if (labels is None) != (films is None):
        raise TrainingInputError("--labels and --films belong together: give both")
    if init is not None and model == "light":
        raise TrainingInputError("--init is for VideoMAE: choose a --model videomae-…")
    film = film or HOME / ("real" if labels else "film")
    if labels is not None and films is not None:
        _import(labels, films, film, court, loader, seed)
    found = _games(film, "train", games)
    from courtside_training.common.runtime import prepare

    prepare(threads, seed)
    from courtside_training.shots.models import BATCH, RATE
    from courtside_training.shots.train import TrainConfig, light_fit

    config = TrainConfig(
        seed=seed, epochs=epochs, positives=positives, batch=batch or BATCH[model], rate=rate or RATE[model],
        focal=focal, zone_balanced=zone_balanced,
    )
    if model == "light":
        _run(light_fit(found, config, checkpoint or HOME / "last.pt"), resume)
        return
    from courtside_training.shots.videomae import SIZES, videomae_fit

    size = SIZES[model.removeprefix("videomae-")]
    _run(videomae_fit(found, size, config, checkpoint or HOME / "videomae.pt", init), resume)


def _import(labels: Path, films: Path, film: Path, court: str, loader: str, seed: int) -> None:
    from courtside_training.shots.films import import_films
    from courtside_training.shots.shot_labels import read_labels

    found = import_films(
        read_labels(labels, court), films, film, loader, seed, lambda name: click.echo(f"decoded {name}", err=True)
    )
    click.echo("  ".join(f"{split}: {len(videos)} videos" for split, videos in found.items()), err=True)


def _moments(default: str, steps: int, batch: int, rate: float) -> Any:
    """Options that the two small networks share."""
    def wrap(command: Any) -> Any:
        for option in reversed((
            FILM,
            click.option("--checkpoint", type=FILES, default=HOME / default, show_default=True),
            THREADS, GAMES,
            click.option("--steps", type=click.IntRange(min=1), default=steps, show_default=True),
            click.option("--batch", type=click.IntRange(2, 512), default=batch, show_default=True),
            click.option("--rate", type=click.FloatRange(1e-6, 1.0), default=rate, show_default=True),
            SEED, RESUME,
        )):
            command = option(command)
        return command
    return wrap


@shots.command()
@click.option("--onnx", type=FILES, required=True, help="Exported `shot_clip`, such as model.onnx of the repository.")
@click.option("--checkpoint", type=FILES, default=HOME / "last.pt", show_default=True, help="To write.")
def restore(onnx: Path, checkpoint: Path) -> None:
    """Read an exported model back into a checkpoint, to train parts of it further and export it anew."""
    from courtside_training.shots.restore import restored_checkpoint

    restored_checkpoint(onnx, checkpoint)
    click.echo(f"restored {onnx} → {checkpoint}")


@shots.command()
@WHOLE
@click.option("--place", type=FILES, help="Of `fit-place`.")
@click.option("--result", type=FILES, help="Of `fit-result`.")
def join(checkpoint: Path, place: Path | None, result: Path | None) -> None:
    """Put newly trained small networks into a checkpoint whose calibration stays as it is."""
    from courtside_training.shots.train import join as joined

    parts = {name: path for name, path in (("placer", place), ("result", result)) if path is not None}
    if not parts:
        raise TrainingInputError("nothing to join: give --place, --result or both")
    joined(checkpoint, **parts)
    click.echo(f"joined {' and '.join(parts)} → {checkpoint}")


@shots.command("fit-place")
@_moments("place.pt", 2000, 32, 2e-3)
@click.option("--init", type=FILES, help="Go on from the placing network of this exported `shot_clip` (ONNX).")
def fit_place(
    film: Path, checkpoint: Path, threads: int, games: int | None, steps: int, batch: int, rate: float, seed: int,
    resume: bool, init: Path | None,
) -> None:
    """Train the placing network: from which zone. `calibrate` or `join` joins it to the clip network."""
    found = _games(film, "train", games)
    from courtside_training.common.runtime import prepare

    prepare(threads, seed)
    from courtside_training.shots.place_train import MomentConfig, place_fit
    from courtside_training.shots.restore import restore as restored

    begin = restored(init).placer if init else None
    _run(place_fit(found, MomentConfig(steps, batch, rate, seed), checkpoint, init=begin), resume)


@shots.command("fit-result")
@_moments("result.pt", 1500, 64, 2e-3)
def fit_result(
    film: Path, checkpoint: Path, threads: int, games: int | None, steps: int, batch: int, rate: float, seed: int,
    resume: bool,
) -> None:
    """Train the result network: did it go in. `calibrate` joins it to the clip network."""
    found = _games(film, "train", games)
    from courtside_training.common.runtime import prepare

    prepare(threads, seed)
    from courtside_training.shots.place_train import MomentConfig, result_fit

    _run(result_fit(found, MomentConfig(steps, batch, rate, seed), checkpoint), resume)


@shots.command()
@FILM
@WHOLE
@click.option("--place", type=FILES, default=HOME / "place.pt", show_default=True, help="Of `fit-place`.")
@click.option("--result", type=FILES, default=HOME / "result.pt", show_default=True, help="Of `fit-result`.")
@THREADS
@GAMES
def calibrate(film: Path, checkpoint: Path, place: Path, result: Path, threads: int, games: int | None) -> None:
    """Join the three networks, then fit threshold and temperature on validation film into the checkpoint."""
    found = _games(film, "validation", games)
    from courtside_training.common.runtime import prepare

    prepare(threads)
    from courtside_training.common import checkpoint as checkpoints
    from courtside_training.common.progress import progress
    from courtside_training.errors import TrainingInputError
    from courtside_training.shots.calibrate import calibrate as fitted
    from courtside_training.shots.calibrate import make_temperature
    from courtside_training.shots.evaluate import ask, torch_model
    from courtside_training.shots.geometry import STRIDE_S
    from courtside_training.shots.models import load_any
    from courtside_training.shots.train import SYSTEM, VIDEOMAE, join
    from courtside_training.shots.windows import hop_windows

    system = VIDEOMAE
    try:
        checkpoints.load(checkpoint, SYSTEM)
        system = SYSTEM
    except TrainingInputError:
        checkpoints.load(checkpoint, VIDEOMAE)
    if system == SYSTEM:
        join(checkpoint, placer=place, result=result)
    model, _ = load_any(checkpoint, calibrated=False)
    with progress() as bar:
        task = bar.add_task("calibrate")
        answers = ask(
            torch_model(model), found, hop_windows(found, STRIDE_S),
            report=lambda done, total: bar.update(task, completed=done, total=total),
        )
    scale, bias = fitted(answers, found)
    temperature = make_temperature(answers)
    seeds = [game.seed for game in found]
    checkpoints.update(
        checkpoint, system,
        calibration={"scale": scale, "bias": bias, "temperature": temperature, "seeds": seeds},
    )
    click.echo(f"shot logit * {scale:.3f} + {bias:.3f}, make temperature {temperature:.2f} → {checkpoint}")


@shots.command()
@FILM
@WHOLE
@THREADS
@click.option("--split", type=click.Choice(tuple(SPLITS)), default="test", show_default=True)
@click.option("--games", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--onnx", type=FILES, help="Evaluate this exported model instead.")
@click.option("--out", type=FILES, help="Write the tables as JSON here.")
@click.option("--plot", type=FILES, help="Draw the make probability's reliability into this PNG.")
def evaluate(
    film: Path, checkpoint: Path, threads: int, split: str, games: int, onnx: Path | None, out: Path | None,
    plot: Path | None,
) -> None:
    """Measure on held-out games: windows, releases, zones, makes."""
    found = _games(film, split, games)
    from courtside_training.common.runtime import prepare

    prepare(threads)
    from courtside_training.common.progress import progress
    from courtside_training.shots.evaluate import full_report, torch_model
    from courtside_training.shots.models import load_any, temperature
    from courtside_training.shots.onnx_model import onnx_model
    from courtside_training.shots.tables import reliability_plot, tables

    served, content = load_any(checkpoint)
    model = onnx_model(onnx, threads) if onnx else torch_model(served)
    with progress() as bar:
        task = bar.add_task(f"evaluate {split}")
        result = full_report(
            model, found, lambda done, total: bar.update(task, completed=done, total=total), temperature(content)
        )
    result["split"] = split
    write_json(out, result)
    if plot:
        reliability_plot(result, plot)
    click.echo(tables(result))


@shots.command()
@FILM
@WHOLE
@THREADS
@click.option("--games", type=click.IntRange(min=1), default=40, show_default=True, help="Training games.")
@click.option("--test-games", type=click.IntRange(min=1), default=10, show_default=True)
@click.option("--epochs", type=click.IntRange(min=1), default=3, show_default=True, help="Of each network.")
@click.option("--positives", type=click.IntRange(min=1), default=200, show_default=True)
@SEED
@click.option("--out", type=FILES, help="Write the tables as JSON here.")
def ablate(
    film: Path, checkpoint: Path, threads: int, games: int, test_games: int, epochs: int, positives: int, seed: int,
    out: Path | None,
) -> None:
    """Joint heads against separate networks (trained here), stagger on against off (of the checkpoint)."""
    train, test = _games(film, "train", games), _games(film, "test", test_games)
    from courtside_training.common.runtime import prepare

    prepare(threads, seed)
    from courtside_training.shots.ablate import joint_against_separate, stagger
    from courtside_training.shots.evaluate import ask, torch_model
    from courtside_training.shots.geometry import STRIDE_S
    from courtside_training.shots.models import load_any
    from courtside_training.shots.tables import table
    from courtside_training.shots.train import TrainConfig
    from courtside_training.shots.windows import hop_windows

    served, _ = load_any(checkpoint)
    answers = ask(torch_model(served), test, hop_windows(test, STRIDE_S))
    staggered = stagger(answers, test)
    config = TrainConfig(seed=seed, epochs=epochs, positives=positives)
    heads = joint_against_separate(
        train, test, config, checkpoint.parent / "ablation", say=lambda text: click.echo(text, err=True)
    )
    result = {"heads": heads, "stagger": staggered, "games": len(train), "epochs": epochs, "positives": positives}
    write_json(out, result)
    click.echo(f"Heads, {epochs} epochs of {3 * positives} windows each\n\n{table(heads, 'figure')}\n")
    click.echo(f"Stagger\n\n{table(staggered, 'figure')}")
