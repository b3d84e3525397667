"""MP4 films of coded packets: nothing is encoded again, and players begin at the moment that was asked for.

Decoding begins at a keyframe, which may be seconds before that moment. The packets from there on are in the film with
negative times; an edit list (ISO/IEC 14496-12, 8.6.6) leaves their pictures out.
"""

from __future__ import annotations

import contextlib
import io
import os
import struct
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import av
import av.error

from courtside.film import file_address, reason
from courtside.parameter_sets import to_annex_b
from courtside_server.errors import MediaUnwritable, NotFound
from courtside_server.media.vtt import Chapter

PART = ".part"
"""Suffix of a film that is not complete."""
_RAW = {"h264": "h264", "hevc": "hevc", "mjpeg": "mjpeg"}
"""FFmpeg's names of the bare formats of the codecs that a clip may hold."""
_MATRICES = {
    (0, False): (1, 0, 0, 1), (90, False): (0, 1, -1, 0), (180, False): (-1, 0, 0, -1), (270, False): (0, -1, 1, 0),
    (0, True): (-1, 0, 0, 1), (90, True): (0, -1, -1, 0), (180, True): (1, 0, 0, -1), (270, True): (0, 1, 1, 0),
}  # fmt: skip
"""The upper left of the display matrix (a b c d), by clockwise degrees and mirroring before it."""
_TRACK_MATRIX = (40, 52)
"""Bytes from the beginning of a track header's fields to its matrix, in versions 0 and 1."""
_HEADERS = ((b"moov", b"mvhd"), (b"moov", b"trak", b"edts", b"elst"))
CLIP_BASE = Fraction(1, 90_000)
"""Seconds per unit of time of a clip: no frame rate of a camera is rounded by more than 6 microseconds."""


@dataclass(frozen=True, slots=True)
class CodedVideo:
    """How packets are coded.

    Attributes:
        codec: FFmpeg's name: ``h264``, ``hevc`` or ``mjpeg``.
        config: decoder configuration; empty for Annex B.
        rotation: clockwise degrees by which pictures are turned.
        mirrored: pictures are mirrored left to right before they are turned.
    """

    codec: str
    config: bytes = b""
    rotation: int = 0
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class ClipPacket:
    """One coded picture of a clip.

    Attributes:
        time: when it is shown, seconds; before zero for pictures that only others need.
        keyframe: decoding can begin with it.
        data: its bytes.
    """

    time: float
    keyframe: bool
    data: bytes


def write_clip(path: Path, video: CodedVideo, packets: Sequence[ClipPacket], seconds: float) -> None:
    """Write a clip as MP4; it gets its name only when it is complete.

    Args:
        path: the clip; an older one is replaced.
        video: how the packets are coded.
        packets: in coding order; the first one is a keyframe.
        seconds: how long players show it, from time zero.

    Raises:
        NotFound: the packets cannot be decoded.
        MediaUnwritable: the disk is full, or the folder cannot be written.
    """
    with writing(path) as part:
        with _template(video, packets[0].data) as source:
            stream_in = source.streams.video[0]
            with av.open(file_address(part), "w", format="mp4", options={"movflags": "+faststart"}) as film:
                stream = film.add_stream_from_template(stream_in)
                stream.time_base = CLIP_BASE
                times = packet_times([packet.time for packet in packets], CLIP_BASE, _last_step(packets))
                for packet, at in zip(packets, times, strict=True):
                    film.mux_one(_packet(video, stream, at, packet.keyframe, packet.data))
        _finish_header(part, video, seconds)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Path]:
    """The path under which a film is written until it is complete; removed where that fails.

    Raises:
        MediaUnwritable: the disk is full, or the folder cannot be written.
    """
    part = path.with_name(f"{path.name}.{threading.get_ident()}{PART}")  # two may make the same clip
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        os.replace(part, path)
    except (OSError, av.error.FFmpegError) as error:
        message = f"{path}: the film cannot be written: {reason(error)}; free disk space or choose another folder"
        raise MediaUnwritable(message, film=path) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def decode_times(shown: Sequence[int]) -> list[int]:
    """Times of decoding for pictures in coding order: increasing, none after its picture is shown.

    Args:
        shown: when the pictures are shown, in coding order.

    Example:
        >>> decode_times([0, 3, 1, 2])
        [-1, 0, 1, 2]
    """
    order = sorted(shown)
    for at in range(1, len(order)):
        order[at] = max(order[at], order[at - 1] + 1)
    late = max((due - time for due, time in zip(order, shown, strict=True)), default=0)
    return [due - late for due in order]


@dataclass(frozen=True, slots=True)
class PacketTime:
    """When a packet is shown and decoded, in units of a time base."""

    pts: int
    dts: int
    duration: int


def packet_times(seconds: Sequence[float], base: Fraction, step: float = 1 / 30) -> list[PacketTime]:
    """Times of the packets of a film.

    Args:
        seconds: when their pictures are shown, in coding order.
        base: seconds per unit.
        step: seconds for which the last one is shown.
    """
    shown = _apart([round(time / base) for time in seconds])
    ends = dict(pairwise(sorted(shown)))
    last = max(round(step / base), 1)
    return [
        PacketTime(pts, dts, ends.get(pts, pts + last) - pts)
        for pts, dts in zip(shown, decode_times(shown), strict=True)
    ]  # fmt: skip


