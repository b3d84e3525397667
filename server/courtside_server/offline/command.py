"""``courtside analyze``: films one after another, every event printed, what was found drawn on the films."""

from __future__ import annotations

import asyncio
import contextlib
import glob
import select
import sys
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from courtside.court.measures import COURTS, FIBA
from courtside.court.point_pairs import PointPairs
from courtside.film import Film
from courtside.shot_poses import SUFFIX, ShotPoses, write_poses
from courtside.text import HEADER, event_line
from courtside_server.compose import PlayerOption
from courtside_server.errors import CourtsideError, EngineError, FilmUnwritable
from courtside_server.offline.analyze import FilmAnalysis, FilmAnalyzer, check_size
from courtside_server.offline.film_names import films_in, game_names
from courtside_server.offline.track_files import TrackFile, check_track_path
from courtside_server.render.film import FilmSource, draw_film
from courtside_server.render.output_path import output_paths
from courtside_server.render.record import FilmRecord
from courtside_server.settings import Settings
from courtside_server.types import UNTRACKED, Event, Lifecycle, ObjectClass, Observations

_EVERY_FILM = (EngineError, FilmUnwritable)
"""Errors that the next film would meet too."""


async def analyze_films(
    paths: Sequence[Path], settings: Settings, playback_speed: float | None, style: str,
    on_bad_film: Callable[[CourtsideError], None], *, render: Path | None = None,
    court: PointPairs | None = None, poses: Path | None = None, quiet: bool = False,
    follow: tuple[float, float, float, float] | None = None, tracks: Path | None = None,
    wanted: Collection[PlayerOption] = (),
) -> None:  # fmt: skip
    """Run films one after another through ingest, pipeline and log; print every event.

    Args:
        paths: films, and folders of films.
        settings: windows, inference.
        playback_speed: how many times faster than real life the films run (2: twice real speed); None to estimate it.
        style: ``jsonl`` (protobuf JSON of ``courtside.v1.Event``) or ``table``.
        on_bad_film: called for each film that cannot be used, or not to its end; the others are analyzed.
        render: where the drawn films go; see :func:`~courtside_server.render.output_path.output_paths`.
        court: the calibration of the camera that took them; None without one.
        poses: folder for the poses of each shot's shooter; None: they are not kept.
        quiet: no progress on stderr.
        tracks: file for what is tracked, MOT (.txt) or COCO (.json); of one film only.
        follow: x, y, width, height in pixels of the first frame: of all players only this one is read; None: all are.
        wanted: what must be read of players, whose models must be there.

    Raises:
        InputError: ``render`` cannot be.
        FilmUnwritable: a drawn film cannot be written; its events have been printed.
        EngineError: a model cannot be used, or one is missing that is wanted.
        SettingsError: a roster cannot be used, or the settings switch off what is wanted.
        BrokenPipeError: nobody reads the events any more.
    """
    named: list[Path] = []
    for path in paths:
        try:
            named += await asyncio.to_thread(films_in, path)
        except CourtsideError as error:
            on_bad_film(error)
    # Every mistake before any work.
    if tracks is not None:
        check_track_path(tracks, len(named))
    out_paths = [None] * len(named) if render is None else output_paths(named, render)
    films: list[tuple[Path, str, Film, Path | None]] = []
    for path, game, out in zip(named, game_names(named), out_paths, strict=True):
        try:
            film = await asyncio.to_thread(Film, path)
            check_size(film, court)
        except CourtsideError as error:
            on_bad_film(error)
        else:
            films.append((path, game, film, out))
    if not films:
        return
    console = Console(stderr=True, quiet=quiet)
    async with FilmAnalyzer(settings, playback_speed, court, follow=follow, wanted=wanted) as analyzer:
        if style == "table":
            print(HEADER, flush=True)
        with Progress(
            TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(),
            TextColumn("{task.fields[speed]}"),
            console=console, disable=quiet or not console.is_terminal, transient=True,
        ) as progress:  # fmt: skip
            for path, game, film, out in films:
                record = None if out is None else FilmRecord()
                try:
                    analysis = analyzer.analyze(path, film, record, game)
                    if poses is not None:
                        analysis.on_shot_poses = partial(_keep_poses, poses, game)
                    seen = _Seen()
                    analysis.on_tracks = _both(seen.add, analysis.on_tracks)
                    with contextlib.ExitStack() as stack:
                        if tracks is not None:
                            file = stack.enter_context(TrackFile(tracks, film.info, playback_speed or 1.0))
                            analysis.on_tracks = _both(file.add, analysis.on_tracks)
                        await _print_events(analysis, path, film, style, progress, seen)
                except _EVERY_FILM:
                    raise
                except CourtsideError as error:
                    on_bad_film(error)
                    continue
                try:
                    await asyncio.to_thread(film.check_end)
                except CourtsideError as error:
                    on_bad_film(error)
                if record is not None and out is not None:
                    info = film.info
                    source = FilmSource(
                        path, info.first_pts, info.rotation, playback_speed or 1.0, info.mirrored, info.frame_rate
                    )
                    lines = FIBA if court is None else COURTS[court.court]
                    await draw_film(source, record, out, film.info.frames or 0, progress, lines)


