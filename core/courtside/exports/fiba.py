"""FIBA LiveStats' ``data.json`` (Genius Sports): teams, shots and play-by-play, places in per cent of 28 by 15 m."""

from __future__ import annotations

import json
from typing import Any

from courtside.court.measures import FIBA
from courtside.exports.game import ExportedGame, ExportedShot
from courtside.exports.positions import to_percent
from courtside.exports.text import clock_parts, printable, team_code
from courtside.games import GameState, Side
from courtside.shot_results import ShotType

_SUBTYPES = {
    ShotType.JUMP_SHOT: "jumpshot", ShotType.CATCH_AND_SHOOT: "jumpshot", ShotType.LAYUP: "layup",
    ShotType.DUNK: "dunk", ShotType.STEP_BACK: "stepbackjumpshot", ShotType.SIDE_STEP: "jumpshot",
}  # fmt: skip
_SIDES = {"1": Side.HOME, "2": Side.AWAY}


def write(game: ExportedGame) -> bytes:
    """The document; ``pbp`` has the newest action first.

    Left out are shots with an unknown result (``r`` is 1 or 0), and of the shot lists also free throws, shots without a
    place and shots of no team.
    """
    state = game.state or GameState()
    numbered = list(enumerate(game.decided, 1))
    minutes, seconds = clock_parts(state.clock.remaining)
    document = {
        "clock": f"{minutes:02d}:{int(seconds):02d}", "period": state.clock.period,
        "periodLength": round(state.format.period_seconds / 60, 2),
        "periodType": _period_type(game, state.clock.period),
        "inOT": int(state.clock.period > state.format.periods),
        "tm": {number: _team(game, number, side, numbered) for number, side in _SIDES.items()},
        "pbp": [_action(game, place, shot) for place, shot in reversed(numbered)],
    }  # fmt: skip
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def _team(
    game: ExportedGame, number: str, side: Side, numbered: list[tuple[int, ExportedShot]]
) -> dict[str, Any]:
    state = game.state or GameState()
    own = [(place, shot) for place, shot in numbered if shot.shot.team is side]
    if game.state is None:
        score = sum(shot.points for _, shot in own if shot.made)
    else:
        score = state.score(side)
    short = printable(game.team_name(side, short=True))
    return {
        "name": printable(game.team_name(side)), "shortName": short, "code": team_code(game, side), "score": score,
        "pl": {
            str(place): {"name": name, "familyName": name, "shirtNumber": player.number}
            for place, player in enumerate(game.roster(side), 1) for name in [printable(player.name)]
        },
        "shot": [_shot(game, place, shot, int(number)) for place, shot in own if not shot.free_throw and shot.local],
    }  # fmt: skip


def _shot(game: ExportedGame, place: int, shot: ExportedShot, team: int) -> dict[str, Any]:
    assert shot.local is not None
    x, y = to_percent(FIBA, shot.local)
    clock = shot.event.game_time
    return {
        "r": int(bool(shot.made)), "x": round(x, 4), "y": round(y, 4), "p": _player(game, shot),
        "pno": _player(game, shot), "tno": team, "per": clock.period if clock else None,
        "perType": _period_type(game, clock.period) if clock else None, "actionType": f"{shot.points}pt",
        "actionNumber": place, "previousAction": "", "subType": _SUBTYPES.get(shot.shot.type, ""),
        "player": printable(shot.player), "shirtNumber": shot.number,
    }  # fmt: skip


def _action(game: ExportedGame, place: int, shot: ExportedShot) -> dict[str, Any]:
    clock = shot.event.game_time
    minutes, seconds = clock_parts(clock.remaining) if clock is not None else (0, 0.0)
    whole, hundredths = int(seconds), round(seconds % 1 * 100)
    return {
        "gt": f"{minutes:02d}:{whole:02d}" if clock else None,
        "clock": f"{minutes:02d}:{whole:02d}:{hundredths:02d}" if clock else None,
        "s1": str(shot.home_score), "s2": str(shot.away_score), "lead": shot.home_score - shot.away_score,
        "tno": {Side.HOME: 1, Side.AWAY: 2}.get(shot.shot.team, 0), "period": clock.period if clock else None,
        "periodType": _period_type(game, clock.period) if clock else None, "pno": _player(game, shot),
        "player": printable(shot.player), "shirtNumber": shot.number, "success": int(bool(shot.made)),
        "actionType": "freethrow" if shot.free_throw else f"{shot.points}pt", "actionNumber": place,
        "previousAction": "", "qualifier": [], "subType": _SUBTYPES.get(shot.shot.type, ""), "scoring": 1,
    }  # fmt: skip


def _player(game: ExportedGame, shot: ExportedShot) -> int:
    """Place of the shooter on the roster, from 1; 0 where it is not known."""
    roster = game.roster(shot.shot.team)
    return next((place for place, one in enumerate(roster, 1) if shot.number and one.number == shot.number), 0)


def _period_type(game: ExportedGame, period: int) -> str:
    return "OVERTIME" if period > (game.state or GameState()).format.periods else "REGULAR"
