"""The mark beside an event log: how many events were acknowledged. It shows that the log has lost its newest ones.

SQLite drops a damaged tail of its WAL without a word, and a restored copy is older than what subscribers have seen. The
log would then give the same sequences to other events under the same identity. The mark is a file of its own, written
after every commit and before its events are acknowledged.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path

_SIZE = 128
"""Bytes of the file: within one sector, so that it is written whole or not at all."""


class Mark:
    """The number of events that a log has acknowledged, and the identity of that log.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def read(self) -> tuple[str, int] | None:
        """Identity and number of events; ``None`` where there is no mark or it is damaged.

        Raises:
            OSError: the file cannot be read.
        """
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        text, _, check = data.rstrip().rpartition(b" ")
        try:
            if int(check, 16) != zlib.crc32(text):
                return None
            kind, identity, count = text.decode("ascii").split()
            return (identity, int(count)) if kind == "courtside-mark-1" else None
        except ValueError:
            return None

    def write(self, identity: str, count: int, *, durable: bool = False) -> None:
        """Replace the mark, in place: it needs no room on a full disk.

        It survives a killed process. A power failure may bring an older mark back, which does no harm.

        Args:
            identity: the log's.
            count: events that the log has stored.
            durable: wait for the disk.

        Raises:
            OSError: it cannot be written.
        """
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        text = f"courtside-mark-1 {identity} {count}".encode()
        line = text + b" %08x" % zlib.crc32(text)
        os.pwrite(self._descriptor, line.ljust(_SIZE - 1) + b"\n", 0)
        if durable:
            os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the file. Idempotent."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
