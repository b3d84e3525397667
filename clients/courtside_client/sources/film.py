"""Film files: MP4, MKV, AVI, ... with rotation, edit lists and any codec FFmpeg decodes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import av.error

from courtside_client.errors import NoVideo, SourceLost, SourceNotFound, UndecodableFilm
from courtside_client.media import SourceFrame, SourceInfo, SourcePacket
from courtside_client.sources.container import Reader, coded_packets, probe, reason, video_stream


class FilmSource:
    """A film file; can be drawn any number of times.

    Raises:
        SourceNotFound: no such file.
        NoVideo: no video stream in it.
        UndecodableFilm: not a film, or its first picture cannot be decoded.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._open_now: Any = None
        if not Path(path).exists():
            raise SourceNotFound(f"{path}: no such file", path)
        if Path(path).is_dir():
            raise UndecodableFilm(f"{path} is a folder, not a film", path)
        container, stream = self._open()
        with container:
            try:
                self._info, _ = probe(container, stream, path, live=False)
            except av.error.FFmpegError as error:
                raise UndecodableFilm(f"{path}: cannot be read: {reason(error)}", path) from None
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
        container, stream = self._open()
        with container:
            try:
                yield from self._reader.frames(coded_packets(container, stream), stream)
            except av.error.FFmpegError as error:
                raise SourceLost(f"{self._path}: broken in the middle: {reason(error)}", self._path) from None

    def packets(self) -> Iterator[SourcePacket]:
        """See :class:`~courtside_client.sources.base.Source`."""
        container, stream = self._open()
        with container:
            try:
                yield from self._reader.packets(coded_packets(container, stream))
            except av.error.FFmpegError as error:
                raise SourceLost(f"{self._path}: broken in the middle: {reason(error)}", self._path) from None

    def close(self) -> None:
        """Nothing to do: a pass over the film closes its file when it ends or is dropped."""

    def _open(self) -> tuple[Any, Any]:
        try:
            container = av.open(self._path)
        except (av.error.FFmpegError, UnicodeError) as error:
            message = f"{self._path}: not a film that can be opened: {reason(error)}"
            raise UndecodableFilm(message, self._path) from None
        stream = video_stream(container)
        if stream is None:
            container.close()
            raise NoVideo(f"{self._path}: no video in it", self._path)
        if stream.codec_context is None:
            container.close()
            raise UndecodableFilm(f"{self._path}: no decoder for its video", self._path)
        return container, stream
