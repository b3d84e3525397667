"""``courtside condense`` and ``courtside reel``: a film without its dead time, and a film of some shots."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from courtside.events import Event
from courtside.film import Film
from courtside.statistics import latest
from courtside_server.compose import PlayerOption
from courtside_server.errors import CourtsideError, InputError, MediaUnwritable, NotFound
from courtside_server.media.condense import CondensedPlan, ReelFilter, condense
from courtside_server.media.film_cut import SUFFIXES, FilmCut, cut_film
from courtside_server.media.mp4 import PART
from courtside_server.media.vtt import web_vtt
from courtside_server.offline.analyze import FilmAnalyzer
from courtside_server.offline.film_names import game_name
from courtside_server.offline.skills import read_events
from courtside_server.settings import Settings

OnProgress = Callable[[str, float], None]
"""Called with what is being done and the share of it that is."""
_NAMED = 12
"""Players who are named where one is not found."""


@dataclass(frozen=True, slots=True)
class ShortenedFilm:
    """What was made of a film.

    Attributes:
        out: the new film; its chapters lie beside it, with the suffix .vtt.
        cut: what is in it.
        shots: how many shots it shows.
        film_s: length of the original, seconds; 0 where it is not known.
    """

    out: Path
    cut: FilmCut
    shots: int
    film_s: float

    def line(self) -> str:
        """It as one line."""
        saved = ""
        if self.film_s > self.cut.seconds:
            minutes = (self.film_s - self.cut.seconds) / 60
            share = 1 - self.cut.seconds / self.film_s
            saved = f" of {_clock(self.film_s)}: {minutes:.1f} minutes saved ({share:.0%})"
        how = "encoded again, because its keyframes are far apart or its codec fits no MP4" if self.cut.encoded else (
            "copied without encoding"
        )  # fmt: skip
        sound = "; its sound fits no MP4: name OUT with .mkv" if self.cut.silent else ""
        return f"{self.out}: {_clock(self.cut.seconds)}{saved}, {self.shots} shots, {how}{sound}"


async def shorten_film(
    film: Path, out: Path | None, settings: Settings, *, events: Path | None = None, reel: ReelFilter | None = None,
    playback_speed: float | None = None, on_progress: OnProgress = lambda stage, done: None,
    wanted: Collection[PlayerOption] = (),
) -> ShortenedFilm:  # fmt: skip
    """Make a film without dead time, or a reel, on this machine.

    Args:
        film: the original.
        out: the new film; None: beside the original.
        settings: of the analysis, and margins (`media.condense`).
        events: what `courtside analyze` printed of the film; None: it is analyzed now.
        reel: only these shots.
        playback_speed: how many times faster than real life the film runs; None to estimate it.
        on_progress: reports.
        wanted: what must be read of players, whose models must be there.

    Raises:
        ModelNotFound: a model is missing that is wanted.
        InputError: the film, the events or a path cannot be used.
        NotFound: nothing to show was found.
        MediaUnwritable: the new film cannot be written.
    """
    out = check_output(film, out, "condensed" if reel is None else "reel")
    source = await asyncio.to_thread(Film, film)
    if events is not None:
        found: Sequence[Event] = await asyncio.to_thread(read_events, events)
    else:
        found = await _analyzed(film, source, settings, playback_speed, on_progress, wanted)
    plan = condense(found, settings.media.condense, reel=reel)
    if not plan.ranges:
        raise NotFound(_nothing(film, found, reel))
    cut = await _cut_film(film, out, plan, settings, on_progress)
    shown = sum(1 for one in plan.highlights if one.title and any(a <= one.time < b for a, b, _ in cut.kept))
    await asyncio.to_thread(_write_chapters, out, cut)
    return ShortenedFilm(out, cut, shown, _length(source))


def check_output(film: Path, out: Path | None, word: str) -> Path:
    """Where the new film goes.

    Raises:
        InputError: it would be the original, or no film of its suffix can be written.
    """
    out = out or film.with_name(f"{film.stem}-{word}.mp4")
    if out.suffix.lower() not in SUFFIXES:
        raise InputError(f"--out {out}: a film is written as {', '.join(SUFFIXES)}; choose one of these suffixes")
    if out.is_dir():
        raise InputError(f"--out {out} is a folder; name the film")
    if out.exists() and film.exists() and out.samefile(film):
        raise InputError(f"--out {out} is the film itself; choose another name")
    if not out.parent.is_dir():
        raise InputError(f"--out {out}: there is no folder {out.parent}; make it")
    try:  # before an analysis that takes minutes
        part = out.with_name(f"{out.name}{PART}")
        with part.open("wb"):
            pass
        part.unlink()
    except OSError as error:
        raise InputError(f"--out {out} cannot be written: {error.strerror}") from None
    return out


async def _analyzed(
    film: Path, source: Film, settings: Settings, playback_speed: float | None, on_progress: OnProgress,
    wanted: Collection[PlayerOption],
) -> list[Event]:  # fmt: skip
    total = source.info.frames or 0

    def on_packets(count: int) -> None:
        if total and count % 30 == 0:
            on_progress("analysis", min(1.0, count / total))

    async with FilmAnalyzer(settings, playback_speed, wanted=wanted) as analyzer:
        analysis = analyzer.analyze(film, source, game=game_name(film))
        async with contextlib.aclosing(analysis.events(on_packets)) as events:
            return [event async for event in events]


async def _cut_film(
    film: Path, out: Path, plan: CondensedPlan, settings: Settings, on_progress: OnProgress
) -> FilmCut:
    stop = threading.Event()
    work = asyncio.create_task(asyncio.to_thread(
        cut_film, film, out, plan.ranges, plan.chapters, max_extra=settings.media.condense.max_extra, stop=stop,
        on_progress=lambda done: on_progress("film", done),
    ))  # fmt: skip
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.set()
        with contextlib.suppress(CourtsideError):
            await work
        raise


def _write_chapters(out: Path, cut: FilmCut) -> None:
    path = out.with_suffix(".vtt")
    try:
        path.write_text(web_vtt(cut.chapters), encoding="utf-8")
    except OSError as error:
        raise MediaUnwritable(f"{path}: the chapters cannot be written: {error.strerror}", film=path) from None


def _length(film: Film) -> float:
    info = film.info
    return (info.frames or 0) / info.frame_rate if info.frame_rate else 0.0


def _nothing(film: Path, events: Sequence[Event], reel: ReelFilter | None) -> str:
    shots = [event.shot for event in latest(events) if event.shot is not None]
    if reel is None or not shots:
        return f"{film}: no shot was found in it, so there is nothing to keep"
    tracks = Counter(shot.shooter for shot in shots if shot.shooter is not None)
    who = ", ".join(f"{track} ({count})" for track, count in tracks.most_common(_NAMED))
    zones = Counter(shot.zone.words for shot in shots)
    where = ", ".join(f"{zone} ({count})" for zone, count in zones.most_common())
    return (
        f"{film}: none of its {len(shots)} shots is of that player, shooter or zone; players with shots: "
        f"{who or 'none'}; zones: {where}"
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
