"""Film analysis: a file's packets through the very same stages as live, as fast as the machine allows."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import av.error
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from courtside_server.api.convert import event_to_json
from courtside_server.compose import (
    ingest_rules,
    make_engine,
    make_finders,
    model_names,
    pipeline_rules,
)
from courtside_server.errors import CourtsideError, Draining, UndecodableFilm
from courtside_server.events.hub import EventHub
from courtside_server.events.sqlite import SqliteLog
from courtside_server.ingest.camera import CameraIngest
from courtside_server.ingest.worker import Clocks
from courtside_server.court.calibration_store import CameraCalibration
from courtside_server.perception.court import COURTS, FIBA
from courtside_server.pipeline.camera import CameraPipeline
from courtside_server.render.film import Source, draw_film
from courtside_server.render.place import film_places
from courtside_server.render.record import Record, RecordingHub
from courtside_server.settings import Settings
from courtside_server.shots.detector import Finders
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import (
    CameraName,
    Codec,
    EncodedPacket,
    Event,
    Shot,
    ShotResult,
    StreamInfo,
    StreamMode,
    Zone,
)

_UNTOUCHED = {"h264": Codec.H264, "hevc": Codec.HEVC}
"""Codecs whose packets go to the decode stage as they are; any other film is decoded here and goes on as raw frames."""

_PATIENCE_S = 30.0
"""Seconds a model may take with film, however busy the machine: nobody waits for this answer live."""

FILM_WALL = 946_684_800.0
"""Wall clock of every film's first frame, Unix seconds (2000-01-01): a film rarely knows when it was taken, and the
same film must give the same events."""


@dataclass(frozen=True, slots=True)
class FilmHead:
    """What a film says of itself before its first packet."""

    path: Path
    codec: str
    width: int
    height: int
    frame_rate: float
    time_base: float
    first_pts: int
    frames: int
    """Frames the container announces; 0 when it does not say."""
    rotation: int
    codec_config: bytes


def read_head(path: Path) -> FilmHead:
    """Open a film and read what the decode stage must know.

    Raises:
        UndecodableFilm: no such file, no video in it, or its first frame cannot be decoded.
    """
    container = _open(path)
    with container:
        stream = container.streams.video[0]
        try:
            first = next(iter(container.decode(stream)), None)
        except av.error.FFmpegError as error:
            raise UndecodableFilm(f"{path}: the video cannot be decoded: {error.strerror}", film=path) from None
        if first is None or first.pts is None or stream.time_base is None:
            raise UndecodableFilm(f"{path}: no frame in it", film=path)
        context = stream.codec_context
        return FilmHead(
            path, context.name, first.width, first.height, float(stream.average_rate or 0),
            float(stream.time_base), first.pts, stream.frames, round(-first.rotation / 90) * 90 % 360,
            bytes(context.extradata or b""),
        )


def stream_info(head: FilmHead, camera: CameraName, time_scale: float) -> StreamInfo:
    """The stream that a film is."""
    codec = _UNTOUCHED.get(head.codec, Codec.RAW_RGB)
    return StreamInfo(
        camera=camera, codec=codec, mode=StreamMode.FILM, width=head.width, height=head.height,
        frame_rate=head.frame_rate, codec_config=b"" if codec is Codec.RAW_RGB else head.codec_config,
        time_base=head.time_base, first_pts=head.first_pts, epoch=1, session="", rotation=head.rotation,
        time_scale=time_scale,
    )


def read_packets(
    head: FilmHead, time_scale: float = 1.0, clock: Callable[[], float] = time.monotonic
) -> Iterator[EncodedPacket]:
    """The film's packets in decoding order.

    Raises:
        UndecodableFilm: the container breaks off in the middle.
    """
    with _open(head.path) as container:
        stream = container.streams.video[0]
        source = _packets(container, stream) if head.codec in _UNTOUCHED else _frames(container, stream)
        try:
            for sequence, (pts, dts, keyframe, decode_only, data) in enumerate(source):
                seconds = (pts - head.first_pts) * head.time_base * time_scale
                yield EncodedPacket(sequence, FILM_WALL + seconds, clock(), pts, dts, keyframe, decode_only, data)
        except av.error.FFmpegError as error:
            raise UndecodableFilm(f"{head.path}: broken in the middle: {error.strerror}", film=head.path) from None


_Piece = tuple[int, int | None, bool, bool, bytes]


def _packets(container: Any, stream: Any) -> Iterator[_Piece]:
    for packet in container.demux(stream):
        if packet.size and packet.pts is not None:
            yield packet.pts, packet.dts, packet.is_keyframe, packet.is_discard, bytes(packet)


def _frames(container: Any, stream: Any) -> Iterator[_Piece]:
    for frame in container.decode(stream):
        yield frame.pts, frame.pts, True, False, frame.to_ndarray(format="rgb24").tobytes()


def _open(path: Path) -> Any:
    if not path.is_file():
        raise UndecodableFilm(f"{path}: no such file", film=path)
    try:
        container = av.open(str(path))
    except (av.error.FFmpegError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "not readable")
        raise UndecodableFilm(f"{path}: not a film that can be opened: {reason}", film=path) from None
    if not container.streams.video:
        container.close()
        raise UndecodableFilm(f"{path}: no video in it", film=path)
    return container


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
        render: where films go that have the shots drawn in; see :func:`~courtside_server.render.place.film_places`.
        court: the calibration of the camera that took them; None without one.
        quiet: no progress on stderr.

    Raises:
        BadRequest: the calibration is of pictures of another shape.
        UndecodableFilm: a film cannot be read; films before it have been printed.
        InputError: ``render`` cannot be.
        FilmUnwritable: a drawn film cannot be written; its events have been printed.
        EngineError: the model cannot be used.
    """
    heads = [await asyncio.to_thread(read_head, path) for path in paths]  # every mistake before any work
    for head in heads:
        if court is not None:
            court.for_size(*((head.height, head.width) if head.rotation % 180 else (head.width, head.height)))
    places = [None] * len(heads) if render is None else film_places(paths, render)
    engine = make_engine(settings)
    console = Console(stderr=True, quiet=quiet)
    try:
        await engine.start(model_names(settings))
        models = make_finders(settings, engine, least_timeout=_PATIENCE_S)
        with Progress(
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[speed]}"),
            console=console, disable=quiet or not console.is_terminal, transient=True,
        ) as progress:
            for head, place in zip(heads, places, strict=True):
                record = None if place is None else Record()
                await _analyze(head, models, settings, playback_speed, style, progress, record, court)
                if record is not None and place is not None:
                    source = Source(head.path, head.first_pts, head.rotation, playback_speed)
                    lines = FIBA if court is None else COURTS[court.court]
                    await draw_film(source, record, place, head.frames, progress, lines)
    finally:
        await engine.close()


