"""The published layout of BASKET: what is read, and one clear error for each kind of wrong data."""

from pathlib import Path

import av
import numpy as np
import pytest

from courtside_sim.skills import SKILLS
from courtside_training.errors import TrainingInputError
from courtside_training.skills import basket
from courtside_training.skills.films import ensure_published, load, stored_times
from courtside_training.skills.video import read_frames

SPLIT_FILES = ("BASKET/train.csv", "BASKET/val.csv", "BASKET/test.csv")


def write_video(path: Path, frames: int = 40) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 96, 64, "yuv420p", 5
        for index in range(frames):
            frame = np.full((64, 96, 3), 250 * index // frames, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24")))
        container.mux(stream.encode())


def write_labels(data: Path, file: str, lines: list[str]) -> None:
    path = data / "BASKET_Labels" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["path," + ",".join(SKILLS), *lines]) + "\n")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    levels = ",".join(str(index % 5) for index in range(20))
    for player, file in zip((1, 2, 3), SPLIT_FILES, strict=True):
        write_video(tmp_path / "BASKET" / "18-19" / "NBA" / f"{player}_18_19.mp4")
        write_labels(tmp_path, file, [f"18-19/NBA/{player}_18_19.mp4,{levels}"])
    return tmp_path


def test_a_split_is_read_and_the_reversed_skill_is_turned_round(data: Path):
    (sample,) = basket.read_split(data, "test")
    expected = np.arange(20) % 5
    turned = SKILLS.index("Defensive Consistency")
    expected[turned] = 4 - expected[turned]
    assert sample.player == "3" and np.array_equal(sample.levels, expected)


def test_paths_of_another_machine_are_found(data: Path):
    line = "/home/someone/BASKET/18-19/NBA/3_18_19.mp4," + ",".join("1" * 20)
    write_labels(data, "BASKET/test.csv", [line])
    assert basket.read_split(data, "test")[0].video == data / "BASKET/18-19/NBA/3_18_19.mp4"


def test_training_leaves_out_players_who_are_tested(data: Path):
    write_video(data / "BASKET" / "19-20" / "NBA" / "3_19_20.mp4")
    levels = ",".join("2" * 20)
    write_labels(data, "BASKET/train.csv", [f"18-19/NBA/1_18_19.mp4,{levels}", f"19-20/NBA/3_19_20.mp4,{levels}"])
    assert [sample.player for sample in basket.training_split(data)] == ["1"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("18-19/NBA/3_18_19.mp4," + ",".join("1" * 19), r"line 2: 20 columns.*'Efficiency'"),
        ("18-19/NBA/3_18_19.mp4," + ",".join("1" * 19) + ",5", "Efficiency is '5', expected an integer 0 to 4"),
        ("18-19/NBA/9_18_19.mp4," + ",".join("1" * 20), "no video 18-19/NBA/9_18_19.mp4"),
    ],
)
def test_a_bad_line_is_named(data: Path, line: str, message: str):
    write_labels(data, "BASKET/test.csv", [line])
    with pytest.raises(TrainingInputError, match=message):
        basket.read_split(data, "test")


def test_a_missing_label_file_is_named(data: Path):
    with pytest.raises(TrainingInputError, match="cross_season"):
        basket.read_split(data, "unseen-season")


def test_films_are_decoded_once_at_their_times(data: Path, tmp_path: Path):
    samples = basket.read_split(data, "test")
    (path,) = ensure_published(samples, tmp_path / "films", 32)
    film = load(path)
    frames = film.frames(np.arange(len(film.jpeg)))
    assert frames.shape == (128, 3, 32, 48)
    brightness = frames.mean((1, 2, 3))
    # The video brightens steadily, so the right frames do too.
    assert np.all(np.diff(brightness) > -3) and brightness[-1] - brightness[0] > 200
    samples[0].video.unlink()
    assert list(ensure_published(samples, tmp_path / "films", 32)) == [path]


def test_no_video_and_half_a_video_are_one_clear_error(tmp_path: Path):
    text = tmp_path / "text.mp4"
    text.write_text("not a video")
    with pytest.raises(TrainingInputError, match="cannot be read as video"):
        read_frames(text, stored_times, 32)
    whole = tmp_path / "whole.mkv"
    write_video(whole, 200)
    torn = tmp_path / "torn.mkv"
    torn.write_bytes(whole.read_bytes()[: whole.stat().st_size // 3])
    with pytest.raises(TrainingInputError, match=r"torn\.mkv (is damaged|cannot be read)"):
        read_frames(torn, stored_times, 32)
