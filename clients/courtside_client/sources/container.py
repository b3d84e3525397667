"""Containers: what film files and network streams share, over PyAV."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import av
import av.error

from courtside_client.errors import UndecodableFilm
from courtside_client.media import SourceFrame, SourceInfo, SourcePacket

_PEEK = 64
"""Packets looked at to find the first shown picture and reordering: more than the deepest reordering of H.264."""


def reason(error: BaseException) -> str:
    """An FFmpeg error's text."""
    return str(getattr(error, "strerror", None) or error)


def video_stream(container: Any) -> Any:
    """The first real video stream (a cover picture is none), or ``None``."""
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            # SLICE: one picture out a packet in, and no frame threads that could hang when dropped half-way.
            stream.thread_type = "SLICE"
            return stream
    return None


def coded_packets(container: Any, stream: Any) -> Iterator[Any]:
    """The stream's packets with data in them, in coding order."""
    for packet in container.demux(stream):
        if packet.size:
            yield packet


def probe(container: Any, stream: Any, name: str, live: bool) -> tuple[SourceInfo, list[Any]]:
    """Decode the first picture and look at the first packets.

    Returns:
        What the stream is, and the packets that were taken from it (a live stream cannot be rewound).

    Raises:
        UndecodableFilm: no picture comes out.
    """
    taken: list[Any] = []
    first: Any = None
    failure = "no picture in it"
    context = stream.codec_context
    for packet in coded_packets(container, stream):
        taken.append(packet)
        try:
            pictures = packet.decode()
        except (av.error.FFmpegError, ValueError) as error:
            failure = reason(error)
            pictures = []
        first = first or next(iter(pictures), None)
        # Live must not wait for more than it needs: its latency begins here.
        if len(taken) >= (512 if first is None else 1 if live else _PEEK):
            break
    if first is None:
        with contextlib.suppress(av.error.FFmpegError, ValueError):
            first = next(iter(context.decode(None)), None)
    if first is None:
        raise UndecodableFilm(f"{name}: the video ({context.name}) cannot be decoded: {failure}", name)
    context.flush_buffers()
    shown = [packet.pts for packet in taken if packet.pts is not None and not packet.is_discard]
    order = [packet.pts for packet in taken if packet.pts is not None]
    rate = stream.average_rate or stream.guessed_rate
    return (
        SourceInfo(
            name=name,
            width=first.width,
            height=first.height,
            frame_rate=float(rate) if rate else 0.0,
            time_base=Fraction(stream.time_base),
            first_pts=min(shown, default=first.pts or 0),
            rotation=round(-first.rotation / 90) * 90 % 360,
            frames=(stream.frames or None) if not live else None,
            live=live,
            codec=context.name,
            codec_config=bytes(context.extradata or b""),
            reordered=bool(context.has_b_frames) or order != sorted(order),
        ),
        taken,
    )


class Timestamps:
    """Fills in missing pts: the last one plus the usual step."""

    def __init__(self, info: SourceInfo) -> None:
        self._last = info.first_pts
        self._step = round(1 / (info.frame_rate * info.time_base)) if info.frame_rate else 1
        self._begun = False

    def fill(self, pts: int | None) -> int:
        """``pts``, or where it would be."""
        if pts is None:
            pts = self._last + self._step if self._begun else self._last
        self._begun = True
        self._last = pts
        return pts


class Reader:
    """Draws frames or packets from an open stream, and counts what cannot be decoded."""

    def __init__(self, info: SourceInfo) -> None:
        self._info = info
        self.undecodable = 0

    def frames(self, packets: Iterator[Any], stream: Any) -> Iterator[SourceFrame]:
        """Decode; a packet that cannot be decoded is counted and left out."""
        stamps = Timestamps(self._info)
        for packet in packets:
            try:
                pictures = packet.decode()
            except (av.error.InvalidDataError, ValueError):
                self.undecodable += 1
                continue
            yield from self._give(pictures, stamps)
        with contextlib.suppress(av.error.EOFError):
            yield from self._give(stream.codec_context.decode(None), stamps)

    def packets(self, packets: Iterator[Any]) -> Iterator[SourcePacket]:
        """Pass on untouched."""
        stamps = Timestamps(self._info)
        for packet in packets:
            pts = stamps.fill(packet.pts if packet.pts is not None else packet.dts)
            yield SourcePacket(pts, packet.dts, packet.is_keyframe, packet.is_discard, bytes(packet))

    def _give(self, pictures: list[Any], stamps: Timestamps) -> Iterator[SourceFrame]:
        for picture in pictures:
            yield SourceFrame(stamps.fill(picture.pts), partial(_same, picture))


def _same(picture: Any) -> Any:
    return picture
