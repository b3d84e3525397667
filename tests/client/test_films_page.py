"""The page for films in a real browser: a film is chosen, the gateway restarts on the way, the shots are shown."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest
from chromium import Chromium
from film_server import FilmServer, write_film

from courtside_client.films import FilmSender

pytestmark = pytest.mark.timeout(120)
ROW = "(document.querySelector('#films li:first-child') ?? document.body)"
STATE = f"({ROW}.querySelector('.state')?.textContent ?? '')"
NOW = "(document.querySelector('#now')?.textContent ?? '')"
AXE = Path(__file__).parents[1] / "vendor" / "axe" / "axe.min.js"
VIOLATIONS = """axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations.map(
  (one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(', ')}`))"""


@pytest.fixture
def browser(tmp_path: Path):
    (tmp_path / "profile").mkdir()
    with Chromium(tmp_path / "profile", size=(1100, 1000)) as found:
        yield found
        found.open("about:blank")


def _choose(browser: Chromium, *films: Path) -> None:
    found = browser._send("Runtime.evaluate", expression="document.querySelector('#files')")
    browser._send("DOM.setFileInputFiles", files=[str(film) for film in films], objectId=found["result"]["objectId"])


def test_a_film_is_sent_through_a_restart_and_its_shots_are_shown(browser, tmp_path):
    film = write_film(tmp_path / "A <b>final.mp4", 6 * 2**20)
    (tmp_path / "notes.zip").write_bytes(b"PK\x03\x04" + bytes(100_000))
    with FilmServer(tmp_path) as server:
        port = server.port
        browser.open(f"{server.address}/films/")
        browser.until("document.querySelector('#none') && !document.querySelector('#none').hidden")
        # The second part waits until the gateway is away.
        browser.evaluate(
            "window.real = fetch; window.fetch = async (to, with_) => { if (with_?.headers?.['Upload-Offset'] > 0) {"
            "window.held = true; while (!window.free) await new Promise((done) => setTimeout(done, 20)); }"
            "return real(to, with_); }; 1"
        )
        _choose(browser, film)
        browser.until(f"window.held && {STATE}.startsWith('5 MB of 6 MB') || window.held && {STATE}.startsWith('4 MB')")
        [known] = server.films.films()
        assert known.received == 4 * 2**20
    browser.evaluate("window.free = true")
    browser.until(f"{STATE}.includes('connection broke')")
    problems = len(browser.problems)  # the browser logs each request that found nobody
    with FilmServer(tmp_path, port) as server:
        browser.until(f"{ROW}.dataset.state === 'running' && {STATE}.includes('2 shots so far')")
        assert [one.id for one in server.films.films()] == [known.id], "the same upload went on"
        assert browser.evaluate(f"{ROW}.querySelector('.name').textContent") == film.name, "no markup in a name"
        server.let_go()
        browser.until(f"{ROW}.dataset.state === 'done'")
        browser.evaluate(f"{ROW}.querySelector('[data-do=shots]').click()")
        browser.until("document.querySelectorAll('#shots button').length === 2")
        browser.until("document.querySelector('#player').readyState > 0")
        assert browser.evaluate("document.querySelectorAll('#chart .mark').length") == 2
        assert browser.evaluate("document.querySelector('#sum').textContent").startswith("2 shots: 1 made, 1 missed")
        browser.evaluate("document.querySelector('#shots button').click()")
        browser.until("document.querySelector('#shots [aria-current=true]') !== null")
        _choose(browser, tmp_path / "notes.zip")
        browser.until("document.querySelector('#problem').textContent.includes('a ZIP archive')")
        browser.until(f"{ROW}.dataset.state === 'failed'")
        browser.evaluate(f"window.confirm = () => true; {ROW}.querySelector('[data-do=delete]').click()")
        browser.until("document.querySelectorAll('#films li').length === 1")
        browser.screenshot(tmp_path / "films.png")
        late = [one for one in browser.problems[problems:] if "ERR_CONN" not in one and "400" not in one]
        assert late == [], json.dumps(late)
        browser.evaluate(AXE.read_text("utf-8") + ";1")
        assert browser.evaluate(VIOLATIONS) == []


def test_a_film_is_labelled_by_keys_and_the_table_has_what_was_labelled(browser, tmp_path):
    film = write_film(tmp_path / "final.mp4")
    with FilmServer(tmp_path) as server, FilmSender(f"127.0.0.1:{server.port}") as sender:
        server.let_go()
        sent = list(sender.follow(sender.send(film)))[-1]
        browser.open(f"{server.address}/label/?film={sent.id}")
        browser.until("document.querySelector('main:not([hidden]) #propose:not([hidden])') !== null")
        browser.evaluate("document.querySelector('#propose').click()")
        # The most uncertain one first.
        browser.until(f"{NOW}.startsWith('1 of 3: 45 %')")
        browser.until("document.querySelector('#player').readyState > 1")
        for key in (".", ".", "r", "m", "4"):
            browser.press(key)
        browser.until(f"{NOW}.includes('made, free throw')")
        browser.until("Number(document.body.dataset.revision) > 0")
        box = browser.evaluate(
            "(() => { const one = document.querySelector('#court').getBoundingClientRect();"
            "return [one.x + one.width / 2, one.y + one.height / 2]; })()"
        )
        browser.click(*box)
        browser.until("document.querySelector('#court .spot') !== null")
        browser.press("Enter")
        browser.until(f"{NOW}.startsWith('2 of 3: 7 %')")
        browser.press("n")  # and on to the next open one
        browser.until(f"{NOW}.startsWith('3 of 3: 95 %')")
        browser.press(",")
        browser.press("a")  # a shot that nobody found
        browser.press("x")
        browser.until(f"{NOW}.startsWith('4 of 4: missed, type unknown')")
        browser.screenshot(tmp_path / "label.png")
        assert browser.problems == []  # axe itself sets styles that the page forbids
        browser.evaluate(AXE.read_text("utf-8") + ";1")
        assert browser.evaluate(VIOLATIONS) == []
        browser.until("document.body.dataset.saved === 'true'")
        browser.open(f"{server.address}/label/?film={sent.id}")
        browser.until("document.querySelector('#count')?.textContent.startsWith('1 open of 4')")
        with urllib.request.urlopen(f"{server.address}/v1/films/{sent.id}/labels.csv") as answer:
            lines = answer.read().decode().splitlines()
    assert lines[1] == "file,release_frame,tolerance,result,playback_speed,type,court_x,court_y"
    rows = [line.split(",") for line in lines[2:]]
    assert [row[:6] for row in rows] == [
        ["final.mp4", "2", "1", "missed", "1", ""], ["final.mp4", "17", "1", "made", "1", "free_throw"],
    ]  # fmt: skip
    assert float(rows[1][6]) == pytest.approx(8.8, abs=0.3) and float(rows[1][7]) == pytest.approx(0, abs=0.1)
