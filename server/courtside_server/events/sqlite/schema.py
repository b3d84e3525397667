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
        PRIMARY KEY (game, sequence)
    ) STRICT, WITHOUT ROWID""",
    # EventLog.check writes to it and empties it again.
    "CREATE TABLE probe (ballast BLOB NOT NULL) STRICT",
)
"""Statements that create the tables."""
_IDENTITY = "CREATE TABLE identity (id TEXT NOT NULL) STRICT"
"""One row: the log's identity. A log that was written before there was one gets it when it is opened."""


def prepare(db: sqlite3.Connection, path: str) -> None:
    """Make a new connection durable, and create or check the tables.

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
    if db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'identity'").fetchone()[0] == 0:
        db.execute("BEGIN IMMEDIATE")
        db.execute(_IDENTITY)
        db.execute("INSERT INTO identity VALUES (?)", (uuid.uuid4().hex,))
        db.execute("COMMIT")
