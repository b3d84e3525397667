"""Network streams: RTSP, RTMP and UDP cameras and encoders, and pipes, over PyAV."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import av
import av.error

from courtside.errors import SourceFailure
from courtside.film import Reader, file_address, probe, video_stream
from courtside.media import SourceFrame, SourceInfo, SourcePacket
from courtside.redact import redact
from courtside_client.errors import NoVideo, SourceError, SourceLost, SourceUnreachable, UndecodableFilm
from courtside_client.sources.diagnosis import check_address, diagnose
from courtside_client.sources.whole_pictures import whole_pictures


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
    """

    open_timeout: float = 10.0
    stall_timeout: float = 4.0
    keyframe_timeout: float = 40.0
    read_ahead: float = 0.5


_OPTIONS: dict[str, dict[str, str]] = {
    # TCP first: a lost packet costs a round trip. Over UDP it costs every picture up to the next keyframe.
    "rtsp": {"rtsp_flags": "prefer_tcp"},
    "rtsps": {"rtsp_flags": "prefer_tcp"},
    "rtmp": {},
    "rtmps": {},
    "udp": {"overrun_nonfatal": "1", "fifo_size": "50000"},
}
SCHEMES = tuple(_OPTIONS)
"""URL schemes that are understood."""


class NetworkSource:
    """A live stream by URL, or a pipe; it can be read once.

    The first picture is the first keyframe that was sent.

    Args:
        url: the stream; ``pipe:0`` or the path of a FIFO with ``pipe``.
        config: how long it is waited for.
        pipe: a pipe, which ends where its writer ends; a network stream that ends is lost.

    Raises:
        SourceUnreachable: it does not answer; it may later.
        NoVideo: no video stream in it.
        UndecodableFilm: no picture comes out.
        SourceError: the address cannot be used, or access is denied.
    """

    def __init__(self, url: str, config: NetworkConfig | None = None, *, pipe: bool = False) -> None:
        self._config, self._pipe = config or NetworkConfig(), pipe
        self._name = "-" if url == "pipe:0" else redact(url)
        self._lock = threading.Lock()
        self._closed = False
        scheme, _, rest = url.partition("://")
        options = {"probesize": "1000000", "analyzeduration": str(round(self._config.read_ahead * 1e6))}
        if pipe:
            url = url if url == "pipe:0" else file_address(url)
        else:
            check_address(url)
            url = f"{scheme.lower()}://{rest}"
            options |= _OPTIONS[scheme.lower()]
        # A pipe has its own time: its writer may still be waiting for a camera.
        timeout = (None, None) if pipe else (self._config.open_timeout, self._config.stall_timeout)
        began = time.monotonic()
        try:
            self._container = av.open(url, container_options=options, timeout=timeout)
        except Exception as error:
            raise self._unusable(error, url, time.monotonic() - began) from None
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
            raise self._unusable(error, url, time.monotonic() - began) from None
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

    @property
    def damaged(self) -> int:
        """See :class:`~courtside_client.sources.base.Source`."""
        return self._reader.damaged

    def frames(self) -> Iterator[SourceFrame]:
        """See :class:`~courtside_client.sources.base.Source`."""
        return self._reader.frames(self._read(), self._stream)

    def packets(self) -> Iterator[SourcePacket]:
        """See :class:`~courtside_client.sources.base.Source`."""
        return self._reader.packets(self._read())

    def close(self) -> None:
        """See :class:`~courtside_client.sources.base.Source`."""
        self._closed = True
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
                    if self._closed:
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

    def _stalled(self, sound: bool) -> SourceLost:
        beside = ", though its other streams go on" if sound else ""
        return SourceLost(
            f"{self._name}: no picture for {self._config.stall_timeout:g} s{beside}", self._name,
            failure=SourceFailure.STALLED,
        )  # fmt: skip

    def _unusable(self, error: Exception, url: str, seconds: float) -> SourceError:
        late = not self._pipe and seconds > 0.9 * self._config.open_timeout
        failure = SourceFailure.TIMEOUT if late else diagnose(error, "" if self._pipe else url)
        within = f" within {self._config.open_timeout:g} s" if failure is SourceFailure.TIMEOUT else ""
        kind = (
            UndecodableFilm if failure is SourceFailure.CODEC
            else SourceUnreachable if failure.temporary
            else SourceError
        )  # fmt: skip
        return kind(f"{self._name}: {failure.meaning}{within}: {failure.advice}", self._name, failure=failure)
