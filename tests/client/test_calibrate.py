"""Calibrating by hand: the plan, the fit that the page shows, the file, the picture of the film."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pytest
from calibration_support import SEEN, camera, clicked
from hypothesis import given, settings
from hypothesis import strategies as st

from courtside.media import SourceFrame, SourceInfo
from courtside_client.calibrate import fit as fitting
from courtside_client.calibrate.clicked import MAX_POINTS, Clicked
from courtside_client.calibrate.fit import fit, projected
from courtside_client.calibrate.picture import take_picture
from courtside_client.calibrate.plan import COURTS, lines, plan
from courtside_client.errors import BadCalibration, BadOption, SourceError
from courtside_server.court.calibration_store import read_calibration, write_calibration
from courtside_server.errors import BadRequest, InputError
from courtside_server.perception import clicked as server_side
from courtside_server.perception import court as server_court

# --- the plan ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COURTS)
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
        assert server_side.COURTS[name].length / 2 + 1e-3 >= abs(spot["x"])


def test_a_half_s_lines_stay_on_it():
    assert min(line[:, 0].min() for line in lines("nba", "0")) == pytest.approx(0, abs=1e-9)
    assert max(line[:, 0].max() for line in lines("nba", "1")) == pytest.approx(0, abs=1e-9)


# --- the fit: what the page calls good is what the gateway takes ---------------------------------------------------


def test_limits_are_those_of_the_gateway():
    assert (MAX_POINTS, fitting.WORST_FIT) == (server_side.MAX_POINTS, server_court.WORST_FIT)


def on_the_server(points: Clicked) -> str:
    try:
        found = server_side.CameraCalibration(
            points.court, points.width, points.height, points.pixels, points.metres
        ).fit()
    except BadRequest as error:
        return error.message
    assert found.error == pytest.approx(fit(points).error)
    assert np.allclose(found.matrix, fit(points).matrix)
    return ""


def on_the_page(points: Clicked) -> str:
    try:
        return fit(points).problem
    except BadCalibration as error:
        return error.message


@settings(max_examples=80, deadline=None)
@given(
    ids=st.lists(st.sampled_from(sorted(SEEN)), unique=True, max_size=6),
    jitter=st.tuples(st.floats(-30, 30), st.floats(-30, 30)), swap=st.booleans(),
)  # fmt: skip
def test_page_and_gateway_agree(ids, jitter, swap):
    moved = np.zeros((len(ids), 2))
    moved[:1] = jitter
    points = clicked(ids, moved)
    if swap and len(ids) >= 2:
        a, b, *rest = points.points
        a, b = a.model_copy(update={"pixel_x": b.pixel_x}), b.model_copy(update={"pixel_x": a.pixel_x})
        points = points.model_copy(update={"points": [a, b, *rest]})
    assert bool(on_the_page(points)) == bool(on_the_server(points))


def test_lines_lie_where_the_camera_sees_them():
    points = clicked()
    fitted = fit(points)
    assert fitted.problem == "" and fitted.error < 1e-3
    drawn = np.concatenate(projected(fitted, points, "0"))
    painted = np.concatenate(lines("fiba", "0"))
    ahead = painted[painted[:, 0] > 2]
    for pixel in camera(ahead):
        if (pixel > 0).all() and (pixel < (1280, 720)).all():
            assert np.linalg.norm(drawn - pixel, axis=1).min() < 0.5


def test_nothing_is_drawn_behind_the_camera():
    points = clicked()
    drawn = np.concatenate(projected(fit(points), points, "both"))  # the camera stands over the other half's sideline
    assert np.isfinite(drawn).all() and (np.abs(drawn - (640, 360)) <= (1280, 720)).all()


def test_mirrored_points_are_no_calibration():
    points = clicked()
    turned = [point.model_copy(update={"pixel_x": 1280 - point.pixel_x}) for point in points.points]
    assert "mirrored" in fit(points.model_copy(update={"points": turned})).problem


# --- the file: the same on both sides ------------------------------------------------------------------------------


def test_client_and_gateway_read_each_other_s_files(tmp_path):
    ours, theirs = tmp_path / "ours.json", tmp_path / "theirs.json"
    clicked().write(ours)
    kept = read_calibration(ours)
    assert np.array_equal(kept.pixels, clicked().pixels) and kept.labels == tuple(p.label for p in clicked().points)
    write_calibration(theirs, kept)
    assert Clicked.read(theirs) == clicked() == Clicked.from_proto(clicked().to_proto())
    assert json.loads(ours.read_text()) == json.loads(theirs.read_text())


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"court": "fiba"}', '{"format": "courtside-calibration-9"}', " " * 2**17]
)
def test_a_file_that_is_none_is_refused_by_both(tmp_path, text):
    path = tmp_path / "c.json"
    path.write_text(text)
    for read, error in ((Clicked.read, BadCalibration), (read_calibration, InputError)):
        with pytest.raises(error) as caught:
            read(path)
        assert str(path) in caught.value.message and "\n" not in caught.value.message


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
    picture = take_picture(str(film), at)
    level = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR).mean()
    assert picture.at == pytest.approx(at, abs=0.0501)
    assert level == pytest.approx(20 + 50 * picture.at, abs=3)
    assert (picture.width, picture.height) == (128, 72)


@pytest.mark.parametrize(("turn", "corner"), [(0, (0, 0)), (90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))])
def test_the_picture_is_turned_upright(monkeypatch, turn, corner):
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:20, :20] = 255  # the coded picture's upper left corner
    info = SourceInfo("phone", 80, 40, 30.0, Fraction(1, 30), 0, rotation=turn, live=True)
    frames = [SourceFrame(n, lambda: av.VideoFrame.from_ndarray(pixels, format="rgb24")) for n in range(2)]
    phone = SimpleNamespace(info=info, frames=lambda: iter(frames), close=lambda: None)
    monkeypatch.setattr("courtside_client.calibrate.picture.open_source", lambda _: phone)
    picture = take_picture("phone", 0.0)
    found = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert (picture.height, picture.width) == found.shape == ((80, 40) if turn in (90, 270) else (40, 80))
    assert found[corner] > 200 and (found > 128).mean() == pytest.approx(1 / 8, abs=0.02)


@pytest.mark.parametrize("at", [4.5, -1.0, float("nan")])
def test_a_time_that_is_not_in_the_film(film, at):
    with pytest.raises(BadOption, match="--at"):
        take_picture(str(film), at)


def test_what_is_no_film(tmp_path):
    (tmp_path / "x.mp4").write_bytes(b"no film")
    for name in ("x.mp4", "nowhere.mp4"):
        with pytest.raises(SourceError):
            take_picture(str(tmp_path / name), 0.0)
