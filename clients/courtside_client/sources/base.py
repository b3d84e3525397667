"""What every source can do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from courtside.media import SourceFrame, SourceInfo, SourcePacket


class Source(Protocol):
    """Pictures in order; used by one thread, closed by any.

    A source that is not live can be drawn again from its start by calling :meth:`frames` or :meth:`packets` again.
    """

    @property
    def info(self) -> SourceInfo:
        """What the source says of itself."""

    @property
    def undecodable(self) -> int:
        """Packets so far that could not be decoded and were left out."""

    def frames(self) -> Iterator[SourceFrame]:
        """Pictures in the order they are shown; those that an edit list cut away are left out.

        Raises:
            SourceLost: the source broke off.
        """

    def packets(self) -> Iterator[SourcePacket]:
        """Coded pictures in coding order; only where ``info.codec`` is set.

        Raises:
            SourceLost: the source broke off.
        """

    def close(self) -> None:
        """Let go of files and devices. Idempotent."""
