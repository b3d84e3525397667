"""Exports and vMix's data source over HTTP, and the same from the command line."""

from __future__ import annotations

import json

import grpc
import httpx
import pytest
from click.testing import CliRunner
from export_support import game_events

from courtside.court.measures import FIBA
from courtside.court.point_pairs import PointPairs
from courtside.errors import InputError
from courtside.exports import FORMATS, ExportOptions, export_events
from courtside.v1 import court_pb2_grpc, events_pb2_grpc
from courtside_client.client import connect
from courtside_client.commands.group import courtside
from courtside_server.api.court import CourtService
from courtside_server.api.events import EventService
from courtside_server.api.export_routes import export_routes
from courtside_server.api.health import Health
from courtside_server.api.status import StatusInterceptor
from courtside_server.api.web import web_app
from courtside_server.court.calibration_store import CalibrationStore
from courtside_server.events import EventHub, SqliteLog
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import EventDraft


@pytest.fixture
async def page():
    metrics = Metrics()
    hub = EventHub(SqliteLog(":memory:"), metrics)
    await hub.start()
    for event in game_events():
        await hub.publish([EventDraft.of(event)])
    app = web_app(metrics, Health(), hub, routes=export_routes(hub, clock=lambda: 0.0))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        yield client
    await hub.close()


async def test_every_format_is_served_as_a_file(page):
    for one in FORMATS.values():
        answer = await page.get(f"/v1/games/final/export/{one.name}")
        assert answer.status_code == 200 and answer.headers["content-type"] == one.media_type, one.name
        assert answer.headers["content-disposition"] == f'attachment; filename="final.{one.suffix}"'
        assert answer.content
    actions = json.loads((await page.get("/v1/games/final/export/nba")).content)["game"]["actions"]
    assert [one["shotResult"] for one in actions] == ["Made", "Missed", "Made", "Missed", "Made"]
    options = "court=fiba&camera=left&film=a.mp4&frame_rate=25&before=1&after=1"
    tasks = (await page.get(f"/v1/games/final/export/labelstudio?{options}")).json()
    assert tasks[0]["data"]["video"] == "a.mp4"


@pytest.mark.parametrize(("path", "status", "words"), [
    ("final/export/excel", 404, "is no format; use one of csv"), ("other/export/csv", 404, "has no events"),
    ("final/export/csv?court=moon", 400, "is none of nba"), ("final/export/csv?colour=red", 400, "is none of"),
    ("final/export/webvtt?camera=right", 400, "there are: left"), ("final/export/csv?before=nan", 400, "not between"),
    ("a%20b/export/csv", 400, "not a"), ("a%20b/vmix.json", 400, "not a"),
])  # fmt: skip
async def test_what_cannot_be_exported_says_why(page, path, status, words):
    answer = await page.get(f"/v1/games/{path}")
    assert (answer.status_code, words in answer.json()["error"]) == (status, True), answer.text


async def test_vmix_gets_one_flat_row_of_texts(page):
    [row] = (await page.get("/v1/games/final/vmix.json")).json()
    assert all(isinstance(text, str) for text in row.values())
    assert (row["home"], row["home_score"], row["away_short"], row["away_score"]) == (
        "Lakeside <A> & Co", "4", "HIL", "3"
    )
    assert (row["period"], row["clock"], row["last_shot_type"], row["last_shot_result"]) == (
        "Q1", "8:20", "free throw", "made"
    )
    [empty] = (await page.get("/v1/games/nobody/vmix.json")).json()
    assert set(empty) == set(row) and set(empty.values()) == {""}


async def test_the_client_exports_a_game_on_the_court_of_its_calibration(tmp_path):
    hub = EventHub(SqliteLog(":memory:"), Metrics())
    await hub.start()
    for event in game_events(FIBA):
        await hub.publish([EventDraft.of(event)])
    store = CalibrationStore(tmp_path / "calibrations.json")
    server = grpc.aio.server(interceptors=[StatusInterceptor()])
    events_pb2_grpc.add_EventServiceServicer_to_server(EventService(hub), server)
    court_pb2_grpc.add_CourtServiceServicer_to_server(CourtService(store), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with connect(f"127.0.0.1:{port}") as client:
        body = await client.games.export("final", "csv")
        assert body == export_events(game_events(FIBA), "csv")
        points = [(200, 300, 14, 7.5), (1100, 310, 14, -7.5), (1250, 700, 0, -7.5), (30, 690, 0, 7.5)]
        await client.set_calibration("games/final/cameras/left", PointPairs.of("fiba", 1280, 720, points))
        body = await client.games.export("final", "fiba")
        assert body == export_events(game_events(FIBA), "fiba", ExportOptions(court=FIBA))
        with pytest.raises(InputError, match="no events of games/nobody"):
            await client.games.export("nobody", "csv")
    await hub.close()
    await server.stop(0)


def test_the_command_exports_the_lines_of_analyze(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film.jsonl").write_text("".join(event.to_json() + "\n" for event in game_events()))

    def run(*arguments: str):
        return CliRunner().invoke(courtside, ["export", *arguments], standalone_mode=False)

    assert run("film.jsonl", "--to", "nba").exit_code == 0
    assert (tmp_path / "film.nba.json").read_bytes() == export_events(game_events(), "nba")
    out = run("film.jsonl", "--to", "csv", "-o", "-", "--camera", "left")
    assert out.stdout_bytes == export_events(game_events(), "csv", ExportOptions(camera="left"))
    assert "is no format" in str(run("film.jsonl", "--to", "excel").exception)
    assert "cannot read none.jsonl" in str(run("none.jsonl", "--to", "csv").exception)
