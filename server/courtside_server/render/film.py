"""Film rendering: decodes a film again, draws on every frame, and encodes it with the same time stamps and size."""

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
from courtside.film import file_address, video_stream
from courtside.orientation import upright
from courtside_server.errors import CourtsideError, UndecodableFilm
from courtside_server.ingest.clock import MediaClock
from courtside_server.render.brush import Picture
from courtside_server.render.encoder import BT601, BT709, EXACT, UNSPECIFIED, FilmWriter, VideoFormat
from courtside_server.render.overlay import FrameOverlay
from courtside_server.render.record import FilmRecord

_FULL_RANGE = 2


@dataclass(frozen=True, slots=True)
class FilmSource:
    """A film to draw on.

    Attributes:
        path: the film.
        first_pts: time stamp of media time zero.
        rotation: clockwise degrees by which its frames are turned, as in the analysis.
        time_scale: real seconds per media second.
        mirrored: its frames are mirrored left to right before they are turned.
        frame_rate: frames per second, as in the analysis; 0 when unknown.
    """

    path: Path
    first_pts: int
    rotation: int
    time_scale: float = 1.0
    mirrored: bool = False
    frame_rate: float = 0.0


def render_film(
    source: FilmSource, record: FilmRecord, out: Path, court: Court = FIBA, stop: threading.Event | None = None,
    on_frame: Callable[[int], None] = lambda count: None,
) -> int:  # fmt: skip
    """Draw a record on its film; blocks until the film is written.

    Every frame keeps its time stamp, counted from the first frame. Where time stamps go back, they go on as in the
    analysis. A frame at the time of the one before is left out, and so is the sound.

    Args:
        source: the film.
        record: the tracked objects and shots of the film.
        out: the film to write; an older one is replaced only when the new one is complete.
        court: the court whose lines the chart shows.
        stop: set it from another thread to stop the work; no file remains.
        on_frame: called with the number of frames written so far.

    Returns:
        Number of frames written.

    Raises:
        UndecodableFilm: the film cannot be read any more.
        FilmUnwritable: the new one cannot be written.
        CourtsideError: it was stopped.
    """
    with _open(source.path) as container:
        stream = video_stream(container)
        frames = _frames(container, stream)
        head = next(frames, None)
        if head is None:
            raise UndecodableFilm(f"{source.path}: no frame in it", film=source.path)
        height, width = _picture(head, source).shape[:2]
        seconds = _length(container, stream, record)
        rate = Fraction(source.frame_rate or 30).limit_denominator(1001)
        aspect = _aspect(stream, source.rotation)
        video = VideoFormat(width, height, rate, stream.time_base, aspect, _matrix(head))
        # A film may change its frame size: each size is drawn on as it is and then scaled to the first.
        overlays: dict[tuple[int, int], FrameOverlay] = {}
        clock = MediaClock(float(stream.time_base), source.first_pts, source.frame_rate, source.time_scale, live=False)
        count, last = 0, None
        with FilmWriter(out, video) as writer:
            for frame in chain([head], frames):
                if stop is not None and stop.is_set():
                    raise CourtsideError("drawing was stopped")
                # The analysis' own clock: where time stamps go back, both go on in the same way.
                times = clock.update(frame.pts, 0.0, 0.0, 0.0)
                if times is None:
                    continue
                pts = round(times.media / float(stream.time_base))
                if last is not None and pts <= last:
                    continue
                picture = _picture(frame, source)
                size = (picture.shape[1], picture.shape[0])
                if size not in overlays:
                    overlays[size] = FrameOverlay(record, *size, seconds, source.time_scale, court)
                overlays[size].draw(picture, times.media)
                if size != (width, height):
                    picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
                writer.write(picture, pts)
                last, count = pts, count + 1
                on_frame(count)
    return count


async def draw_film(
    source: FilmSource, record: FilmRecord, out: Path, frames: int, progress: Progress, court: Court = FIBA
) -> None:
    """Run :func:`render_film` in a thread with a progress bar. When cancelled, it stops and no file remains.

    Args:
        source: the film.
        record: the tracked objects and shots of the film.
        out: the film to write.
        frames: number of frames to expect; 0 when unknown.
        progress: the progress display; it has a ``speed`` field.
        court: the court whose lines the chart shows.

    Raises:
        UndecodableFilm, FilmUnwritable: see :func:`render_film`.
    """
    bar = progress.add_task(f"drawing {out.name}", total=frames or None, speed="")
    stop, started = threading.Event(), time.monotonic()

    def show(count: int) -> None:
        progress.update(bar, completed=count, speed=f"{count / (time.monotonic() - started):.0f} frames/s")

    work = asyncio.create_task(
        asyncio.to_thread(render_film, source, record, out, court, stop=stop, on_frame=show), name="drawing"
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
        return av.open(file_address(path))
    except (OSError, av.error.FFmpegError) as error:
        reason = getattr(error, "strerror", None) or "not readable"
        raise UndecodableFilm(f"{path}: cannot be read a second time to be drawn on: {reason}", film=path) from None


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            continue  # a broken packet; the analysis skipped it too
        yield from (frame for frame in frames if frame.pts is not None and frame.width >= 2 and frame.height >= 2)


def _picture(frame: Any, source: FilmSource) -> Picture:
    """The upright frame, cropped to an even size as in the analysis."""
    full = frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj")
    pixels = frame.to_ndarray(format="bgr24", src_color_range="JPEG" if full else "MPEG", interpolation=EXACT)
    pixels = pixels[: frame.height & ~1, : frame.width & ~1]
    return np.ascontiguousarray(upright(pixels, source.rotation, source.mirrored))


def _length(container: Any, stream: Any, record: FilmRecord) -> float:
    """Length of the film in media seconds, as its container says, but at least that of the record."""
    if stream.duration:
        return max(float(stream.duration) * float(stream.time_base), record.newest)
    return max(float(container.duration or 0) / float(av.time_base), record.newest)


def _aspect(stream: Any, rotation: int) -> Fraction | None:
    ratio = stream.sample_aspect_ratio
    return (1 / ratio if rotation in (90, 270) else ratio) if ratio else None


def _matrix(frame: Any) -> int:
    """Colour matrix of the drawn film: that of the source; wide-gamut ones become BT.709."""
    return {BT709: BT709, UNSPECIFIED: UNSPECIFIED, 5: BT601, BT601: BT601}.get(int(frame.colorspace), BT709)