class _Seen:
    """Counts what a film shows, for one line at its end."""

    def __init__(self) -> None:
        self._shots: dict[str, bool] = {}
        self._players: int | None = None

    def add(self, observations: Observations) -> None:
        """Count the players of a detector frame."""
        tracks = observations.tracks[observations.rows(ObjectClass.PLAYER)]
        self._players = max(self._players or 0, int((tracks != UNTRACKED).sum()))

    def add_event(self, event: Event) -> None:
        """Count a shot by its newest revision."""
        if event.shot is not None:
            self._shots[event.event_id] = event.lifecycle is not Lifecycle.RETRACTED

    def __str__(self) -> str:
        shots = sum(self._shots.values())
        text = f"{shots or 'no'} shot{'s' * (shots > 1)}"
        if self._players is None:  # the profile clip tracks nobody
            return text
        many = f", at most {self._players} players at a time" if self._players > 1 else ", 1 player"
        return text + (many if self._players else ", no player")


def _both(
    one: Callable[[Observations], None], other: Callable[[Observations], None] | None
) -> Callable[[Observations], None]:
    def call(observations: Observations) -> None:
        one(observations)
        if other is not None:
            other(observations)

    return call


def _keep_poses(folder: Path, game: str, event_id: str, poses: ShotPoses) -> None:
    """Write a shooter's poses: one file for each shot, named by film, release and event."""
    folder.mkdir(parents=True, exist_ok=True)
    for earlier in folder.glob(f"*-{glob.escape(event_id)}{SUFFIX}"):  # of the same shot, before it was known better
        earlier.unlink()
    write_poses(folder / f"{game}-{poses.release:07.2f}-{event_id}{SUFFIX}", poses)


async def _print_events(
    analysis: FilmAnalysis, path: Path, film: Film, style: str, progress: Progress, seen: _Seen
) -> None:
    bar = progress.add_task(path.name, total=film.info.frames, speed="")
    started = time.monotonic()

    def show(count: int) -> None:
        if count % 30 == 0:
            if not _is_read():
                raise BrokenPipeError
            seconds = count / (film.info.frame_rate or 30)
            progress.update(bar, completed=count, speed=f"{seconds / (time.monotonic() - started):.1f}x real time")

    try:
        async with contextlib.aclosing(analysis.events(show)) as events:
            async for event in events:
                seen.add_event(event)
                print(event.to_json() if style == "jsonl" else event_line(event), flush=True)
    finally:
        progress.remove_task(bar)
    if analysis.advice:
        Console(stderr=True, soft_wrap=True).print(f"{path.name}: {analysis.advice}", style="yellow", markup=False)
    if analysis.damaged:
        text = f"{path.name}: {analysis.damaged} frames are damaged; shots in them may be missing or wrong"
        progress.console.print(text, style="yellow", markup=False)
    if analysis.dropped:
        left_out = ", ".join(f"{count} {reason}" for reason, count in analysis.dropped.items())
        progress.console.print(f"{path.name}: frames left out: {left_out}", style="yellow", markup=False)
    progress.console.print(f"{path.name}: {seen}", markup=False, highlight=False, soft_wrap=True)


def _is_read() -> bool:
    """Whether anybody still reads standard output; True where that cannot be known."""
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
    except (AttributeError, OSError, ValueError):
        return True
    return not any(state & select.POLLERR for _, state in poll.poll(0))
