"""CSV: one row for each shot, for spreadsheets and pandas."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

from courtside.court.zones import nba_zone_at
from courtside.exports.game import ExportedGame, ExportedShot
from courtside.exports.text import clock_parts, distance, printable, result_words

_FORMULAS = ("=", "+", "-", "@")
"""A spreadsheet would run a text that begins so."""


def write(game: ExportedGame) -> bytes:
    """The table as UTF-8, commas between columns, one head line."""
    out = io.StringIO(newline="")
    rows = [_row(game, shot) for shot in game.shots]
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


COLUMNS = (
    "event_id", "state", "time", "camera", "media_offset", "period", "clock", "team", "team_name", "number", "player",
    "type", "zone", "nba_zone", "points", "result", "x", "y", "basket", "distance", "probability", "make_probability",
    "home_score", "away_score", "corrected_by",
)  # fmt: skip
"""The columns; ``docs/exports.md`` has their meaning."""


def _row(game: ExportedGame, shot: ExportedShot) -> dict[str, object]:
    event, facts, court = shot.event, shot.shot, game.options.court
    far, place, clock = distance(shot), facts.court, event.game_time
    minutes, seconds = clock_parts(clock.remaining) if clock is not None else (0, 0.0)
    corrected = event.correction.steps[-1].by if event.correction is not None else ""
    zone = nba_zone_at(court, *place, shot.local[2]) if place is not None and shot.local is not None else None
    values: dict[str, object] = {
        "event_id": event.event_id, "state": str(event.lifecycle),
        "time": datetime.fromtimestamp(event.event_time, UTC).isoformat(timespec="milliseconds"),
        "camera": event.camera.rpartition("/")[2], "media_offset": f"{event.media_offset:.3f}",
        "period": clock.period if clock else "", "clock": f"{minutes}:{seconds:05.2f}" if clock else "",
        "team": str(facts.team) if facts.team else "", "team_name": game.team_name(facts.team),
        "number": shot.number, "player": shot.player, "type": str(facts.type) if facts.type else "",
        "zone": facts.zone.words if facts.zone else "", "nba_zone": zone.basic.value if zone else "",
        "points": shot.points, "result": result_words(shot),
        "x": f"{place[0]:.3f}" if place else "", "y": f"{place[1]:.3f}" if place else "",
        "basket": shot.local[2] if shot.local else "", "distance": f"{far:.3f}" if far is not None else "",
        "probability": f"{facts.probability:.3f}", "make_probability": f"{facts.make_probability:.3f}",
        "home_score": shot.home_score, "away_score": shot.away_score, "corrected_by": corrected,
    }  # fmt: skip
    free = ("event_id", "team_name", "player", "corrected_by")
    return {name: _safe(str(value)) if name in free else value for name, value in values.items()}


def _safe(text: str) -> str:
    text = printable(text)
    return f"'{text}" if text.startswith(_FORMULAS) else text
