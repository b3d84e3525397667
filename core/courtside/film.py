"""Films and other containers, read over PyAV: pictures in the order they are shown, packets in coding order."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Generator, Iterator
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import av
import av.error
from av.codec.context import Flags

from courtside.entry_points import recovery_pictures
from courtside.errors import NoVideo, SourceFailure, SourceLost, SourceNotFound, UndecodableFilm
from courtside.film_end import is_cut_off
from courtside.media import SourceFrame, SourceInfo, SourcePacket
from courtside.orientation import orientation
from courtside.parameter_sets import ParameterSets

_PEEK = 64
"""Packets looked at to find the first shown picture and reordering: more than the deepest reordering of H.264."""

_RATE_PICTURES = 8
"""Time stamps from which a frame rate is learned."""
_LEAD_S = 0.1
"""Seconds by which sound begins earlier only because of how it is coded; a longer lead belongs to the film."""
_SAME_RATE = 0.05
"""Share by which a nominal frame rate may differ from the learned one: time stamps in milliseconds are rounded."""


def reason(error: BaseException) -> str:
    """The text of an FFmpeg error."""
    return str(getattr(error, "strerror", None) or error)


_CONTAINERS = "mov,mp4,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,h264,hevc,mjpeg"
"""FFmpeg's names of the containers that hold their pictures themselves."""


def file_address(path: str | Path) -> str:
    """What FFmpeg opens as this very file: without the prefix, a colon makes an address of a name."""
    return f"file:{path}"


def video_stream(container: Any) -> Any:
    """The first video stream that is not a cover picture, or ``None``."""
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            # SLICE: one picture out a packet in, and no frame threads that could hang when dropped half-way.
            stream.thread_type = "SLICE"
            return stream
    return None


def coded_packets(container: Any, stream: Any) -> Iterator[Any]:
    """The stream's packets with data in them, in coding order."""
    try:
        for packet in container.demux(stream):
            if packet.size:
                yield packet
    except IndexError:  # PyAV at the end of a film in which a stream appeared that was not there at its beginning
        return


def probe(
    container: Any, stream: Any, name: str, live: bool, timeout: float = math.inf
) -> tuple[SourceInfo, list[Any]]:
    """Decode the first picture and look at the first packets.

    Args:
        container: open.
        stream: its video stream.
        name: the source, for messages.
        live: it runs in real time: wait for its first picture, and no longer.
        timeout: seconds that a live stream has until its first picture.

    Returns:
        What the stream is, and the packets that were taken from it (a live stream cannot be rewound); those of a live
        stream begin where its decoding can begin.

    Raises:
        UndecodableFilm: no picture comes out.
    """
    taken: list[Any] = []
    first: Any = None
    failure = "no picture in it"
    context = stream.codec_context
    due = time.monotonic() + timeout
    if live:  # the first picture after a recovery point is not whole, but it has the size
        context.flags |= Flags.output_corrupt.value
    # Of a live stream all parts are read, so that sound cannot hide that no picture comes.
    for packet in container.demux() if live else container.demux(stream):
        if live and time.monotonic() > due:
            break
        if packet.stream.index != stream.index or not packet.size:
            continue
        # A keyframe may be half a minute away, and nothing before it is of use.
        if live and not taken and not _can_begin(packet, context):
            continue
        taken.append(packet)
        try:
            pictures = packet.decode()
        except (av.error.FFmpegError, ValueError) as error:
            failure = reason(error)
            pictures = []
        first = first or next(iter(pictures), None)
        # Live must not wait for more than it needs: its latency begins here.
        if live and first is not None and (packet.pts is not None or len(taken) > 2):
            break
        if not live and len(taken) >= (512 if first is None else _PEEK):
            break
    if first is None:
        with contextlib.suppress(av.error.FFmpegError, ValueError):
            first = next(iter(context.decode(None)), None)
    if first is None:
        raise UndecodableFilm(
            f"{name}: the video ({context.name}) cannot be decoded: {failure}", name, failure=SourceFailure.CODEC
        )
    context.flush_buffers()
    context.flags &= ~Flags.output_corrupt.value
    rate = stream.average_rate or stream.guessed_rate
    if live and len(taken) > 1 and taken[0].pts is None and taken[1].pts is not None:
        # RTSP gives its first picture no time: it would get that of the second one.
        taken[0].pts = taken[1].pts - round(1 / (Fraction(rate or 30) * stream.time_base))
    shown = [packet.pts for packet in taken if packet.pts is not None and not packet.is_discard]
    order = [packet.pts for packet in taken if packet.pts is not None]
    first_pts = min(shown, default=first.pts or 0)
    rotation, mirrored = orientation(first)
    nominal = float(rate or 0)
    return (
        SourceInfo(
            name=name,
            width=first.width,
            height=first.height,
            frame_rate=_frame_rate(shown, float(stream.time_base), nominal),
            time_base=Fraction(stream.time_base),
            first_pts=first_pts if live else _start(container, stream, first_pts),
            rotation=rotation,
            mirrored=mirrored,
            frames=(stream.frames or None) if not live else None,
            live=live,
            codec=context.name,
            codec_config=bytes(context.extradata or b""),
            reordered=bool(context.has_b_frames) or order != sorted(order),
        ),
        taken,
    )


