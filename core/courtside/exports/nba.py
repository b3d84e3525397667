"""The NBA's live play-by-play (``liveData/playbyplay``), as ``nba_api`` and other readers take it.

Axes were checked against published games: per cent of 94 by 50 ft, and tenths of a foot from the rim to the shooter's
right (``xLegacy``) and away from the baseline (``yLegacy``).
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from courtside.court.measures import FOOT, NBA
from courtside.court.zones import NbaArea, NbaRange, nba_zone_at
from courtside.exports.game import ExportedGame, ExportedShot
from courtside.exports.positions import to_legacy, to_percent
from courtside.exports.text import clock_parts, distance, printable, sentence, team_code
from courtside.games import Side
from courtside.shot_results import ShotType

_SUBTYPES = {
    ShotType.JUMP_SHOT: ("Jump Shot", ""), ShotType.CATCH_AND_SHOOT: ("Jump Shot", ""), ShotType.LAYUP: ("Layup", ""),
    ShotType.DUNK: ("DUNK", ""), ShotType.STEP_BACK: ("Jump Shot", "step back"),
    ShotType.SIDE_STEP: ("Jump Shot", "side step"),
}  # fmt: skip
"""``subType`` and ``descriptor`` of each type; empty where the type is not known."""
_RANGES = {NbaRange.CLOSE: "0-8", NbaRange.SHORT: "8-16", NbaRange.LONG: "16-24", NbaRange.THREE: "24+"}
_AREAS = {
    NbaArea.LEFT: "Left", NbaArea.LEFT_CENTER: "Left Center", NbaArea.CENTER: "Center",
    NbaArea.RIGHT_CENTER: "Right Center", NbaArea.RIGHT: "Right",
}  # fmt: skip
TEAM_IDS = {Side.HOME: 1, Side.AWAY: 2}
"""``teamId``; 0 where the team is not known."""


def write(game: ExportedGame) -> bytes:
    """The document. Shots with an unknown result are left out: the format has made and missed ones only."""
    totals: Counter[int] = Counter()
    actions = [_action(game, shot, place, totals) for place, shot in enumerate(game.decided, 1)]
    last = max((event.append_time for event in game.events), default=0.0)
    meta = {"version": 1, "code": 200, "request": game.name, "time": _time(last)}
    document = {"meta": meta, "game": {"gameId": game.id, "actions": actions}}
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def _action(game: ExportedGame, shot: ExportedShot, place: int, totals: Counter[int]) -> dict[str, Any]:
    event, facts = shot.event, shot.shot
    team = TEAM_IDS.get(facts.team, 0)
    person = person_id(team, shot.number)
    clock = event.game_time
    minutes, seconds = clock_parts(clock.remaining) if clock is not None else (0, 0.0)
    periods = game.state.format.periods if game.state is not None else 4
    sub_type, descriptor = _SUBTYPES.get(facts.type, ("", ""))
    far = distance(shot)
    action: dict[str, Any] = {
        "actionNumber": place, "clock": f"PT{minutes:02d}M{seconds:05.2f}S" if clock else None,
        "timeActual": _time(event.event_time), "period": clock.period if clock else None,
        "periodType": None if clock is None else "REGULAR" if clock.period <= periods else "OVERTIME",
        "teamId": team, "teamTricode": team_code(game, facts.team),
        "actionType": "freethrow" if shot.free_throw else f"{shot.points}pt", "subType": sub_type,
        "descriptor": descriptor, "qualifiers": [], "personId": person, **_place(game, shot),
        "shotDistance": None if far is None else round(far / FOOT, 2), "possession": team,
        "scoreHome": str(shot.home_score), "scoreAway": str(shot.away_score), "edited": _time(event.append_time),
        "orderNumber": place * 10_000, "isTargetScoreLastPeriod": False, "isFieldGoal": int(not shot.free_throw),
        "shotResult": "Made" if shot.made else "Missed", "description": sentence(game, shot),
        "playerName": printable(shot.player), "playerNameI": printable(shot.player),
        "personIdsFilter": [person] if person else [],
    }  # fmt: skip
    if shot.made and person:
        totals[person] += shot.points
        action["pointsTotal"] = totals[person]
    return action


def _place(game: ExportedGame, shot: ExportedShot) -> dict[str, Any]:
    if shot.local is None or shot.shot.court is None:
        return dict.fromkeys(("x", "y", "area", "areaDetail", "side", "xLegacy", "yLegacy"))
    x, y = to_percent(NBA, shot.local)
    legacy = to_legacy(shot.local)
    zone = nba_zone_at(game.options.court, *shot.shot.court, shot.local[2])
    return {
        "x": round(x, 6), "y": round(y, 6), "area": zone.basic.value,
        "areaDetail": f"{_RANGES[zone.range]} {_AREAS[zone.area]}" if zone.range in _RANGES else "Backcourt",
        "side": "left" if shot.local[2] else "right", "xLegacy": legacy[0], "yLegacy": legacy[1],
    }  # fmt: skip


def person_id(team: int, number: str) -> int:
    """A number for a player whom the league does not know: 1000 times the team and the jersey number; 0 for nobody.

    Example:
        >>> person_id(1, "7"), person_id(2, "00"), person_id(1, "")
        (1007, 2100, 0)
    """
    if not team or not number.isdecimal():
        return 0
    return 1000 * team + (100 if number == "00" else int(number))


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
