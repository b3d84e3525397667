"""Network streams: RTSP, RTMP, UDP and HTTP cameras and encoders, and pipes, over PyAV."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeVar

import av
import av.error
from av.format import Flags

from courtside.errors import SourceFailure
from courtside.film import Reader, file_address, probe, video_stream
from courtside.media import SourceFrame, SourceInfo, SourcePacket
from courtside.redact import redact
from courtside_client.errors import NoVideo, SourceLost, UndecodableFilm
from courtside_client.sources.diagnosis import check_address, diagnose, unusable
from courtside_client.sources.whole_pictures import whole_pictures
from courtside_client.tls import tls_options


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """How long a network stream is waited for.

    Attributes:
        open_timeout: seconds to wait for an answer. A camera that starts takes a few; nobody waits longer for a word.
        stall_timeout: seconds without a picture after which the stream counts as lost, whatever else comes in.
            Cameras send at least one picture per second; people want to know within 5 s.
        keyframe_timeout: seconds to wait for a first picture. Cameras send a keyframe every 1 to 30 s.
        read_ahead: seconds of the stream that are examined before its first picture is given out. Two pictures
            suffice to see a frame rate; a first picture is due within 1 s.
        segment_timeout: the same as ``stall_timeout`` for a stream in segments (HLS), whose pictures come in bursts.
            Segments of 2 to 10 s are usual.
    """

    open_timeout: float = 10.0
    stall_timeout: float = 4.0
    keyframe_timeout: float = 40.0
    read_ahead: float = 0.5
    segment_timeout: float = 25.0


_OPTIONS: dict[str, dict[str, str]] = {
    # TCP first: a lost packet costs a round trip. Over UDP it costs every picture up to the next keyframe.
    "rtsp": {"rtsp_flags": "prefer_tcp"},
    "rtsps": {"rtsp_flags": "prefer_tcp"},
    "rtmp": {},
    "rtmps": {},
    "udp": {"overrun_nonfatal": "1", "fifo_size": "50000"},
}
SCHEMES = tuple(_OPTIONS)
"""URL schemes of streams that are live."""
_ARRIVAL_TIME_BASE = Fraction(1, 90_000)
_MAX_WAIT_S = 30.0
"""Longest wait until a picture of a stream in segments is due; beyond it, or as late, its clock has jumped."""
_Item = TypeVar("_Item", SourceFrame, SourcePacket)


def open_container(
    url: str, name: str, config: NetworkConfig, options: dict[str, str] | None = None, *, pipe: bool = False
) -> Any:
    """Open a stream with FFmpeg.

    Args:
        url: the address, or the path of a pipe.
        name: the source, without secrets.
        config: how long it is waited for.
        options: further options of FFmpeg.
        pipe: a pipe: it has its own time, because its writer may still be waiting for a camera.

    Raises:
        SourceError: it cannot be opened; the message says why.
    """
    scheme, _, rest = url.partition("://")
    used = {"probesize": "1000000", "analyzeduration": str(round(config.read_ahead * 1e6)), **(options or {})}
    if pipe:
        url = url if url == "pipe:0" else file_address(url)
    else:
        url = f"{scheme.lower()}://{rest}"
        used |= _OPTIONS.get(scheme.lower(), {}) | tls_options(scheme.lower())
    timeout = (None, None) if pipe else (config.open_timeout, config.stall_timeout)
    began = time.monotonic()
    try:
        return av.open(url, container_options=used, timeout=timeout)
    except Exception as error:
        address, seconds = ("", 0.0) if pipe else (url, time.monotonic() - began)
        raise unusable(error, address, name, seconds, config.open_timeout) from None


class NetworkSource:
    """A live stream by URL, or a pipe; it can be read once.

    The first picture is the first keyframe that was sent. Pictures without time stamps (MJPEG, raw H.264) get the time
    at which they arrive; those of a stream in segments, which come in bursts, are given out when they are due.

    Args:
        url: the stream; ``pipe:0`` or the path of a FIFO with ``pipe``.
        config: how long it is waited for.
        pipe: a pipe, which ends where its writer ends; a network stream that ends is lost.
        segments: the stream comes in segments (HLS).
        container: the stream, where it is open already.

    Raises:
        SourceUnreachable: it does not answer; it may later.
        NoVideo: no video stream in it.
        UndecodableFilm: no picture comes out.
        SourceError: the address cannot be used, or access is denied.
    """

    def __init__(
        self, url: str, config: NetworkConfig | None = None, *, pipe: bool = False, segments: bool = False,
        container: Any = None,
    ) -> None:  # fmt: skip
        self._config, self._pipe, self._segments = config or NetworkConfig(), pipe, segments
        self._name = "-" if url == "pipe:0" else redact(url)
        self._lock = threading.Lock()
        self._closed = threading.Event()
        if not pipe:
            check_address(url)
        self._container = container or open_container(url, self._name, self._config, pipe=pipe)
        try:
            self._stream = video_stream(self._container)
            if self._stream is None:
                raise NoVideo(
                    f"{self._name}: no video in it: {SourceFailure.NO_VIDEO.advice}", self._name,
                    failure=SourceFailure.NO_VIDEO,
                )  # fmt: skip
            if self._stream.codec_context is None:
                raise UndecodableFilm(
                    f"{self._name}: no decoder for its video: {SourceFailure.CODEC.advice}", self._name,
                    failure=SourceFailure.CODEC,
                )  # fmt: skip
            self._info, self._taken = probe(
                self._container, self._stream, self._name, live=True, timeout=self._config.keyframe_timeout
            )
        except av.error.FFmpegError as error:
            self._container.close()
            raise unusable(error, "" if pipe else url, self._name, 0.0, math.inf) from None
        except BaseException:
            self._container.close()
            raise
        self._untimed = bool(self._container.format.flags & Flags.no_timestamps.value)
        if self._untimed:
            self._info = replace(self._info, frame_rate=0.0)  # FFmpeg's own invention
        self._reader = Reader(self._info)
        if self._untimed:
            self._info = replace(self._info, time_base=_ARRIVAL_TIME_BASE, first_pts=0)

    @property
    def info(self) -> SourceInfo:
        """See :class:`~courtside_client.sources.base.Source`."""
        return self._info

    @property
    def undecodable(self) -> int:
        """See :class:`~courtside_client.sources.base.Source`."""
        return self._reader.undecodable

    @property
    def damaged(self) -> int:
        """See :class:`~courtside_client.sources.base.Source`."""
        return self._reader.damaged

    def frames(self) -> Iterator[SourceFrame]:
        """See :class:`~courtside_client.sources.base.Source`."""
        return self._timed(self._reader.frames(self._read(), self._stream))

    def packets(self) -> Iterator[SourcePacket]:
        """See :class:`~courtside_client.sources.base.Source`."""
        return self._timed(self._reader.packets(self._read()))

    def close(self) -> None:
        """See :class:`~courtside_client.sources.base.Source`."""
        self._closed.set()
        # FFmpeg must not lose a container that it is reading; then the reader closes it.
        if self._lock.acquire(blocking=False):
            try:
                self._container.close()
            finally:
                self._lock.release()

    def _read(self) -> Iterator[Any]:
        taken, self._taken = self._taken, []
        yield from whole_pictures(self._read_packets(taken), self._stream, taken)

    def _read_packets(self, taken: list[Any]) -> Iterator[Any]:
        yield from taken
        # All streams are read, so that sound cannot hide that no picture comes any more.
        packets = self._container.demux()
        newest, sound = time.monotonic(), False
        while True:
            try:
                with self._lock:
                    if self._closed.is_set():
                        self._container.close()
                        return
                    packet = next(packets, None)
            except av.error.ExitError:
                raise self._stalled(sound) from None
            except (av.error.FFmpegError, OSError) as error:
                failure = diagnose(error)
                raise SourceLost(f"{self._name}: {failure.meaning}", self._name, failure=failure) from None
            if packet is None:
                if self._pipe:
                    return
                failure = SourceFailure.ENDED
                raise SourceLost(f"{self._name}: {failure.meaning}", self._name, failure=failure)
            if packet.stream.index == self._stream.index and packet.size:
                yield packet
                newest, sound = time.monotonic(), False
            else:
                sound = True
                if not self._pipe and time.monotonic() - newest > self._config.stall_timeout:
                    raise self._stalled(sound)

    def _timed(self, items: Iterator[_Item]) -> Iterator[_Item]:
        if self._untimed:
            return self._stamped(items)
        return self._when_due(items) if self._segments else items

    def _stamped(self, items: Iterator[_Item]) -> Iterator[_Item]:
        """With the time of arrival."""
        start, pts = time.monotonic(), -1
        for item in items:
            pts = max(pts + 1, round((time.monotonic() - start) / _ARRIVAL_TIME_BASE))
            yield replace(item, pts=pts) if isinstance(item, SourceFrame) else replace(item, pts=pts, dts=pts)

    def _when_due(self, items: Iterator[_Item]) -> Iterator[_Item]:
        """As fast as the stream's clock runs."""
        ahead: float | None = None  # this machine's clock minus the stream's
        for item in items:
            pts = item.pts if isinstance(item, SourceFrame) or item.dts is None else item.dts
            due, now = float(pts * self._info.time_base), time.monotonic()
            if ahead is None or abs(due + ahead - now) > _MAX_WAIT_S:
                ahead = now - due
            if self._closed.wait(max(0.0, due + ahead - now)):
                return
            yield item

    def _stalled(self, sound: bool) -> SourceLost:
        beside = ", though its other streams go on" if sound else ""
        return SourceLost(
            f"{self._name}: no picture for {self._config.stall_timeout:g} s{beside}", self._name,
            failure=SourceFailure.STALLED,
        )  # fmt: skip
