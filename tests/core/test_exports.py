"""Exports: golden files, and places that come back from every format within 5 cm, on two courts."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from export_support import CORNERS, COURTS, GAME, corner, game_events, shot_event
from google.protobuf import json_format

from courtside.court.measures import FIBA, NBA, Court
from courtside.errors import InputError
from courtside.events import Event, Lifecycle
from courtside.exports import FORMATS, ExportOptions, export_events, read_events
from courtside.exports.chart import HEAD, MARGIN, SCALE
from courtside.exports.positions import from_legacy, from_percent
from courtside.games import Side
from courtside.shot_results import ShotResult
from courtside.v1 import events_pb2

GOLDEN = Path(__file__).parents[1] / "golden" / "exports"
FILM = {name: float(60 * (place + 1)) for place, name in enumerate(CORNERS)}
"""Release of each corner shot, seconds of the film."""


def exported(name: str, court: Court = NBA, **options: object) -> bytes:
    return export_events(game_events(court), name, ExportOptions(court=court, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "png"])
def test_every_format_equals_its_golden_file(name: str) -> None:
    path = GOLDEN / FORMATS[name].file_name(GAME)
    if os.environ.get("WRITE_GOLDEN"):
        path.write_bytes(exported(name))
    assert exported(name) == path.read_bytes(), "if that is intended: WRITE_GOLDEN=1 pytest this file"


def read_csv(data: bytes, court: Court) -> dict[str, tuple[float, float]]:
    return {row["event_id"]: (float(row["x"]), float(row["y"])) for row in csv.DictReader(io.StringIO(data.decode()))
            if row["x"]}  # fmt: skip


def read_contract(data: bytes, court: Court) -> dict[str, tuple[float, float]]:
    events = [Event.from_proto(json_format.ParseDict(one, events_pb2.Event())) for one in json.loads(data)["events"]]
    return {event.event_id: event.shot.court for event in events if event.shot and event.shot.court}


def by_time(values: dict[float, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    return {name: values[time] for name, time in FILM.items()}


def read_nba(data: bytes, court: Court) -> dict[str, tuple[float, float]]:
    actions = json.loads(data)["game"]["actions"][:4]
    found = {}
    for name, action in zip(CORNERS, actions, strict=True):
        basket = {"right": 0, "left": 1}[action["side"]]
        local = NBA.to_local(*from_percent(NBA, action["x"], action["y"]), basket)
        legacy = from_legacy(action["xLegacy"], action["yLegacy"])
        assert math.dist(local, legacy) < 0.03
        found[name] = court.from_local(*local, basket)
    return found


def read_fiba(data: bytes, court: Court) -> dict[str, tuple[float, float]]:
    teams = json.loads(data)["tm"]
    shots = [shot for team in teams.values() for shot in team["shot"]]
    assert [shot["r"] for shot in shots] == [1, 0, 1, 0]
    found = {}
    for name, shot in zip(CORNERS, shots, strict=True):
        x, y = from_percent(FIBA, shot["x"], shot["y"])
        basket = FIBA.nearer_basket(x)
        found[name] = court.from_local(*FIBA.to_local(x, y, basket), basket)
    return found


def read_sportscode(data: bytes, court: Court) -> dict[str, tuple[float, float]]:
    kloppy = pytest.importorskip("kloppy")
    from kloppy import sportscode

    assert kloppy
    codes = sportscode.load(io.BytesIO(data)).codes
    assert [code.code for code in codes[:3]] == ["Lakeside <A> & Co shot"] * 2 + ["Hilltop shot"]
    first = codes[0]
    assert (first.timestamp.total_seconds(), first.end_timestamp.total_seconds()) == (56.0, 63.0)
    assert first.labels["Result"] == "made" and first.labels["Player"] == "Ann \"A\" Ö'Neil"
    return {code.labels["Event id"]: (code.labels["Court x m"], code.labels["Court y m"]) for code in codes[:4]}


def read_soccernet(data: bytes, court: Court) -> dict[str, tuple[float, float]]:
    found = json.loads(data)["annotations"]
    assert found[0]["gameTime"] == "1 - 01:00" and [one["label"] for one in found[:2]] == ["Made shot", "Missed shot"]
    return by_time({int(one["position"]) / 1000: one["court"] for one in found})


def read_label_studio(data: bytes, court: Court) -> dict[str, tuple[float, float]]:
    regions = json.loads(data)[0]["predictions"][0]["result"]
    assert regions[0]["value"] == {"ranges": [{"start": 1681, "end": 1891}], "timelinelabels": ["Made shot"]}
    return {one["id"]: one["meta"]["court"] for one in regions if one["meta"]["court"]}


def read_svg(data: bytes, court: Court) -> dict[str, tuple[float, float]]:
    found = {}
    for mark in ElementTree.fromstring(data).iter():
        if "data-event" not in mark.attrib:
            continue
        if mark.tag.endswith("circle"):
            x, y = float(mark.get("cx")), float(mark.get("cy"))
        else:
            numbers = [float(part) for part in mark.get("d").replace("M", " ").replace("L", " ").split()]
            x, y = np.mean(numbers[::2]), np.mean(numbers[1::2])
        basket = 0 if mark.get("data-event").startswith("a") else 1  # both halves are one: the drawing has no basket
        found[mark.get("data-event")] = court.from_local(y - court.basket_inset, -x, basket)
    return found


def read_png(data: bytes, court: Court) -> dict[str, tuple[float, float]]:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).astype(int)
    blue, green, red = picture[..., 0], picture[..., 1], picture[..., 2]
    found = {}
    for ids, of in ((("a-left", "b-left"), (green > red + 40) & (green > blue + 20)),
                    (("a-right", "b-right"), (red > green + 60) & (red > blue + 60))):  # fmt: skip
        rows, columns = np.nonzero(of)
        x, y = (columns.mean() + 0.5) / SCALE - court.width / 2 - MARGIN, (rows.mean() + 0.5) / SCALE - HEAD
        for name in ids:
            found[name] = court.from_local(y - court.basket_inset, -x, CORNERS[name][0])
    return found


READERS = {
    "csv": read_csv, "json": read_contract, "nba": read_nba, "fiba": read_fiba, "sportscode": read_sportscode,
    "soccernet": read_soccernet, "labelstudio": read_label_studio, "svg": read_svg, "png": read_png,
}  # fmt: skip


@pytest.mark.parametrize("court", COURTS.values(), ids=COURTS)
@pytest.mark.parametrize("name", READERS)
def test_corner_shots_come_back_within_five_centimetres(name: str, court: Court) -> None:
    found = READERS[name](exported(name, court), court)
    for event_id in CORNERS:
        assert math.dist(found[event_id], corner(court, event_id)) <= 0.05, event_id
    assert "gone" not in found


# Two shots of published NBA games: a layup on the right side, a three on the left side.
PUBLISHED = [
    (91.77069645203679, 51.470588235294116, 7, 25, "right", "Restricted Area", "0-8 Center"),
    (27.4, 83.5, -168, 205, "left", "Above the Break 3", "24+ Left Center"),
]


@pytest.mark.parametrize(("x", "y", "x_legacy", "y_legacy", "side", "area", "detail"), PUBLISHED)
def test_the_axes_are_those_of_published_games(
    x: float, y: float, x_legacy: int, y_legacy: int, side: str, area: str, detail: str
) -> None:
    shot = shot_event("shot", 1, place=from_percent(NBA, x, y), result=ShotResult.MADE, team=Side.HOME)
    action = json.loads(export_events([shot], "nba"))["game"]["actions"][0]
    assert (action["x"], action["y"]) == pytest.approx((x, y), abs=1e-5)
    assert (action["xLegacy"], action["yLegacy"], action["side"]) == (x_legacy, y_legacy, side)
    assert (action["area"], action["areaDetail"]) == (area, detail)
    assert (action["clock"], action["shotResult"]) == ("PT11M43.00S", "Made")


def test_only_what_is_final_and_known_goes_out() -> None:
    actions = json.loads(exported("nba"))["game"]["actions"]
    assert [one["actionType"] for one in actions] == ["3pt"] * 4 + ["freethrow"]
    assert [(one["scoreHome"], one["scoreAway"]) for one in actions[::2]] == [("3", "0"), ("3", "3"), ("4", "3")]
    assert actions[0]["playerName"] == "Ann \"A\" Ö'Neil" and actions[0]["personId"] == 1007
    rows = {row["event_id"]: row for row in csv.DictReader(io.StringIO(exported("csv").decode()))}
    assert {name: row["state"] for name, row in rows.items() if row["state"] != "confirmed"} == {"open": "provisional"}
    assert rows["unknown"]["result"] == "unknown" and rows["a-left"]["corrected_by"] == "'=Kim"
    assert b"gone" not in exported("json") and b"open" not in exported("sportscode")
    without_game = [event for event in game_events() if event.shot]
    bare = export_events([Event(**{**{f: getattr(event, f) for f in Event.__slots__}, "game_time": None})
                          for event in without_game], "nba")  # fmt: skip
    assert {one["clock"] for one in json.loads(bare)["game"]["actions"]} == {None}


def test_a_file_of_lines_is_read_and_bad_ones_are_named(tmp_path: Path) -> None:
    path = tmp_path / "game.jsonl"
    path.write_text("".join(event.to_json() + "\n" for event in game_events()))
    assert export_events(read_events(path), "nba") == exported("nba")
    path.write_text(path.read_text() + "{broken\n")
    with pytest.raises(InputError, match="line 11 is no event"):
        read_events(path)
    for problem, arguments in (
        ("is no format; use one of csv", ("excel", None)), ("there are no events", ("csv", None)),
        ("no shot is from camera", ("webvtt", ExportOptions(camera="right"))),
    ):
        with pytest.raises(InputError, match=problem):
            export_events([] if "no events" in problem else game_events(), *arguments)
    twice = [*game_events(), shot_event("x", 1, lifecycle=Lifecycle.CONFIRMED)]
    twice[-1] = Event(**{**{f: getattr(twice[-1], f) for f in Event.__slots__}, "game": "games/other"})
    with pytest.raises(InputError, match="2 games; name one of final, other"):
        export_events(twice, "csv")
