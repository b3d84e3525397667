"""Film: decodes a film once more, has every frame drawn on, and encodes it at the same times and size."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import av.error
import cv2
import numpy as np
from rich.progress import Progress

from courtside.court.measures import FIBA, Court
from courtside_server.errors import CourtsideError, UndecodableFilm
from courtside_server.render.brush import Picture
from courtside_server.render.encoder import BT601, BT709, EXACT, UNSAID, FilmWriter, VideoFormat
from courtside_server.render.overlay import FrameOverlay
from courtside_server.render.record import FilmRecord

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_FULL_RANGE = 2


@dataclass(frozen=True, slots=True)
class FilmSource:
    """A film to be drawn on.

    Attributes:
        path: the film.
        first_pts: time stamp of media time zero.
        rotation: clockwise degrees to turn its frames by, as the analysis did.
        time_scale: real seconds a media second.
    """

    path: Path
    first_pts: int
    rotation: int
    time_scale: float = 1.0


def render_film(
    source: FilmSource, record: FilmRecord, out: Path, court: Court = FIBA, stop: threading.Event | None = None,
    on_frame: Callable[[int], None] = lambda count: None,
) -> int:  # fmt: skip
    """Draw a record on its film; blocks until the film is written.

    Every frame keeps its time stamp, counted from the first frame. A frame that is not later than the one before (a
    clock that went back) has no place in a film and is left out; sound is left out too.

    Args:
        source: the film.
        record: what was seen and told in it.
        out: the film to write; replaced only when the new one is complete.
        court: whose lines the chart shows.
        stop: set from another thread, ends the work and leaves nothing behind.
        on_frame: told how many frames are written.

    Returns:
        Frames written.

    Raises:
        UndecodableFilm: the film cannot be read any more.
        FilmUnwritable: the new one cannot be written.
        CourtsideError: it was stopped.
    """
    with _open(source.path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        frames = _frames(container, stream)
        head = next(frames, None)
        if head is None:
            raise UndecodableFilm(f"{source.path}: no frame in it", film=source.path)
        height, width = _picture(head, source.rotation).shape[:2]
        seconds = _length(container, stream, record)
        video = VideoFormat(
            width, height, stream.average_rate or Fraction(30), stream.time_base, _aspect(stream, source.rotation),
            _matrix(head),
        )  # fmt: skip
        # A film may change its size on the way: each size is drawn on as it is and then fitted to the first.
        overlays: dict[tuple[int, int], FrameOverlay] = {}
        count, last = 0, None
        with FilmWriter(out, video) as writer:
            for frame in chain([head], frames):
                if stop is not None and stop.is_set():
                    raise CourtsideError("drawing was stopped")
                pts = frame.pts - source.first_pts
                if last is not None and pts <= last:
                    continue
                picture = _picture(frame, source.rotation)
                size = (picture.shape[1], picture.shape[0])
                if size not in overlays:
                    overlays[size] = FrameOverlay(record, *size, seconds, source.time_scale, court)
                overlays[size].draw(picture, pts * float(stream.time_base))
                if size != (width, height):
                    picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
                writer.write(picture, pts)
                last, count = pts, count + 1
                on_frame(count)
    return count


async def draw_film(
    source: FilmSource, record: FilmRecord, out: Path, frames: int, progress: Progress, court: Court = FIBA
) -> None:
    """:func:`render_film` off the event loop with a progress bar; cancelled, it stops and leaves nothing behind.

    Args:
        source: the film.
        record: what was seen and told in it.
        out: the film to write.
        frames: how many to expect; 0 when nobody knows.
        progress: shows how far it is, with a ``speed`` field.
        court: whose lines the chart shows.

    Raises:
        UndecodableFilm, FilmUnwritable: see :func:`render_film`.
    """
    bar = progress.add_task(f"drawing {out.name}", total=frames or None, speed="")
    stop, started = threading.Event(), time.monotonic()

    def tell(count: int) -> None:
        progress.update(bar, completed=count, speed=f"{count / (time.monotonic() - started):.0f} frames/s")

    work = asyncio.create_task(
        asyncio.to_thread(render_film, source, record, out, court, stop=stop, on_frame=tell), name="drawing"
    )
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.set()
        with contextlib.suppress(CourtsideError):
            await work
        raise
    finally:
        progress.remove_task(bar)


def _open(path: Path) -> Any:
    try:
        return av.open(str(path))
    except (OSError, av.error.FFmpegError) as error:
        reason = getattr(error, "strerror", None) or "not readable"
        raise UndecodableFilm(f"{path}: cannot be read a second time to be drawn on: {reason}", film=path) from None


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            continue  # a broken packet: the analysis went on without it too
        yield from (frame for frame in frames if frame.pts is not None and frame.width >= 2 and frame.height >= 2)


def _picture(frame: Any, rotation: int) -> Picture:
    """The frame upright, cut to an even size as the analysis cuts it."""
    full = frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj")
    pixels = frame.to_ndarray(format="bgr24", src_color_range="JPEG" if full else "MPEG", interpolation=EXACT)
    pixels = pixels[: frame.height & ~1, : frame.width & ~1]
    return np.ascontiguousarray(cv2.rotate(pixels, _TURNS[rotation]) if rotation else pixels)


def _length(container: Any, stream: Any, record: FilmRecord) -> float:
    """Media seconds that the film lasts, as far as it says."""
    if stream.duration:
        return max(float(stream.duration) * float(stream.time_base), record.newest)
    return max(float(container.duration or 0) / float(av.time_base), record.newest)


def _aspect(stream: Any, rotation: int) -> Fraction | None:
    ratio = stream.sample_aspect_ratio
    return (1 / ratio if rotation in (90, 270) else ratio) if ratio else None


def _matrix(frame: Any) -> int:
    """How the drawn film's colours are written: as the film's own; wider ones become BT.709."""
    return {BT709: BT709, UNSAID: UNSAID, 5: BT601, BT601: BT601}.get(int(frame.colorspace), BT709)
