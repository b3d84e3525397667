"""Games over HTTP: what a page does with a game, and what is refused."""

from __future__ import annotations

import httpx
import pytest

from courtside.court.zones import Zone
from courtside_server.api.game_routes import game_routes
from courtside_server.api.games import GameService
from courtside_server.api.health import Health
from courtside_server.api.web import web_app
from courtside_server.events import EventHub, SqliteLog
from courtside_server.games.keeper import GameKeeper
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import EventDraft, Lifecycle, Shot, ShotResult

SHOT = Shot(0.9, 0.1, Zone.MIDDLE_THREE_POINTER, (), 0.8, "shot_flight:1", result=ShotResult.MADE)


@pytest.fixture
async def page():
    metrics = Metrics()
    hub = EventHub(SqliteLog(":memory:"), metrics)
    await hub.start()
    games = GameKeeper(hub)
    await games.publish([EventDraft("games/g", "games/g/cameras/c", "s1", Lifecycle.CONFIRMED, 1e9, 1.0, SHOT)])
    app = web_app(metrics, Health(), hub, routes=game_routes(GameService(games), hub))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        yield client
    await hub.close()


async def test_a_game_is_created_played_and_corrected(page):
    assert (await page.get("/v1/games/g")).status_code == 404
    made = await page.post("/v1/games/g:setGame", json={"home": {"name": "Lakeside"}, "away": {"name": "Hilltop"}})
    assert made.json()["state"]["unassignedPoints"] == 3
    await page.post("/v1/games/g:setClock", json={"by": "Kim", "period": 1, "running": True})
    facts = {"team": "SIDE_HOME", "points": 2}
    body = {"eventId": "s1", "by": "Kim", "revision": 1, "facts": facts}
    answer = await page.post("/v1/games/g:correctShot", json=body)
    assert answer.status_code == 200
    state = (await page.get("/v1/games/g")).json()["state"]
    assert (state["homeScore"], state["unassignedPoints"], state["clock"]["period"]) == (2, 0, 1)
    revisions = (await page.get("/v1/games/g/events/s1/revisions")).json()
    assert [one.get("correction", {}).get("steps", [{}])[0].get("by") for one in revisions] == [None, "Kim"]
    assert [one["game"] for one in (await page.get("/v1/games")).json()["games"]] == ["games/g"]


@pytest.mark.parametrize(("path", "body", "status"), [
    ("/v1/games/g:correctShot", {"eventId": "s1", "by": "Kim", "facts": {}}, 400),
    ("/v1/games/g:correctShot", {"eventId": "s1", "by": "Kim", "revision": 9, "facts": {"points": 2}}, 409),
    ("/v1/games/g:correctShot", {"eventId": "no", "by": "Kim", "facts": {"points": 2}}, 404),
    ("/v1/games/g:correctShot", {"eventId": "s1", "by": "Kim", "facts": {"courtX": 1.0}}, 400),
    ("/v1/games/g:undoCorrection", {"eventId": "s1", "by": "Kim"}, 409),
    ("/v1/games/g:setGame", {"unknown": 1}, 400),
    ("/v1/games/g:setGame", {"home": {"name": "x" * 70_000}}, 413),
    ("/v1/games/g:deleteAll", {}, 404),
    ("/v1/games/..:setGame", {}, 400),
    ("/v1/games/g:addShot", {"camera": "games/other/cameras/c", "by": "Kim"}, 400),
])  # fmt: skip
async def test_what_cannot_be_done_has_a_status_and_a_sentence(page, path, body, status):
    answer = await page.post(path, json=body)
    assert answer.status_code == status
    if "json" in answer.headers["content-type"]:
        assert answer.json()["error"]


async def test_a_form_or_a_page_of_another_site_changes_nothing(page):
    form = await page.post("/v1/games/g:setGame", content=b"{}", headers={"Content-Type": "text/plain"})
    assert form.status_code == 415
    foreign = await page.post("/v1/games/g:setGame", json={}, headers={"Origin": "http://evil.example"})
    assert foreign.status_code == 403
    assert (await page.get("/v1/games/g")).status_code == 404
