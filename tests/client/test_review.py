"""The review page in a real browser: correcting with keys, choosing shots, films to the frame, accessibility."""

from __future__ import annotations

import base64
import io
import time
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from chromium import Chromium, leave
from page_server import CAMERA, GAME, PageServer, shot_draft
from shooter_support import shots_of
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

from courtside.court.zones import Zone
from courtside.events import Arm, Shooter, ShotForm
from courtside.games import ShotFacts, Side, Team
from courtside.plays import Action, PlayerAction
from courtside_server.types import EventDraft, Lifecycle, Shot, ShotResult, ShotType

pytestmark = pytest.mark.timeout(120)
AXE = Path(__file__).parents[1] / "vendor" / "axe" / "axe.min.js"
TITLE = "document.querySelector('#title').textContent"
TOAST = "document.querySelector('#toast span').textContent"
ROWS = "[...document.querySelectorAll('#shots tr')].map((row) => row.dataset.event)"
VIOLATIONS = """axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations.map(
  (one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(', ')}`))"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory):
    with Chromium(tmp_path_factory.mktemp("profile"), size=(1400, 1000)) as found:
        yield found


@pytest.fixture
def server(browser: Chromium, tmp_path: Path):
    with PageServer(tmp_path / "events.sqlite3") as found:
        found.do(found.games.set_game(GAME, home=Team(name="Lakeside"), away=Team(name="Harbour")))
        found.do(found.games.set_clock(GAME, by="Kim", period=1, remaining=600.0))
        yield found
        leave(browser)


def visit(browser: Chromium, address: str, name: str = "Ada") -> None:
    browser.open(address)
    browser.until("document.querySelector('#by') && document.querySelectorAll('#shots tr').length > 0")
    browser.evaluate(f"{{const by = document.querySelector('#by'); by.value = '{name}'; 1}}")


def newest(server: PageServer, event_id: str):
    return server.do(server.hub.latest(GAME, event_id))


def test_a_shot_is_corrected_with_one_key_undone_and_every_step_stays_visible(browser, server):
    now = time.time()
    server.publish(shot_draft("s1", now, team=Side.HOME), shot_draft("s2", now + 5, result=ShotResult.MISSED))
    visit(browser, f"{server.address}/review/?game=final&shot=s1", name="")
    browser.until(f"{TITLE}.startsWith('result not known')")
    browser.press("m")
    browser.until(f"{TOAST}.startsWith('Enter your name')")
    assert browser.evaluate("document.activeElement.id") == "by"
    browser.evaluate("document.activeElement.value = 'Ada'; document.activeElement.blur(); 1")
    for key, title in (("m", "MADE"), ("x", "MISSED"), ("n", "RETRACTED"), ("m", "MADE"), ("5", "MADE"), ("a", "MADE")):
        steps = browser.evaluate("document.querySelectorAll('#history li').length")
        browser.press(key)
        browser.until(f"document.querySelectorAll('#history li').length === {steps + 1}")
        assert browser.evaluate(TITLE).startswith(title)
    event = newest(server, "s1")
    assert (event.shot.type, event.shot.team, event.lifecycle) == (
        ShotType.CATCH_AND_SHOOT, Side.AWAY, Lifecycle.CONFIRMED
    )
    assert {step.by for step in event.correction.steps} == {"Ada"}
    browser.press("p")
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Enter"):
        browser.press(key)
    browser.until("document.querySelectorAll('#history li').length === 7")
    assert newest(server, "s1").shot.court == (pytest.approx(7.75), pytest.approx(2.5))
    browser.press("c")
    browser.evaluate("document.querySelector('#comment').value = '<b>off the glass</b>'; "
                     "document.querySelector('#comment-form').requestSubmit(); 1")  # fmt: skip
    browser.until("document.querySelector('#history').textContent.includes('“<b>off the glass</b>”')")
    # The revision has two digits by now: newer ones still count.
    for left in range(7, -1, -1):
        browser.press("u")
        browser.until(f"document.querySelectorAll('#history li').length === {left}")
    assert newest(server, "s1").correction is None
    browser.until(f"{TITLE}.startsWith('result not known')")
    browser.press("j")
    browser.until("location.search.includes('shot=s2')")
    assert browser.problems == []


def test_of_two_people_who_correct_one_shot_the_later_one_sees_the_earlier_word_first(browser, server):
    server.publish(shot_draft("s1", time.time()))
    visit(browser, f"{server.address}/review/?game=final&shot=s1")
    browser.evaluate(
        "{const send = fetch; const open = new Promise((resolve) => { window.go = resolve; });"
        "window.fetch = async (address, options) => { if (String(address).endsWith(':correctShot')) await open;"
        " return send(address, options); }; 1}"
    )
    browser.press("m")
    server.do(server.games.correct(GAME, "s1", ShotFacts(result=ShotResult.MISSED), by="Kim"))
    browser.until(f"{TITLE}.startsWith('MISSED')")
    browser.evaluate("window.go()")
    browser.until(f"{TOAST}.startsWith('Kim was faster')")
    assert newest(server, "s1").shot.result is ShotResult.MISSED
    assert [problem for problem in browser.problems if "409" not in problem] == []
    browser.problems.clear()
    browser.press("m")
    browser.until(f"{TITLE}.startsWith('MADE')")


def test_shots_are_chosen_by_filters_links_and_doubt(browser, server):
    now = time.time()
    server.publish(
        shot_draft("sure", now, result=ShotResult.MADE, make_probability=0.99, probability=0.99, team=Side.HOME),
        shot_draft("unsure", now + 5, result=ShotResult.MADE, make_probability=0.55, probability=0.99, team=Side.HOME),
        shot_draft("unknown", now + 9, team=Side.AWAY, probability=0.99),
        shot_draft("gone", now + 12, Lifecycle.RETRACTED, probability=0.2),
    )
    visit(browser, f"{server.address}/review/?game=final&result=made&team=home")
    browser.until(f"{ROWS}.join() === 'sure,unsure'")
    assert browser.evaluate("document.querySelectorAll('#chart .mark').length") == 2
    browser.evaluate("[...document.querySelectorAll('#filters button')].at(-1).click(); 1")
    browser.until(f"{ROWS}.join() === 'sure,unsure,unknown'")
    browser.press("d")
    browser.until(f"{ROWS}.join() === 'unknown,unsure,sure' && location.search.includes('shot=unknown')")
    browser.press("b")
    browser.press("e")
    browser.until("document.querySelectorAll('#chart .hex').length === 1")
    fetched = "[...document.querySelectorAll('#exports a')].map((link) => fetch(link.href).then((one) => one.status))"
    assert set(browser.evaluate(f"Promise.all({fetched})")) == {200}
    browser.evaluate("document.querySelector('#filter-mark').value = 'bookmarked'; "
                     "document.querySelector('#filter-mark').dispatchEvent(new Event('change')); 1")  # fmt: skip
    browser.until(f"{ROWS}.join() === 'unknown'")
    assert browser.problems == []


def film(frames: int = 40, fps: int = 25) -> bytes:
    """An MP4 whose frame n has the luma 16 + 5 n."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "1", "g": "20", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(frames):
            planes = np.full((96, 64), 128, np.uint8)
            planes[:64] = 16 + 5 * number
            container.mux(stream.encode(av.VideoFrame.from_ndarray(planes, "yuv420p")))
        container.mux(stream.encode())
    return out.getvalue()


