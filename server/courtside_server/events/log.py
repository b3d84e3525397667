"""The contract of an event log: what append, read and their friends promise, whatever stores the bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from courtside_server.types import Event, EventDraft


class EventLog(Protocol):
    """An append-only log of events, one numbered sequence a game.

    What every implementation promises:

    1. *Durable*. When ``append`` returns, its events survive the process being killed and the power going.
       When it raises, none of its drafts was acknowledged; the same drafts may be appended again.
    2. *Sequence*. Per game, from 1, strictly increasing, gap-free, never reused: not after a crash, and not
       after old events were evicted.
    3. *Revision*. Per game and ``event_id``, from 1, counting up; it goes on counting when earlier revisions
       were evicted, so (game, event_id, revision) names one content for ever.
    4. *Idempotent*. A draft equal in content to the latest revision of its ``event_id`` writes nothing; the
       existing event is given back. ``due`` is not content.
    5. *Lossless*. The payload, and every float of it, reads back equal.
    6. *Bounded on request*. With a retention limit the oldest events of a game are evicted; the latest state
       of a shot that is still provisional stays, so that a restart can close it.

    Every method is synchronous, may wait on a disk, and may be called from any thread; never call one from an
    event loop. Every method raises ``LogUnavailable`` while the storage cannot be used, and works again by
    itself when it can.
    """

    def append(self, drafts: Sequence[EventDraft]) -> list[Event]:
        """Store the drafts in order, all or none, and give the events back in the same order.

        Raises:
            LogUnavailable: the storage cannot be written; the message says what to do.
            ValueError, TypeError: a draft holds what no log can keep (a time that is not finite, broken text).
        """

    def read(self, game: str, after: int, limit: int) -> list[Event]:
        """At most ``limit`` events of a game with a sequence greater than ``after``, oldest first.

        A game that was never heard of, and a cursor at or beyond the end, give an empty list.

        Raises:
            CursorEvicted: events after ``after`` are gone; ``fields["earliest_sequence"]`` is the first left.
            LogUnavailable: the storage cannot be read.
        """

    def latest(self, game: str, event_id: str) -> Event | None:
        """The latest revision of an event, or ``None`` when there is none or it was evicted."""

    def high_water_mark(self, game: str) -> int:
        """The highest sequence ever given in a game; 0 for a game never heard of."""

    def earliest(self, game: str) -> int:
        """The lowest sequence that ``read`` can still give; 1 unless history was evicted."""

    def games(self) -> list[str]:
        """Every game that has events, in order of first appearance."""

    def open_shots(self) -> list[Event]:
        """The latest revision of every shot still ``PROVISIONAL``, oldest first in each game."""

    def check(self) -> None:
        """Prove that the log can be written now, without leaving a trace in any game.

        Raises:
            LogUnavailable: it cannot; the message names the file and says what to do.
        """

    def close(self) -> None:
        """Let go of the storage. Idempotent; any later call raises ``LogUnavailable``."""
