"""The OGraf package: its manifest, and its element in a real browser, which draws the card of the overlay page."""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from pathlib import Path

import httpx
import pytest
from chromium import Chromium
from page_server import GAME, PageServer, shot_draft

from courtside.games import Team
from courtside_server.types import Lifecycle, ShotResult

FOLDER = os.environ.get("SCREENSHOTS")
pytestmark = pytest.mark.timeout(120)
DATA = {"home": "LAK", "who": "Anna", "what": "Left wing three, 7.3 m", "result": "made", "word": "+3", "side": "home"}
LOAD = """import('/overlay/ograf/graphic.mjs').then(async ({default: Graphic}) => {
  if (!customElements.get('test-graphic')) customElements.define('test-graphic', Graphic);
  window.graphic?.remove();
  window.graphic = document.createElement('test-graphic');
  document.body.append(graphic);
  window.part = (id) => graphic.shadowRoot.querySelector('#' + id);
  return graphic.load({renderType: %s, data: %s});
})"""


def loaded(browser: Chromium, render_type: str, data: object) -> None:
    answer = browser.evaluate(LOAD % (json.dumps(render_type), json.dumps(data)))
    assert answer["statusCode"] == 200, answer


def test_the_graphic_loads_plays_and_draws_the_overlays_card(tmp_path: Path):
    (tmp_path / "profile").mkdir()
    with (
        PageServer(tmp_path / "events.sqlite3") as server,
        Chromium(tmp_path / "profile", size=(1920, 1200)) as browser,
    ):
        server.do(server.games.set_game(GAME, home=Team(name="Lakeside", short_name="LAK"), home_basket=0))
        server.do(server.games.set_clock(GAME, by="Kim", period=1, remaining=600.0))
        browser.open(f"{server.address}/overlay/?game=final&show=bug,card&hold=60000")
        browser.until("document.readyState === 'complete' && document.querySelector('#stale') !== null")
        # Real-time, with data.
        loaded(browser, "realtime", DATA)
        opacity = "getComputedStyle(part('card')).opacity"
        assert browser.evaluate(opacity) == "0", "nothing is painted before it is played"
        assert browser.evaluate("graphic.playAction({skipAnimation: true})")["currentStep"] == 0
        browser.until(f"{opacity} === '1'")
        assert browser.evaluate("part('card').querySelector('.who').textContent") == "Anna"
        browser.evaluate("graphic.updateAction({data: {word: 'MISS', result: 'missed'}})")
        assert browser.evaluate("part('card').querySelector('.result').className") == "result missed"
        assert browser.evaluate("graphic.customAction({id: 'none'})")["statusCode"] == 404
        browser.evaluate("graphic.customAction({id: 'next'})")
        assert browser.evaluate("[part('card').hidden, part('bug').hidden]") == [True, False]
        assert "currentStep" not in browser.evaluate("graphic.playAction({goto: 1, skipAnimation: true})")
        assert browser.evaluate("part('bug').hidden") is True
        # Non-real-time: any frame, in any order.
        loaded(browser, "non-realtime", DATA)
        schedule = [
            {"timestamp": 1000, "action": {"type": "playAction", "params": {}}},
            {"timestamp": 2000, "action": {"type": "updateAction", "params": {"data": {"who": "Bea"}}}},
            {"timestamp": 3000, "action": {"type": "stopAction", "params": {}}},
        ]
        browser.evaluate(f"graphic.setActionsSchedule({{schedule: {json.dumps(schedule)}}})")
        seen = {}
        for at in (2500, 1500, 999, 1175, 4000):
            browser.evaluate(f"graphic.goToTime({{timestamp: {at}}})")
            seen[at] = browser.evaluate("[part('card').querySelector('.who').textContent, +part('card').style.opacity]")
        assert seen == {2500: ["Bea", 1], 1500: ["Anna", 1], 999: ["Anna", 0], 1175: ["Anna", 0.875], 4000: ["Bea", 0]}
        # From a game: the same card as the page beside it.
        loaded(browser, "realtime", {"game": "final"})
        browser.evaluate("graphic.playAction({skipAnimation: true})")
        server.publish(shot_draft("s1", time.time(), Lifecycle.PROVISIONAL))
        server.publish(shot_draft("s1", time.time(), result=ShotResult.MADE))
        same = "document.querySelector('#card').dataset.result === 'made' && part('card').dataset.result === 'made'"
        browser.until(same)
        both = browser.evaluate(
            "[document.querySelector('#card'), part('card')].map((card) => [card, ...card.querySelectorAll('*')]"
            ".map((node) => [node.className, node.textContent.trim(), getComputedStyle(node).color,"
            " getComputedStyle(node).font, node.getBoundingClientRect().width]))"
        )
        assert [node[2:] for node in both[0]] == [node[2:] for node in both[1]], "the same colours, fonts and widths"
        assert [node[1] for node in both[0][1:]] == [node[1] for node in both[1][1:]], "the same texts"
        if FOLDER:
            browser.screenshot(Path(FOLDER) / "ograf.png")
        browser.until("part('bug').querySelector('.home .points').textContent === '2'")
        assert browser.evaluate("graphic.dispose({}).then(() => graphic.shadowRoot.childElementCount)") == 0
        assert browser.problems == []
        package = zipfile.ZipFile(io.BytesIO(httpx.get(f"{server.address}/overlay/ograf.zip").content))
    assert sorted(package.namelist()) == [
        "courtside/card.js", "courtside/graphic.mjs", "courtside/overlay.css", "courtside/overlay.ograf.json"
    ]  # fmt: skip
    manifest = json.loads(package.read("courtside/overlay.ograf.json"))
    # The fields that the standard requires, and no other ones than it has.
    assert {"$schema", "id", "name", "main", "supportsRealTime", "supportsNonRealTime"} <= set(manifest) <= {
        "$schema", "id", "version", "name", "description", "author", "main", "customActions", "supportsRealTime",
        "supportsNonRealTime", "stepCount", "schema", "renderRequirements",
    }  # fmt: skip
    assert f"courtside/{manifest['main']}" in package.namelist()