SHOWN = """(() => { const video = document.querySelector('#video');
  const canvas = new OffscreenCanvas(1, 1).getContext('2d');
  canvas.drawImage(video, 0, 0, 1, 1);
  return Math.round((canvas.getImageData(0, 0, 1, 1).data[1] / 255 * 219) / 5); })()"""


def test_a_film_that_a_person_opens_shows_the_very_frame_of_a_shot(browser, server):
    for name, at in (("a", 0.52), ("b", 1.2)):
        server.publish(replace(shot_draft(name, time.time() + at), media_offset=at))
    visit(browser, f"{server.address}/review/?game=final&shot=a")
    data = base64.b64encode(film()).decode()
    browser.evaluate(
        f"{{const bytes = Uint8Array.from(atob('{data}'), (one) => one.charCodeAt(0)), given = new DataTransfer();"
        "given.items.add(new File([bytes], 'left.mp4', {type: 'video/mp4'})); const input = "
        "document.querySelector('#file'); input.files = given.files; input.dispatchEvent(new Event('change')); 1}"
    )
    browser.until(f"!document.querySelector('#back').disabled && {SHOWN} === 13")
    browser.press("j")
    browser.until(f"{SHOWN} === 30")
    for key, frame in ((".", 31), (".", 32), (",", 31), (",", 30), (",", 29)):
        browser.press(key)
        browser.until(f"{SHOWN} === {frame}")
    browser.press("=")
    browser.press("k")
    browser.until(f"{SHOWN} === 12", 20)
    assert CAMERA.endswith("left") and browser.problems == []


def test_each_shot_shows_its_own_clip_at_the_release(browser, tmp_path):
    """Clips begin four seconds before the release: frame 20 of five per second."""
    (tmp_path / "clip.mp4").write_bytes(film(fps=5))
    wanted: list[str] = []

    async def clip(request: Request) -> FileResponse:
        wanted.append(f"{request.path_params['event']} {request.url.query}")
        return FileResponse(tmp_path / "clip.mp4", media_type="video/mp4")

    routes = [Route("/v1/games/{game}/clips/{event}.mp4", clip)]
    with PageServer(tmp_path / "events.sqlite3", routes=routes) as server:
        for name, at in (("a", 100.0), ("b", 200.0)):
            server.publish(replace(shot_draft(name, time.time() + at), media_offset=at))
        visit(browser, f"{server.address}/review/?game=final&shot=a")
        browser.press("v")
        browser.until(f"!document.querySelector('#back').disabled && {SHOWN} === 20")
        browser.press(".")
        browser.until(f"{SHOWN} === 21")
        browser.press("j")
        browser.until(f"{SHOWN} === 20 && document.querySelector('#video').currentSrc.includes('/b.mp4')")
        assert {"a before=4&after=3&camera=left", "b before=4&after=3&camera=left"} == set(wanted)
        assert browser.problems == []
        leave(browser)