def _can_begin(packet: Any, context: Any) -> bool:
    config = bytes(context.extradata or b"")
    return packet.is_keyframe or recovery_pictures(context.name, config, bytes(packet)) is not None


def _start(container: Any, stream: Any, first_pts: int) -> int:
    """Where players begin to count: at the first picture, or at the sound where that begins earlier."""
    begins = [audio.start_time * audio.time_base for audio in container.streams.audio if audio.start_time is not None]
    lead = float(first_pts * stream.time_base - min(begins, default=first_pts * stream.time_base))
    return first_pts - round(lead / stream.time_base) if lead > _LEAD_S else first_pts


def _frame_rate(shown: list[int], time_base: float, nominal: float) -> float:
    """Frames per second by the time stamps of the first pictures; the nominal rate where they say the same or nothing.

    A nominal rate is an average over the whole film, which one long picture spoils, or what somebody wrote into it.
    """
    times = sorted(set(shown))
    if len(times) < _RATE_PICTURES:
        return nominal
    learned = 1.0 / (median(after - before for before, after in pairwise(times)) * time_base)
    return nominal if abs(nominal - learned) <= _SAME_RATE * learned else learned


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
    """Takes frames or packets from an open stream; counts packets that cannot be decoded, and damaged pictures."""

    def __init__(self, info: SourceInfo) -> None:
        self._info = info
        self.undecodable = 0
        """Packets so far that could not be decoded and were left out."""
        self.damaged = 0
        """Pictures so far whose decoder concealed missing parts, or that depend on such a picture."""
        self._hurt = False

    def frames(self, packets: Iterator[Any], stream: Any) -> Iterator[SourceFrame]:
        """Decode; a packet that cannot be decoded is counted and left out."""
        stamps = Timestamps(self._info)
        self._hurt = False
        for packet in packets:
            self._hurt = self._hurt or packet.is_corrupt
            try:
                pictures = packet.decode()
            except (av.error.InvalidDataError, ValueError):
                self.undecodable += 1
                self._hurt = True
                continue
            yield from self._give(pictures, stamps)
        with contextlib.suppress(av.error.EOFError):
            yield from self._give(stream.codec_context.decode(None), stamps)

    def packets(self, packets: Iterator[Any]) -> Iterator[SourcePacket]:
        """Pass packets on; only parameter sets that changed are put before the pictures that need them."""
        codec, config = self._info.codec, self._info.codec_config
        stamps, sets = Timestamps(self._info), ParameterSets(codec, config)
        for packet in packets:
            pts = stamps.fill(packet.pts if packet.pts is not None else packet.dts)
            data = sets.complete(packet)
            # Containers do not mark pictures of intra slices only; decoding can begin at them all the same.
            keyframe = packet.is_keyframe or recovery_pictures(codec, config, data) is not None
            yield SourcePacket(pts, packet.dts, keyframe, packet.is_discard, data, packet.is_corrupt)

    def _give(self, pictures: list[Any], stamps: Timestamps) -> Iterator[SourceFrame]:
        for picture in pictures:
            if picture.is_corrupt:
                self._hurt = True
            elif picture.key_frame:
                self._hurt = False
            self.damaged += self._hurt
            yield SourceFrame(stamps.fill(picture.pts), partial(_same, picture))


