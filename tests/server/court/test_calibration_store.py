"""The calibration store keeps every camera's calibration whole, through restarts, full disks and broken files."""

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

from courtside.court.point_pairs import PointPairs
from courtside_server.court import calibration_store
from courtside_server.court.calibration_store import CalibrationStore
from courtside_server.errors import NotFound, StoreFull, StoreUnavailable

LEFT, RIGHT = "games/final/cameras/left", "games/final/cameras/right"
ROWS = [(200, 300, 14, 7.5), (1100, 310, 14, -7.5), (1250, 700, 0, -7.5), (30, 690, 0, 7.5)]


def calibration(width: int = 1280) -> PointPairs:
    return PointPairs.of("fiba", width, 720, ROWS, list("abcd"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "calibrations.json"


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
        name: PointPairs.of(court, 1280, 720, ROWS + np.pad(jitter, ((0, 0), (0, 2))), [label, "", "", label])
        for name, (jitter, label, court) in kept.items()
        if _encodable(label)
    }
    for name, pairs in made.items():
        store.set(name, pairs)
    again = reopened(path)
    for name, pairs in made.items():
        assert again.get(name) == pairs
        assert np.array_equal(again.get(name).calibration().matrix, pairs.calibration().matrix)


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
