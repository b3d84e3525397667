"""Films made of stretches of another one: from packets where keyframes allow it, otherwise encoded again.

A stretch that is copied begins with the keyframe before it: some film more is kept, and no picture is changed. Where
that would be too much film, all stretches are encoded again and begin exactly. Sound is always copied.
"""

from __future__ import annotations

import bisect
import heapq
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import av
import av.error
from av.video.frame import PictureType

from courtside.entry_points import recovery_pictures
from courtside.film import Film, coded_packets, file_address, video_stream
from courtside.skills import TimeRange
from courtside_server.errors import CourtsideError, UndecodableFilm
from courtside_server.media.mp4 import packet_times, set_chapters, set_orientation, writing
from courtside_server.media.vtt import Chapter

_BACK_S = 0.5
"""Seconds by which time stamps go back where recordings were joined; less is a picture out of order."""
_CRF, _PRESET = "20", "veryfast"
"""Quality and speed of x264."""
_ENCODED_RATE = 30
"""Frames per second that an encoder is given where nobody knows them."""
_REORDER = 32
"""Packets after the last one of a stretch that may show a picture before it: twice the reordering of HEVC."""
_SOUND = frozenset(("aac", "mp3", "ac3", "eac3", "opus", "flac", "alac", "mp2"))
"""Codecs of sound that MP4 and its players take."""
SUFFIXES = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
"""Suffixes of films that can be written, and FFmpeg's names of their containers."""

Chapters = Callable[[Sequence[tuple[float, float, float]]], Sequence[Chapter]]
"""Makes chapters of what was kept: media seconds of the beginning and the end, and where it begins in the new film."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Packets that are copied.

    Attributes:
        first: number of the first packet in coding order, a keyframe.
        last: number of the last one.
        start: media seconds of the first picture.
        end: media seconds at which the last one ends.
    """

    first: int
    last: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class FilmCut:
    """A film that was made.

    Attributes:
        kept: media seconds of the beginning and end of its stretches, and where they begin in it.
        chapters: of the film.
        encoded: its pictures were encoded again.
        silent: the sound could not be taken along.
    """

    kept: tuple[tuple[float, float, float], ...]
    chapters: tuple[Chapter, ...]
    encoded: bool
    silent: bool = False

    @property
    def seconds(self) -> float:
        """How long it is."""
        return sum(end - start for start, end, _ in self.kept)


class Stopped(CourtsideError):
    """Somebody stopped the work."""


def choose_pieces(times: Sequence[float], entries: Sequence[int], ranges: Iterable[TimeRange]) -> list[Piece]:
    """The packets that show ranges of time; each piece begins with the keyframe at or before its range.

    Args:
        times: media seconds of every packet, in coding order.
        entries: numbers of the packets with which decoding can begin, in order.
        ranges: in order, without overlaps.
    """
    if not entries or not times:
        return []
    order = sorted(range(len(times)), key=times.__getitem__)
    ordered = [times[at] for at in order]
    step = median(after - before for before, after in pairwise(ordered)) if len(ordered) > 1 else 1 / _ENCODED_RATE
    starts = [times[at] for at in entries]
    pieces: list[Piece] = []
    for wanted in ranges:
        begin, stop = bisect.bisect_left(ordered, wanted.start), bisect.bisect_left(ordered, wanted.end)
        if begin >= stop:
            continue
        # Keyframes are shown in the order in which they are coded.
        first = entries[max(bisect.bisect_right(starts, wanted.start + 1e-6) - 1, 0)]
        last = max(order[begin:stop])
        newest = max(times[first : last + 1])
        # Pictures that are shown before one that is in anyway.
        last = max((at for at in range(last, min(last + _REORDER, len(times))) if times[at] <= newest), default=last)
        after = bisect.bisect_right(ordered, newest + 1e-6)
        end = min(ordered[after], newest + 2 * step) if after < len(ordered) else newest + step
        if pieces and first <= pieces[-1].last:
            pieces[-1] = Piece(pieces[-1].first, max(last, pieces[-1].last), pieces[-1].start, max(end, pieces[-1].end))
        else:
            pieces.append(Piece(first, last, times[first], end))
    return pieces


