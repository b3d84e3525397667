"""Film analysis: a file's packets through the very same stages as live, as fast as the machine allows."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from courtside.film import Film
from courtside.names import CameraName
from courtside_server.api.convert import event_to_json
from courtside_server.compose import (
    import_trackers,
    ingest_config,
    make_engine,
    make_shot_models,
    model_names,
    pipeline_config,
)
from courtside_server.court.calibration_store import CameraCalibration
from courtside_server.errors import CourtsideError, Draining
from courtside_server.events.hub import EventHub
from courtside_server.events.sqlite import SqliteLog
from courtside_server.inference.engine import Engine
from courtside_server.ingest.decode_worker import Clocks
from courtside_server.ingest.session import CameraSession
from courtside_server.offline.reader import FILM_WALL, read_packets, stream_info
from courtside_server.perception.court import COURTS, FIBA
from courtside_server.pipeline.camera import CameraPipeline, CameraServices
from courtside_server.render.film import FilmSource, draw_film
from courtside_server.render.output_path import output_paths
from courtside_server.render.record import FilmRecord, RecordingHub
from courtside_server.settings import Settings
from courtside_server.shots.detector import ShotModels
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import DropReason, Event, Shot, ShotResult, Zone

_PATIENCE_S = 30.0
"""Seconds a model may take with film, however busy the machine: nobody waits for this answer live."""


async def analyze_films(
    paths: Sequence[Path], settings: Settings, playback_speed: float, style: str, *, render: Path | None = None,
    court: CameraCalibration | None = None, quiet: bool = False,
) -> None:  # fmt: skip
    """Run films one after another through ingest, pipeline and log; print every event.

    Args:
        paths: films.
        settings: windows, inference.
        playback_speed: how many times too fast the film runs (2: twice real speed).
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
        if court is not None:
            width, height = film.info.width, film.info.height
            court.for_size(*((height, width) if film.info.rotation % 180 else (width, height)))
    places = [None] * len(films) if render is None else output_paths(paths, render)
    engine = make_engine(settings)
    # Beside the models' start and the first looks: the first of them to be tracked waits for it.
    importing = asyncio.create_task(asyncio.to_thread(import_trackers, settings))
    console = Console(stderr=True, quiet=quiet)
    try:
        await engine.start(model_names(settings))
        models = make_shot_models(settings, engine, min_timeout=_PATIENCE_S)
        with Progress(
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[speed]}"),
            console=console, disable=quiet or not console.is_terminal, transient=True,
        ) as progress:
            for path, film, place in zip(paths, films, places, strict=True):
                record = None if place is None else FilmRecord()
                await _analyze(path, film, engine, models, settings, playback_speed, style, progress, record, court)
                if record is not None and place is not None:
                    source = FilmSource(path, film.info.first_pts, film.info.rotation, playback_speed)
                    lines = FIBA if court is None else COURTS[court.court]
                    await draw_film(source, record, place, film.info.frames or 0, progress, lines)
    finally:
        await engine.close()
        await importing


async def _analyze(
    path: Path, film: Film, engine: Engine, models: ShotModels, settings: Settings, playback_speed: float, style: str,
    progress: Progress, record: FilmRecord | None, court: CameraCalibration | None,
) -> None:  # fmt: skip
    film_id = re.sub(r"[^A-Za-z0-9._-]+", "_", path.stem).strip("._-")[:60] or "film"
    info = stream_info(film.info, CameraName.parse(f"games/{film_id}/cameras/film"), playback_speed)
    metrics = Metrics()
    # Wall clocks that stand still: the same film gives the same lines.
    log = SqliteLog(":memory:", clock=lambda: FILM_WALL)
    hub = EventHub(log, metrics) if record is None else RecordingHub(record, log, metrics)
    await hub.start()
    services = CameraServices(engine, hub, metrics)
    pipeline = CameraPipeline(info, models, services, pipeline_config(settings), lambda: court)
    if record is not None:
        pipeline.backend.on_tracks = record.add_frame
    pipeline.start()
    clocks = Clocks(wall=lambda: FILM_WALL)
    camera = CameraSession(info, pipeline, metrics, ingest_config(settings), clocks=clocks)
    printing = asyncio.create_task(_print_events(hub, info.camera.game, style))
    bar = progress.add_task(path.name, total=film.info.frames, speed="")
    started = time.monotonic()
    packets = read_packets(film, playback_speed)
    try:
        count = 0
        while (packet := await asyncio.to_thread(next, packets, None)) is not None:
            await camera.feed(packet)
            count += 1
            if count % 30 == 0:
                seconds = count / (film.info.frame_rate or 30)
                progress.update(bar, completed=count, speed=f"{seconds / (time.monotonic() - started):.1f}x real time")
        await camera.end()
    except BaseException:
        await camera.close(CourtsideError("analysis was stopped"))
        raise
    finally:
        await pipeline.stop()
        await hub.close()  # ends the printer after the last event
        await printing
        log.close()
        progress.remove_task(bar)
    dropped = {reason: n for reason, n in camera.status().dropped.items() if n}
    if film.undecodable:  # of a film that is decoded before ingest
        dropped[DropReason.CORRUPT] = dropped.get(DropReason.CORRUPT, 0) + film.undecodable
    if dropped:
        progress.console.print(f"{path.name}: frames left out: {dropped}", style="yellow")


async def _print_events(hub: EventHub, game: str, style: str) -> None:
    with contextlib.suppress(Draining):
        async with hub.subscribe(game, after=0) as subscription:
            async for event in subscription:
                print(event_to_json(event) if style == "jsonl" else _line(event), flush=True)


def _line(event: Event) -> str:
    draft = event.draft
    when = f"{draft.media_offset:9.3f} s  {draft.lifecycle.name.lower():<11}"
    if not isinstance(draft.payload, Shot):
        return f"{when} {draft.payload.state.name.lower()}: {draft.payload.detail}"
    shot = draft.payload
    zone = "zone unknown" if shot.zone is Zone.UNSPECIFIED else shot.zone.words
    result = "" if shot.result is ShotResult.UNKNOWN else shot.result.name.lower()
    who = "" if shot.shooter is None else f"player {shot.shooter}"
    return (
        f"{when} shot {shot.probability:.2f}  {zone:<24} {who:<10} make {shot.make_probability:.2f} {result:<6} "
        f"{draft.event_id}"
    )
