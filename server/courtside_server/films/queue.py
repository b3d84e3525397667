"""The queue of films that wait for their analysis: one at a time, in a process of its own at the lowest priority.

    queued film ──► child process (`courtside_server.offline.film_worker`) ──lines──► drafts ──► games, event log

Live cameras win: the child runs when nothing else wants the processor. Its events are published as they come; after a
restart the film is analyzed again, which gives the same event ids.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import structlog
from google.protobuf import json_format

from courtside.events import Event
from courtside.v1 import events_pb2
from courtside_server.errors import CourtsideError, LogUnavailable
from courtside_server.films.film_folder import FilmState, FilmStore, SentFilm
from courtside_server.films.labels import LabelBook
from courtside_server.types import EventDraft, Lifecycle

log = structlog.get_logger(__name__)

_WORKER = (sys.executable, "-m", "courtside_server.offline.film_worker")
_LINE_BYTES = 64 * 2**20
"""Largest line of the child: an event has some kilobytes, the times of all frames of four hours 5 MB."""
_SAVE_S = 5.0
"""Seconds between two writes of a film's progress."""
_RETRY_S = 1.0
"""Seconds between attempts to publish while the log cannot be used; the child waits meanwhile, for its pipe is full."""
_CLEAN_S = 600.0
"""Seconds between two searches for idle uploads."""


class Games(Protocol):
    """What the queue needs of `GameKeeper`."""

    async def publish(self, drafts: Sequence[EventDraft]) -> list[Event]:
        """Make drafts durable."""
        ...

    async def set_game(self, game: str, *, title: str | None = None) -> Any:
        """Create a game, or change its title."""
        ...


