"""The tables of an event log's SQLite file, their version, and the check that a file is an event log."""

from __future__ import annotations

import sqlite3
import uuid

from courtside_server.errors import LogUnavailable

APPLICATION_ID = 0x43524C47
"""Marks a SQLite file as a Courtside event log ("CRLG")."""
VERSION = 1
"""Schema version that this code reads and writes (``PRAGMA user_version``)."""

_TABLES = (
    """CREATE TABLE games (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        high_water_mark INTEGER NOT NULL,
        earliest INTEGER NOT NULL
    ) STRICT""",
    # One small row per event_id, kept for ever. Revisions continue to count, and a repeated draft is recognised, also
    # after its events were evicted.
    """CREATE TABLE heads (
        game INTEGER NOT NULL REFERENCES games (id),
        event_id TEXT NOT NULL,
        revision INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        append_time REAL NOT NULL,
        digest BLOB NOT NULL,
        open INTEGER NOT NULL,
        PRIMARY KEY (game, event_id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX open_heads ON heads (game, sequence) WHERE open",
    """CREATE TABLE events (
        game INTEGER NOT NULL REFERENCES games (id),
        sequence INTEGER NOT NULL,
        event_id TEXT NOT NULL,
        revision INTEGER NOT NULL,
        lifecycle INTEGER NOT NULL,
        camera TEXT NOT NULL,
        event_time REAL NOT NULL,
        media_offset REAL NOT NULL,
        append_time REAL NOT NULL,
        kind TEXT NOT NULL,
        payload TEXT NOT NULL,
        checksum INTEGER,
        PRIMARY KEY (game, sequence)
    ) STRICT, WITHOUT ROWID""",
    # EventLog.check writes to it and empties it again.
    "CREATE TABLE probe (ballast BLOB NOT NULL) STRICT",
)
"""Statements that create the tables."""
_IDENTITY = "CREATE TABLE identity (id TEXT NOT NULL) STRICT"
"""One row: the log's identity."""
_COUNT = "CREATE TABLE event_count (stored INTEGER NOT NULL) STRICT"
"""One row: how many events were ever stored, to be compared with the mark (``mark.py``)."""
_CHECKSUM = "ALTER TABLE events ADD COLUMN checksum INTEGER"
"""CRC-32 of what an event holds; NULL for events of older versions."""


def prepare(db: sqlite3.Connection, path: str) -> bool:
    """Make a new connection durable, and create or check the tables.

    Returns:
        Whether the log was written by a version that counts events, so that there must be a mark.

    Raises:
        LogUnavailable: the file belongs to another program or to another version.
        sqlite3.Error: the file cannot be used.
    """
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    empty = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if not empty and application != APPLICATION_ID:
        raise LogUnavailable(
            f"{path} is a database of another program, not an event log; choose another file", path=path
        )
    if not empty and version != VERSION:
        raise LogUnavailable(
            f"{path} was written by another version of Courtside (schema {version}; this version reads {VERSION}); "
            "run that version, or choose another file",
            path=path,
        )
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    if empty:
        db.execute("BEGIN IMMEDIATE")
        for table in _TABLES:
            db.execute(table)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
    db.execute("PRAGMA cell_size_check = ON")
    db.execute("BEGIN IMMEDIATE")
    counted = _add_what_older_versions_lack(db)
    db.execute("COMMIT")
    return counted


def _add_what_older_versions_lack(db: sqlite3.Connection) -> bool:
    """Returns whether the events had been counted before."""
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema")}
    if "identity" not in tables:
        db.execute(_IDENTITY)
        db.execute("INSERT INTO identity VALUES (?)", (new_identity(),))
    if "event_count" not in tables:
        db.execute(_COUNT)
        db.execute("INSERT INTO event_count SELECT coalesce(sum(high_water_mark), 0) FROM games")
    if not any(column[1] == "checksum" for column in db.execute("PRAGMA table_info(events)")):
        db.execute(_CHECKSUM)
    return "event_count" in tables


def new_identity() -> str:
    """An identity that no other log has: 32 hexadecimal digits."""
    return uuid.uuid4().hex