def cut_film(
    source: Path, out: Path, ranges: Sequence[TimeRange], chapters: Chapters, *, max_extra: float,
    stop: threading.Event | None = None, on_progress: Callable[[float], None] = lambda done: None,
    untrusted: bool = False,
) -> FilmCut:  # fmt: skip
    """Make a film of stretches of another one; blocks until it is written.

    Args:
        source: the film.
        out: the new one, of one of `SUFFIXES`; an older one is replaced only when it is complete.
        ranges: media seconds, in order, without overlaps.
        chapters: makes its chapters.
        max_extra: share of film that may be added so that nothing is encoded again.
        stop: set it from another thread to stop the work; no file remains.
        on_progress: called with the share of the work that is done.
        untrusted: somebody else's film; see `courtside.film.Film`.

    Raises:
        UndecodableFilm: the film cannot be read, or none of the stretches is in it.
        MediaUnwritable: the new one cannot be written.
        Stopped: it was stopped.
    """
    film = Film(source, untrusted=untrusted)
    check = WorkStop(stop, on_progress)
    times, entries, joined = _times(film, check)
    pieces = choose_pieces(times, entries, ranges)
    if not pieces:
        raise UndecodableFilm(f"{source}: none of the stretches to keep is in the film", source)
    length = max(times) + (pieces[-1].end - max(times) if pieces[-1].end > max(times) else 0.0)
    exact = [TimeRange(one.start, min(one.end, length)) for one in ranges if one.start < length]
    copied = sum(piece.end - piece.start for piece in pieces)
    kind = SUFFIXES[out.suffix.lower()]
    options = {} if kind == "matroska" else {"movflags": "+faststart"}
    with writing(out) as part, av.open(file_address(part), "w", format=kind, options=options) as made:
        extra = copied / max(sum(one.seconds for one in exact), 1e-9) - 1
        encoded = extra > max_extra or film.info.codec not in made.supported_codecs
        with _Sound(source, made, untrusted) as sound:
            if encoded:
                kept = placed([(one.start, one.end) for one in exact])
                video = _encoded(film, made, kept, joined, check)
            else:
                kept = placed([(piece.start, piece.end) for piece in pieces])
                video = _copied(source, film, made, pieces, kept, times, check)
            found = tuple(chapters(kept))
            set_chapters(made, found)
            for _, packet in heapq.merge(video, sound.packets(film, kept), key=lambda one: one[0]):
                made.mux_one(packet)
            silent = sound.lost
        made.close()
        if encoded and kind != "matroska":
            set_orientation(part, film.info.rotation, film.info.mirrored)
    return FilmCut(tuple(kept), found, encoded, silent)


class WorkStop:
    """Reports progress of the packets that were read; raises where somebody stopped the work."""

    def __init__(self, stop: threading.Event | None, on_progress: Callable[[float], None]) -> None:
        self._stop, self.report = stop, on_progress

    def __call__(self) -> None:
        """Go on, or raise `Stopped`."""
        if self._stop is not None and self._stop.is_set():
            raise Stopped("the work was stopped; no film was written")


class _MediaTimes:
    """Media seconds by time stamps that may go back where recordings were joined: they go on there.

    Args:
        film: the film.
        base: seconds per unit of the stream; that of the pictures by default.
    """

    def __init__(self, film: Film, base: Fraction | None = None) -> None:
        info = film.info
        self._base = float(base or info.time_base)
        self._zero = float(info.first_pts * info.time_base)
        self._step = 1 / (info.frame_rate or _ENCODED_RATE)
        self._shift, self._newest = 0.0, float("-inf")
        self.joined = False
        """Time stamps have gone back."""

    def at(self, pts: int) -> float:
        """Of the next packet or picture."""
        time = pts * self._base - self._zero + self._shift
        if time < self._newest - _BACK_S:
            self.joined = True
            self._shift += self._newest + self._step - time
            time = self._newest + self._step
        self._newest = max(self._newest, time)
        return time


def _times(film: Film, check: WorkStop) -> tuple[list[float], list[int], bool]:
    """Media seconds of all packets in coding order, numbers of those with which decoding can begin, joined or not."""
    clock, info = _MediaTimes(film), film.info
    times: list[float] = []
    entries: list[int] = []
    for number, packet in enumerate(film.packets()):
        if number % 1000 == 0:
            check()
        if packet.keyframe and not recovery_pictures(info.codec, info.codec_config, packet.data):
            entries.append(number)
        times.append(clock.at(packet.pts))
    return times, entries, clock.joined


def placed(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float, float]]:
    """Stretches with where they begin in the film that they make."""
    kept, at = [], 0.0
    for start, end in spans:
        kept.append((start, end, at))
        at += end - start
    return kept


def _copied(
    source: Path, film: Film, made: Any, pieces: Sequence[Piece], kept: Sequence[tuple[float, float, float]],
    times: Sequence[float], check: WorkStop,
) -> Iterator[tuple[float, Any]]:  # fmt: skip
    """The packets of pieces with their times in the new film."""
    base = film.info.time_base
    with av.open(file_address(source)) as template:
        stream = made.add_stream_from_template(video_stream(template))
    stream.time_base = base
    # A picture that is shown before the keyframe of its piece depends on one that is not there.
    chosen = [
        (number, times[number] - start + at)
        for piece, (start, _, at) in zip(pieces, kept, strict=True)
        for number in range(piece.first, piece.last + 1)
        if times[number] >= start - 1e-6
    ]
    step = 1 / (film.info.frame_rate or _ENCODED_RATE)
    due = dict(zip((number for number, _ in chosen), packet_times([at for _, at in chosen], base, step), strict=True))

    def packets() -> Iterator[tuple[float, Any]]:
        for number, packet in enumerate(film.packets()):
            if number not in due:
                continue
            if number % 100 == 0:
                check()
                check.report(number / len(times))
            one = av.Packet(packet.data)
            at = due[number]
            one.pts, one.dts, one.duration, one.time_base = at.pts, at.dts, at.duration, base
            one.is_keyframe, one.stream = packet.keyframe, stream
            yield float(one.dts * base), one

    return packets()


