"""``courtside.analyze``, ``analyze_events`` and ``estimate_skills``: the commands' stages for programs."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import structlog

from courtside.court.point_pairs import PointPairs, read_calibration
from courtside.detections import Detections
from courtside.errors import InputError, SourceError
from courtside.events import Event, FilmShot, latest_shots
from courtside.film import Film
from courtside.skills import SkillEstimate
from courtside_server.offline.analyze import FilmAnalyzer, film_settings, player_options
from courtside_server.offline.skills import estimate_film
from courtside_server.settings import load_settings
from courtside_server.types import Observations

log = structlog.get_logger(__name__)

_T = TypeVar("_T")

SPEEDS = (0.1, 10.0)
"""Least and greatest playback speed."""


async def analyze_events(
    film: str | Path,
    *,
    playback_speed: float | None = None,
    calibration: PointPairs | str | Path | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    actions: bool = False,
    form: bool = False,
    roster: str | Path | None = None,
    on_detections: Callable[[float, Detections], None] | None = None,
) -> AsyncIterator[Event]:
    """Find the shots in a film; gives every revision of every event as soon as it is known.

    The film goes through the same stages as a live stream, as fast as the machine allows; the same film gives the
    same events. The last revision of an ``event_id`` counts.

    Args:
        film: the file.
        playback_speed: how many times faster than real life the film runs: 2 for film at twice real speed. Without it
            the speed of each scene is estimated.
        calibration: the camera's point pairs, or the file that ``courtside calibrate`` has written.
        config: TOML file of settings.
        settings: settings by their dotted names, for example ``{"perception.profile": "clip"}``.
        actions: also what players do, who has the ball, and the play-by-play.
        form: also how each shot was shot, and by whom of those who are enrolled.
        roster: CSV or TOML file of the game's players (team, number, name): names those whose jersey number can be
            read.
        on_detections: called with media seconds and tracked detections for each frame that the detector sees, from
            a thread of the analysis; not with the profile ``clip``, which detects nothing.

    Raises:
        SourceError: the film cannot be used.
        InputError: the playback speed, the calibration, the roster or a setting cannot be used.
        EngineError: a model cannot be used, or one is missing that actions, form or roster need.

    Example:
        >>> import asyncio
        >>> async def print_events(film: str) -> None:
        ...     async for event in analyze_events(film):
        ...         print(event.media_offset, event.lifecycle, event.shot)
        >>> asyncio.run(print_events(film))  # this film has no shot
    """
    if playback_speed is not None and not SPEEDS[0] <= playback_speed <= SPEEDS[1]:
        raise InputError(f"playback speed {playback_speed} is not between {SPEEDS[0]} and {SPEEDS[1]:g}")
    if not structlog.is_configured():
        log_to_logging()
    names = {} if roster is None else {"rosters.default": str(Path(roster).absolute())}
    flags = {**film_settings(actions, form, roster is not None), **names, **(settings or {})}
    loaded = load_settings(None if config is None else Path(config), flags)
    points = calibration if calibration is None or isinstance(calibration, PointPairs) else (
        read_calibration(Path(calibration))
    )  # fmt: skip
    source = await asyncio.to_thread(Film, film)

    def show(observations: Observations) -> None:
        assert on_detections is not None
        found = Detections(observations.boxes, observations.scores, observations.classes, observations.tracks)
        on_detections(observations.media, found)

    wanted = player_options(actions, form, roster is not None)
    async with FilmAnalyzer(loaded, playback_speed, points, wanted=wanted) as analyzer:
        analysis = analyzer.analyze(Path(film), source)
        if on_detections is not None:
            analysis.on_tracks = show
        events = analysis.events()
        try:
            async for event in events:
                yield event
            if analysis.advice:
                log.warning(analysis.advice, film=str(film))
            try:
                await asyncio.to_thread(source.check_end)
            except SourceError as error:
                log.warning(error.message, film=str(film))
        finally:
            await events.aclose()


def analyze(
    film: str | Path,
    *,
    playback_speed: float | None = None,
    calibration: PointPairs | str | Path | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> list[FilmShot]:
    """Find the shots in a film.

    Blocks until the film has been read to its end. In a program with an event loop use :func:`analyze_events`.

    Args:
        film: the file.
        playback_speed: how many times faster than real life the film runs: 2 for film at twice real speed. Without it
            the speed of each scene is estimated.
        calibration: the camera's point pairs, or the file that ``courtside calibrate`` has written.
        config: TOML file of settings.
        settings: settings by their dotted names, for example ``{"perception.profile": "clip"}``.

    Returns:
        The shots by release, each in its last revision; those that were retracted are left out.

    Raises:
        SourceError: the film cannot be used.
        InputError: the playback speed, the calibration or a setting cannot be used.
        EngineError: a model cannot be used.

    Example:
        >>> for shot in analyze(film):  # this film has no shot
        ...     print(f"{shot.time:.1f} s: {shot.zone}, {shot.result}")
    """

    async def run() -> list[FilmShot]:
        events = analyze_events(
            film, playback_speed=playback_speed, calibration=calibration, config=config, settings=settings
        )
        return [FilmShot.of(event) for event in latest_shots([event async for event in events])]

    return _run(run)


def estimate_skills(
    film: str | Path,
    *,
    players: Sequence[int] = (),
    events: Sequence[Event] | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> SkillEstimate:
    """Estimate twenty skills of a player from a film; see ``SkillEstimate.caution`` for what they are worth.

    Blocks until the film has been read.

    Args:
        film: a highlight of one player, 8 to 10 minutes; with ``players`` the film of a game.
        players: the player's tracks: only the stretches of film in which events name them are used.
        events: of that film, from :func:`analyze_events` with ``actions=True``; without them it is analyzed now.
        config: TOML file of settings.
        settings: settings by their dotted names, for example ``{"players.skills.max_film_s": 1800}``.

    Raises:
        SourceError: the film cannot be used.
        InputError: a player, the film's length or a setting cannot be used.
        EngineError: a model cannot be used.

    Example:
        >>> print(estimate_skills(film).not_enough_film)  # this film is half a second long
        not enough film: 0 s, levels need 160 s of one player at least (8 to 10 minutes are good)
    """
    if not structlog.is_configured():
        log_to_logging()
    analysis = film_settings(actions=True, form=False) if players and events is None else {}
    loaded = load_settings(None if config is None else Path(config), {**analysis, **(settings or {})})
    return _run(lambda: estimate_film(Path(film), loaded, players, events))


def _run(work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """Run a coroutine to its end, also where a loop runs already, as in a notebook: then in a thread with its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    with concurrent.futures.ThreadPoolExecutor(1, "analyze") as pool:
        return pool.submit(lambda: asyncio.run(work())).result()


def log_to_logging() -> None:
    """Send log lines to the standard library's logging, where the program decides what to show."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
