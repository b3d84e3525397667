"""Arrays on disk come back, and what is wrong with a file is one clear error."""

from __future__ import annotations

import errno

import numpy as np
import pytest

from courtside_training.common.arrays import reading_arrays, write_arrays
from courtside_training.errors import TrainingInputError


@pytest.mark.parametrize("compressed", [False, True])
def test_arrays_come_back(tmp_path, compressed):
    path = tmp_path / "new" / "a.npz"
    write_arrays(path, {"one": np.arange(5), "name": "x"}, compressed)
    with reading_arrays(path, "things") as found:
        assert found["one"].tolist() == [0, 1, 2, 3, 4] and str(found["name"]) == "x"
    assert [file.name for file in path.parent.iterdir()] == ["a.npz"]


def test_torn_missing_and_foreign_files_are_one_clear_error(tmp_path):
    whole = tmp_path / "whole.npz"
    write_arrays(whole, {"one": np.arange(500)})
    torn = tmp_path / "torn.npz"
    torn.write_bytes(whole.read_bytes()[:300])
    for path, why in ((torn, "make it again"), (tmp_path / "none.npz", "FileNotFoundError"), (whole, "KeyError")):
        with pytest.raises(TrainingInputError, match=f"holds no things .*{why}"), reading_arrays(path, "things") as got:
            got["two"]


def test_a_full_disk_leaves_the_old_file_and_nothing_half(tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    write_arrays(path, {"one": np.arange(3)})

    def full(file, **arrays):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(TrainingInputError, match=r"cannot write .*No space left on device; free space"):
        write_arrays(path, {"one": np.arange(9)})
    assert [file.name for file in tmp_path.iterdir()] == ["a.npz"]
    with reading_arrays(path, "things") as found:
        assert len(found["one"]) == 3
