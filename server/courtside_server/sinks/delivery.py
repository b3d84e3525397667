"""The delivery of events to sinks: at least once, in order within a game, each sink at its own pace.

    event log ──► sink A: cursor of each game ──► sender ──► receiver
              └─► sink B: …                        └──► dead-letter file

The log itself is the queue: a sink reads on from its cursor, so nothing waits in memory, a sink that stands still costs
the others nothing, and a restart goes on after what the receiver has confirmed. Where a crash comes between the two, an
event is sent again, with the same id and revision.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from courtside.court.measures import NBA, Court
from courtside.redact import redact
from courtside_server.errors import CourtsideError, CursorEvicted, LogUnavailable, SettingsError
from courtside_server.events.hub import EventHub
from courtside_server.sinks.config import SinkSettings
from courtside_server.sinks.files import CursorFile, DeadLetters
from courtside_server.sinks.rows import game_row
from courtside_server.sinks.senders import NotDelivered, Sender, make_sender
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Event

PAGE = 200
"""Events that are read from the log at a time."""
SAVE_S = 0.5
"""Seconds after which a cursor is written while events go out one after another."""
_LOG_AGAIN_S = 1.0
"""Seconds after which a log or a disk that cannot be used is tried again."""
_log = structlog.get_logger(__name__)


class SinkDelivery:
    """Delivers events to one sink until it is closed.

    Args:
        settings: of the sink.
        sender: hands events over; ended by :meth:`close`.
        hub: the events.
        folder: of the cursor and the dead letters.
        metrics: the gateway's metrics.
    """

    def __init__(
        self, settings: SinkSettings, sender: Sender, hub: EventHub, folder: Path, metrics: Metrics
    ) -> None:
        self._settings, self._sender, self._hub, self._metrics = settings, sender, hub, metrics
        self._cursor = CursorFile(folder / f"{settings.name}.cursor.json")
        self._dead = DeadLetters(folder / f"{settings.name}.dead.jsonl", int(settings.dead_letter_mb * 2**20))
        self._waiting: dict[str, None] = {}  # games with events that are not delivered, the longest waiting first
        self._wake = asyncio.Event()
        self._saved = time.monotonic()
        self._unsaved = False
        self._ending = self._prepared = False

    async def prepare(self) -> None:
        """Find out where the sink stands in the log; :meth:`run` tries again what fails."""
        with suppress(CourtsideError, OSError):
            await self._start()

    def note(self, game: str) -> None:
        """Events of a game were logged."""
        if self._settings.wants(game, ""):
            self._waiting.setdefault(game)
            self._wake.set()

    def end(self) -> None:
        """Deliver what is logged by now, then stop; without further tries of what fails."""
        self._ending = True
        self._wake.set()

    async def run(self) -> None:
        """Deliver until :meth:`end` or cancellation; what a receiver confirmed is then in the cursor file."""
        try:
            if not self._prepared and not await self._until_done(self._start):
                return
            while True:
                self._wake.clear()  # before the games are gone through: what is noted meanwhile wakes again
                while self._waiting:
                    game = next(iter(self._waiting))
                    del self._waiting[game]
                    if not await self._until_done(lambda game=game: self._deliver(game)):  # type: ignore[misc]
                        return
                await self._until_done(self._save)
                self._metrics.sink_lag.labels(self._settings.name).set(0)
                if self._ending and not self._waiting:
                    return
                if not self._waiting:
                    await self._wake.wait()
        finally:
            if self._unsaved:
                with suppress(OSError):
                    await asyncio.shield(asyncio.to_thread(self._cursor.save))

    async def close(self) -> None:
        """End the connections to the receiver."""
        await self._sender.close()

    async def run_again(self) -> None:
        """Run; after a fault of ours begin again."""
        while True:
            try:
                return await self.run()
            except Exception:
                _log.exception("a sink failed and is started again", sink=self._settings.name)
                await asyncio.sleep(_LOG_AGAIN_S)

    async def _until_done(self, work: Callable[[], object]) -> bool:
        """Do something that needs the log and the disk, until they can be used; False where it was ended before."""
        while True:
            try:
                return await work() is not False  # type: ignore[misc]
            except (CourtsideError, OSError) as error:
                _log.error("a sink waits for the event log or the disk", sink=self._settings.name, error=str(error))
            if self._ending:
                return False
            await asyncio.sleep(_LOG_AGAIN_S)

    async def _start(self) -> None:
        log = await self._hub.identity()
        try:
            await asyncio.to_thread(self._cursor.load)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # Better twice than never.
            self._cursor.existed, self._cursor.log, self._cursor.cursors = True, log, {}
            _log.error("a sink's cursor cannot be read: all is sent again", sink=self._settings.name, error=str(error))
        games = [game for game in await self._hub.games() if self._settings.wants(game, "")]
        if not self._cursor.existed and self._settings.start == "now":
            for game in games:
                self._cursor.cursors[game] = (await self._hub.bounds(game))[1]
        elif self._cursor.log not in ("", log):
            _log.warning("the gateway has another event log: a sink gets all of it", sink=self._settings.name)
            self._cursor.cursors = {}
        self._cursor.log = log
        await asyncio.to_thread(self._cursor.save)
        for game in games:
            self._waiting.setdefault(game)
        self._prepared = True

    async def _deliver(self, game: str) -> bool:
        """Deliver one page of a game; False where it was ended before all of it was taken."""
        after = self._cursor.cursors.get(game, 0)
        try:
            events = await self._hub.read(game, after, PAGE)
        except CursorEvicted:
            earliest, _ = await self._hub.bounds(game)
            self._metrics.sink_lost.labels(self._settings.name).inc(earliest - 1 - after)
            _log.error("events were evicted before a sink got them", sink=self._settings.name, game=game,
                       events=earliest - 1 - after)  # fmt: skip
            self._advance(game, earliest - 1)
            events = await self._hub.read(game, earliest - 1, PAGE)
        except LogUnavailable as error:
            if "sequence" not in error.fields:
                raise
            damaged = int(error.fields["sequence"])
            self._metrics.sink_lost.labels(self._settings.name).inc()
            _log.error("a damaged event is left out of a sink", sink=self._settings.name, error=error.message)
            self._advance(game, damaged)
            self._waiting.setdefault(game)
            return True
        for event in events:
            if self._settings.wants(game, event.kind) and not await self._hand_over(event):
                self._waiting.setdefault(game)
                return False
            self._advance(game, event.sequence)
            if time.monotonic() - self._saved > SAVE_S:
                await self._save()
        if len(events) == PAGE:
            self._waiting.setdefault(game)  # behind the other games: none waits for all of another one
        return True

    async def _hand_over(self, event: Event) -> bool:
        """Try until an event is taken or given up; False where it was ended before."""
        name, settings = self._settings.name, self._settings
        first, wait = time.monotonic(), settings.retry_first_s
        while True:
            self._metrics.sink_lag.labels(name).set(max(time.time() - event.append_time, 0.0))
            try:
                await self._sender.send(event, self._cursor.log)
                self._metrics.sink_events.labels(name, "delivered").inc()
                return True
            except NotDelivered as problem:
                reason, final, after = redact(str(problem)), problem.final, problem.retry_after
            except Exception as error:  # a fault of ours in one event must not stop the events after it
                _log.exception("a sink cannot send an event", sink=name, event_id=event.event_id)
                reason, final, after = f"{type(error).__name__}: {redact(str(error))}", True, None
            if final or time.monotonic() - first >= settings.give_up_s:
                await asyncio.to_thread(self._dead.add, event, reason)
                self._metrics.sink_events.labels(name, "dead_letter").inc()
                _log.error("a sink's event goes to the dead letters", sink=name, event_id=event.event_id, reason=reason)
                return True
            if self._ending:
                return False
            self._metrics.sink_retries.labels(name).inc()
            _log.warning("a sink's receiver does not take an event; it is tried again", sink=name, reason=reason)
            # Half of the wait at random, so that sinks that failed together do not come back together.
            pause = after if after is not None else wait * random.uniform(0.5, 1.0)
            wait = min(wait * 2, settings.retry_most_s)
            await self._pause(pause)

    async def _pause(self, seconds: float) -> None:
        """Wait; shorter where it is ended."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._ending:
            self._wake.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), left)

    def _advance(self, game: str, sequence: int) -> None:
        self._cursor.cursors[game], self._unsaved = sequence, True

    async def _save(self) -> None:
        if self._unsaved:
            await asyncio.to_thread(self._cursor.save)
            self._unsaved, self._saved = False, time.monotonic()


