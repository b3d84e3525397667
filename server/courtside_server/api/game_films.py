"""Condensed games and reels, made of a recorded game and its events; a bounded number at a time."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import threading
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from courtside.events import Event, Lifecycle
from courtside_server.api.clip_maker import ClipMaker
from courtside_server.errors import CourtsideError, NotFound, NotRecorded, TooManyClips
from courtside_server.events.hub import EventHub
from courtside_server.media.condense import CondensedPlan, ReelFilter, condense
from courtside_server.media.config import MediaConfig
from courtside_server.media.film_cut import FilmCut
from courtside_server.media.recorded_film import shorten_recording

_KINDS = ("shot", "possession", "play")
_MAX_EVENTS = 50_000
"""Events of a game that are taken into account, the newest: a game has some thousand."""
_REMEMBERED = 64
"""Films whose description is kept while they are on disk."""
_STEP = 0.02
"""Least share of the work between two reports."""


@dataclass(frozen=True, slots=True)
class GameFilm:
    """A film of a recorded game.

    Attributes:
        path: where it lies; it may be deleted once other films were made.
        camera: resource name.
        cut: what is in it.
        game_s: how much of the game was recorded, seconds.
    """

    path: Path
    camera: str
    cut: FilmCut
    game_s: float


class GameFilms:
    """Makes films of games.

    Args:
        hub: the events.
        clips: gives the recordings and where films are kept.
        config: margins and limits.
    """

    def __init__(self, hub: EventHub, clips: ClipMaker, config: MediaConfig) -> None:
        self._hub, self._clips, self._config = hub, clips, config
        self._places = asyncio.Semaphore(config.films.jobs)
        self._open = 0
        self._made: OrderedDict[str, GameFilm] = OrderedDict()

    async def make(
        self, game: str, camera: str, reel: ReelFilter | None, on_progress: Callable[[float], None] = lambda done: None
    ) -> GameFilm:  # fmt: skip
        """A game without its dead time, or a reel of some shots. Cancelling stops the work.

        Args:
            game: ``games/{game}``.
            camera: resource name; empty: the one with most shots.
            reel: only these shots.
            on_progress: called on the event loop with the share of the work that is done.

        Raises:
            NotFound: no shot of it is known.
            NotRecorded: nothing of it was recorded.
            TooManyClips: too many films are being made.
            MediaUnwritable: the film cannot be written.
        """
        index, store = self._clips.recordings.index, self._clips.store
        events, sequence = await self._hub.snapshot(game, _KINDS, _MAX_EVENTS)
        recorded = await asyncio.to_thread(index.sessions, game)
        if not recorded:
            raise NotRecorded(f"nothing of {game} is recorded (settings recording.*)")
        camera, session = _most_shots(events, {(one.camera, one.session) for one in recorded}, game, camera)

        def plan(segment: int) -> CondensedPlan:
            return condense(
                events, self._config.condense, camera=camera, session=session, media_segment=segment, reel=reel
            )  # fmt: skip

        size = sum(one.nbytes for one in recorded)
        chosen = None if reel is None else (sorted(reel.tracks), reel.shooter, sorted(reel.zones), reel.made_only)
        key = hashlib.sha256(f"{camera} {session} {sequence} {size} {chosen}".encode()).hexdigest()[:32]
        async with self._place():
            known = self._made.get(key)
            if known is not None and known.path.exists():
                return known
            found: list[tuple[FilmCut, float]] = []
            stop, loop, reported = threading.Event(), asyncio.get_running_loop(), [0.0]

            def report(done: float) -> None:
                if done - reported[0] >= _STEP:
                    reported[0] = done
                    loop.call_soon_threadsafe(on_progress, done)

            def make(path: Path) -> None:
                found.append(shorten_recording(index, camera, session, path, plan, stop=stop, on_progress=report))

            path = await _stoppable(lambda: store.film(f"{key}.mp4", make), stop)
            film = GameFilm(path, camera, *found[0])
            self._made[key] = film
            while len(self._made) > _REMEMBERED:
                self._made.popitem(last=False)
            return film

    @contextlib.asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        if self._open >= self._config.films.jobs + self._config.films.waiting:
            raise TooManyClips(f"{self._open} films are being made, the limit; try again in a minute")
        self._open += 1
        try:
            async with self._places:
                yield
        finally:
            self._open -= 1


async def _stoppable(work: Callable[[], Path], stop: threading.Event) -> Path:
    """Run work in a thread; when this is cancelled, it stops before that goes on."""
    task = asyncio.create_task(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        with contextlib.suppress(CourtsideError):
            await task
        raise


def _most_shots(
    events: list[Event], recorded: set[tuple[str, str]], game: str, camera: str
) -> tuple[str, str]:
    """The recorded camera and session with most shots; of one camera where it is named."""
    shots: Counter[tuple[str, str]] = Counter()
    for event in events:
        if event.shot is None or event.lifecycle is Lifecycle.RETRACTED:
            continue
        seen = {(view.camera, view.session) for view in event.shot.views} or {(event.camera, event.session)}
        shots.update(one for one in seen if one in recorded and camera in ("", one[0]))
    if not shots:
        raise NotFound(f"no shot of {camera or game} is both known and recorded")
    return shots.most_common(1)[0][0]