class Film:
    """A film file (MP4, MKV, AVI, ...); it can be read any number of times.

    Handles rotated and mirrored film, edit lists, B-frames, and every codec that FFmpeg decodes. Pictures that an edit
    list cuts away are left out, and so are packets that cannot be decoded. A film that is cut off simply ends there;
    :meth:`check_end` reports it.

    Args:
        path: the file.
        name: what the file is called in messages; its path by default.
        untrusted: somebody else's file: a list of other files or addresses is refused, as FFmpeg would open these.

    Raises:
        SourceNotFound: no such file.
        NoVideo: no video stream in it.
        UndecodableFilm: not a film, or no picture of it can be decoded.
    """

    def __init__(self, path: str | Path, *, name: str = "", untrusted: bool = False) -> None:
        self._path, self._name = str(path), name or str(path)
        self._options = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"} if untrusted else {}
        if not os.path.exists(path):
            raise SourceNotFound(f"{path}: no such file", path)
        if os.path.isdir(path):
            raise UndecodableFilm(f"{path} is a folder, not a film", path)
        self._examine()

    def _examine(self) -> None:
        container, stream = self._open()
        with container:
            try:
                self._info, _ = probe(container, stream, self._name, live=False)
            except av.error.FFmpegError as error:
                raise self._unreadable(error) from None
        self._reader = Reader(self._info)

    @property
    def info(self) -> SourceInfo:
        """What the film is."""
        return self._info

    @property
    def undecodable(self) -> int:
        """Packets so far that could not be decoded and were left out."""
        return self._reader.undecodable

    @property
    def damaged(self) -> int:
        """Damaged pictures so far among those of :meth:`frames`."""
        return self._reader.damaged

    def frames(self, start_pts: int | None = None) -> Generator[SourceFrame, None, None]:
        """Pictures in the order they are shown.

        Args:
            start_pts: begin at the last keyframe before this time stamp; ``None``: at the start.

        Raises:
            SourceLost: the file cannot be read further.
        """
        with self._reading() as (container, stream):
            if start_pts is not None:
                container.seek(start_pts, stream=stream, backward=True)
            yield from self._reader.frames(coded_packets(container, stream), stream)

    def packets(self) -> Iterator[SourcePacket]:
        """Coded pictures in coding order.

        Raises:
            SourceLost: the file cannot be read further.
        """
        with self._reading() as (container, stream):
            yield from self._reader.packets(coded_packets(container, stream))

    def check_end(self) -> None:
        """Check that the end of the file is there, as far as its container can show that.

        Raises:
            UndecodableFilm: the file is cut off; what is there can be read.
        """
        container, stream = self._open()
        with container:
            try:
                cut_off = is_cut_off(Path(self._path), container, stream)
            except OSError as error:
                raise self._unreadable(error) from None
        if cut_off:
            message = f"{self._name}: the end of the film is missing, the file is cut off: copy it anew"
            raise UndecodableFilm(message, self._name)

    def close(self) -> None:
        """Nothing to do: the file is closed when a pass over it ends or is dropped."""

    @contextlib.contextmanager
    def _reading(self) -> Iterator[tuple[Any, Any]]:
        container, stream = self._open()
        with container:
            try:
                yield container, stream
            except av.error.FFmpegError as error:
                raise SourceLost(f"{self._name}: broken in the middle: {reason(error)}", self._name) from None

    def _container(self) -> Any:
        try:
            return av.open(file_address(self._path), options=self._options)
        except (av.error.FFmpegError, UnicodeError) as error:
            message = f"{self._name}: not a film that can be opened: {reason(error)}"
            raise UndecodableFilm(message, self._name) from None

    def _unreadable(self, error: Exception) -> Exception:
        return UndecodableFilm(f"{self._name}: cannot be read: {reason(error)}", self._name)

    def _open(self) -> tuple[Any, Any]:
        container = self._container()
        stream = video_stream(container)
        if stream is None:
            container.close()
            raise NoVideo(f"{self._name}: no video in it", self._name)
        if stream.codec_context is None:
            container.close()
            raise UndecodableFilm(f"{self._name}: no decoder for its video", self._name)
        return container, stream


def _same(picture: Any) -> Any:
    return picture
