"""The overlay page in a real browser: results, restarted cameras, two cameras, and a log that begins anew."""

from __future__ import annotations

import datetime
import json
import threading
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from chromium import Chromium

from .test_overlay_browser import WEB, Page

pytestmark = pytest.mark.timeout(120)
ROWS = "[...document.querySelectorAll('#shots tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"


def shot(
    name: str, wall: float, media: float, camera="left", result="MADE", zone="PAINT_EXTENDED", views=(), revision=1
) -> str:
    """One shot as a server-sent event."""
    time = datetime.datetime.fromtimestamp(1.7e9 + wall, datetime.UTC).isoformat().replace("+00:00", "Z")
    event = {
        "eventId": name, "revision": revision, "lifecycle": "LIFECYCLE_CONFIRMED", "mediaOffset": media,
        "eventTime": time, "camera": f"games/demo/cameras/{camera}",
        "shot": {"zone": f"ZONE_{zone}", "points": 2, "probability": 0.9, "makeProbability": 0.4,
                 "type": "SHOT_TYPE_CATCH_AND_SHOOT",
                 "result": f"SHOT_RESULT_{result}",
                 "views": [{"camera": f"games/demo/cameras/{view}"} for view in views]},
    }  # fmt: skip
    return f"event: courtside\ndata: {json.dumps(event)}\n\n"


@pytest.fixture
def overlay(tmp_path: Path):
    """Opens the page; each connection to the event stream gets the next text and is closed."""
    texts: list[str] = []

    class Scripted(Page):
        def stream(self) -> None:
            if not texts:
                self.send_response(503)  # a browser does not retry by itself after this
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            self.wfile.write(f"retry: 50\n\n{texts.pop(0)}".encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Scripted, directory=str(WEB)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "profile").mkdir()
    try:
        with Chromium(tmp_path / "profile", size=(1100, 1000)) as browser:

            def show(*connections: str) -> Chromium:
                texts.extend(connections)
                browser.open(f"http://127.0.0.1:{server.server_port}/index.html")
                return browser

            show.texts = texts
            yield show
    finally:
        server.shutdown()
        server.server_close()


def test_made_and_missed_are_shown(overlay):
    page = overlay(shot("a", 1, 1, result="MISSED") + shot("b", 2, 2) + shot("c", 9, 9, result="UNSPECIFIED"))
    page.until("document.querySelectorAll('#shots tr').length === 3")
    assert [row[6] for row in page.evaluate(ROWS)] == ["", "MADE", "MISSED"]
    assert {row[7] for row in page.evaluate(ROWS)} == {"catch and shoot"}
    assert page.evaluate("document.querySelector('#latest .result')") is None


def test_a_camera_whose_client_was_restarted_goes_on_at_the_top(overlay):
    page = overlay(shot("a", 1000, 1000) + shot("b", 1500, 20, zone="MIDDLE_THREE_POINTER", result="MISSED"))
    page.until("document.querySelectorAll('#shots tr').length === 2")
    assert [row[2] for row in page.evaluate(ROWS)] == ["Middle three", "Paint"]
    assert page.evaluate("document.querySelector('#latest .result').textContent") == "MISSED"


def test_a_camera_whose_clock_was_set_back_goes_on_at_the_top(overlay):
    page = overlay(shot("a", 1000, 1000) + shot("b", 400, 20, zone="MIDDLE_THREE_POINTER", result="MISSED"))
    page.until("document.querySelectorAll('#shots tr').length === 2")
    assert [row[2] for row in page.evaluate(ROWS)] == ["Middle three", "Paint"]


def test_one_shot_that_two_cameras_saw_counts_once(overlay):
    both = [shot(f"{name}{n}", 20 * n + late, 20 * n - early, camera=name)
            for n in range(10) for name, late, early in (("left", 0, 0), ("right", 0.04, 7))]  # fmt: skip
    page = overlay("".join(both))
    page.until("document.querySelector('#shots tr')?.dataset.event === 'left9' && document.querySelector('#shots tr')"
               ".cells[1].textContent === 'left, right'")
    assert page.evaluate("document.querySelectorAll('#shots tr').length") == 10
    assert {row[1] for row in page.evaluate(ROWS)} == {"left, right"}


def test_the_gateway_says_which_cameras_see_a_shot(overlay):
    """The page does not put together by time what the gateway kept apart."""
    page = overlay(
        shot("a", 1, 1, views=["left"]) + shot("a", 1, 1, views=["left", "right"], revision=2)
        + shot("b", 1.1, 9, camera="right", views=["right"])
    )  # fmt: skip
    page.until("document.querySelectorAll('#shots tr').length === 2")
    assert [row[1] for row in page.evaluate(ROWS)] == ["right", "left, right"]


def test_a_log_that_begins_anew_replaces_what_was_shown(overlay):
    restart = 'event: restart\ndata: {"detail": "another log"}\n\n'
    page = overlay(shot("a", 1, 1) + shot("b", 5, 5), restart + shot("c", 9, 9))
    page.until("document.querySelector('#shots tr')?.dataset.event === 'c'")
    assert page.evaluate("document.querySelectorAll('#shots tr').length") == 1


def test_a_page_that_was_refused_tries_again(overlay):
    page = overlay()
    page.until("document.getElementById('state')?.textContent === 'reconnecting'")
    overlay.texts.append(shot("a", 1, 1))
    page.until("document.querySelectorAll('#shots tr').length === 1")
