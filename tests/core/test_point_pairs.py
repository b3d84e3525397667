"""Point pairs are checked, make a calibration for frames of any size, and survive their file and the wire."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courtside.court.point_pairs import PointPairs, read_calibration
from courtside.errors import BadCalibration, InputError
from courtside.v1 import court_pb2

ROWS = np.array([(200, 300, 14, 7.5), (1100, 310, 14, -7.5), (1250, 700, 0, -7.5), (30, 690, 0, 7.5)])


def pairs(rows=ROWS, court="fiba", width=1280, height=720, labels=("a", "b", "c", "d")) -> PointPairs:
    return PointPairs.of(court, width, height, rows, labels)


def test_frames_of_another_size_have_the_same_positions():
    here = pairs().calibration().to_floor(640, 500)
    for width, height in ((640, 360), (1920, 1080), (854, 480)):
        there = pairs().for_size(width, height).to_floor(640 * width / 1280, 500 * height / 720)
        assert (there.x, there.y) == (pytest.approx(here.x), pytest.approx(here.y))


@pytest.mark.parametrize("size", [(720, 1280), (640, 480), (1280, 300)])
def test_frames_of_another_shape_have_no_positions(size):
    with pytest.raises(BadCalibration, match="another shape"):
        pairs().for_size(*size)


def test_they_cannot_be_changed_under_a_reader_and_are_fitted_once():
    made = pairs()
    with pytest.raises(ValueError, match="frozen"):
        made.width = 640
    made.pixels[:] = 0
    assert np.array_equal(made.pixels, ROWS[:, :2])
    assert made.calibration() is made.calibration() and made == pairs()


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"court": "street"}, "court", "'nba', 'fiba', 'ncaa' or 'high-school'"),
        ({"width": 0}, "width", "greater than or equal to 2"),
        ({"height": 20_000}, "height", "less than or equal to 16384"),
        ({"rows": np.full((4, 4), np.nan)}, "points", "finite"),
        ({"rows": np.tile(ROWS, (17, 1)), "labels": ()}, "points", "at most 64"),
        ({"labels": ("a",)}, "points", "1 labels for 4 points"),
        ({"labels": ("a" * 81, "", "", "")}, "points", "at most 80 characters"),
    ],
)
def test_a_value_out_of_its_limits_is_refused(changes, field, message):
    with pytest.raises(BadCalibration, match=message) as caught:
        pairs(**changes)
    assert caught.value.fields == {"field": field}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.add(ROWS, (200, 0, 0, 0)), "point 2 lies outside the 1280x720 picture"),
        (ROWS * (1, 1, 3, 3), "point 1 is more than 3 m off"),
        (np.add(ROWS * (-1, 1, 1, 1), (1280, 0, 0, 0)), "mirrored"),
        (ROWS[:3], "1 more point needed: a calibration needs 4"),
        (ROWS[:0], "4 more points needed"),
        (np.vstack([ROWS, [640, 420, 7, 2]]), "click it again"),
    ],
)
def test_points_that_fit_no_court_may_be_kept_while_clicking_but_are_no_calibration(rows, message):
    made = pairs(rows, labels=())
    with pytest.raises(BadCalibration, match=message) as caught:
        made.calibration()
    assert made.problem == caught.value.message and caught.value.fields == {"field": "points"}
    assert pairs().problem == ""


# --- file and wire -------------------------------------------------------------------------------------------------


def test_a_file_gives_back_what_was_written(tmp_path):
    pairs().write(tmp_path / "c.json")
    found = read_calibration(tmp_path / "c.json")
    assert found == PointPairs.read(tmp_path / "c.json") == pairs()
    assert [file.name for file in tmp_path.iterdir()] == ["c.json"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(*[st.floats(-1e5, 1e5)] * 4, st.text("abc\u00e9", max_size=80)), max_size=64),
       st.sampled_from(["nba", "fiba"]), st.integers(2, 16384))  # fmt: skip
def test_the_wire_keeps_everything(rows, court, side):
    made = PointPairs.of(court, side, side, [row[:4] for row in rows], [row[4] for row in rows])
    wire = court_pb2.Calibration.FromString(made.to_proto().SerializeToString())
    assert PointPairs.from_proto(wire) == made


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (court_pb2.Calibration(width=9, height=9), "court"),
        (court_pb2.Calibration(court=1, width=1, height=9), "width"),
        (court_pb2.Calibration(court=1, width=9, height=9, points=[court_pb2.CalibrationPoint()] * 65), "points"),
    ],
)
def test_what_cannot_be_used_of_the_wire_names_its_field(message, field):
    with pytest.raises(BadCalibration) as caught:
        PointPairs.from_proto(message)
    assert caught.value.fields == {"field": field}


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda text: text[: len(text) // 2], "is not a calibration file"),
        (lambda text: "", "is not a calibration file"),
        (lambda text: "\0\xff" * 9, "is not a calibration file"),
        (lambda text: "[]", "is not a calibration file"),
        (lambda text: text.replace("courtside-calibration-1", "courtside-calibration-2"), "format"),
        (lambda text: text.replace("pixel_x", "pixle_x", 1), "points.0.pixel_x: Field required"),
        (lambda text: text.replace("200.0", "NaN"), "points.0.pixel_x"),
        (lambda text: text.replace("200.0", '"200"'), "points.0.pixel_x"),
        (lambda text: text.replace("200.0", "1e999"), "points.0.pixel_x"),
        (lambda text: text.replace("200.0", "900.0"), "click it again|exchanged|horizon|one line|fits"),
        (lambda text: text.replace("fiba", "street"), "court: "),
        (lambda text: text + " " * 2**17, "larger than"),
    ],
)
def test_a_file_that_is_none_is_one_clear_line(tmp_path, edit, message):
    middle = pairs().calibration().to_floor(640, 420)
    path = tmp_path / "c.json"
    extra = pairs(np.vstack([ROWS, [640, 420, middle.x, middle.y]]), labels=())
    path.write_text(edit(extra.to_json()), encoding="latin-1")
    with pytest.raises(BadCalibration, match=message) as caught:
        read_calibration(path)
    assert str(path) in caught.value.message and "\n" not in caught.value.message


def test_a_file_that_is_not_there_or_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*No such file"):
        read_calibration(tmp_path / "c.json")
    with pytest.raises(InputError, match=r"cannot write .*No such file"):
        pairs().write(tmp_path / "nowhere" / "c.json")
