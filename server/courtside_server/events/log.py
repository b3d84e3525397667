"""The interface of an event log, and what every implementation guarantees."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from courtside_server.types import Event, EventDraft


class EventLog(Protocol):
    """An append-only log of events with one numbered sequence per game.

    Every implementation guarantees:

    1. *Durable*. When ``append`` returns, its events survive a killed process and a power failure. When it raises,
       none of its drafts was acknowledged; the same drafts may be appended again.
    2. *Sequence*. Per game, from 1, strictly increasing, without gaps and never reused under one identity, also after
       a crash and after old events were evicted.
    3. *Revision*. Per game and ``event_id``, from 1, counting up. It continues when earlier revisions were evicted, so
       (game, event_id, revision) always names the same content.
    4. *Idempotent*. A draft with the same content as the latest revision of its ``event_id`` writes nothing; the
       existing event is returned. ``due`` is not part of the content.
    5. *Lossless*. The payload, with all its floats, reads back equal.
    6. *Bounded on request*. With a retention limit the oldest events of a game are evicted. The latest revision of an
       event that is still provisional stays, so that a restart can close it.

    7. *Named*. A log has an identity of its own. A cursor belongs to one log and means nothing in another. A log that
       has lost acknowledged events (a damaged file, an old copy) says so and takes a new identity when it is opened.
    8. *Checked*. A damaged event is never served. ``read`` gives the events before it, then raises ``LogUnavailable``
       with its ``sequence``; a reader may continue after it.

    Every method is synchronous, may wait for a disk, and may be called from any thread. Never call one from an event
    loop. Every method raises ``LogUnavailable`` while the storage cannot be used, and works again once it can.
    """

    def identity(self) -> str:
        """The log's identity: the same for as long as the log exists, and of no other log."""

    def append(self, drafts: Sequence[EventDraft]) -> list[Event]:
        """Store the drafts in order, all or none, and return the events in the same order.

        Raises:
            LogUnavailable: the storage cannot be written; the message says what to do.
            ValueError, TypeError: a draft contains what no log can store (a time that is not finite, broken text).
        """

    def read(self, game: str, after: int, limit: int) -> list[Event]:
        """Return at most ``limit`` events of a game with a sequence greater than ``after``, oldest first.

        The list is empty for an unknown game, and for a cursor at or beyond the end.

        Raises:
            CursorEvicted: events after ``after`` were evicted; ``fields["earliest_sequence"]`` is the first that
                remains.
            LogUnavailable: the storage cannot be read.
        """

    def newest(self, game: str, kind: str, limit: int) -> list[Event]:
        """Return the last ``limit`` events of one kind that a game has, oldest first; damaged ones are left out."""

    def latest(self, game: str, event_id: str) -> Event | None:
        """The latest revision of an event; ``None`` when it does not exist or was evicted."""

    def snapshot(self, game: str, kinds: Collection[str], limit: int) -> tuple[list[Event], int]:
        """The latest revision of the events of a game, and the sequence up to which they were read.

        Args:
            game: ``games/{game}``.
            kinds: only events of these kinds; empty means all.
            limit: at most so many, the ones with the highest sequences; damaged ones are left out.

        Returns:
            The events in the order of their first revisions, and the game's high-water mark at that moment.
        """

    def revisions(self, game: str, event_id: str) -> list[Event]:
        """Every revision of an event that the log still has, oldest first; damaged ones are left out."""

    def high_water_mark(self, game: str) -> int:
        """The highest sequence ever assigned in a game; 0 for an unknown game."""

    def earliest(self, game: str) -> int:
        """The lowest sequence that ``read`` can still return; 1 unless history was evicted."""

    def games(self) -> list[str]:
        """Every game that has events, in order of first appearance."""

    def open_events(self) -> list[Event]:
        """The latest revision of every event that is still ``PROVISIONAL``, oldest first in each game."""

    def check(self, drafts: Sequence[EventDraft] = ()) -> None:
        """Check that the log can be written now, without leaving anything in any game.

        Args:
            drafts: what could not be appended before; the check appends them and undoes it.

        Raises:
            LogUnavailable: it cannot; the message names the file and says what to do.
        """

    def close(self) -> None:
        """Release the storage. Idempotent; any later call raises ``LogUnavailable``."""
