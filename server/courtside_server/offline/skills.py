"""``courtside skills``: a player's skills from a highlight, or from a game's film and its events."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from google.protobuf import json_format

from courtside.errors import InputError
from courtside.events import Event
from courtside.film import Film
from courtside.skills import GROUPS, LEVELS, SkillEstimate
from courtside.statistics import PlayerStatistics, latest, player_statistics, statistics_of, tracks_of
from courtside.v1 import events_pb2
from courtside_server.compose import make_engine
from courtside_server.errors import CourtsideError
from courtside_server.offline.analyze import FilmAnalyzer, player_options
from courtside_server.offline.film_names import game_name
from courtside_server.players.highlight_crops import PlayerBoxes
from courtside_server.players.highlights import highlight_of
from courtside_server.players.skills import SkillEstimator
from courtside_server.settings import Settings

_MODEL_TIMEOUT_S = 60.0
"""Seconds that the model may take: nobody waits for it live."""
_NAMED = 12
"""Players who are named where one is not found, those with most plays first."""


async def estimate_film(
    film: Path, settings: Settings, players: Sequence[int] = (), events: Sequence[Event] | None = None,
    on_progress: Callable[[str, float], None] = lambda stage, done: None,
) -> SkillEstimate:  # fmt: skip
    """Estimate skills on this machine.

    Args:
        film: a highlight of one player; with ``players`` the film of a game.
        settings: name the model; with ``players`` all of film analysis with actions.
        players: the player's tracks; empty: the whole film shows the player.
        events: what an analysis with actions has found in this film; None: the film is analyzed now, and its highlight
            shows the player large; events do not say where he was in the picture.
        on_progress: called with what is being done and the share of it that is.

    Raises:
        InputError: the film, the events or the player cannot be used.
        EngineError: a model cannot be used.
    """
    highlight = statistics = None
    boxes = PlayerBoxes(settings.players.skills)
    if players:
        found = events if events is not None else await _analyzed(film, settings, boxes, on_progress)
        known = {track for event in latest(found) for track in tracks_of(event)}
        tracks = [track for track in known if track.track in players]
        if missing := sorted(set(players) - {track.track for track in tracks}):
            raise InputError(_nobody(missing, found))
        if len({track[:2] for track in tracks}) > 1:
            raise InputError("the events are of several cameras or sessions; give those of this film only")
        highlight = highlight_of(found, tracks, settings.players.skills)
        statistics = statistics_of(found, tracks)
    engine = make_engine(settings)
    try:
        await engine.start([])
        estimator = SkillEstimator(engine, settings.players.skills, _MODEL_TIMEOUT_S)
        return await estimator.estimate(
            film, highlight=highlight, statistics=statistics, windows=partial(boxes.window, players),
            on_progress=lambda done: on_progress("frames", done), on_model=lambda: on_progress("model", 0.0),
        )  # fmt: skip
    finally:
        await engine.close()


def read_events(path: Path) -> list[Event]:
    """The events of a file of protobuf JSON lines, as ``courtside analyze`` and ``courtside watch`` print them.

    Raises:
        InputError: the file cannot be read, holds something else, or has no events.
    """
    found = []
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    try:
                        found.append(Event.from_proto(json_format.Parse(line, events_pb2.Event())))
                    except (json_format.ParseError, CourtsideError):
                        raise InputError(
                            f"{path}, line {number}: not an event; give what `courtside analyze --actions` prints"
                        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if not found:
        raise InputError(f"{path} has no events; give what `courtside analyze --actions` prints")
    return found


async def _analyzed(
    film: Path, settings: Settings, boxes: PlayerBoxes, on_progress: Callable[[str, float], None]
) -> list[Event]:
    source = Film(film)
    total = source.info.frames or 0

    def on_packets(count: int) -> None:
        if total and count % 30 == 0:
            on_progress("analysis", min(1.0, count / total))

    async with FilmAnalyzer(settings, wanted=player_options(actions=True, form=False, roster=False)) as analyzer:
        analysis = analyzer.analyze(film, source, game=game_name(film))
        analysis.on_tracks = boxes.add
        async with contextlib.aclosing(analysis.events(on_packets)) as events:
            return [event async for event in events]


def _nobody(missing: Sequence[int], events: Sequence[Event]) -> str:
    who = ", ".join(map(str, missing))
    known = player_statistics(events)
    if not known:
        return f"no player {who}: nobody did anything in this film's events; was it analyzed with --actions?"
    busiest = sorted(known, key=lambda one: -_count(one))[:_NAMED]
    listed = ", ".join(f"{one.player} ({_count(one)} plays)" for one in busiest)
    return f"no event names player {who}; those with most plays are {listed}"


def _count(one: PlayerStatistics) -> int:
    """Shots, plays and possessions of a player."""
    shots = one.attempts + one.free_throws
    return shots + one.rebounds + one.passes + one.assists + one.steals + one.turnovers + one.possessions


def estimate_lines(estimate: SkillEstimate) -> list[str]:
    """An estimate for a terminal."""
    lines = []
    if estimate.skills:
        lines.append(f"{'':<26}{'level':<11}{'0-4':>4}   " + "  ".join(f"{level:>9}" for level in LEVELS))
        means = estimate.groups()
        by_name = {skill.skill: skill for skill in estimate.skills}
        for group, skills in GROUPS.items():
            lines.append(f"{group:<37}{means[group]:4.1f}")
            for name in skills:
                one = by_name[name]
                chances = "  ".join(f"{chance:9.0%}" for chance in one.probabilities)
                lines.append(f"  {name:<24}{one.level:<11}{one.expected:4.1f}   {chances}")
        stretches = f" in {len(estimate.ranges)} stretches" if estimate.ranges else ""
        lines.append(f"{estimate.frames} frames of {estimate.film_seconds:.0f} s of film{stretches}, {estimate.model}")
        lines.append(f"{estimate.caution[0].upper()}{estimate.caution[1:]}.")
    if estimate.statistics is not None:
        lines += statistics_lines(estimate.statistics)
    return lines


def statistics_lines(found: PlayerStatistics) -> list[str]:
    """Counts for a terminal."""
    lines = [
        f"{found.points} points; field goals {_made(found.made, found.attempts, found.unknown)}; free throws "
        f"{found.free_throws_made} of {found.free_throws}"
    ]
    lines += [f"  {zone.zone:<26} {_made(zone.made, zone.attempts, zone.unknown)}" for zone in found.zones]
    sides = f"{found.offensive_rebounds} offensive, {found.defensive_rebounds} defensive"
    lines.append(
        f"{found.rebounds} rebounds ({sides}); {found.assists} assists; {found.passes} passes; {found.steals} steals; "
        f"{found.turnovers} turnovers; {found.ball_seconds:.1f} s on the ball in {found.possessions} possessions"
    )
    return lines


def _made(made: int, attempts: int, unknown: int) -> str:
    return f"{made} of {attempts}" + (f" ({unknown} unknown)" if unknown else "")
