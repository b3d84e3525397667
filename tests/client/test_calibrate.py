"""Calibrating by hand: the plan, the lines over the picture, the picture of the film."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pytest
from calibration_support import camera, point_pairs

from courtside.court.homography import fit_homography
from courtside.court.measures import COURTS
from courtside.court.point_pairs import PointPairs
from courtside.media import SourceFrame, SourceInfo
from courtside_client.calibrate.plan import View, lines, plan
from courtside_client.calibrate.projection import projected_lines
from courtside_client.calibrate.still import take_still
from courtside_client.errors import BadOption, SourceError

# --- the plan ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(COURTS))
def test_the_plan_names_places_that_are_on_its_lines(name):
    court = plan(name)
    painted = np.concatenate(lines(name, "both"))
    assert len({spot["id"] for spot in court["points"]}) == len(court["points"])
    for spot in court["points"]:
        if spot["id"] != "mid":
            assert np.linalg.norm(painted - (spot["x"], spot["y"]), axis=1).min() < 0.13, spot["id"]
    for half in "01":
        shown = [spot for spot in court["points"] if spot["half"] in (half, "both")]
        assert len(shown) == 19
        assert len({spot["label"] for spot in shown}) == 19, "labels tell the points of a half apart"
    for spot in court["points"]:
        assert COURTS[name].length / 2 + 1e-3 >= abs(spot["x"])


def test_a_half_s_lines_stay_on_it():
    assert min(line[:, 0].min() for line in lines("nba", "0")) == pytest.approx(0, abs=1e-9)
    assert max(line[:, 0].max() for line in lines("nba", "1")) == pytest.approx(0, abs=1e-9)


# --- the lines over the picture ------------------------------------------------------------------------------------


def drawn_lines(points: PointPairs, view: View) -> np.ndarray:
    return np.concatenate(projected_lines(fit_homography(points.pixels, points.metres), points, view))


def test_lines_lie_where_the_camera_sees_them():
    points = point_pairs()
    assert points.problem == "" and points.calibration().error < 1e-3
    drawn = drawn_lines(points, "0")
    painted = np.concatenate(lines("fiba", "0"))
    ahead = painted[painted[:, 0] > 2]
    for pixel in camera(ahead):
        if (pixel > 0).all() and (pixel < (1280, 720)).all():
            assert np.linalg.norm(drawn - pixel, axis=1).min() < 0.5


def test_nothing_is_drawn_behind_the_camera():
    drawn = drawn_lines(point_pairs(), "both")  # the camera stands over the other half's sideline
    assert np.isfinite(drawn).all() and (np.abs(drawn - (640, 360)) <= (1280, 720)).all()


# --- the picture ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    """Four seconds, a keyframe a second, as bright as time goes on."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"g": "10", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 128, 72, "yuv420p"
        for index in range(40):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((72, 128, 3), 20 + 5 * index, np.uint8))))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("at", [0.0, 0.1, 0.99, 1.0, 2.55, 3.9])
def test_the_picture_is_the_one_at_that_time(film, at):
    picture = take_still(str(film), at)
    level = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR).mean()
    assert picture.at == pytest.approx(at, abs=0.0501)
    assert level == pytest.approx(20 + 50 * picture.at, abs=3)
    assert (picture.width, picture.height) == (128, 72)


@pytest.mark.parametrize(("turn", "corner"), [(0, (0, 0)), (90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))])
@pytest.mark.parametrize("mirrored", [False, True])
def test_the_picture_is_turned_upright(monkeypatch, turn, corner, mirrored):
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:20, -20 if mirrored else 0 :][:, :20] = 255  # upper left, once it is mirrored
    info = SourceInfo("phone", 80, 40, 30.0, Fraction(1, 30), 0, rotation=turn, live=True, mirrored=mirrored)
    frames = [SourceFrame(n, lambda: av.VideoFrame.from_ndarray(pixels, format="rgb24")) for n in range(2)]
    phone = SimpleNamespace(info=info, frames=lambda: iter(frames), close=lambda: None)
    monkeypatch.setattr("courtside_client.calibrate.still.open_source", lambda _: phone)
    picture = take_still("phone", 0.0)
    found = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert (picture.height, picture.width) == found.shape == ((80, 40) if turn in (90, 270) else (40, 80))
    assert found[corner] > 200 and (found > 128).mean() == pytest.approx(1 / 8, abs=0.02)


@pytest.mark.parametrize("at", [4.5, -1.0, float("nan")])
def test_a_time_that_is_not_in_the_film(film, at):
    with pytest.raises(BadOption, match="--at"):
        take_still(str(film), at)


def test_what_is_no_film(tmp_path):
    (tmp_path / "x.mp4").write_bytes(b"no film")
    for name in ("x.mp4", "nowhere.mp4"):
        with pytest.raises(SourceError):
            take_still(str(tmp_path / name), 0.0)
