"""Frame sink and packet recorder: the interfaces through which ingest hands on a camera's frames and packets."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from courtside_server.types import EncodedPacket, Frame


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


class PacketRecorder(Protocol):
    """Records one camera's packets. Every call comes from the camera's decode thread; none may wait for a live one."""

    def on_packet(self, packet: EncodedPacket, recovery: int | None, clock_offset: float) -> None:
        """Take the next packet that the decoder took.

        Args:
            packet: as it came.
            recovery: pictures until a decoder that begins here shows whole ones; ``None`` where none can begin.
            clock_offset: the camera's clock minus the server's, seconds.
        """

    def on_picture(self, packet: EncodedPacket, media: float, media_segment: int) -> None:
        """Note the media time of a picture that came out of the decoder.

        Args:
            packet: the picture's.
            media: seconds since the camera's first frame.
            media_segment: its media segment.
        """

    def close(self) -> None:
        """The stream has ended."""
