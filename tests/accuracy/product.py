"""A film through the product: what `courtside analyze` does by default, with the models' answers kept on disk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from accuracy.answers import AnswerStore, CachedEngine
from accuracy.labels import Found

from courtside.events import Event, latest_shots
from courtside.film import Film
from courtside_server.compose import make_engine
from courtside_server.memory import give_back
from courtside_server.offline.analyze import FilmAnalyzer
from courtside_server.render.film import FilmSource, render_film
from courtside_server.render.record import FilmRecord, FrameRecord
from courtside_server.settings import Settings
from courtside_server.shots.detector import ShotChange
from courtside_server.types import ObjectClass


@dataclass(frozen=True)
class Seen:
    """What is tracked in one detector frame: media seconds, and whether a ball, a rim, a player."""

    media: float
    ball: bool
    rim: bool
    player: bool


@dataclass(frozen=True)
class FilmRun:
    """What came of one film.

    Attributes:
        found: the shots that stand at its end, by release.
        shots: every shot that was ever announced, as it was left, the retracted ones included.
        frames: its detector frames.
        seconds: how long it took.
        notes: what `courtside analyze` says at its end.
    """

    found: tuple[Found, ...]
    shots: tuple[ShotChange, ...]
    frames: tuple[Seen, ...]
    seconds: float
    notes: tuple[str, ...] = ()


def run_film(
    path: Path, speed: float | None, settings: Settings, store: AnswerStore, render: Path | None = None
) -> FilmRun:
    """Analyze one film.

    Args:
        path: the film.
        speed: real seconds per second of film, as a user would declare it; None for a user who does not.
        settings: the gateway's settings.
        store: keeps the models' answers.
        render: where the film with what was found drawn on it goes; None draws none.
    """
    try:
        return asyncio.run(_run(path, speed, settings, store, render))
    finally:
        give_back()  # a pipeline's parts refer to one another: forty of them would take gigabytes


async def _run(path: Path, speed: float | None, settings: Settings, store: AnswerStore, render: Path | None) -> FilmRun:
    begin, film, record = time.monotonic(), Film(path), FilmRecord()
    shots: dict[tuple[int, int], ShotChange] = {}

    def keep(scene: int, changes: Sequence[ShotChange]) -> None:
        shots.update({(scene, change.candidate.key): change for change in changes})

    engine = CachedEngine(make_engine(settings), settings.inference.repository, store)
    async with FilmAnalyzer(settings, speed, engine=engine) as analyzer:
        analysis = analyzer.analyze(path, film, record)
        analysis.on_shots = keep
        events = [event async for event in analysis.events()]
    if render is not None:
        info = film.info
        source = FilmSource(path, info.first_pts, info.rotation, speed or 1.0, info.mirrored, info.frame_rate)
        render_film(source, record, render)
    notes = tuple(filter(None, [analysis.advice]))
    left = tuple(sorted(shots.values(), key=lambda change: change.candidate.media))
    return FilmRun(tuple(_found(events)), left, tuple(map(_seen, record.frames)), time.monotonic() - begin, notes)


def _found(events: Sequence[Event]) -> Iterator[Found]:
    for event in sorted(latest_shots(events), key=lambda event: event.media_offset):
        assert event.shot is not None
        result = event.shot.result.name.lower()
        yield Found(event.media_offset, "unspecified" if result == "unknown" else result, event.shot.probability,
                    event.shot.playback_speed)  # fmt: skip


def _seen(frame: FrameRecord) -> Seen:
    kinds = set(frame.classes[frame.tracks >= 0].tolist())
    return Seen(frame.media, *(kind in kinds for kind in (ObjectClass.BALL, ObjectClass.RIM, ObjectClass.PLAYER)))
