"""Frame sink: the interface through which ingest hands on a camera's frames."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from courtside_server.types import Frame


class FrameSink(Protocol):
    """Receives one camera's frames. Every call comes from the camera's decode thread, in order."""

    def on_frame(self, frame: Frame) -> None:
        """Take a frame. ``frame.planes`` is a read-only view into the camera's ring. For film this may block."""

    def on_discontinuity(self, media_segment: int, detail: str) -> None:
        """The media clock or the capture clock jumped; the next frame belongs to ``media_segment``."""

    def on_end(self) -> None:
        """Flush, and return when everything received before has been processed. This is the last call."""


@runtime_checkable
class ScoringSink(Protocol):
    """A sink that also counts the windows it has scored, for the stream status."""

    windows_scored: int
