"""The overlay page in a real browser: shots are counted in their zones, and the zones are those of the court."""

from __future__ import annotations

import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from chromium import Chromium

from courtside.court.measures import NBA
from courtside.court.zones import ZONES, zone_at
from courtside.v1 import common_pb2

pytestmark = pytest.mark.timeout(120)
WEB = Path(__file__).parents[2] / "server" / "courtside_server" / "web"
COUNTS = """[...document.querySelectorAll('#court text')].map(
  (text) => [text.textContent, Number(text.getAttribute('x')), Number(text.getAttribute('y'))])"""
SHOTS = {zone: index + 1 for index, zone in enumerate(ZONES)}


class Page(SimpleHTTPRequestHandler):
    """The page's files, and a stream of shots: one in the first zone, two in the second, and so on."""

    def do_GET(self) -> None:
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
        elif self.path.startswith("/v1/games/demo/events"):
            self.stream()
        else:
            super().do_GET()

    def stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for number, zone in enumerate(zone for zone, count in SHOTS.items() for _ in range(count)):
            shot = {"zone": common_pb2.Zone.Name(zone), "points": 2, "probability": 0.9, "makeProbability": 0.4}
            event = {"eventId": f"shot-{number}", "revision": 1, "lifecycle": "LIFECYCLE_CONFIRMED",
                     "mediaOffset": float(number), "camera": "games/demo/cameras/c", "shot": shot}  # fmt: skip
            self.wfile.write(f"event: courtside\nid: {number}\ndata: {json.dumps(event)}\n\n".encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def page(tmp_path: Path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Page, directory=str(WEB)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "profile").mkdir()
    try:
        with Chromium(tmp_path / "profile", size=(1100, 1000)) as browser:
            browser.open(f"http://127.0.0.1:{server.server_port}/index.html")
            browser.until(f"document.querySelectorAll('#shots tr').length === {sum(SHOTS.values())}")
            yield browser
    finally:
        server.shutdown()
        server.server_close()
    assert browser.problems == []


def test_every_zone_s_count_stands_in_its_zone(page):
    court = NBA
    found = {}
    for count, x, y in page.evaluate(COUNTS):
        zone = zone_at(court, *court.from_local(y - court.basket_inset, -x, 0), 0)
        found[zone] = int(count)
    assert found == SHOTS
    assert page.evaluate("document.querySelector('#latest .zone').textContent") == "Right wing three"
