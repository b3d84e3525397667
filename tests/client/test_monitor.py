"""The monitor in a real browser: cameras as they are, and a game's shots as the log has them."""

from __future__ import annotations

import time
import urllib.request
from pathlib import Path

import pytest
from camera_session import session_with_frames
from chromium import Chromium, leave
from page_server import CAMERA, GAME, PageServer, shot_draft

from courtside.court.measures import NBA
from courtside.court.zones import ZONES, zone_at
from courtside.games import ShotFacts
from courtside_server.types import DropReason, Lifecycle, ShotResult, ShotType, ShotView

pytestmark = pytest.mark.timeout(120)
ROWS = "[...document.querySelectorAll('#shots tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
COUNTS = """[...document.querySelectorAll('#court text')].map(
  (text) => [text.textContent, Number(text.getAttribute('x')), Number(text.getAttribute('y'))])"""
NEWEST = "document.querySelector('#shots tr')?.dataset.event"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory):
    with Chromium(tmp_path_factory.mktemp("profile"), size=(1100, 1000)) as found:
        yield found


@pytest.fixture
def server(browser: Chromium, tmp_path: Path):
    with PageServer(tmp_path / "events.sqlite3") as found:
        yield found
        leave(browser)


def test_each_camera_shows_what_it_sends_and_what_is_wrong(browser, server):
    browser.open(f"{server.address}/")
    browser.until("document.querySelector('#none') && !document.querySelector('#none').hidden")
    assert "courtside stream 0 --camera games/final/cameras/left" in browser.evaluate(
        "document.querySelector('#command').textContent"
    )
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    live = server.do(session_with_frames(server.metrics, "left", ages=[0.4, 0.3, 0.2, 0.1, 0.0]))
    live.counters.drop(DropReason.LOST, 3)
    server.metrics.detector_fps.labels(live.info.camera.name).set(12.5)
    server.metrics.windows_skipped.labels(live.info.camera.name, "detector_shared").inc(7)
    server.sessions += [live, server.do(session_with_frames(server.metrics, "right", ages=[40.1, 40.0]))]
    browser.until("document.querySelectorAll('.camera').length === 2")
    text = "(name) => document.querySelector(`[data-camera$=${name}]`).innerText"
    browser.until(f"({text})('right').includes('FROZEN: no frame for 4')")
    shown = browser.evaluate(f"({text})('left')")
    assert "lost on the way 3" in shown and "12.5 frames per second" in shown
    assert "shared with other cameras 7" in shown
    browser.until("document.querySelector('[data-camera$=left] img').naturalWidth === 320")
    server.sessions.remove(live)
    server.do(note_end(server, live))
    browser.until(f"({text})('left').includes('GONE, ended')")
    assert browser.problems == []


async def note_end(server: PageServer, session) -> None:
    server.cameras.note_end(session)


def test_shots_stand_in_their_zones_with_result_type_and_cameras(browser, server):
    numbers = {zone: index + 1 for index, zone in enumerate(ZONES)}
    now = time.time() - 1000
    server.publish(*(
        shot_draft(f"{zone.name}-{number}", now + 3 * (20 * index + number), zone=zone, court=None)
        for index, zone in enumerate(ZONES) for number in range(numbers[zone])
    ))  # fmt: skip
    browser.open(f"{server.address}/?game=final")
    browser.until(f"document.querySelectorAll('#shots tr').length === {sum(numbers.values())}")
    found = {}
    for count, x, y in browser.evaluate(COUNTS):
        found[zone_at(NBA, *NBA.from_local(y - NBA.basket_inset, -x, 0), 0)] = int(count)
    assert found == numbers
    # What two cameras see is one event with two views, and what the gateway kept apart stays apart.
    view = ShotView(camera=CAMERA, event_time=now + 900, media_offset=1.0, lifecycle=Lifecycle.CONFIRMED,
                    probability=0.9, make_probability=0.9)  # fmt: skip
    other = ShotView(camera=CAMERA.replace("left", "right"), event_time=now + 900, media_offset=7.0,
                     lifecycle=Lifecycle.CONFIRMED, probability=0.9, make_probability=0.9)  # fmt: skip
    made = shot_draft("both", now + 900, result=ShotResult.MADE, type=ShotType.STEP_BACK, views=(view, other))
    server.publish(made, shot_draft("apart", now + 900.1, result=ShotResult.MISSED, views=(other,)))
    browser.until(f"{NEWEST} === 'apart'")
    rows = browser.evaluate(ROWS)[:2]
    assert [(row[1], row[6], row[7]) for row in rows] == [("right", "MISSED", ""), ("left, right", "MADE", "step back")]
    assert browser.evaluate("document.querySelector('#latest .result').textContent") == "MISSED"


def test_the_order_is_that_of_the_log_whatever_clocks_and_corrections_do(browser, server):
    """A camera's clock may be set back, a client restarted; a late word on an old shot does not make it the newest."""
    now = time.time() - 1000
    server.publish(shot_draft("first", now, result=ShotResult.MISSED))
    server.publish(shot_draft("set-back", now - 600, result=ShotResult.MADE))
    server.do(server.games.correct(GAME, "first", ShotFacts(result=ShotResult.MADE), by="Kim"))
    for _ in range(2):
        browser.open(f"{server.address}/?game=final&{_}")
        browser.until("document.querySelectorAll('#shots tr.confirmed').length === 2")
        assert browser.evaluate(NEWEST) == "set-back"
        server.do(server.hub.snapshot(GAME, [], 9))


def test_a_log_that_begins_anew_replaces_what_was_shown_and_two_cameras_of_an_old_log_count_once(browser, tmp_path):
    with PageServer(tmp_path / "one.sqlite3") as first:
        first.publish(shot_draft("old", time.time()))
        browser.open(f"{first.address}/?game=final")
        browser.until(f"{NEWEST} === 'old'")
        port = first.port
    browser.until("document.querySelector('#state').textContent === 'reconnecting'")
    now = time.time() - 100
    with PageServer(tmp_path / "two.sqlite3", port) as second:
        left = [shot_draft(f"left{number}", now + 20 * number) for number in range(3)]
        right = [shot_draft(f"right{number}", now + 20 * number + 0.04) for number in range(3)]
        for one, two in zip(left, right, strict=True):
            second.publish(one, type(two)(**{**_fields(two), "camera": CAMERA.replace("left", "right")}))
        browser.until(f"{NEWEST} === 'left2' && document.querySelectorAll('#shots tr').length === 3")
        assert {row[1] for row in browser.evaluate(ROWS)} == {"left, right"}


def test_a_page_that_was_refused_tries_again(browser, tmp_path):
    with PageServer(tmp_path / "events.sqlite3", streams=1) as server:
        with urllib.request.urlopen(f"{server.address}/v1/games/final/events") as taken:
            taken.readline()
            browser.open(f"{server.address}/?game=final")
            browser.until("document.querySelector('#state')?.textContent === 'reconnecting'")
        server.publish(shot_draft("late", time.time()))
        browser.until(f"{NEWEST} === 'late' && document.querySelector('#state').className === 'live'")
        leave(browser)


def _fields(draft) -> dict:
    return {name: getattr(draft, name) for name in draft.__dataclass_fields__}
