"""Calibrating from what is recognised: its points, the page that starts with them, and `--auto` without a page."""

from __future__ import annotations

import asyncio
import json
import subprocess
import urllib.request
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from calibration_support import calibrate_command, camera, point_pairs, write_floor_film
from shot_film import write_pictures

from courtside.court.homography import Calibration
from courtside.court.measures import COURTS, FIBA
from courtside.court.point_pairs import PointPairs, read_calibration
from courtside.court.recognised import RecognisedCourt
from courtside_client.calibrate import recognised
from courtside_sim import open_simulation

AT, GAME = 0.9, "sim://20004?camera=behind&width=640&height=360"


@pytest.fixture(scope="module")
def game_film(tmp_path_factory) -> tuple[Path, object]:
    """1.8 s of a simulated game, and the camera at `AT` seconds."""
    path = tmp_path_factory.mktemp("film") / "game.mp4"
    film = open_simulation(GAME, duration=12)
    write_pictures(path, ((index / 15, film.camera.render(9.1 + index / 15)) for index in range(27)), 15, (640, 360))
    return path, film.camera.lens(9.1 + AT)


def recognised_court(**changes) -> RecognisedCourt:
    given = point_pairs()
    court = RecognisedCourt(Calibration.fit(FIBA, given.pixels, given.metres), 1280, 720, 0, 0.97, True)
    return replace(court, **changes)


def test_a_recognised_court_becomes_points_far_from_one_another_that_fit_it():
    pairs = recognised.point_pairs(recognised_court())
    assert pairs.court == "fiba" and 5 <= len(pairs.points) <= recognised.POINTS and pairs.problem == ""
    assert np.abs(camera(pairs.metres) - pairs.pixels).max() < 0.1
    apart = np.hypot(*(pairs.pixels[:, np.newaxis] - pairs.pixels).T) + np.eye(len(pairs.points)) * 1e4
    assert apart.min() > 60
    half = recognised.point_pairs(recognised_court().for_size(640, 360))
    assert half.pixels == pytest.approx(pairs.pixels / 2, abs=0.02)


def test_a_close_view_of_few_crossings_gets_places_on_the_lines():
    zoom = np.array([[0.2, 0, 560.0], [0, 0.2, 360.0], [0, 0, 1.0]])  # a fifth of the picture fills it
    wide = recognised_court().calibration
    pairs = recognised.point_pairs(recognised_court(calibration=Calibration(FIBA, wide.matrix @ zoom, 0.0)))
    assert pairs is None or (pairs.problem == "" and "On a line" in {point.label for point in pairs.points})
    beside = np.array([[1, 0, 5000.0], [0, 1, 0], [0, 0, 1.0]])
    assert recognised.point_pairs(recognised_court(calibration=Calibration(FIBA, wide.matrix @ beside, 0.0))) is None


@pytest.mark.parametrize("name", sorted(COURTS))
def test_every_court_that_is_recognised_can_be_a_calibration(name, tmp_path):
    pairs = PointPairs.of(name, 1280, 720, [(*pixel, *metre) for pixel, metre in zip(
        camera(point_pairs().metres), point_pairs().metres, strict=True)])  # fmt: skip
    assert PointPairs.from_proto(pairs.to_proto()) == pairs
    pairs.write(tmp_path / "c.json")
    assert read_calibration(tmp_path / "c.json").court == name


def test_auto_saves_the_court_of_a_game_with_its_confidence(game_film, tmp_path):
    path, lens = game_film
    done = subprocess.run(
        calibrate_command(path, "--at", AT, "--auto", "--out", tmp_path / "c.json"), capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert (printed["court"], printed["width"], printed["at"]) == ("fiba", 640, pytest.approx(AT, abs=0.05))
    assert 0.9 <= printed["confidence"] <= 1
    found = read_calibration(tmp_path / "c.json").calibration()
    for metres in ((10.0, 3.0), (8.0, -4.0), (12.0, 0.0)):
        pixel = lens.project(np.array([*metres, 0.0]))[0]
        place = found.to_floor(*pixel)
        assert (place.x, place.y) == pytest.approx(metres, abs=0.4)


async def test_the_page_starts_with_what_is_recognised(game_film, tmp_path):
    process = await asyncio.create_subprocess_exec(
        *calibrate_command(game_film[0], "--at", AT, "--out", tmp_path / "c.json"), stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(120):
            address = (await process.stdout.readline()).decode().strip()
            session = json.loads(await asyncio.to_thread(fetch, f"{address}session.json"))
    finally:
        process.terminate()
        await process.communicate()
    assert session["court"] == "fiba" and len(session["points"]) >= 5 and session["confidence"] > 0.5


def fetch(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=20) as answer:
        return answer.read()


def test_auto_saves_nothing_where_it_is_not_sure(tmp_path):
    film = write_floor_film(tmp_path / "floor.mp4")
    done = subprocess.run(
        calibrate_command(film, "--auto", "--out", tmp_path / "c.json"), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1 and done.stdout == "" and not (tmp_path / "c.json").exists()
    assert len(done.stderr.strip().splitlines()) == 1 and "nothing was saved" in done.stderr and "--at" in done.stderr
