"""The broadcast overlay in a real browser, over a real event log, hub and HTTP port."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from chromium import Chromium
from page_server import GAME, PageServer, shot_draft

from courtside.games import ShotFacts, Team
from courtside_server.types import Lifecycle, ShotResult

pytestmark = pytest.mark.timeout(120)
CARD = "document.querySelector('#card')"


def score(side: str) -> str:
    return f"document.querySelector('#bug .{side} .points').textContent"


def visit(browser: Chromium, address: str) -> None:
    browser.open(address)
    browser.until("document.readyState === 'complete' && document.querySelector('#stale') !== null")


@pytest.fixture
def browser(tmp_path: Path):
    (tmp_path / "profile").mkdir()
    with Chromium(tmp_path / "profile", size=(1920, 1200)) as found:
        yield found


@pytest.fixture
def server(tmp_path: Path):
    with PageServer(tmp_path / "events.sqlite3") as found:
        found.do(found.games.set_game(GAME, home=Team(name="Lakeside", short_name="LAK"), home_basket=0))
        found.do(found.games.set_clock(GAME, by="Kim", period=1, remaining=600.0))
        yield found


def test_a_shot_is_announced_decided_and_corrected_and_the_score_follows(browser, server):
    visit(browser, f"{server.address}/overlay/?game=final&show=bug,card,chart,heat")
    browser.until("document.querySelector('#bug .points').dataset.drawn")
    now = time.time()
    server.publish(shot_draft("s1", now, Lifecycle.PROVISIONAL))
    browser.until(f"{CARD}.dataset.event === 's1' && !{CARD}.hidden && {CARD}.classList.contains('tentative')")
    server.publish(shot_draft("s1", now, result=ShotResult.MADE))
    browser.until(f"{CARD}.dataset.result === 'made' && {score('home')} === '2'")
    assert browser.evaluate(f"{CARD}.querySelector('.who').textContent") == "Lakeside"
    server.do(server.games.correct(GAME, "s1", ShotFacts(result=ShotResult.MISSED), by="Kim"))
    browser.until(f"{CARD}.dataset.result === 'missed' && {score('home')} === '0'")
    server.publish(shot_draft("s2", now + 1, Lifecycle.PROVISIONAL))
    browser.until(f"{CARD}.dataset.event === 's2'")
    server.publish(shot_draft("s2", now + 1, Lifecycle.RETRACTED))
    browser.until(f"{CARD}.hidden")
    assert browser.evaluate("document.querySelectorAll('#chart .mark').length") == 1
    assert browser.problems == []


def test_what_is_retracted_within_the_delay_never_shows(browser, server):
    visit(browser, f"{server.address}/overlay/?game=final&delay=1500&show=card,chart")
    browser.until("document.querySelector('#chart:not([hidden])') !== null")
    browser.evaluate(
        "window.seen = []; const note = () => { seen.push(document.querySelector('#card').dataset.event);"
        "requestAnimationFrame(note); }; note(); 1"
    )
    now = time.time()
    server.publish(shot_draft("gone", now, Lifecycle.PROVISIONAL))
    server.publish(shot_draft("gone", now, Lifecycle.RETRACTED))
    server.publish(shot_draft("stays", now, Lifecycle.PROVISIONAL))
    server.publish(shot_draft("stays", now, result=ShotResult.MADE))
    assert browser.evaluate(f"{CARD}.hidden"), "nothing is shown before the delay"
    browser.until(f"{CARD}.dataset.event === 'stays' && {CARD}.dataset.result === 'made'")
    assert browser.evaluate("seen.includes('gone')") is False


def test_a_gateway_that_restarts_with_a_new_log_and_a_reload_lose_and_double_nothing(browser, tmp_path):
    with PageServer(tmp_path / "one.sqlite3") as first:
        first.publish(shot_draft("old", time.time(), result=ShotResult.MADE))
        visit(browser, f"{first.address}/overlay/?game=final&show=chart,card")
        browser.until("document.querySelectorAll('#chart .mark').length === 1")
        port = first.port
    browser.until("!document.querySelector('#stale').hidden")
    with PageServer(tmp_path / "two.sqlite3", port) as second:
        for number in range(3):
            second.publish(shot_draft(f"new{number}", time.time(), result=ShotResult.MISSED))
        marks = "document.querySelectorAll('#chart .missed').length === 3"
        browser.until(f"{marks} && document.querySelector('#stale').hidden")
        assert browser.evaluate("document.querySelectorAll('#chart .mark').length") == 3
        visit(browser, f"{second.address}/overlay/?game=final&show=chart,card")
        browser.until("document.querySelectorAll('#chart .missed').length === 3")


def test_ten_pages_share_one_event_stream_and_all_see_every_shot(browser, server):
    page = f"{server.address}/overlay/?game=final&show=chart"
    visit(browser, page)
    browser.until("document.querySelector('#chart:not([hidden])') !== null")
    browser.evaluate(
        f"for (let i = 0; i < 9; i++) {{ const frame = document.createElement('iframe'); frame.src = '{page}';"
        "document.body.append(frame); } 1"
    )
    everywhere = "[document, ...[...document.querySelectorAll('iframe')].map((one) => one.contentDocument)]"
    browser.until(f"{everywhere}.every((one) => one.querySelector('#chart:not([hidden])') !== null)")
    for number in range(5):
        server.publish(shot_draft(f"s{number}", time.time(), result=ShotResult.MADE))
    browser.until(f"{everywhere}.every((one) => one.querySelectorAll('#chart .mark').length === 5)")
    assert len(server.hub._subscriptions) == 1


def test_an_author_copies_an_address_and_tries_it_without_a_game(browser, server):
    browser.open(f"{server.address}/overlay/author.html")
    inside = "document.querySelector('#preview')?.contentDocument"
    browser.until(f"document.readyState === 'complete' && {inside}?.querySelector('#bug .points')?.dataset.drawn")
    press = "document.querySelector('[data-do={}]').click()"
    browser.evaluate(f"{press.format('announce')}; {press.format('made')}; 1")
    browser.until(f"{inside}.querySelector('#card').dataset.result === 'made'")
    browser.evaluate("document.querySelector('[name=theme]').value = 'light';"
                     "document.querySelector('#options').dispatchEvent(new Event('input')); 1")
    assert "theme=light" in browser.evaluate("document.querySelector('#address').value")
    assert browser.problems == [] and server.do(server.hub.games()) == [GAME], "nothing of it reaches the gateway"
