"""Network streams: RTSP, SRT, RTMP and UDP cameras and encoders, over PyAV."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import av
import av.error

from courtside.film import Reader, coded_packets, probe, reason, video_stream
from courtside.media import SourceFrame, SourceInfo, SourcePacket
from courtside_client.errors import NoVideo, SourceLost, SourceUnreachable, UndecodableFilm

OPEN_TIMEOUT_S = 10.0
"""Seconds to wait for an answer."""
READ_TIMEOUT_S = 10.0
"""Seconds of silence after which a stream counts as lost."""

_LOW_DELAY = {"fflags": "nobuffer", "probesize": "1000000", "analyzeduration": "2000000"}
_OPTIONS = {
    # TCP: a lost packet costs a round trip. Over UDP it costs every picture up to the next keyframe.
    "rtsp": {"rtsp_transport": "tcp", "timeout": str(int(READ_TIMEOUT_S * 1e6))},
    "rtsps": {"rtsp_transport": "tcp", "timeout": str(int(READ_TIMEOUT_S * 1e6))},
    "srt": {"timeout": str(int(READ_TIMEOUT_S * 1e6))},
    "rtmp": {"rw_timeout": str(int(READ_TIMEOUT_S * 1e6))},
    "rtmps": {"rw_timeout": str(int(READ_TIMEOUT_S * 1e6))},
    "udp": {"timeout": str(int(READ_TIMEOUT_S * 1e6)), "overrun_nonfatal": "1", "fifo_size": "50000"},
}
SCHEMES = tuple(_OPTIONS)
"""URL schemes that are understood."""


class NetworkSource:
    """A live stream by URL; it can be read once.

    Args:
        url: the stream.
        open_timeout: seconds to wait for an answer.
        read_timeout: seconds of silence after which it counts as lost.

    Raises:
        SourceUnreachable: it does not answer.
        NoVideo: no video stream in it.
        UndecodableFilm: no picture comes out.
    """

    def __init__(
        self, url: str, *, open_timeout: float = OPEN_TIMEOUT_S, read_timeout: float = READ_TIMEOUT_S
    ) -> None:
        self._name = _without_password(url)
        self._lock = threading.Lock()
        self._read_timeout = read_timeout
        options = {**_LOW_DELAY, **_OPTIONS[url.split("://", 1)[0].lower()]}
        try:
            self._container = av.open(url, container_options=options, timeout=(open_timeout, read_timeout))
        except av.error.InvalidDataError as error:
            raise UndecodableFilm(f"{self._name}: not a video stream: {reason(error)}", self._name) from None
        except av.error.ExitError:
            raise SourceUnreachable(f"{self._name}: no answer within {open_timeout:g} s", self._name) from None
        except (av.error.FFmpegError, OSError) as error:
            raise SourceUnreachable(f"{self._name}: cannot be opened: {reason(error)}", self._name) from None
        try:
            self._stream = video_stream(self._container)
            if self._stream is None:
                raise NoVideo(f"{self._name}: no video in it", self._name)
            self._info, self._taken = probe(self._container, self._stream, self._name, live=True)
        except av.error.FFmpegError as error:
            self._container.close()
            raise SourceUnreachable(f"{self._name}: broke off at once: {reason(error)}", self._name) from None
        except BaseException:
            self._container.close()
            raise
        self._reader = Reader(self._info)

    @property
    def info(self) -> SourceInfo:
        """See :class:`~courtside_client.sources.base.Source`."""
        return self._info

    @property
    def undecodable(self) -> int:
        """See :class:`~courtside_client.sources.base.Source`."""
        return self._reader.undecodable

    def frames(self) -> Iterator[SourceFrame]:
        """See :class:`~courtside_client.sources.base.Source`."""
        return self._reader.frames(self._read(), self._stream)

    def packets(self) -> Iterator[SourcePacket]:
        """See :class:`~courtside_client.sources.base.Source`."""
        return self._reader.packets(self._read())

    def close(self) -> None:
        """See :class:`~courtside_client.sources.base.Source`."""
        with self._lock:
            self._container.close()

    def _read(self) -> Iterator[Any]:
        taken, self._taken = self._taken, []
        # The stream is joined in its middle: decoding and sending start at a keyframe.
        begin = next((i for i, packet in enumerate(taken) if packet.is_keyframe), len(taken))
        yield from taken[begin:]
        try:
            yield from coded_packets(self._container, self._stream)
        except av.error.ExitError:
            raise SourceLost(f"{self._name}: nothing came for {self._read_timeout:g} s", self._name) from None
        except (av.error.FFmpegError, OSError) as error:
            raise SourceLost(f"{self._name}: the stream broke off: {reason(error)}", self._name) from None


def _without_password(url: str) -> str:
    """The URL without what must not be shown or logged."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    query = "…" if parts.query else ""
    return urlunsplit((parts.scheme, host, parts.path, query, ""))
