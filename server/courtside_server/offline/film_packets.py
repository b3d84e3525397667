"""A film as the stream of packets that live ingest would receive."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from courtside.errors import SourceLost, UndecodableFilm
from courtside.film import Film
from courtside.media import SourceInfo
from courtside.names import CameraName
from courtside_server.types import Codec, EncodedPacket, StreamInfo, StreamMode

_UNTOUCHED = {"h264": Codec.H264, "hevc": Codec.HEVC}
"""Codecs whose packets go to the decode stage as they are; any other film is decoded here and goes on as raw frames."""

FILM_WALL = 946_684_800.0
"""Wall clock of the first frame of every film, Unix seconds (2000-01-01). A film rarely knows when it was taken, and
the same film must give the same events."""


def stream_info(info: SourceInfo, camera: CameraName, time_scale: float) -> StreamInfo:
    """The stream that a film is.

    Args:
        info: the film.
        camera: whose film it is taken for.
        time_scale: true seconds per media second.
    """
    codec = _UNTOUCHED.get(info.codec, Codec.RAW_RGB)
    return StreamInfo(
        camera=camera, codec=codec, mode=StreamMode.FILM, width=info.width, height=info.height,
        frame_rate=info.frame_rate, codec_config=b"" if codec is Codec.RAW_RGB else info.codec_config,
        time_base=float(info.time_base), first_pts=info.first_pts, epoch=1, session="", rotation=info.rotation,
        time_scale=time_scale, mirrored=info.mirrored,
    )  # fmt: skip


def read_packets(
    film: Film, time_scale: float = 1.0, clock: Callable[[], float] = time.monotonic
) -> Iterator[EncodedPacket]:
    """The film's packets in decoding order.

    Args:
        film: the film.
        time_scale: true seconds per media second.
        clock: monotonic seconds, for each packet's arrival.

    Raises:
        UndecodableFilm: the file cannot be read to its end.
    """
    info = film.info
    try:
        pieces = _packets(film) if info.codec in _UNTOUCHED else _frames(film)
        for sequence, (pts, dts, keyframe, decode_only, data, damaged) in enumerate(pieces):
            seconds = (pts - info.first_pts) * float(info.time_base) * time_scale
            yield EncodedPacket(sequence, FILM_WALL + seconds, clock(), pts, dts, keyframe, decode_only, data, damaged)
    except SourceLost as error:
        raise UndecodableFilm(error.message, error.source) from None


_Piece = tuple[int, int | None, bool, bool, bytes, bool]


def _packets(film: Film) -> Iterator[_Piece]:
    for packet in film.packets():
        yield packet.pts, packet.dts, packet.keyframe, packet.decode_only, packet.data, packet.damaged


def _frames(film: Film) -> Iterator[_Piece]:
    for frame in film.frames():
        yield frame.pts, frame.pts, True, False, frame.picture().to_ndarray(format="rgb24").tobytes(), False
