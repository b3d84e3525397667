"""The interface of every source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from courtside.media import SourceFrame, SourceInfo, SourcePacket


class Source(Protocol):
    """Pictures in order; read by one thread, closed by any.

    A source that is not live can be read again from its start by calling :meth:`frames` or :meth:`packets` again.
    """

    @property
    def info(self) -> SourceInfo:
        """What the source is."""

    @property
    def undecodable(self) -> int:
        """Packets so far that could not be decoded and were left out."""

    @property
    def damaged(self) -> int:
        """Pictures so far with parts that were lost, among those of :meth:`frames`."""

    def frames(self) -> Iterator[SourceFrame]:
        """Pictures in the order they are shown, without those that an edit list cuts away.

        Raises:
            SourceLost: the source broke off.
        """

    def packets(self) -> Iterator[SourcePacket]:
        """Coded pictures in coding order; only where ``info.codec`` is set.

        Raises:
            SourceLost: the source broke off.
        """

    def close(self) -> None:
        """Release files and devices. Idempotent."""
