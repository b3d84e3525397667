"""A game as one flat row of texts, for titles that are filled by column: vMix, spreadsheets, score boards."""

from __future__ import annotations

import math
from collections.abc import Iterable

from courtside.court.measures import NBA, Court
from courtside.events import Event, Lifecycle
from courtside.exports.game import ExportedShot, ExportOptions, exported_game
from courtside.exports.text import distance, printable, result_words, sentence, zone_words
from courtside.games import GameState, Side

COLUMNS = (
    "home", "home_short", "home_score", "away", "away_short", "away_score", "period", "clock", "clock_running",
    "last_shot", "last_shot_team", "last_shot_number", "last_shot_player", "last_shot_zone", "last_shot_type",
    "last_shot_result", "last_shot_points", "last_shot_distance", "last_shot_make_chance", "last_shot_id",
)  # fmt: skip
"""The columns; ``docs/exports.md`` has their meaning."""


def score_row(events: Iterable[Event], now: float, court: Court = NBA) -> dict[str, str]:
    """The row; a text that is not known is empty.

    Args:
        events: of one game, at least its last state and its newest shots, in the order of the log.
        now: Unix seconds by the server's clock, for the game's clock.
        court: the court that was played on.

    Example:
        >>> score_row([], 0.0)["home_score"]
        ''
    """
    row = dict.fromkeys(COLUMNS, "")
    events = list(events)
    if not events:
        return row
    game = exported_game(events, ExportOptions(court=court))
    if game.state is not None:
        row |= _state(game.state, now)
    shown = [shot for shot in game.shots if shot.event.lifecycle is not Lifecycle.RETRACTED]
    if shown:
        shot = max(shown, key=lambda one: (one.event.event_time, one.event.sequence))
        far = distance(shot)
        row |= {
            "last_shot": sentence(game, shot), "last_shot_team": printable(game.team_name(shot.shot.team)),
            "last_shot_number": printable(shot.number), "last_shot_player": printable(shot.player),
            "last_shot_zone": zone_words(shot, court), "last_shot_type": str(shot.shot.type) if shot.shot.type else "",
            "last_shot_result": _result(shot), "last_shot_points": str(shot.points),
            "last_shot_distance": "" if far is None else f"{far:.1f} m",
            "last_shot_make_chance": f"{shot.shot.make_probability:.0%}",
            "last_shot_id": printable(shot.event.event_id),
        }  # fmt: skip
    return row


def _state(state: GameState, now: float) -> dict[str, str]:
    clock = state.clock
    row: dict[str, str] = {}
    for side, team in ((Side.HOME, state.home), (Side.AWAY, state.away)):
        name = printable(team.name) or side.words.title()
        row |= {
            side.words: name, f"{side.words}_short": printable(team.short_name) or name,
            f"{side.words}_score": str(state.score(side)),
        }  # fmt: skip
    if clock.period:
        over = clock.period - state.format.periods
        row["period"] = f"Q{clock.period}" if over <= 0 else "OT" if over == 1 else f"OT{over}"
        row["clock"] = clock_text(clock.remaining_at(now))
        row["clock_running"] = "1" if clock.running else "0"
    return row


def clock_text(remaining: float) -> str:
    """A game's clock as score boards show it: whole seconds, tenths in the last minute.

    Example:
        >>> clock_text(701.2), clock_text(59.96), clock_text(60.0)
        ('11:42', '59.9', '1:00')
    """
    if remaining < 60:
        return f"{math.floor(remaining * 10) / 10:.1f}"
    minutes, seconds = divmod(math.ceil(remaining), 60)
    return f"{minutes}:{seconds:02d}"


def _result(shot: ExportedShot) -> str:
    return "shot" if shot.made is None else result_words(shot)