def test_a_player_s_page_compares_forms_and_names_what_is_missing(browser, server):
    good, other = shots_of(1, 2)
    now = time.time()
    form = ShotForm(tempo=0.9, arm=Arm.RIGHT, seen=1.0, set_elbow=82.0)
    for name, at, poses in (("a", 1.0, good), ("b", 5.0, other)):
        server.galleries.keep_game_shot(GAME, name, poses)
        server.publish(shot_draft(name, now + at, form=form, identity=Shooter("Anna", 0.9), shooter=7))
    action = PlayerAction(
        action=Action.DRIBBLE, confidence=0.8, player=7, end=3.0, model="player_actions:2"
    )
    server.publish(EventDraft(GAME, CAMERA, "action-1", Lifecycle.CONFIRMED, now, 0.5, action, session="s"))
    server.publish(shot_draft("c", now + 9, identity=Shooter("Ben", 0.9)))
    browser.open(f"{server.address}/review/player/?game=final&player=Anna")
    browser.until("document.querySelector('#name')?.textContent === 'Anna: 2 shots'")
    browser.until("document.querySelector('#map-hint').textContent.startsWith('A map needs 3 enrolled shots')")
    assert browser.evaluate("document.querySelectorAll('#measures figure').length") == 2
    browser.until("document.querySelectorAll('#actions title').length === 1")
    browser.evaluate("document.querySelector('#reference').value = 'shot:b'; 1")
    browser.evaluate("document.querySelector('#compare').click()")
    browser.until("document.querySelectorAll('#bodies line.shot').length === 12")
    assert browser.evaluate("[document.querySelector('#horizontal').width, document.querySelector('#step').max]") == [
        64, "63"
    ]
    assert browser.evaluate("document.querySelectorAll('#joints tbody tr').length") == 5
    browser.evaluate(AXE.read_text() + "; 1")
    assert browser.evaluate(VIOLATIONS) == []
    assert browser.problems == []


def test_markup_in_names_bare_events_and_names_that_are_none_are_shown_as_they_are(browser, server):
    evil = "<img src=x onerror=alert(1)>"
    server.do(server.games.set_game(GAME, title=evil, home=Team(name=evil), away=Team(name="</script>")))
    bare = Shot(
        probability=0.0, release_uncertainty=0.0, zone=Zone.UNSPECIFIED, zone_probabilities=(), make_probability=0.0,
        model="",
    )  # fmt: skip
    server.publish(
        EventDraft(GAME, CAMERA, "bare", Lifecycle.PROVISIONAL, 0.0, 0.0, bare),
        shot_draft("named", time.time(), team=Side.HOME, identity=Shooter(evil, 0.9)),
    )
    for page in ("/?game=final", "/review/?game=final&shot=bare&zone=none&state=", "/review/player/?game=final"):
        browser.open(f"{server.address}{page}")
        browser.until("document.readyState === 'complete' && document.querySelector('#state')?.className === 'live'")
        browser.until(f"document.body.textContent.includes({evil!r}) || location.pathname === '/'")
        assert browser.evaluate("document.querySelectorAll('img[onerror]').length") == 0
        browser.evaluate("localStorage.setItem('courtside.by', '{broken'); 1")
    for page in ("/", "/review/", "/review/player/"):
        browser.open(f"{server.address}{page}?game=..%2F..%2Fetc&shot=%3Cscript%3E")
        browser.until("document.querySelector('#game')?.value === 'final'")
    assert browser.problems == []


@pytest.mark.parametrize("page", ["/", "/review/", "/overlay/?show=bug,card,chart,heat", "/overlay/author.html?"])
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_every_page_is_accessible_in_dark_and_light(browser, server, page, scheme):
    now = time.time()
    server.publish(
        shot_draft("made", now, result=ShotResult.MADE, team=Side.HOME),
        shot_draft("missed", now + 1, result=ShotResult.MISSED),
        shot_draft("gone", now + 2, Lifecycle.RETRACTED), shot_draft("open", now + 3, Lifecycle.PROVISIONAL),
    )  # fmt: skip
    server.do(server.games.correct(GAME, "made", ShotFacts(result=ShotResult.MADE), by="Kim", comment="seen"))
    browser._send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    joint = "&" if "?" in page else "?"
    browser.open(f"{server.address}{page}{joint}game=final&shot=made&theme={scheme}&state=")
    browser.until("document.readyState === 'complete' && document.querySelector('main, #stage') !== null")
    browser.until("document.querySelectorAll('#shots tr').length >= 3 || !document.querySelector('#shots')")
    browser.evaluate(AXE.read_text() + "; 1")
    assert browser.evaluate(VIOLATIONS) == []
    assert browser.problems == []
