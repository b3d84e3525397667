"""A camera's calibration is checked, scaled to its frames, and kept whole through restarts and broken files."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from courtside_server.court import calibration_store
from courtside_server.court.calibration_store import (
    CalibrationStore,
    CameraCalibration,
    read_calibration,
    write_calibration,
)
from courtside_server.errors import BadRequest, InputError, NotFound, StoreFull, StoreUnavailable

LEFT, RIGHT = "games/final/cameras/left", "games/final/cameras/right"
PIXELS = np.array([[200.0, 300.0], [1100.0, 310.0], [1250.0, 700.0], [30.0, 690.0]])
METRES = np.array([[14.0, 7.5], [14.0, -7.5], [0.0, -7.5], [0.0, 7.5]])


def calibration(**changes) -> CameraCalibration:
    given = {"court": "fiba", "width": 1280, "height": 720, "pixels": PIXELS, "metres": METRES, "labels": tuple("abcd")}
    return CameraCalibration(**given | changes)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "calibrations.json"


# --- the calibration -----------------------------------------------------------------------------------------------


def test_frames_of_another_size_have_the_same_places():
    clicked = calibration()
    here = clicked.fit().place(640, 500)
    for width, height in ((640, 360), (1920, 1080), (854, 480)):
        there = clicked.for_size(width, height).place(640 * width / 1280, 500 * height / 720)
        assert (there.x, there.y) == (pytest.approx(here.x), pytest.approx(here.y))


@pytest.mark.parametrize("size", [(720, 1280), (640, 480), (1280, 300)])
def test_frames_of_another_shape_have_no_places(size):
    with pytest.raises(BadRequest, match="another shape"):
        calibration().for_size(*size)


def test_it_cannot_be_changed_under_a_reader():
    pixels = PIXELS.copy()
    clicked = calibration(pixels=pixels)
    pixels[:] = 0
    assert np.array_equal(clicked.pixels, PIXELS)
    with pytest.raises(ValueError, match="read-only"):
        clicked.pixels[0, 0] = 1.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"court": "street"}, "none of fiba, nba"),
        ({"width": 0}, "width is 0"),
        ({"height": 20_000}, "height is 20000"),
        ({"pixels": np.add(PIXELS, (200, 0))}, "point 2 lies outside the 1280x720 picture"),
        ({"metres": METRES * 3}, "point 1 is more than 3 m off"),
        ({"pixels": PIXELS * (-1, 1) + (1280, 0)}, "mirrored"),
        ({"metres": METRES[:3]}, "needs 4"),
        ({"pixels": PIXELS[:3], "metres": METRES[:3], "labels": ()}, "needs 4"),
        ({"pixels": np.full((4, 2), np.nan)}, "finite"),
        ({"pixels": np.zeros((0, 2)), "metres": np.zeros((0, 2)), "labels": ()}, "needs 4"),
        ({"pixels": np.tile(PIXELS, (17, 1)), "metres": np.tile(METRES, (17, 1)), "labels": ()}, "the limit is 64"),
        ({"labels": ("a",)}, "1 labels for 4 points"),
        ({"labels": ("a" * 81, "", "", "")}, "80 characters"),
    ],
)
def test_what_makes_no_calibration_is_refused(changes, message):
    with pytest.raises(BadRequest, match=message):
        calibration(**changes)


# --- its file ------------------------------------------------------------------------------------------------------


def test_a_file_gives_back_what_was_written(tmp_path):
    write_calibration(tmp_path / "c.json", calibration())
    found = read_calibration(tmp_path / "c.json")
    assert found.to_json() == calibration().to_json() == (tmp_path / "c.json").read_text()
    assert np.array_equal(found.fit().matrix, calibration().fit().matrix)
    assert [file.name for file in tmp_path.iterdir()] == ["c.json"]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda text: text[: len(text) // 2], "is no calibration file"),
        (lambda text: "", "is no calibration file"),
        (lambda text: "\0\xff" * 9, "is no calibration file"),
        (lambda text: "[]", "is no calibration file"),
        (lambda text: text.replace("courtside-calibration-1", "courtside-calibration-2"), "format"),
        (lambda text: text.replace("pixel_x", "pixle_x", 1), "points.0.pixel_x: Field required"),
        (lambda text: text.replace("200.0", "NaN"), "points.0.pixel_x"),
        (lambda text: text.replace("200.0", '"200"'), "points.0.pixel_x"),
        (lambda text: text.replace("200.0", "1e999"), "points.0.pixel_x"),
        (lambda text: text.replace("200.0", "900.0"), "click it again|exchanged|horizon|one line|fits"),
        (lambda text: text.replace("fiba", "street"), "court 'street'"),
        (lambda text: text + " " * 2**17, "larger than"),
    ],
)
def test_a_file_that_is_none_is_one_clear_line(tmp_path, edit, message):
    extra = calibration(
        pixels=np.vstack([PIXELS, [[640.0, 420.0]]]), labels=(),
        metres=np.vstack([METRES, [calibration().fit().place(640, 420).x, calibration().fit().place(640, 420).y]]),
    )  # fmt: skip
    path = tmp_path / "c.json"
    path.write_text(edit(extra.to_json()), encoding="latin-1")
    with pytest.raises(InputError, match=message) as caught:
        read_calibration(path)
    assert str(path) in caught.value.message and "\n" not in caught.value.message


def test_a_file_that_is_not_there_or_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*No such file"):
        read_calibration(tmp_path / "c.json")
    with pytest.raises(StoreUnavailable, match=r"cannot write .*No such file"):
        write_calibration(tmp_path / "nowhere" / "c.json", calibration())


# --- the store -----------------------------------------------------------------------------------------------------


def reopened(path: Path) -> CalibrationStore:
    store = CalibrationStore(path)
    store.load()
    return store


def test_what_is_set_is_there_after_a_restart_until_it_is_deleted(path):
    store = reopened(path)
    assert store.get(LEFT) is None
    store.set(LEFT, calibration())
    store.set(RIGHT, calibration(width=1300))
    again = reopened(path)
    assert again.get(LEFT).to_json() == calibration().to_json()
    assert again.get(RIGHT).width == 1300
    again.delete(LEFT)
    assert again.get(LEFT) is None
    assert reopened(path).get(LEFT) is None and reopened(path).get(RIGHT) is not None
    with pytest.raises(NotFound):
        again.delete(LEFT)


def test_a_pipeline_notices_every_change_by_the_revision(path):
    store = reopened(path)
    seen = [store.revision]
    for change in (
        lambda: store.set(LEFT, calibration()),
        lambda: store.set(LEFT, calibration(width=1300)),
        lambda: store.delete(LEFT),
    ):
        change()
        seen.append(store.revision)
    assert seen == sorted(set(seen)), "every change counts up"
    kept = calibration()
    store.set(RIGHT, kept)
    assert store.get(RIGHT) is store.get(RIGHT) is kept


points = arrays.arrays(np.float64, (4, 2), elements=st.floats(-15.0, 15.0))
names = st.from_regex(r"games/[a-z0-9]{1,5}/cameras/[A-Za-z0-9._-]{0,5}x", fullmatch=True).filter(
    lambda name: name.split("/")[3][0].isalnum()
)


@settings(max_examples=40, deadline=None)
@given(
    kept=st.dictionaries(names, st.tuples(points, st.text(max_size=80), st.sampled_from(["nba", "fiba"])), max_size=5)
)
def test_a_store_gives_back_exactly_what_was_kept(tmp_path_factory, kept):
    path = tmp_path_factory.mktemp("store") / "calibrations.json"
    store = CalibrationStore(path)
    made = {
        name: calibration(court=court, pixels=PIXELS + jitter, labels=(label, "", "", label))
        for name, (jitter, label, court) in kept.items()
        if _encodable(label)
    }
    for name, clicked in made.items():
        store.set(name, clicked)
    again = reopened(path)
    for name, clicked in made.items():
        found = again.get(name)
        assert np.array_equal(found.pixels, clicked.pixels) and np.array_equal(found.metres, clicked.metres)
        assert (found.court, found.labels) == (clicked.court, clicked.labels)
        assert np.array_equal(found.fit().matrix, clicked.fit().matrix)


def _encodable(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"\x00" * 100, b'{"format": "courtside-calibrations-1"}', b"[1, 2]", b"\xff\xfe\x80",
        b'{"format": "courtside-calibrations-1", "cameras": {"left": null}}',
    ],
)  # fmt: skip
def test_a_broken_file_is_set_aside_and_never_overwritten(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    with structlog.testing.capture_logs() as logged:
        store = reopened(path)
    assert [(line["log_level"], line["path"]) for line in logged] == [("error", str(path))]
    assert store.get(LEFT) is None
    store.set(LEFT, calibration())
    assert path.with_name("calibrations.json.broken").read_bytes() == content
    assert reopened(path).get(LEFT) is not None
    path.write_bytes(b"broken again")
    reopened(path)
    assert path.with_name("calibrations.json.broken").read_bytes() == content
    assert path.with_name("calibrations.json.broken-2").read_bytes() == b"broken again"


def test_one_camera_with_points_that_make_no_court_breaks_the_file(path):
    store = reopened(path)
    store.set(LEFT, calibration())
    content = json.loads(path.read_text())
    content["cameras"][LEFT]["points"][1] = content["cameras"][LEFT]["points"][0]
    path.write_text(json.dumps(content))
    assert reopened(path).get(LEFT) is None
    assert json.loads(path.with_name("calibrations.json.broken").read_text()) == content


def test_a_broken_file_that_cannot_be_set_aside_is_left_alone(tmp_path, monkeypatch):
    path = tmp_path / "calibrations.json"
    path.write_text("broken")
    monkeypatch.setattr(Path, "rename", _refuse)
    store = reopened(path)
    assert store.get(LEFT) is None
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        store.set(LEFT, calibration())
    assert path.read_text() == "broken"
    monkeypatch.undo()
    store.set(LEFT, calibration())
    assert store.get(LEFT) is not None and path.with_name("calibrations.json.broken").read_text() == "broken"


def _refuse(*_):
    raise PermissionError(1, "Operation not permitted")


def test_a_disk_that_is_full_changes_nothing(path, monkeypatch):
    store = reopened(path)
    store.set(LEFT, calibration())
    before, revision = path.read_bytes(), store.revision

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    for change in (lambda: store.set(RIGHT, calibration()), lambda: store.delete(LEFT)):
        with pytest.raises(StoreUnavailable, match="No space left"):
            change()
    assert (path.read_bytes(), store.revision) == (before, revision)
    assert store.get(LEFT) is not None and store.get(RIGHT) is None
    assert [file.name for file in path.parent.iterdir()] == ["calibrations.json"]


def test_it_is_bounded(path, monkeypatch):
    monkeypatch.setattr(calibration_store, "MAX_CAMERAS", 2)
    store = reopened(path)
    store.set(LEFT, calibration())
    store.set(RIGHT, calibration())
    with pytest.raises(StoreFull):
        store.set("games/final/cameras/third", calibration())
    store.set(LEFT, calibration(width=1300))
    assert store.get(LEFT).width == 1300


def test_readers_see_whole_calibrations_while_others_are_written(path):
    store = reopened(path)
    ours = [calibration(), calibration(width=1300)]
    store.set(LEFT, ours[0])
    done, odd = threading.Event(), []

    def read():
        while not done.is_set():
            if store.get(LEFT) not in ours:
                odd.append(store.get(LEFT))

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(20):
        store.set(LEFT, ours[turn % 2])
    done.set()
    reader.join()
    assert odd == []
