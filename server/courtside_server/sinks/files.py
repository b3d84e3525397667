"""What a sink keeps on disk: how far it has come in each game, and what it could not deliver."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from courtside.files import replace_file
from courtside_server.types import Event


class CursorFile:
    """How far a sink has come: the log and the sequence of each game. Every method may wait for the disk.

    Args:
        path: the file; its folder is made.

    Attributes:
        log: identity of the log that the cursors belong to; empty in a new file.
        cursors: the last delivered sequence of each game.
        existed: the file was there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.log, self.existed = "", False
        self.cursors: dict[str, int] = {}

    def load(self) -> None:
        """Read the file.

        Raises:
            OSError: it cannot be read.
            ValueError: it holds something else.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            content = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return
        self.existed = True
        log, cursors = content["log"], content["cursors"]
        if not isinstance(log, str) or not all(isinstance(value, int) and value >= 0 for value in cursors.values()):
            raise ValueError("it is no file of cursors")
        self.log, self.cursors = log, cursors

    def save(self) -> None:
        """Replace the file, durably.

        Raises:
            OSError: it cannot be written.
        """
        replace_file(self._path, json.dumps({"log": self.log, "cursors": self.cursors}))


class DeadLetters:
    """Events that could not be delivered, one JSON line each, with the reason.

    Two files of half the size: the newer one is appended to, and takes the older one's place when it is full, so that
    the oldest lines are dropped first. Every method may wait for the disk.

    Args:
        path: the newer file.
        max_bytes: of both files.
    """

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path, self._half = path, max_bytes // 2

    def add(self, event: Event, reason: str) -> None:
        """Append an event, durably.

        Raises:
            OSError: it cannot be written.
        """
        line = json.dumps({
            "time": round(time.time(), 3), "reason": reason[:500], "event": json.loads(event.to_json()),
        }).encode() + b"\n"  # fmt: skip
        size = self._path.stat().st_size if self._path.exists() else 0
        if size and size + len(line) > self._half:
            os.replace(self._path, self._path.with_suffix(".old.jsonl"))
        with self._path.open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
