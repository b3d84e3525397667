"""Which file of packets holds which stretch of which camera: an SQLite index beside the files, which it can rebuild."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from courtside_server.media.packet_file import SUFFIX, RecordedPacket, read_header, read_packets

log = structlog.get_logger(__name__)

_NAME = "index.sqlite3"
_DELAY = 64
"""Packets that a decoder takes before their first picture comes out, at most: twice the reordering of HEVC, and its
threads."""
_TABLES = """
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, camera TEXT NOT NULL, session TEXT NOT NULL, begun REAL NOT NULL, ended REAL,
    bytes INTEGER NOT NULL DEFAULT 0, written REAL NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS spans (
    path TEXT NOT NULL REFERENCES files(path) ON DELETE CASCADE, media_segment INTEGER NOT NULL,
    first REAL NOT NULL, last REAL NOT NULL);
CREATE INDEX IF NOT EXISTS files_by_camera ON files(camera, session, begun);
CREATE INDEX IF NOT EXISTS spans_by_file ON spans(path);
"""


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """A file of packets.

    Attributes:
        path: the file.
        camera: ``games/{game}/cameras/{camera}``.
        session: in which the camera's client began.
        begun: when its first packet was taken, Unix seconds by the server's clock.
        ended: the same of its last one; None while it is written.
        nbytes: its size, once it is complete.
        written: when it was completed, Unix seconds; film may have been taken long before.
    """

    path: Path
    camera: str
    session: str
    begun: float
    ended: float | None
    nbytes: int
    written: float


@dataclass(frozen=True, slots=True)
class RecordedSession:
    """What was recorded of one session of one camera.

    Attributes:
        camera: resource name.
        session: in which the camera's client began.
        begun: Unix seconds by the server's clock.
        ended: the same.
        nbytes: of complete files.
    """

    camera: str
    session: str
    begun: float
    ended: float
    nbytes: int


@dataclass(slots=True)
class Extent:
    """What a file holds, put together packet by packet.

    Attributes:
        time_base: seconds per unit of time stamps.
        spans: first and last media second of each media segment.
        begun: first server time.
        ended: last server time.
    """

    time_base: float
    spans: dict[int, tuple[float, float]] = field(default_factory=dict)
    begun: float | None = None
    ended: float = 0.0
    _newest: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=_DELAY))
    _known_from: int = -1

    def add(self, packet: RecordedPacket) -> None:
        """Take a packet into account."""
        self.begun = packet.server_time if self.begun is None else min(self.begun, packet.server_time)
        self.ended = max(self.ended, packet.server_time)
        self._newest.append((packet.sequence, packet.pts))
        if packet.known_from < 0:
            return
        if packet.known_from != self._known_from:  # it holds for packets that came before it was known, too
            self._known_from = packet.known_from
            pts = [pts for sequence, pts in self._newest if sequence >= packet.known_from]
        else:
            pts = [packet.pts]
        media = [one * self.time_base + packet.shift for one in pts]
        first, last = self.spans.get(packet.media_segment, (media[0], media[0]))
        self.spans[packet.media_segment] = min(first, *media), max(last, *media)


class RecordingIndex:
    """The index of a folder of recordings; any thread may use it.

    Args:
        folder: of the recordings; made where it is missing.

    Raises:
        OSError, sqlite3.Error: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writing: set[str] = set()  # by this process
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            log.warning("the index of recordings is damaged and built again", error=str(error))
            for path in folder.glob(f"{_NAME}*"):
                path.unlink()
            self._open()

    def _open(self) -> None:
        self._database = sqlite3.connect(self.folder / _NAME, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute("PRAGMA foreign_keys=ON")
        self._database.executescript(_TABLES)

    def close(self) -> None:
        """Close it."""
        with self._lock:
            self._database.close()

    def recover(self) -> None:
        """Make the index agree with the folder: after a crash files may be open, unknown to it, or gone."""
        # Cameras may be recorded meanwhile: what is known is read first, and their files are left alone.
        with self._lock:
            known = dict(self._database.execute("SELECT path, ended FROM files").fetchall())
        on_disk = {str(path.relative_to(self.folder)): path for path in self.folder.rglob(f"*{SUFFIX}")}
        with self._lock:
            gone = [(one,) for one in known if one not in on_disk and one not in self._writing]
            self._database.executemany("DELETE FROM files WHERE path = ?", gone)
        for name, path in on_disk.items():
            if known.get(name) is None and name not in self._writing:
                self._add_found(name, path)

    def _add_found(self, name: str, path: Path) -> None:
        try:
            header = read_header(path)
            extent = Extent(header.time_base)
            for packet in read_packets(path):
                extent.add(packet)
        except (OSError, ValueError):
            extent = Extent(1.0)
        if extent.begun is None:  # nothing of it can be used
            with contextlib.suppress(OSError):
                path.unlink()
            with self._lock:
                self._database.execute("DELETE FROM files WHERE path = ?", (name,))
            return
        self._insert(name, header.camera, header.session, extent.begun)
        status = path.stat()
        self.complete(path, extent, status.st_size, status.st_mtime)

    def add(self, path: Path, camera: str, session: str, begun: float) -> None:
        """Note a file that will be written by this process; call it before the file is there."""
        self._writing.add(self._name(path))
        self._insert(self._name(path), camera, session, begun)

    def _insert(self, name: str, camera: str, session: str, begun: float) -> None:
        with self._lock:
            self._database.execute(
                "INSERT OR REPLACE INTO files (path, camera, session, begun) VALUES (?, ?, ?, ?)",
                (name, camera, session, begun),
            )

    def complete(self, path: Path, extent: Extent, nbytes: int, written: float) -> None:
        """Note what a file holds that is complete, and when that was, Unix seconds."""
        name = self._name(path)
        with self._lock:
            self._database.execute("BEGIN")
            self._database.execute(
                "UPDATE files SET begun = ?, ended = ?, bytes = ?, written = ? WHERE path = ?",
                (extent.begun, extent.ended, nbytes, written, name),
            )
            self._database.execute("DELETE FROM spans WHERE path = ?", (name,))
            self._database.executemany(
                "INSERT INTO spans VALUES (?, ?, ?, ?)",
                [(name, segment, first, last) for segment, (first, last) in extent.spans.items()],
            )
            self._database.execute("COMMIT")
            self._writing.discard(name)

    def remove(self, files: Iterable[RecordedFile]) -> None:
        """Delete files and forget them."""
        for one in files:
            with contextlib.suppress(OSError):
                one.path.unlink(missing_ok=True)
            with self._lock:
                self._database.execute("DELETE FROM files WHERE path = ?", (self._name(one.path),))

    def complete_files(self) -> list[RecordedFile]:
        """All complete files, the oldest first."""
        return self._select("WHERE ended IS NOT NULL ORDER BY written, path")

    def cameras(self, game: str) -> list[str]:
        """The cameras of a game that were recorded."""
        with self._lock:
            rows = self._database.execute(
                "SELECT DISTINCT camera FROM files WHERE substr(camera, 1, ?) = ? ORDER BY camera",
                (len(game) + 1, f"{game}/"),
            ).fetchall()
        return [row[0] for row in rows]

    def sessions(self, game: str) -> list[RecordedSession]:
        """What was recorded of a game, by camera and session, the oldest first."""
        with self._lock:
            rows = self._database.execute(
                "SELECT camera, session, min(begun), max(coalesce(ended, begun)), sum(bytes) FROM files "
                "WHERE substr(camera, 1, ?) = ? GROUP BY camera, session ORDER BY min(begun), camera",
                (len(game) + 1, f"{game}/"),
            ).fetchall()
        return [RecordedSession(*row) for row in rows]

    def by_session(self, camera: str, session: str) -> list[RecordedFile]:
        """The files of a session in the order in which they were written."""
        return self._select("WHERE camera = ? AND session = ? ORDER BY begun, path", camera, session)

    def by_media(self, camera: str, session: str, media_segment: int, start: float, end: float) -> list[RecordedFile]:
        """Files that may show a stretch of media time, and those round them, in the order in which they were written.

        Args:
            camera: resource name.
            session: in which the camera's client began.
            media_segment: number of the media segment.
            start: media seconds.
            end: media seconds.
        """
        files = self.by_session(camera, session)
        with self._lock:
            spans = self._database.execute(
                "SELECT path FROM spans WHERE media_segment = ? AND first <= ? AND last >= ? AND path IN "
                "(SELECT path FROM files WHERE camera = ? AND session = ?)",
                (media_segment, end, start, camera, session),
            ).fetchall()
        hits = {row[0] for row in spans}
        return _with_neighbours(files, [one.ended is None or self._name(one.path) in hits for one in files])

    def by_time(self, camera: str, start: float, end: float) -> list[RecordedFile]:
        """Files that may show a stretch of time by the server's clock, and those round them."""
        files = self._select("WHERE camera = ? ORDER BY begun, path", camera)
        hits = [one.begun <= end and (one.ended is None or one.ended >= start) for one in files]
        return _with_neighbours(files, hits)

    def _select(self, rest: str, *values: object) -> list[RecordedFile]:
        with self._lock:
            rows = self._database.execute(
                f"SELECT path, camera, session, begun, ended, bytes, written FROM files {rest}", values
            ).fetchall()
        return [RecordedFile(self.folder / row[0], *row[1:]) for row in rows]

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self.folder))


def _with_neighbours(files: list[RecordedFile], hits: list[bool]) -> list[RecordedFile]:
    """The files that are hit, with one before and one after each."""
    near = [any(hits[max(at - 1, 0) : at + 2]) for at in range(len(files))]
    return [one for one, wanted in zip(files, near, strict=True) if wanted]
