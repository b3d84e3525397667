"""A SQLite file that one gateway owns: opened on demand and after a failure, with clear errors."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from courtside_server.errors import LogUnavailable

MEMORY = ":memory:"
"""The path of a log that is kept in memory only."""

_DAMAGED = "{path} is damaged or not an event log; stop the gateway, set the file aside and restore a copy"
_LOCKED = "{path} is locked by another program; close that program, then writing continues automatically"
_CANNOT_OPEN = "{path} cannot be opened; it must be a file in a writable folder"
_REMEDIES = {
    "SQLITE_FULL": "there is no space left for {path}; free disk space, then writing continues automatically",
    "SQLITE_READONLY": "{path} is read-only; make the file and its folder writable, then writing continues "
    "automatically",
    "SQLITE_IOERR": "the disk of {path} reported an error; check the disk, its quota and its file size limit",
    "SQLITE_CANTOPEN": _CANNOT_OPEN,
    "SQLITE_PERM": _CANNOT_OPEN,
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_PROTOCOL": _LOCKED,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
}
"""What is wrong and what to do, by SQLite's primary error name."""
_TRANSIENT = {"SQLITE_FULL", "SQLITE_BUSY", "SQLITE_LOCKED"}
"""After these errors the connection is still good; after any other error it is opened again."""
_BUGS = (sqlite3.IntegrityError, sqlite3.ProgrammingError)
"""Errors that mean a fault in this program, not in the file."""


