"""The event log in one SQLite file: WAL, synchronous=FULL, sequences and revisions counted within the transaction."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
import zlib
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from courtside_server.errors import CursorEvicted, LogUnavailable
from courtside_server.events.sqlite import continuity
from courtside_server.events.sqlite.codec import check_draft, decode_payload, digest, encode_payload
from courtside_server.events.sqlite.file import MEMORY, SqliteFile
from courtside_server.events.sqlite.mark import Mark
from courtside_server.events.sqlite.schema import prepare
from courtside_server.types import Event, EventDraft, Lifecycle

log = structlog.get_logger(__name__)

_INT64_MAX = 2**63 - 1
_COLUMNS = (
    "e.sequence, e.event_id, e.revision, e.lifecycle, e.camera, e.event_time, e.media_offset, e.append_time, "
    "e.kind, e.payload, e.checksum"
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
        self._file = SqliteFile(str(path), self._prepare, busy_timeout)
        self._mark = None if str(path) == MEMORY else Mark(Path(f"{path}.mark"))
        self._identity, self._stored, self._marked = "", 0, 0  # known once the file was opened
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
        stored = 0

        def committed() -> None:
            self._stored = stored
            if self._mark is not None and self._marked != stored:
                self._mark.write(self._identity, stored)
                self._marked = stored

        with self._file.writing(committed) as db:
            events, added = self._append(db, drafts)
            stored = self._stored + added
            if added:
                db.execute("UPDATE event_count SET stored = ?", (stored,))
        return events

    def _append(self, db: sqlite3.Connection, drafts: Sequence[EventDraft]) -> tuple[list[Event], int]:
        """Append within a transaction; returns the events, and how many of them are new."""
        now = round(self._clock(), 6)  # the precision of the protocol, so that every reader gets the same number
        games: dict[str, _Game] = {}
        events = []
        for draft in drafts:
            if draft.game not in games:
                games[draft.game] = _Game.load(db, draft.game)
            events.append(games[draft.game].append(db, draft, now))
        for game in games.values():
            game.save(db, self._max_events)
        return events, sum(game.added for game in games.values())

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
        events: list[Event] = []
        for row in rows:
            try:
                events.append(self._event(game, row))
            except LogUnavailable:
                if not events:
                    raise
                break  # what comes before a damaged event is given first
        return events

    def newest(self, game: str, kind: str, limit: int) -> list[Event]:
        """See :meth:`courtside_server.events.log.EventLog.newest`."""
        with self._file.reading() as db:
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM events AS e WHERE game = (SELECT id FROM games WHERE name = ?) AND kind = ?"
                " ORDER BY sequence DESC LIMIT ?", (game, kind, min(limit, _INT64_MAX)),
            ).fetchall()  # fmt: skip
        events: list[Event] = []
        for row in reversed(rows):
            with contextlib.suppress(LogUnavailable):
                events.append(self._event(game, row))
        return events

    def latest(self, game: str, event_id: str) -> Event | None:
        """See :meth:`courtside_server.events.log.EventLog.latest`."""
        with self._file.reading() as db:
            row = db.execute(
                f"SELECT {_COLUMNS} {_HEADS} WHERE g.name = ? AND h.event_id = ?", (game, event_id)
            ).fetchone()
        return self._event(game, row) if row else None

    def snapshot(self, game: str, kinds: Collection[str], limit: int) -> tuple[list[Event], int]:
        """See :meth:`courtside_server.events.log.EventLog.snapshot`."""
        wanted = sorted(kinds)
        only = f" AND e.kind IN ({','.join('?' * len(wanted))})" if wanted else ""
        with self._file.reading() as db:
            found = db.execute("SELECT id, high_water_mark FROM games WHERE name = ?", (game,)).fetchone()
            if found is None:
                return [], 0
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM heads AS h JOIN events AS e ON e.game = h.game AND e.sequence = h.sequence"
                f" WHERE h.game = ?{only} ORDER BY e.sequence DESC LIMIT ?",
                (found[0], *wanted, min(limit, _INT64_MAX)),
            ).fetchall()
            first = dict(db.execute(
                f"SELECT e.event_id, MIN(e.sequence) FROM events AS e WHERE e.game = ?{only} GROUP BY e.event_id",
                (found[0], *wanted),
            ))  # fmt: skip
        events: list[Event] = []
        for row in reversed(rows):
            with contextlib.suppress(LogUnavailable):
                events.append(self._event(game, row))
        # A late revision, such as a person's correction, does not make an old shot the newest one.
        events.sort(key=lambda event: first[event.event_id])
        return events, int(found[1])

    def revisions(self, game: str, event_id: str) -> list[Event]:
        """See :meth:`courtside_server.events.log.EventLog.revisions`."""
        with self._file.reading() as db:
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM events AS e WHERE game = (SELECT id FROM games WHERE name = ?)"
                " AND event_id = ? ORDER BY sequence", (game, event_id),
            ).fetchall()  # fmt: skip
        events: list[Event] = []
        for row in rows:
            with contextlib.suppress(LogUnavailable):
                events.append(self._event(game, row))
        return events

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

    def open_events(self) -> list[Event]:
        """See :meth:`courtside_server.events.log.EventLog.open_events`."""
        with self._file.reading() as db:
            rows = db.execute(
                f"SELECT g.name, {_COLUMNS} {_HEADS} WHERE h.open ORDER BY h.game, h.sequence"
            ).fetchall()
        shots = []
        for game, *row in rows:
            try:
                shots.append(self._event(game, row))
            except LogUnavailable as error:
                log.error("an open shot is damaged and stays open", error=error.message)
        return shots

    def check(self, drafts: Sequence[EventDraft] = ()) -> None:
        """See :meth:`courtside_server.events.log.EventLog.check`."""
        # As much as a burst of events needs, so that success means that appending works again.
        with self._file.writing() as db:
            db.execute("INSERT INTO probe VALUES (zeroblob(65536))")
        with self._file.writing() as db:
            db.execute("DELETE FROM probe")
        # A damaged table may refuse these only.
        with suppress(_Undo, ValueError, TypeError), self._file.writing() as db:
            self._append(db, drafts)
            raise _Undo

    def close(self) -> None:
        """See :meth:`courtside_server.events.log.EventLog.close`."""
        self._file.close()
        if self._mark is not None:
            self._mark.close()

    def _prepare(self, db: sqlite3.Connection, path: str) -> None:
        counted = prepare(db, path)
        if self._mark is not None:
            # A log of a version without marks is complete as far as anybody knows.
            found = self._mark.read()
            mark = found if counted else continuity.state(db)
            if why := continuity.lost_events(db, mark):
                if self._identity:
                    raise LogUnavailable(
                        f"the event log {path} was damaged while in use: {why}; restart the gateway, which goes on "
                        "with what remains",
                        path=path,
                    )
                continuity.begin_anew(db, why, path)
            state = self._identity, self._stored = continuity.state(db)
            if found != state:
                self._mark.write(*state, durable=True)
            self._marked = self._stored

    def _event(self, game: str, row: Sequence[Any]) -> Event:
        *content, checksum = row
        sequence, event_id, revision, lifecycle, camera, event_time, media_offset, append_time, kind, text = content
        try:
            if checksum is not None and checksum != _checksum(game, content):
                raise ValueError("its checksum is wrong")
            held = decode_payload(kind, text)
            draft = EventDraft(
                game, camera, event_id, Lifecycle(lifecycle), event_time, media_offset, held.payload,
                session=held.session, media_segment=held.segment, correction=held.correction, game_time=held.game_time,
            )  # fmt: skip
            if checksum is None:
                check_draft(draft)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LogUnavailable(
                f"event {sequence} of {game} is damaged in the event log {self._file.path}; continue after sequence "
                f"{sequence}, or stop the gateway and restore a copy of the log",
                path=self._file.path, cause="damaged event", sequence=sequence,
            ) from error  # fmt: skip
        return draft.logged(sequence, revision, append_time)


class _Undo(Exception):
    """Rolls a transaction back on purpose."""


def _checksum(game: str, content: Sequence[Any]) -> int:
    """CRC-32 of an event's columns, from the sequence to the payload."""
    return zlib.crc32(json.dumps([game, *content], separators=(",", ":")).encode())


@dataclass(slots=True)
class _Game:
    """One game's counters during a transaction."""

    id: int
    name: str
    high_water_mark: int
    earliest: int
    added: int = 0

    @classmethod
    def load(cls, db: sqlite3.Connection, name: str) -> _Game:
        query = "SELECT id, name, high_water_mark, earliest FROM games WHERE name = ?"
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
        self.added += 1
        sequence, revision = self.high_water_mark, head[0] + 1 if head else 1
        is_open = draft.lifecycle is Lifecycle.PROVISIONAL
        db.execute(
            "INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?, ?, ?, ?)",
            (self.id, draft.event_id, revision, sequence, now, content, is_open),
        )
        columns = (
            sequence, draft.event_id, revision, int(draft.lifecycle), draft.camera,
            # SQLite keeps no minus before a zero.
            draft.event_time + 0.0, draft.media_offset + 0.0, now, draft.kind, payload,
        )  # fmt: skip
        db.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (self.id, *columns, _checksum(self.name, columns)),
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
