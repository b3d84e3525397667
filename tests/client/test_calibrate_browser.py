"""The calibration page in a real browser: points by mouse and by keyboard, lines over the picture, save."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from calibration_support import SEEN, calibrate_command, point_pairs, write_floor_film
from chromium import Chromium

from courtside.court.point_pairs import PointPairs

pytestmark = pytest.mark.timeout(180)
CENTRE = """(() => {{
  const b = document.querySelector('{0}').getBoundingClientRect();
  return [b.x + b.width / 2, b.y + b.height / 2];
}})()"""
WINDOW = """(() => {{
  const p = new DOMPoint({0}, {1}).matrixTransform(document.getElementById('picture').getScreenCTM());
  return [p.x, p.y];
}})()"""
STEP = "document.getElementById('step').textContent"


@pytest.fixture
def page(tmp_path: Path):
    """The page of a running command, in a browser."""
    film = write_floor_film(tmp_path / "court.mp4")
    (tmp_path / "profile").mkdir()
    with Chromium(tmp_path / "profile") as browser:
        command = calibrate_command(film, "--court", "fiba", "--out", tmp_path / "calibration.json")
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            browser.open(process.stdout.readline().strip())
            browser.until("document.querySelectorAll('#plan .spot').length === 19")
            browser.process = process
            yield browser
        finally:
            process.terminate()
            process.communicate(timeout=20)
    assert browser.problems == []


def mark(browser: Chromium, key: str, x: float, y: float) -> None:
    browser.click(*browser.evaluate(CENTRE.format(f'[data-id="{key}"] .dot')))
    browser.click(*browser.evaluate(WINDOW.format(x, y)))


def test_clicked_points_become_a_file(page, tmp_path):
    wanted = point_pairs()
    for key, point in list(zip(SEEN, wanted.points, strict=True))[:4]:
        mark(page, key, point.pixel_x, point.pixel_y)
    page.until(f"{STEP}.startsWith('Four points always fit')")
    page.until("document.querySelectorAll('#picture .over').length === 1")
    # The fifth by keyboard: Enter on the plan puts the cross where the fit expects the point, Enter there places it.
    page.evaluate(f"document.querySelector('[data-id=\"{SEEN[4]}\"]').focus()")
    page.press("Enter")
    page.until("document.querySelector('#picture .cross') !== null && document.activeElement.id === 'picture'")
    page.press("Enter")
    page.until(f"{STEP}.includes('root mean square')")
    page.until("!document.getElementById('save').disabled")
    page.press("s", modifiers=2)
    page.until("document.getElementById('done').open")
    assert page.process.wait(20) == 0
    found = PointPairs.read(tmp_path / "calibration.json")
    assert [point.label for point in found.points] == [point.label for point in wanted.points[:5]]
    for ours, theirs in zip(found.points, wanted.points, strict=False):
        assert (ours.court_x, ours.court_y) == (theirs.court_x, theirs.court_y)
        assert (ours.pixel_x, ours.pixel_y) == (
            pytest.approx(theirs.pixel_x, abs=2), pytest.approx(theirs.pixel_y, abs=2)
        )


def test_a_wrong_point_is_shown_and_can_be_nudged_undone_and_deleted(page):
    wanted = list(zip(SEEN, point_pairs().points, strict=True))
    for key, point in wanted[:5]:
        mark(page, key, point.pixel_x, point.pixel_y)
    mark(page, SEEN[5], wanted[5][1].pixel_x + 160, wanted[5][1].pixel_y)
    page.until(f"{STEP}.includes('click it again')")
    assert page.evaluate("document.getElementById('save').disabled")
    for _ in range(16):
        page.press("ArrowLeft", modifiers=8)
    page.until("!document.getElementById('save').disabled")
    for _ in range(16):
        page.press("z", modifiers=2)
    page.until(f"{STEP}.includes('click it again')")
    page.press("Delete")
    page.until("document.querySelectorAll('#points tr').length === 5 && !document.getElementById('save').disabled")
    page.evaluate("document.querySelector('input[name=view][value=both]').click()")
    page.until("document.querySelectorAll('#plan .spot').length === 33")
