"""``courtside analyze``: films one after another, every event printed, what was found drawn on the films."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from courtside.court.measures import COURTS, FIBA
from courtside.court.point_pairs import PointPairs
from courtside.film import Film
from courtside.text import HEADER, event_line
from courtside_server.offline.analyze import FilmAnalysis, FilmAnalyzer, check_size
from courtside_server.render.film import FilmSource, draw_film
from courtside_server.render.output_path import output_paths
from courtside_server.render.record import FilmRecord
from courtside_server.settings import Settings


async def analyze_films(
    paths: Sequence[Path], settings: Settings, playback_speed: float, style: str, *, render: Path | None = None,
    court: PointPairs | None = None, quiet: bool = False,
) -> None:  # fmt: skip
    """Run films one after another through ingest, pipeline and log; print every event.

    Args:
        paths: films.
        settings: windows, inference.
        playback_speed: how many times faster than real life the films run (2: twice real speed).
        style: ``jsonl`` (protobuf JSON of ``courtside.v1.Event``) or ``table``.
        render: where the drawn films go; see :func:`~courtside_server.render.output_path.output_paths`.
        court: the calibration of the camera that took them; None without one.
        quiet: no progress on stderr.

    Raises:
        BadRequest: the calibration is of pictures of another shape.
        SourceError: a film cannot be read; films before it have been printed.
        InputError: ``render`` cannot be.
        FilmUnwritable: a drawn film cannot be written; its events have been printed.
        EngineError: the model cannot be used.
    """
    films = [await asyncio.to_thread(Film, path) for path in paths]  # every mistake before any work
    for film in films:
        check_size(film, court)
    out_paths = [None] * len(films) if render is None else output_paths(paths, render)
    console = Console(stderr=True, quiet=quiet)
    if style == "table":
        print(HEADER, flush=True)
    async with FilmAnalyzer(settings, playback_speed, court) as analyzer:
        with Progress(
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[speed]}"),
            console=console, disable=quiet or not console.is_terminal, transient=True,
        ) as progress:  # fmt: skip
            for path, film, out in zip(paths, films, out_paths, strict=True):
                record = None if out is None else FilmRecord()
                await _print_events(analyzer.analyze(path, film, record), path, film, style, progress)
                if record is not None and out is not None:
                    source = FilmSource(path, film.info.first_pts, film.info.rotation, playback_speed)
                    lines = FIBA if court is None else COURTS[court.court]
                    await draw_film(source, record, out, film.info.frames or 0, progress, lines)


async def _print_events(analysis: FilmAnalysis, path: Path, film: Film, style: str, progress: Progress) -> None:
    bar = progress.add_task(path.name, total=film.info.frames, speed="")
    started = time.monotonic()

    def show(count: int) -> None:
        if count % 30 == 0:
            seconds = count / (film.info.frame_rate or 30)
            progress.update(bar, completed=count, speed=f"{seconds / (time.monotonic() - started):.1f}x real time")

    try:
        async for event in analysis.events(show):
            print(event.to_json() if style == "jsonl" else event_line(event), flush=True)
    finally:
        progress.remove_task(bar)
    if analysis.dropped:
        progress.console.print(f"{path.name}: frames left out: {analysis.dropped}", style="yellow")
