"""Track files: the golden MOT and COCO files, and boxes that come back as they were."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from courtside_server.errors import InputError
from courtside_server.offline.track_files import TrackFile, check_track_path
from courtside_server.types import UNTRACKED, ObjectClass, Observations

GOLDEN = Path(__file__).parents[2] / "golden" / "exports"
INFO = SimpleNamespace(frame_rate=30.0, time_base=Fraction(1, 30))


def observations(media: float, shift: float) -> Observations:
    boxes = np.array([[10, 20, 40, 100], [200, 50, 210, 60], [300, 30, 320, 40], [5, 5, 9, 9]], np.float32) + shift
    classes = [ObjectClass.PLAYER, ObjectClass.BALL, ObjectClass.RIM, ObjectClass.PLAYER]
    return Observations(
        camera="games/g/cameras/film", media_segment=0, media=media, capture_time=media, arrival=0.0, width=640,
        height=360, pan=(0.0, 0.0), boxes=boxes, scores=np.array([0.9, 0.5, 1.0, 0.3], np.float32),
        classes=np.array(classes), tracks=np.array([1, 1, 1, UNTRACKED]),
    )  # fmt: skip


@pytest.mark.parametrize("name", ["tracks.txt", "tracks.json"])
def test_track_files_equal_the_golden_ones_and_boxes_come_back(name: str, tmp_path: Path) -> None:
    with TrackFile(tmp_path / name, INFO) as file:  # type: ignore[arg-type]
        for media, shift in ((0.0, 0.0), (1 / 30, 1.25), (1 / 30, 9.0), (0.5, 2.5)):
            file.add(observations(media, shift))
    text = (tmp_path / name).read_text()
    if os.environ.get("WRITE_GOLDEN"):
        (GOLDEN / name).write_text(text)
    assert text == (GOLDEN / name).read_text()
    if name.endswith(".txt"):
        rows = [[float(part) for part in line.split(",")] for line in text.splitlines()]
        found = [(row[0], row[1], row[7], row[2:6]) for row in rows]
    else:
        content = json.loads(text)
        assert [one["id"] for one in content["images"]] == [1, 2, 16]
        found = [(one["image_id"], one["track_id"], one["category_id"], one["bbox"]) for one in content["annotations"]]
    assert [one[0] for one in found] == [1, 1, 1, 2, 2, 2, 16, 16, 16]
    assert len({one[1] for one in found}) == 3, "a player's, a ball's and a rim's track 1 are three objects"
    assert found[3][2:] == (1, [11.25, 21.25, 30.0, 80.0])


def test_a_film_that_fails_leaves_no_file_and_bad_paths_are_named(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), TrackFile(tmp_path / "a.txt", INFO):  # type: ignore[arg-type]
        raise RuntimeError
    assert [*tmp_path.iterdir()] == []
    for path, films, words in (("a.csv", 1, "neither in .txt"), ("a.txt", 2, "for one film"), ("x/a.txt", 1, "cannot")):
        with pytest.raises(InputError, match=words):
            check_track_path(tmp_path / path, films)
