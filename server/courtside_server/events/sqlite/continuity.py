"""Whether an event log still has every event that it acknowledged; where it has not, it becomes a new log."""

from __future__ import annotations

import sqlite3

import structlog

from courtside_server.events.sqlite.schema import new_identity

log = structlog.get_logger(__name__)

_GAMES = (
    "SELECT id, high_water_mark, earliest, "
    "(SELECT coalesce(max(sequence), 0) FROM events WHERE game = games.id) AS last FROM games"
)
"""Every game's counters and its newest event: one lookup in an index for each game."""


def state(db: sqlite3.Connection) -> tuple[str, int]:
    """The log's identity, and how many events it has stored."""
    identity = str(db.execute("SELECT id FROM identity").fetchone()[0])
    return identity, int(db.execute("SELECT stored FROM event_count").fetchone()[0])


def lost_events(db: sqlite3.Connection, mark: tuple[str, int] | None) -> str:
    """Why a log is not the one that its mark describes; empty where it is, or holds no events.

    Args:
        db: a prepared connection.
        mark: identity and number of events that were acknowledged; ``None`` where nobody knows.

    Raises:
        sqlite3.Error: the file cannot be used.
    """
    identity, stored = state(db)
    if any(high != last or not 0 < first <= last + 1 for _, high, first, last in db.execute(_GAMES)):
        return "its tables contradict each other"
    if not stored:
        return ""
    if mark is None:
        return "it came without its mark, so it may be an old copy"
    if mark[0] != identity:
        return "its mark is of another log, so it may be an old copy"
    if mark[1] > stored:
        return f"its last {mark[1] - stored} events are gone (damaged file, or an old copy)"
    return ""


def begin_anew(db: sqlite3.Connection, why: str, path: str) -> None:
    """Give the log a new identity, and make its counters agree with what it holds.

    The next events get sequences that others may have had. A cursor of the earlier log is therefore worth nothing, and
    whoever comes with one is sent a restart and everything that remains.

    Raises:
        sqlite3.Error: the file cannot be written; nothing has changed.
    """
    identity = new_identity()
    db.execute("BEGIN IMMEDIATE")
    db.execute("UPDATE identity SET id = ?", (identity,))
    for game, _, earliest, last in db.execute(_GAMES).fetchall():
        first = max(1, min(earliest, last + 1))
        db.execute("UPDATE games SET high_water_mark = ?, earliest = ? WHERE id = ?", (last, first, game))
        db.execute("DELETE FROM heads WHERE game = ? AND sequence > ?", (game, last))
    db.execute("UPDATE event_count SET stored = (SELECT coalesce(sum(high_water_mark), 0) FROM games)")
    db.execute("COMMIT")
    log.error(
        "the event log has lost events and goes on as a new log: subscribers are sent what remains",
        path=path, why=why, identity=identity,
    )  # fmt: skip
