from __future__ import annotations

import json
import re
from dataclasses import replace

import av
import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from shooter_support import shots_of

from courtside.shot_poses import SUFFIX, write_poses
from courtside_server.cli import form
from courtside_server.players.form import form_of
from courtside_server.players.gallery import Galleries, NewShot
from courtside_server.render.form_page import form_page


@pytest.fixture
def folder(tmp_path):
    for name, poses in zip(("a", "b"), shots_of(3, 2), strict=True):
        write_poses(tmp_path / f"{name}{SUFFIX}", poses)
    galleries = Galleries(tmp_path / "data" / "shooters.sqlite3")
    for name, player, count in (("Anna", 3, 5), ("Ben", 4, 2)):
        shots = [
            NewShot(poses, form_of(poses).motion.gather, np.zeros(64, np.float32)) for poses in shots_of(player, count)
        ]
        galleries.enroll(name, shots, "shot_fingerprint:1", height_cm=190.0)
    galleries.close()
    return tmp_path


def compare(folder, *arguments: str):
    return CliRunner().invoke(form, ["compare", *arguments, "--data-dir", str(folder / "data")])


def test_a_shot_against_a_shooter_gives_heatmaps_a_film_a_page_and_a_map(folder) -> None:
    out = folder / "out"
    result = compare(folder, str(folder / f"a{SUFFIX}"), "anna", "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "release height, cm" in result.output and "standard deviations from Anna" in result.output
    assert sorted(path.name for path in out.iterdir()) == [
        "form.html", "horizontal.png", "map.png", "overlay.mp4", "vertical.png"
    ]  # fmt: skip
    assert cv2.imread(str(out / "horizontal.png")).shape == (720, 1280, 3)
    with av.open(str(out / "overlay.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) == 84
    page = (out / "form.html").read_text()
    data = json.loads(re.search(r'type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])
    assert len(data["shot_joints"]) == 64 and data["reference_name"] == "Anna"
    assert "http" not in page.replace("http-equiv", "")


def test_two_files_need_no_gateway_and_centimetres_need_a_height(folder) -> None:
    arguments = (str(folder / f"a{SUFFIX}"), str(folder / f"b{SUFFIX}"), "--out", str(folder / "out"))
    result = compare(folder, *arguments)
    assert result.exit_code == 0 and "release height, cm" not in result.output
    assert "release height, cm" in compare(folder, *arguments, "--height", "185").output


@pytest.mark.parametrize(
    ("shot", "reference", "message"),
    [
        ("a", "Nobody", "no shooter 'Nobody' is enrolled"),
        ("a", "Ben", "'Ben' has 2 good shots, a baseline needs 3: enroll more"),
        ("none", "Anna", "No such file"),
        ("a", "games/g:shot-1", "no poses are kept of shot 'shot-1'"),
    ],
)
def test_what_cannot_be_compared_is_one_clear_line(folder, shot, reference, message) -> None:
    result = compare(folder, str(folder / f"{shot}{SUFFIX}"), reference, "--out", str(folder / "out"))
    assert result.exit_code == 2
    assert message in result.output and result.output.count("\n") == 1


def test_a_data_folder_that_is_missing_is_named_as_missing(folder) -> None:
    (folder / "data").rename(folder / "elsewhere")
    result = compare(folder, str(folder / f"a{SUFFIX}"), "Anna", "--out", str(folder / "out"))
    assert result.exit_code == 2 and f"the data folder {folder / 'data'} does not exist" in result.output


def test_a_name_cannot_end_the_page_s_script(folder) -> None:
    from courtside_server.players.comparison import baseline_of, compare

    poses = shots_of(3, 1)[0]
    shot = form_of(replace(poses, shot_id="x"))
    page = form_page(compare(shot, baseline_of([shot])), "</script><script>alert(1)</script>", "b")
    assert "<script>alert" not in page
