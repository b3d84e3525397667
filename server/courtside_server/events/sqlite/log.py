"""The event log in one SQLite file: WAL, synchronous=FULL, sequences and revisions counted within the transaction."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from courtside_server.errors import CursorEvicted
from courtside_server.events.sqlite.codec import check_draft, decode_payload, digest, encode_payload
from courtside_server.events.sqlite.file import SqliteFile
from courtside_server.events.sqlite.schema import prepare
from courtside_server.types import Event, EventDraft, Lifecycle

_INT64_MAX = 2**63 - 1
_COLUMNS = (
    "e.sequence, e.event_id, e.revision, e.lifecycle, e.camera, e.event_time, e.media_offset, e.append_time, "
    "e.kind, e.payload"
)
_HEADS = (
    "FROM heads AS h JOIN games AS g ON g.id = h.game "
    "JOIN events AS e ON e.game = h.game AND e.sequence = h.sequence"
)


class SqliteLog:
    """An :class:`~courtside_server.events.log.EventLog` in one file, or in memory.

    The file is opened by the first call that needs it, and opened again after a failure. A gateway can therefore start
    and continue with a log that cannot be used yet. To refuse to start instead, call ``check`` first.

    Args:
        path: the file; missing folders are created. ``":memory:"`` keeps everything in memory, for film.
        max_events_per_game: evict the oldest events of a game beyond this number; ``None`` keeps all.
        busy_timeout: seconds to wait for a lock that another program holds.
        clock: Unix seconds, for ``append_time``.

    Raises:
        ValueError: ``max_events_per_game`` is below 1.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        max_events_per_game: int | None = None,
        busy_timeout: float = 2.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if max_events_per_game is not None and max_events_per_game < 1:
            raise ValueError("max_events_per_game must be at least 1")
        self._file = SqliteFile(str(path), prepare, busy_timeout)
        self._max_events = max_events_per_game
        self._clock = clock

    def identity(self) -> str:
        """See :meth:`courtside_server.events.log.EventLog.identity`."""
        with self._file.reading() as db:
            return str(db.execute("SELECT id FROM identity").fetchone()[0])

    def append(self, drafts: Sequence[EventDraft]) -> list[Event]:
        """See :meth:`courtside_server.events.log.EventLog.append`."""
        for draft in drafts:
            check_draft(draft)
        if not drafts:
            return []
        now = round(self._clock(), 6)  # the precision of the protocol, so that every reader gets the same number
        with self._file.writing() as db:
            games: dict[str, _Game] = {}
            events = []
            for draft in drafts:
                if draft.game not in games:
                    games[draft.game] = _Game.load(db, draft.game)
                events.append(games[draft.game].append(db, draft, now))
            for game in games.values():
                game.save(db, self._max_events)
        return events

    def read(self, game: str, after: int, limit: int) -> list[Event]:
        """See :meth:`courtside_server.events.log.EventLog.read`."""
        after, limit = min(after, _INT64_MAX - 1), min(limit, _INT64_MAX)
        with self._file.reading() as db:
            found = db.execute("SELECT id, earliest FROM games WHERE name = ?", (game,)).fetchone()
            if found is None:
                return []
            identity, earliest = found
            if after + 1 < earliest:
                raise CursorEvicted(
                    f"events of {game} before sequence {earliest} were evicted; continue after sequence {earliest - 1}",
                    earliest_sequence=earliest,
                )
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM events AS e WHERE game = ? AND sequence > ? ORDER BY sequence LIMIT ?",
                (identity, after, limit),
            ).fetchall()
        return [self._event(game, row) for row in rows]

    def latest(self, game: str, event_id: str) -> Event | None:
        """See :meth:`courtside_server.events.log.EventLog.latest`."""
        with self._file.reading() as db:
            row = db.execute(
                f"SELECT {_COLUMNS} {_HEADS} WHERE g.name = ? AND h.event_id = ?", (game, event_id)
            ).fetchone()
        return self._event(game, row) if row else None

    def high_water_mark(self, game: str) -> int:
        """See :meth:`courtside_server.events.log.EventLog.high_water_mark`."""
        with self._file.reading() as db:
            row = db.execute("SELECT high_water_mark FROM games WHERE name = ?", (game,)).fetchone()
        return int(row[0]) if row else 0

    def earliest(self, game: str) -> int:
        """See :meth:`courtside_server.events.log.EventLog.earliest`."""
        with self._file.reading() as db:
            row = db.execute("SELECT earliest FROM games WHERE name = ?", (game,)).fetchone()
        return int(row[0]) if row else 1

    def games(self) -> list[str]:
        """See :meth:`courtside_server.events.log.EventLog.games`."""
        with self._file.reading() as db:
            return [name for (name,) in db.execute("SELECT name FROM games ORDER BY id").fetchall()]

    def open_shots(self) -> list[Event]:
        """See :meth:`courtside_server.events.log.EventLog.open_shots`."""
        with self._file.reading() as db:
            rows = db.execute(
                f"SELECT g.name, {_COLUMNS} {_HEADS} WHERE h.open ORDER BY h.game, h.sequence"
            ).fetchall()
        return [self._event(game, row) for game, *row in rows]

    def check(self) -> None:
        """See :meth:`courtside_server.events.log.EventLog.check`."""
        # As much as a burst of events needs, so that success means that appending works again.
        with self._file.writing() as db:
            db.execute("INSERT INTO probe VALUES (zeroblob(65536))")
        with self._file.writing() as db:
            db.execute("DELETE FROM probe")

    def close(self) -> None:
        """See :meth:`courtside_server.events.log.EventLog.close`."""
        self._file.close()

    def _event(self, game: str, row: Sequence[Any]) -> Event:
        sequence, event_id, revision, lifecycle, camera, event_time, media_offset, append_time, kind, text = row
        try:
            payload, session, segment = decode_payload(kind, text)
            draft = EventDraft(
                game, camera, event_id, Lifecycle(lifecycle), event_time, media_offset, payload, session=session,
                media_segment=segment,
            )  # fmt: skip
        except (ValueError, KeyError, TypeError) as error:
            raise self._file.unavailable("SQLITE_CORRUPT", error) from error
        return draft.logged(sequence, revision, append_time)