async def _analyze(
    head: FilmHead, models: Finders, settings: Settings, playback_speed: float, style: str, progress: Progress,
    record: Record | None, court: CameraCalibration | None,
) -> None:  # fmt: skip
    film_id = re.sub(r"[^A-Za-z0-9._-]+", "_", head.path.stem).strip("._-")[:60] or "film"
    info = stream_info(head, CameraName.parse(f"games/{film_id}/cameras/film"), playback_speed)
    metrics = Metrics()
    # Wall clocks that stand still: the same film gives the same lines.
    log = SqliteLog(":memory:", clock=lambda: FILM_WALL)
    hub = EventHub(log, metrics) if record is None else RecordingHub(record, log, metrics)
    await hub.start()
    watch = None if record is None else record.observe
    rules = pipeline_rules(settings)
    pipeline = CameraPipeline(info, models, hub, metrics, rules, calibration=lambda: court, watch=watch)
    pipeline.start()
    clocks = Clocks(wall=lambda: FILM_WALL)
    camera = CameraIngest(info, pipeline, metrics, ingest_rules(settings), clocks=clocks)
    printing = asyncio.create_task(_print_events(hub, info.camera.game, style))
    bar = progress.add_task(head.path.name, total=head.frames or None, speed="")
    started = time.monotonic()
    packets = read_packets(head, playback_speed)
    try:
        count = 0
        while (packet := await asyncio.to_thread(next, packets, None)) is not None:
            await camera.feed(packet)
            count += 1
            if count % 30 == 0:
                seconds = count / (head.frame_rate or 30)
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
    if dropped:
        progress.console.print(f"{head.path.name}: frames left out: {dropped}", style="yellow")


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
    zone = "zone unknown" if shot.zone is Zone.UNSPECIFIED else shot.zone.name.lower().replace("_", " ")
    result = "" if shot.result is ShotResult.UNKNOWN else shot.result.name.lower()
    who = "" if shot.shooter is None else f"player {shot.shooter}"
    return (
        f"{when} shot {shot.probability:.2f}  {zone:<18} {who:<10} make {shot.make_probability:.2f} {result:<6} "
        f"{draft.event_id}"
    )
