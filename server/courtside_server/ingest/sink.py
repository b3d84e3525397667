"""Frame sink: what ingest hands a camera's frames to."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from courtside_server.types import Frame


class FrameSink(Protocol):
    """Takes one camera's frames. Every call comes from the camera's decode thread, in order."""

    def on_frame(self, frame: Frame) -> None:
        """Take a frame; ``frame.planes`` is a read-only view into the camera's ring. Film may block here."""

    def on_discontinuity(self, segment: int, detail: str) -> None:
        """Media or capture clock jumped: the next frame belongs to ``segment``."""

    def on_end(self) -> None:
        """Flush; returns when everything before it has been handed on. The last call."""


@runtime_checkable
class ScoringSink(Protocol):
    """A sink that also counts the windows it has scored, for the stream's status."""

    windows_scored: int