@dataclass(slots=True)
class _Game:
    """One game's counters during a transaction."""

    id: int
    high_water_mark: int
    earliest: int

    @classmethod
    def load(cls, db: sqlite3.Connection, name: str) -> _Game:
        query = "SELECT id, high_water_mark, earliest FROM games WHERE name = ?"
        row = db.execute(query, (name,)).fetchone()
        if row is None:
            db.execute("INSERT INTO games (name, high_water_mark, earliest) VALUES (?, 0, 1)", (name,))
            row = db.execute(query, (name,)).fetchone()
        return cls(*row)

    def append(self, db: sqlite3.Connection, draft: EventDraft, now: float) -> Event:
        payload = encode_payload(draft)
        content = digest(draft, payload)
        head = db.execute(
            "SELECT revision, sequence, append_time, digest FROM heads WHERE game = ? AND event_id = ?",
            (self.id, draft.event_id),
        ).fetchone()
        if head and head[3] == content:
            return draft.logged(head[1], head[0], head[2])
        self.high_water_mark += 1
        sequence, revision = self.high_water_mark, head[0] + 1 if head else 1
        is_open = draft.kind == "shot" and draft.lifecycle is Lifecycle.PROVISIONAL
        db.execute(
            "INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?, ?, ?, ?)",
            (self.id, draft.event_id, revision, sequence, now, content, is_open),
        )
        db.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self.id, sequence, draft.event_id, revision, int(draft.lifecycle), draft.camera,
                draft.event_time, draft.media_offset, now, draft.kind, payload,
            ),
        )
        return draft.logged(sequence, revision, now)

    def save(self, db: sqlite3.Connection, max_events: int | None) -> None:
        if max_events is not None:
            self.earliest = max(self.earliest, self.high_water_mark - max_events + 1)
            db.execute(
                "DELETE FROM events AS e WHERE game = ? AND sequence < ? AND NOT EXISTS (SELECT 1 FROM heads AS h"
                " WHERE h.open AND h.game = e.game AND h.event_id = e.event_id AND h.sequence = e.sequence)",
                (self.id, self.earliest),
            )
        db.execute(
            "UPDATE games SET high_water_mark = ?, earliest = ? WHERE id = ?",
            (self.high_water_mark, self.earliest, self.id),
        )