def _encoded(
    film: Film, made: Any, kept: Sequence[tuple[float, float, float]], joined: bool, check: WorkStop
) -> Iterator[tuple[float, Any]]:
    """The pictures of stretches, encoded again."""
    info = film.info
    rate = Fraction(info.frame_rate or _ENCODED_RATE).limit_denominator(1001)
    stream = made.add_stream("libx264", rate=rate, options={"crf": _CRF, "preset": _PRESET})
    stream.width, stream.height, stream.pix_fmt = info.width & ~1, info.height & ~1, "yuv420p"
    stream.time_base = stream.codec_context.time_base = info.time_base
    total = sum(end - start for start, end, _ in kept)

    def packets() -> Iterator[tuple[float, Any]]:
        newest, latest = -1, -1
        for row, time, picture in _pictures(film, kept, joined):
            check()
            start, _, at = kept[row]
            frame = picture.reformat(width=stream.width, height=stream.height, format="yuv420p")
            newest = max(round((time - start + at) / info.time_base), newest + 1)
            frame.pts, frame.time_base = newest, info.time_base
            frame.pict_type = PictureType.NONE if row == latest else PictureType.I
            latest = row
            check.report((time - start + at) / total)
            for one in stream.encode(frame):
                yield float(one.dts * one.time_base), one
        if newest < 0:
            raise UndecodableFilm(f"{info.name}: no picture of the stretches to keep can be decoded", info.name)
        for one in stream.encode(None):
            yield float(one.dts * one.time_base), one

    return packets()


def _pictures(
    film: Film, kept: Sequence[tuple[float, float, float]], joined: bool
) -> Iterator[tuple[int, float, Any]]:
    """The pictures of stretches: the number of the stretch, media seconds, the picture.

    A film whose time stamps go back cannot be searched by them: it is decoded from its beginning, once.
    """
    base, first = film.info.time_base, film.info.first_pts
    if joined:
        clock, row = _MediaTimes(film), 0
        for frame in film.frames():
            time = clock.at(frame.pts)
            while row < len(kept) and time >= kept[row][1] - 1e-6:
                row += 1
            if row == len(kept):
                return
            if time >= kept[row][0] - 1e-6:
                yield row, time, frame.picture()
        return
    for row, (start, end, _) in enumerate(kept):
        clock = _MediaTimes(film)
        for frame in film.frames(first + int(max(start, 0.0) / base)):
            time = clock.at(frame.pts)
            if time >= end - 1e-6:
                break
            if time >= start - 1e-6:
                yield row, time, frame.picture()


class _Sound:
    """The first sound of a film, copied; a context manager."""

    def __init__(self, source: Path, made: Any, untrusted: bool) -> None:
        self._container: Any = av.open(file_address(source))
        found = self._container.streams.audio
        self._stream = found[0] if found else None
        self.lost = False
        """There is sound that the new container cannot hold."""
        if self._stream is not None:
            name = self._stream.codec_context.name if self._stream.codec_context is not None else ""
            matroska = "matroska" in made.format.name
            self.lost = not (matroska or name in _SOUND or name.removesuffix("float") in _SOUND)
        self._made = made

    def __enter__(self) -> _Sound:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def packets(self, film: Film, kept: Sequence[tuple[float, float, float]]) -> Iterator[tuple[float, Any]]:
        """Its packets in stretches, with their times in the new film."""
        if self._stream is None or self.lost:
            return iter(())
        out = self._made.add_stream_from_template(self._stream)
        starts = [start for start, _, _ in kept]
        base = self._stream.time_base
        clock = _MediaTimes(film, base)

        def packets() -> Iterator[tuple[float, Any]]:
            newest = None
            for packet in coded_packets(self._container, self._stream):
                if packet.pts is None:
                    continue
                time = clock.at(packet.pts)
                at = bisect.bisect_right(starts, time + 1e-6) - 1
                if at < 0 or time >= kept[at][1]:
                    continue
                pts = round((time - kept[at][0] + kept[at][2]) / base)
                if newest is not None and pts <= newest:
                    continue
                packet.pts = packet.dts = newest = pts
                packet.time_base, packet.stream = base, out
                yield float(pts * base), packet

        return packets()