def write_packets(
    path: Path, video: CodedVideo, packets: Iterable[tuple[PacketTime, bool, bytes]], chapters: Sequence[Chapter]
) -> None:
    """Write a film of packets as MP4; it gets its name only when it is complete.

    Args:
        path: the film.
        video: how the packets are coded.
        packets: times in units of 1/90000 s, whether decoding can begin there, and the bytes; in coding order, the
            first one a keyframe.
        chapters: of the film.

    Raises:
        NotFound: the packets cannot be decoded.
        MediaUnwritable: the disk is full, or the folder cannot be written.
    """
    rest = iter(packets)
    first = next(rest)
    with writing(path) as part:
        with (
            _template(video, first[2]) as source,
            av.open(file_address(part), "w", format="mp4", options={"movflags": "+faststart"}) as film,
        ):
            stream = film.add_stream_from_template(source.streams.video[0])
            stream.time_base = CLIP_BASE
            set_chapters(film, chapters)
            for times, keyframe, data in chain([first], rest):
                film.mux_one(_packet(video, stream, times, keyframe, data))
        set_orientation(part, video.rotation, video.mirrored)


def set_chapters(film: Any, chapters: Sequence[Chapter]) -> None:
    """Give a film chapters, before its first packet.

    Args:
        film: an open ``av`` output container.
        chapters: in order.
    """
    film.set_chapters([
        {
            "id": number, "start": round(one.start * 1000), "end": round(max(one.end, one.start + 0.001) * 1000),
            "time_base": Fraction(1, 1000), "metadata": {"title": one.title},
        }
        for number, one in enumerate(chapters, 1)
    ])  # fmt: skip


def _packet(video: CodedVideo, stream: Any, times: PacketTime, keyframe: bool, data: bytes) -> Any:
    made = av.Packet(data if video.codec == "mjpeg" else to_annex_b(video.codec, video.config, data))
    made.pts, made.dts, made.duration, made.time_base = times.pts, times.dts, times.duration, CLIP_BASE
    made.is_keyframe, made.stream = keyframe, stream
    return made


def _last_step(packets: Sequence[ClipPacket]) -> float:
    """Seconds for which the last picture is shown: as long as the one before."""
    order = sorted(packet.time for packet in packets)
    return order[-1] - order[-2] if len(order) > 1 else 1 / 30


def _apart(times: list[int]) -> list[int]:
    """Times of which no two are the same: a picture at the time of another one comes a unit later."""
    seen: set[int] = set()
    for at, time in enumerate(times):
        while time in seen:
            time += 1
        seen.add(time)
        times[at] = time
    return times


@contextlib.contextmanager
def _template(video: CodedVideo, keyframe: bytes) -> Iterator[Any]:
    """A container with one keyframe of the stream, from which a new one takes its size and configuration."""
    data = keyframe if video.codec == "mjpeg" else to_annex_b(video.codec, video.config, keyframe, with_sets=True)
    try:
        container = av.open(io.BytesIO(data), format=_RAW[video.codec])
    except av.error.FFmpegError as error:
        raise NotFound(f"the packets of that moment cannot be decoded: {reason(error)}") from None
    with container:
        if not container.streams.video or not container.streams.video[0].width:
            raise NotFound("the packets of that moment cannot be decoded: no picture size in them")
        yield container


def _finish_header(path: Path, video: CodedVideo, seconds: float) -> None:
    """Write what FFmpeg's muxer does not take: how pictures are turned, and where the last one ends."""
    set_orientation(path, video.rotation, video.mirrored)
    with path.open("r+b") as file:
        for begin, kind, size in _boxes(file, *_HEADERS):
            file.seek(begin)
            fields = file.read(size)
            version = fields[0]
            if kind == b"mvhd":
                scale = struct.unpack_from(">I", fields, 20 if version else 12)[0]
            elif kind == b"elst":
                count = struct.unpack_from(">I", fields, 4)[0]
                form, width = (">Q", 20) if version else (">I", 12)
                at = 8 + width * (count - 1)
                length = struct.unpack_from(form, fields, at)[0]
                file.seek(begin + at)
                file.write(struct.pack(form, min(length, round(seconds * scale))))


def set_orientation(path: Path, rotation: int, mirrored: bool) -> None:
    """Write into a finished MP4 how its pictures are turned.

    Args:
        path: the film.
        rotation: clockwise degrees: 0, 90, 180 or 270.
        mirrored: mirror them left to right before.
    """
    if not rotation and not mirrored:
        return
    with path.open("r+b") as file:
        for begin, _, size in _boxes(file, (b"moov", b"trak", b"tkhd")):
            file.seek(begin)
            fields = file.read(size)
            at = _TRACK_MATRIX[fields[0]]
            if any(fields[at + 36 : at + 44]):  # a track without a size has no pictures
                file.seek(begin + at)
                a, b, c, d = (one << 16 for one in _MATRICES[rotation, mirrored])
                file.write(struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30))


def _boxes(file: Any, *paths: tuple[bytes, ...]) -> Iterator[tuple[int, bytes, int]]:
    """Where the fields of boxes begin, their kinds and sizes in bytes; of the boxes with one of these paths."""
    def walk(begin: int, end: int, path: tuple[bytes, ...]) -> Iterator[tuple[int, bytes, int]]:
        while begin + 8 <= end:
            file.seek(begin)
            size, kind = struct.unpack(">I4s", file.read(8))
            head = 8
            if size == 1:
                size, head = struct.unpack(">Q", file.read(8))[0], 16
            if size < head:
                return
            here = (*path, kind)
            if here in paths:
                yield begin + head, kind, size - head
            elif any(one[: len(here)] == here for one in paths):
                yield from walk(begin + head, begin + size, here)
            begin += size

    yield from walk(0, file.seek(0, 2), ())
