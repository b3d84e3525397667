"""Formats of moments in one film: Sportscode XML, SoccerNet's spotting JSON, WebVTT chapters, Label Studio tasks.

Their times are seconds of one camera's film; see ``ExportedGame.in_film``.
"""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

from courtside.exports.game import ExportedGame, ExportedShot
from courtside.exports.text import distance, label, printable, result_words, sentence, zone_words
from courtside.games import GameState, Side

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_COLOURS = {Side.HOME: "#2f6fde", Side.AWAY: "#d9660a", Side.UNKNOWN: "#808080"}
"""Of rows whose team has no colour of its own."""


def write_sportscode(game: ExportedGame) -> bytes:
    """Sportscode's XML, which Hudl, Nacsport and LongoMatch import: one instance for each shot, one row for each team.

    Source: the elements that kloppy's reader and the vendors' own exports use. Colours have 16 bits a channel.
    """
    root = ElementTree.Element("file")
    order = ElementTree.SubElement(root, "SORT_INFO")
    ElementTree.SubElement(order, "sort_type").text = "sort order"
    instances = ElementTree.SubElement(root, "ALL_INSTANCES")
    sides: dict[Side, None] = {}
    for number, (time, shot) in enumerate(game.in_film(), 1):
        sides[shot.shot.team] = None
        start, end = _range(game, time)
        instance = ElementTree.SubElement(instances, "instance")
        for name, text in (
            ("ID", str(number)), ("start", f"{start:.3f}"), ("end", f"{end:.3f}"), ("code", _code(game, shot.shot.team))
        ):
            ElementTree.SubElement(instance, name).text = text
        for group, text in _labels(game, time, shot):
            element = ElementTree.SubElement(instance, "label")
            ElementTree.SubElement(element, "group").text = group
            ElementTree.SubElement(element, "text").text = text
    rows = ElementTree.SubElement(root, "ROWS")
    for side in sides:
        row = ElementTree.SubElement(rows, "row")
        ElementTree.SubElement(row, "code").text = _code(game, side)
        for name, value in zip("RGB", _colour(game, side), strict=True):
            ElementTree.SubElement(row, name).text = str(257 * value)
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def write_soccernet(game: ExportedGame) -> bytes:
    """SoccerNet's ``Labels`` of action spotting: ``position`` is milliseconds; the film counts as the first half."""
    state = game.state or GameState()
    document = {
        "UrlLocal": printable(game.options.film) or game.id, "UrlYoutube": "",
        "gameHomeTeam": printable(game.team_name(Side.HOME)), "gameAwayTeam": printable(game.team_name(Side.AWAY)),
        "gameScore": f"{state.home_score} - {state.away_score}",
        "annotations": [_annotation(time, shot) for time, shot in game.in_film()],
    }  # fmt: skip
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def write_webvtt(game: ExportedGame) -> bytes:
    """WebVTT chapters for players: each begins before its shot and lasts until the next one."""
    shots = game.in_film()
    starts = [_range(game, time)[0] for time, _ in shots]
    lines = ["WEBVTT", ""]
    for place, (time, shot) in enumerate(shots):
        start, end = starts[place], _range(game, time)[1]
        if place + 1 < len(shots):
            end = starts[place + 1]
        if end - start < 0.001:  # two shots at once: a cue must have a length
            continue
        text = sentence(game, shot).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        name = printable(shot.event.event_id).replace("-->", "-")[:200]
        lines += [name, f"{_stamp(start)} --> {_stamp(end)}", text, ""]
    return "\n".join(lines).encode()


def write_label_studio(game: ExportedGame) -> bytes:
    """Label Studio tasks: one film with a prediction, whose regions are ranges of frames on its timeline.

    Frames count from 1. The control is ``<TimelineLabels name="events" toName="video">``.
    """
    rate = game.options.frame_rate
    regions = []
    for time, shot in game.in_film():
        start, end = _range(game, time)
        regions.append({
            "id": shot.event.event_id, "type": "timelinelabels", "from_name": "events", "to_name": "video",
            "score": round(shot.shot.probability, 4),
            "meta": {"text": [sentence(game, shot)], "release": round(time, 3), "court": _place(shot)},
            "value": {
                "ranges": [{"start": int(start * rate) + 1, "end": int(end * rate) + 1}],
                "timelinelabels": [label(shot)],
            },
        })  # fmt: skip
    models = sorted({shot.shot.model for _, shot in game.in_film()})
    prediction = {"model_version": ", ".join(models), "result": regions}
    tasks = [{"data": {"video": printable(game.options.film) or game.id}, "predictions": [prediction]}]
    return json.dumps(tasks, ensure_ascii=False, indent=1).encode() + b"\n"


def _annotation(time: float, shot: ExportedShot) -> dict[str, Any]:
    time = max(time, 0.0)
    minutes, seconds = divmod(int(time), 60)
    return {
        "gameTime": f"1 - {minutes:02d}:{seconds:02d}", "label": label(shot), "position": str(round(time * 1000)),
        "team": str(shot.shot.team) if shot.shot.team else "not applicable", "visibility": "visible",
        "confidence": round(shot.shot.probability, 4), "court": _place(shot),
    }  # fmt: skip


def _labels(game: ExportedGame, time: float, shot: ExportedShot) -> list[tuple[str, str]]:
    far, place, clock = distance(shot), shot.shot.court, shot.event.game_time
    found = [
        ("Event", "Shot"), ("Result", result_words(shot)), ("Points", str(shot.points)),
        ("Zone", zone_words(shot, game.options.court)), ("Type", str(shot.shot.type) if shot.shot.type else ""),
        ("Team", printable(game.team_name(shot.shot.team))), ("Number", shot.number),
        ("Player", printable(shot.player)), ("Period", str(clock.period) if clock else ""),
        ("Distance m", "" if far is None else f"{far:.2f}"),
        ("Court x m", f"{place[0]:.2f}" if place else ""), ("Court y m", f"{place[1]:.2f}" if place else ""),
        ("Release s", f"{time:.3f}"), ("Event id", printable(shot.event.event_id)),
    ]  # fmt: skip
    return [(group, text) for group, text in found if text]


def _code(game: ExportedGame, side: Side) -> str:
    team = printable(game.team_name(side))
    return f"{team} shot" if team else "Shot"


def _colour(game: ExportedGame, side: Side) -> tuple[int, int, int]:
    state = game.state or GameState()
    team = {Side.HOME: state.home, Side.AWAY: state.away}.get(side)
    text = team.colour if team is not None else ""
    if not _COLOUR.fullmatch(text):
        text = _COLOURS[side]
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _place(shot: ExportedShot) -> list[float] | None:
    return None if shot.shot.court is None else [round(value, 3) for value in shot.shot.court]


def _range(game: ExportedGame, time: float) -> tuple[float, float]:
    return max(time - game.options.before, 0.0), max(time + game.options.after, 0.0)


def _stamp(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