class SqliteFile:
    """One writer connection and one reader connection, each used by one thread at a time.

    In WAL mode the reader never waits for the writer, nor the writer for the reader. In memory both are the same
    connection. ``<path>.lock`` beside the file is locked while it is in use, so that two gateways never share a log.
    The operating system releases the lock when the process ends.

    Args:
        path: the file; missing folders are created. ``":memory:"`` for none.
        prepare: sets up a new writer connection and its tables.
        busy_timeout: seconds to wait for a lock that another program holds.
    """

    def __init__(self, path: str, prepare: Callable[[sqlite3.Connection, str], object], busy_timeout: float) -> None:
        self.path = path
        self._prepare = prepare
        self._busy_timeout = busy_timeout
        # Lock order: the write lock before the read lock, never the other way round.
        self._write_lock = threading.Lock()
        self._read_lock = self._write_lock if path == MEMORY else threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._owner: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._closed = False

    @contextmanager
    def writing(self, committed: Callable[[], None] = lambda: None) -> Iterator[sqlite3.Connection]:
        """One transaction: durable when the block has ended, rolled back when it raised.

        Args:
            committed: called after the commit, before another transaction begins.

        Raises:
            LogUnavailable: the file cannot be written, or ``committed`` has raised an OSError.
        """
        with self._write_lock:
            db = self._open_writer()
            try:
                db.execute("BEGIN IMMEDIATE")
                yield db
                db.execute("COMMIT")
                committed()
            except OSError as error:
                _roll_back(db)
                raise self.unavailable("SQLITE_IOERR", error) from error
            except sqlite3.DatabaseError as error:
                _roll_back(db)
                if isinstance(error, _BUGS):
                    raise
                if _name(error) not in _TRANSIENT:
                    self._drop_writer()
                raise self.unavailable(_name(error), error) from error
            except BaseException:
                _roll_back(db)
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the file.

        Raises:
            LogUnavailable: the file cannot be read.
        """
        if self._reader is None:
            with self._write_lock:
                self._open_writer()  # creates the tables of a new file
        with self._read_lock:
            db = self._open_reader()
            try:
                db.execute("BEGIN")
                yield db
            except sqlite3.DatabaseError as error:
                if isinstance(error, _BUGS):
                    raise
                if _name(error) not in _TRANSIENT and db is not self._writer:
                    db.close()
                    self._reader = None
                raise self.unavailable(_name(error), error) from error
            finally:
                _roll_back(db)

    def close(self) -> None:
        """Close the file and release its lock. Idempotent."""
        with self._write_lock:
            self._closed = True
            if self._read_lock is not self._write_lock:
                with self._read_lock:
                    if self._reader is not None:
                        self._reader.close()
                        self._reader = None
            self._drop_writer()
            if self._owner is not None:
                self._owner.close()
                self._owner = None

    def unavailable(self, name: str = "SQLITE_CORRUPT", cause: Exception | None = None) -> LogUnavailable:
        """The error to raise for a failure of the file, by SQLite's error name."""
        # The cause is not part of the format: it may quote whatever bytes are in a damaged file.
        remedy = _REMEDIES.get(name, "{path} cannot be used").format(path=self.path)
        if name not in _REMEDIES and cause is not None:
            remedy += f" ({' '.join(str(cause).split())[:200]})"
        return LogUnavailable(f"the event log cannot be used: {remedy}", path=self.path, cause=name)

    def _open_writer(self) -> sqlite3.Connection:
        """The writer connection, opened if necessary. The caller holds the write lock."""
        self._check_usable()
        if self._writer is not None:
            return self._writer
        db = None
        try:
            if self.path != MEMORY:
                Path(self.path).parent.mkdir(parents=True, exist_ok=True)
                self._own()
            db = self._connect(self.path, self._busy_timeout)
            self._prepare(db, self.path)
            if self.path != MEMORY:
                self._identity = _identity(self.path)
        except BaseException as error:
            if db is not None:
                db.close()
            if isinstance(error, sqlite3.DatabaseError):
                raise self.unavailable(_name(error), error) from error
            if isinstance(error, OSError):
                raise self.unavailable("SQLITE_CANTOPEN", error) from error
            raise
        self._writer = db
        return db

    def _open_reader(self) -> sqlite3.Connection:
        """The reader connection, opened if necessary. The caller holds the read lock."""
        if self.path == MEMORY:
            return self._open_writer()
        self._check_usable()
        if self._reader is None:
            try:
                self._reader = self._connect(self.path, self._busy_timeout)
                self._reader.execute("PRAGMA query_only = ON")
                # A damaged event is named by whoever reads it; it must not hide the others of its page.
                self._reader.text_factory = _text
            except sqlite3.DatabaseError as error:
                raise self.unavailable(_name(error), error) from error
        return self._reader

    def _check_usable(self) -> None:
        if self._closed:
            raise LogUnavailable(f"the event log {self.path} was closed; restart the gateway", path=self.path)
        if self._identity is not None and self._identity != _identity(self.path):
            # SQLite would continue to write into a file that nobody can find again.
            raise LogUnavailable(
                f"the event log {self.path} was moved, replaced or deleted while in use; "
                "put it back, or restart the gateway",
                path=self.path,
            )

    def _own(self) -> None:
        """Lock out other gateways until ``close`` or the end of the process."""
        if self._owner is not None:
            return
        owner = self._connect(f"{self.path}.lock", 0.0)
        try:
            owner.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            owner.close()
            if _name(error) != "SQLITE_BUSY":
                raise
            raise LogUnavailable(
                f"the event log {self.path} is in use by another gateway; stop it, or choose another folder with "
                "--data-dir",
                path=self.path,
            ) from error
        self._owner = owner

    def _drop_writer(self) -> None:
        if self._writer is not None:
            with suppress(sqlite3.Error):
                self._writer.close()
            self._writer = None

    @staticmethod
    def _connect(path: str, timeout: float) -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)


def _name(error: sqlite3.Error) -> str:
    """SQLite's primary name of an error: ``SQLITE_IOERR`` for ``SQLITE_IOERR_WRITE``."""
    return "_".join(str(getattr(error, "sqlite_errorname", "SQLITE_ERROR")).split("_")[:2])


def _text(data: bytes) -> str:
    """A text column, also where its bytes are damaged: such a text cannot be encoded again."""
    return data.decode(errors="surrogateescape")


def _roll_back(db: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):
        if db.in_transaction:
            db.execute("ROLLBACK")


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