class Sinks:
    """All sinks of a gateway. Everything runs on one event loop.

    Args:
        settings: of each sink.
        hub: the events.
        folder: of their files.
        metrics: the gateway's metrics.
        court_of: gives a camera's court, for the columns of vMix.

    Raises:
        SettingsError: two have one name, a variable is not set, or a library is missing.
    """

    def __init__(
        self, settings: Sequence[SinkSettings], hub: EventHub, folder: Path, metrics: Metrics,
        court_of: Callable[[str], Court] = lambda camera: NBA,
    ) -> None:  # fmt: skip
        self._hub = hub
        names = [one.name for one in settings]
        if double := next((name for name in names if names.count(name) > 1), None):
            raise SettingsError(f"two sinks are named {double!r}: give each its own name", key="sinks")
        self._deliveries: list[SinkDelivery] = []
        for one in settings:
            try:
                sender = make_sender(one, lambda game: game_row(hub, game, court_of, time.time()))
            except ValueError as error:
                raise SettingsError(str(error), key="sinks") from None
            except ModuleNotFoundError as error:
                raise SettingsError(
                    f"sink {one.name!r} needs {error.name}: pip install 'courtside[mqtt]'", key="sinks"
                ) from None
            self._deliveries.append(SinkDelivery(one, sender, hub, folder, metrics))
        self._tasks: list[asyncio.Task[None]] = []
        self._stop_listening: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Begin to deliver. A log or a disk that cannot be used yet is tried again; it is no error."""
        self._stop_listening = self._hub.on_events(self._note)
        for delivery in self._deliveries:
            await delivery.prepare()
            self._tasks.append(asyncio.create_task(delivery.run_again(), name="sink"))

    async def close(self, timeout: float = 2.0) -> None:
        """Let the sinks deliver what is logged for at most ``timeout`` seconds; the next start delivers the rest."""
        self._stop_listening()
        for delivery in self._deliveries:
            delivery.end()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for delivery in self._deliveries:
            with suppress(Exception):
                await delivery.close()

    def _note(self, game: str) -> None:
        for delivery in self._deliveries:
            delivery.note(game)