class FilmQueue:
    """Analyzes films one after another. Use it on the event loop.

    The queue is bounded by `FilmsConfig.max_films`; a further film is refused when its upload begins.

    Args:
        store: the films.
        games: takes their events.
        settings: the gateway's settings as TOML, for the child.
        worker: the child's command; its arguments are content, settings, game and work.
    """

    def __init__(
        self, store: FilmStore, games: Games, settings: Callable[[], str], worker: Sequence[str] = _WORKER
    ) -> None:
        self._store, self._games, self._settings, self._worker = store, games, settings, tuple(worker)
        self._wake = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._running: SentFilm | None = None
        self._ended = asyncio.Event()
        self._closed = False

    # ---- what people do ------------------------------------------------------------------------------------------

    async def add(self, film: SentFilm, work: str = "shots") -> None:
        """Let a film wait for its analysis, also once more.

        Args:
            film: the film.
            work: ``shots``; or ``candidates``: also what is hardly a shot, for a person to label.
        """
        film.state, film.error, film.analyzed, film.work = FilmState.QUEUED, "", 0.0, work
        if work == "shots":
            film.advice, film.shots, film.condensed = "", 0, 0.0
        film.changed = time.time()
        await self._save(film)
        await self._games.set_game(film.game, title=film.name)
        self._wake.set()

    async def cancel(self, film: SentFilm) -> None:
        """End the analysis of a film, or let it not begin. Shots that were found stay."""
        if film.state in (FilmState.QUEUED, FilmState.RUNNING):
            film.state = FilmState.CANCELLED
            await self._save(film)
        if self._running is film:
            await self._kill()
            await self._ended.wait()

    async def close(self) -> None:
        """Begin nothing more, and leave the film that is being analyzed to the next gateway."""
        self._closed = True
        if (film := self._running) is not None:
            film.state = FilmState.QUEUED
            await self._kill()
            await self._ended.wait()

    def position(self, film: SentFilm) -> int:
        """How many films are analyzed before this one."""
        waiting = [one for one in self._store.films() if one.state is FilmState.QUEUED]
        running = self._running is not None and self._running is not film
        return waiting.index(film) + running if film in waiting else 0

    # ---- work ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Analyze films until this is cancelled."""
        while True:
            self._wake.clear()
            film = next((one for one in self._store.films() if one.state is FilmState.QUEUED), None)
            if film is None or self._closed:
                await self._wake.wait()
            else:
                await self._analyze(film)

    async def clean(self) -> None:
        """Delete idle uploads until this is cancelled."""
        while True:
            for film in self._store.idle_uploads():
                log.info("an idle upload is deleted", film=film.id, received=film.received, size=film.size)
                await asyncio.to_thread(self._store.delete, film)
            await asyncio.sleep(_CLEAN_S)

    async def _analyze(self, film: SentFilm) -> None:
        self._running, self._ended = film, asyncio.Event()
        film.state, film.changed = FilmState.RUNNING, time.time()
        try:
            await self._save(film)
            path = self._store.content(film).with_name("settings.toml")
            await asyncio.to_thread(path.write_text, self._settings(), "utf-8")
            await self._follow(film, path)
        except CourtsideError as error:
            film.error = error.message
        except OSError as error:
            film.error = f"the analysis cannot be started: {error.strerror or error}"
        except Exception:
            log.exception("a film's analysis failed", film=film.id)
            film.error = "the analysis failed by a fault of the gateway; its log has more"
        finally:
            await self._kill()
            if film.state is FilmState.RUNNING and (task := asyncio.current_task()) is not None and task.cancelling():
                film.state = FilmState.QUEUED  # the gateway stops; its successor begins again
            elif film.state is FilmState.RUNNING:
                film.state = FilmState.FAILED if film.error else FilmState.DONE
                film.changed = time.time()
                with contextlib.suppress(CourtsideError):
                    await self._save(film)
            self._running = None
            self._ended.set()

    async def _follow(self, film: SentFilm, settings: Path) -> None:
        """Start the child and take what it writes, until it ends."""
        # The settings in force are in the file; variables would win over it.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COURTSIDE_")}
        self._process = process = await asyncio.create_subprocess_exec(
            *self._worker, str(self._store.content(film)), str(settings), film.game.partition("/")[2],
            film.work, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            limit=_LINE_BYTES, env=environment,
        )  # fmt: skip
        assert process.stdout is not None
        known: set[str] = set()
        ended, saved = False, time.monotonic()
        silent_s = self._store.config.silent_min * 60
        while film.state is FilmState.RUNNING:
            try:
                line = await asyncio.wait_for(process.stdout.readline(), silent_s)
            except TimeoutError:
                film.error = f"the analysis made no progress for {silent_s / 60:g} minutes; try it again"
                return
            if not line:
                break
            message = json.loads(line)
            if "event" in message and film.work == "shots":
                await self._publish(film, message["event"], known)
            if "candidates" in message:
                labels = LabelBook(self._store.content(film).parent)
                await asyncio.to_thread(labels.write_candidates, message["candidates"], message["frames"])
            film.analyzed = float(message.get("analyzed", film.analyzed))
            film.error = str(message.get("error", film.error)).replace(str(self._store.content(film)), film.name)
            film.advice = str(message.get("advice", film.advice)).replace(str(self._store.content(film)), film.name)
            film.condensed = float(message.get("condensed", film.condensed))
            ended = ended or "end" in message or "error" in message
            if time.monotonic() - saved > _SAVE_S:
                await self._save(film)
                saved = time.monotonic()
        if film.state is FilmState.RUNNING and not ended:
            film.error = f"the analysis ended early (exit code {await process.wait()}); try it again"

    async def _publish(self, film: SentFilm, values: dict[str, Any], known: set[str]) -> None:
        """Publish an event of the child. Provisional shots wait: nobody watches a film live."""
        draft = EventDraft.of(Event.from_proto(json_format.ParseDict(values, events_pb2.Event())))
        if draft.lifecycle is Lifecycle.PROVISIONAL or draft.kind != "shot":
            return
        if draft.lifecycle is Lifecycle.RETRACTED and draft.event_id not in known:
            return
        while film.state is FilmState.RUNNING:
            try:
                await self._games.publish([draft])
            except LogUnavailable:
                await asyncio.sleep(_RETRY_S)
            else:
                break
        (known.add if draft.lifecycle is Lifecycle.CONFIRMED else known.discard)(draft.event_id)
        film.shots = len(known)

    async def _kill(self) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _save(self, film: SentFilm) -> None:
        await asyncio.to_thread(self._store.save, film)
