"""The page for films in a real browser: a film is chosen, the gateway restarts on the way, the shots are shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chromium import Chromium
from film_server import FilmServer, write_film

pytestmark = pytest.mark.timeout(120)
ROW = "document.querySelector('#films li:first-child')"
STATE = f"{ROW}.querySelector('.state').textContent"


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
        unnamed = browser.evaluate(
            "[...document.querySelectorAll('button, input, a, video, progress')].filter((one) =>"
            "!(one.getAttribute('aria-label') || one.textContent.trim() || one.closest('label'))).length"
        )
        assert unnamed == 0
        late = [one for one in browser.problems[problems:] if "ERR_CONN" not in one and "400" not in one]
        assert late == [], json.dumps(late)
