"""`courtside-train sim`: previews of the simulated court."""

from __future__ import annotations

from pathlib import Path

import click

from courtside_sim import CAMERA_KINDS
from courtside_training.errors import TrainingInputError


@click.group()
def sim() -> None:
    """Previews of the simulated court."""


@sim.command()
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True,
              help="Game of the film and of the first row.")
@click.option("--camera", type=click.Choice(CAMERA_KINDS), default=None,
              help="Kind of camera.  [default: chosen by the seed; the sheet shows all kinds]")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("runs/preview"),
              show_default=True, help="Folder to write.")
@click.option("--seconds", type=click.FloatRange(1, 600), default=20.0, show_default=True,
              help="Length of the film in seconds.")
@click.option("--fps", type=click.IntRange(5, 120), default=30, show_default=True, help="Frames per second.")
@click.option("--players", type=click.IntRange(1, 10), default=None, help="Players in the film.")
@click.option("--rows", type=click.IntRange(1, 20), default=5, show_default=True,
              help="Games on the contact sheet.")  # fmt: skip
def preview(
    seed: int, camera: str | None, out: Path, seconds: float, fps: int, players: int | None, rows: int
) -> None:
    """Write a contact sheet (PNG) and a film (MP4) with the ground truth drawn in."""
    import cv2

    from courtside_sim import open_simulation
    from courtside_training.common.progress import progress

    from .preview import contact_sheet, write_film

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingInputError(f"cannot make the folder {out}: {error.strerror}; choose another --out") from error
    sheet, film_path = out / f"sheet-{seed}.png", out / f"film-{seed}.mp4"
    try:
        if not cv2.imwrite(str(sheet), contact_sheet(seed, camera, rows)):
            raise OSError(f"{sheet} cannot be written")
        film = open_simulation(
            seed, camera=camera, duration=seconds, fps=float(fps), width=960, height=540, players=players
        )
        with progress() as bar:
            task = bar.add_task("film", total=len(film))
            write_film(film, film_path, lambda done: bar.update(task, completed=done))
    except OSError as error:
        raise TrainingInputError(f"cannot write the preview to {out}: {error}; choose another --out") from error
    click.echo(f"{sheet}\n{film_path}: {film.camera.kind}, {len(film.game.roster)} players, {len(film.shots)} shots")
