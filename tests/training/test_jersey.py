"""Jersey numbers: what is drawn, what the table of real torsos says, and the smoke run."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from click.testing import CliRunner

from courtside.jersey_digits import read_number
from courtside_server.players.roster import NUMBER
from courtside_training.cli import cli
from courtside_training.errors import TrainingInputError
from courtside_training.jersey.broadcast import NONE, TABLE, load_torsos
from courtside_training.jersey.samples import DIGITS, NOTHING, OPEN, digit_map, draw_samples


def test_a_drawn_crop_is_as_its_map_says_and_equal_seeds_draw_equal_crops():
    made, again = draw_samples(60, None, 3), draw_samples(60, None, 3)
    assert (made.pixels == again.pixels).all() and made.digits == again.digits
    checked = 0
    for digits, cells in zip(made.digits, made.maps, strict=True):
        sure = np.stack([cells == digit for digit in range(DIGITS)] + [(cells == NOTHING) | (cells == OPEN)])
        rows, columns = np.nonzero((cells != NOTHING) & (cells != OPEN))
        # Digits outside the crop, or nearer than two cells to each other, cannot be read.
        if not digits or len(rows) != len(digits):
            continue
        if len(rows) == 1 or (2 <= np.ptp(columns) <= 7 and np.ptp(rows) <= 2):
            assert read_number(sure.astype(float))[0] == digits
            checked += 1
    assert checked >= 25


def test_0_and_00_have_different_maps():
    one, two = digit_map("0", np.array([[32.0, 30]])), digit_map("00", np.array([[24.0, 30], [40, 30]]))
    assert (one == 0).sum() == 1 and (two == 0).sum() == 2 and (digit_map("", np.zeros((0, 2))) == NOTHING).all()


def test_the_table_of_real_torsos_holds_numbers_and_a_missing_picture_is_named(tmp_path):
    with TABLE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 3000 and all(row["digits"] == NONE or NUMBER.fullmatch(row["digits"]) for row in rows)
    with pytest.raises(TrainingInputError, match="has no picture boston-celtics"):
        load_torsos(tmp_path)


def test_the_smoke_run_trains_resumes_exports_and_compares():
    result = CliRunner().invoke(cli, ["jersey", "--smoke"])
    assert result.exit_code == 0, result.output
