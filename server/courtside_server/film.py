"""Film analysis: a file's packets through the very same stages as live, as fast as the machine allows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import av.error

from courtside_server.errors import UndecodableFilm
from courtside_server.types import CameraName, Codec, EncodedPacket, StreamInfo, StreamMode

_UNTOUCHED = {"h264": Codec.H264, "hevc": Codec.HEVC}
"""Codecs whose packets go to the decode stage as they are; any other film is decoded here and goes on as raw frames."""


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


def read_packets(head: FilmHead, clock: Callable[[], float] = time.monotonic) -> Iterator[EncodedPacket]:
    """The film's packets in decoding order; capture time counts from 1970, so that the same film gives the same events.

    Raises:
        UndecodableFilm: the container breaks off in the middle.
    """
    with _open(head.path) as container:
        stream = container.streams.video[0]
        source = _packets(container, stream) if head.codec in _UNTOUCHED else _frames(container, stream)
        try:
            for sequence, (pts, dts, keyframe, decode_only, data) in enumerate(source):
                seconds = (pts - head.first_pts) * head.time_base
                yield EncodedPacket(sequence, seconds, clock(), pts, dts, keyframe, decode_only, data)
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
