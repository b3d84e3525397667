"""Labelled real film: rows are read strictly, film is decoded whole or not at all, videos are never split."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from courtside_training.common.splits import SPLITS
from courtside_training.errors import TrainingInputError
from courtside_training.shots import films, footage
from courtside_training.shots.footage import GRID_S, load, stored
from courtside_training.shots.geometry import ZONE_LABELS
from courtside_training.shots.shot_labels import read_labels, zone_of

HEADER = "video,release_time,type,made,x,y\n"


def write_film(path: Path, seconds: float, rate: int = 20, size: tuple[int, int] = (64, 48)) -> None:
    """A film whose images grow brighter with time, 10 levels per second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for index in range(round(seconds * rate)):
            image = np.full((size[1], size[0], 3), min(10 * index // rate * 2, 250), np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


@pytest.fixture
def table(tmp_path):
    def write(*rows: str, header: str = HEADER) -> Path:
        path = tmp_path / "labels.csv"
        path.write_text(header + "".join(f"{row}\n" for row in rows))
        return path
    return write


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    found = tmp_path_factory.mktemp("films")
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        write_film(found / name, 8.0)
    return found


def test_rows_become_releases_zones_and_results(table):
    rows = read_labels(table(
        "a.mp4,2.5,three,1,7.6,0.0", "a.mp4,5,TWO,missed,2.0,0.5", "b.mp4,1,3pt,,,", "b.mp4,4,ft,0,4.0,0",
    ))
    assert [(row.release, row.made) for row in rows] == [(2.5, 1), (5.0, 0), (1.0, -1), (4.0, 0)]
    assert [ZONE_LABELS[row.zone] for row in (rows[0], rows[1], rows[3])] == [
        "MIDDLE_THREE_POINTER", "PAINT_EXTENDED", "PAINT_EXTENDED",
    ]
    assert rows[2].zone == -1 and rows[2].line == 4


def test_spaces_in_the_header_and_a_zone_column_are_read(table):
    path = table("a.mp4,2.5,three,1,,,left wing three-pointer", header="video,release time,type,made,x,y,zone\n")
    assert ZONE_LABELS[read_labels(path)[0].zone] == "LEFT_WING_THREE_POINTER"


def test_a_position_just_across_the_line_follows_the_type():
    assert ZONE_LABELS[zone_of(7.0, 0.0, "three", "nba")] == "MIDDLE_THREE_POINTER"
    assert ZONE_LABELS[zone_of(7.4, 0.0, "two", "nba")] == "MIDDLE_MID_RANGE"
    with pytest.raises(ValueError, match="type three from x 2"):
        zone_of(2.0, 0.0, "three", "nba")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a.mp4,nan,two,1,2,0", "line 3: release_time is 'nan', not a finite number"),
        ("a.mp4,soon,two,1,2,0", "line 3: release_time is 'soon', not a number"),
        ("a.mp4,-1,two,1,2,0", "line 3: release_time is -1 s"),
        ("a.mp4,2,lob,1,2,0", "line 3: unknown type 'lob'"),
        ("a.mp4,2,two,perhaps,2,0", "line 3: made is 'perhaps'"),
        ("a.mp4,2,two,1,nan,0", "line 3: x is 'nan'"),
        ("a.mp4,2,two,1,,0", "line 3: x is ''"),
        ("a.mp4,2,two,1,40,0", "line 3: position x 40"),
        ("a.mp4,2,two,1,2", "line 3: 5 values under 6 columns"),
        ("../a.mp4,2,two,1,2,0", "line 3: video is"),
        ("z.mp4,1.04,two,1,2,0", "line 3: the release of z.mp4 at 1.04 s is in line 2 too"),
    ],
)
def test_a_bad_row_is_named_with_its_line(table, row, message):
    with pytest.raises(TrainingInputError) as raised:
        read_labels(table("z.mp4,1,two,1,2,0", row))
    assert message in str(raised.value) and "\n" not in str(raised.value)


def test_an_unknown_zone_a_missing_column_and_an_empty_table_are_named(table, tmp_path):
    with pytest.raises(TrainingInputError, match="line 2: unknown zone 'moon'"):
        read_labels(table("a.mp4,2,two,1,,,moon", header="video,release_time,type,made,x,y,zone\n"))
    with pytest.raises(TrainingInputError, match="line 1: no column 'made'"):
        read_labels(table("a.mp4,2,two,2,0", header="video,release_time,type,x,y\n"))
    with pytest.raises(TrainingInputError, match="holds no shot"):
        read_labels(table())
    with pytest.raises(TrainingInputError, match="no labels at"):
        read_labels(tmp_path / "none.csv")


def test_film_is_put_on_the_grid_with_the_nearest_picture(folder):
    frames = films.decode(folder / "a.mp4", "pyav")
    assert frames.shape == (80, 144, 256, 3)
    middle = frames[:, 72, 128, 0].astype(int)
    assert not frames[:, :, :20].any() and abs(middle[40] - 80) <= 6
    assert (np.diff(middle) >= -4).all()


def test_films_are_imported_whole_and_split_by_video(table, folder, tmp_path):
    rows = read_labels(table("a.mp4,2.5,three,1,7.6,0", "a.mp4,5,two,,2,0.5", "b.mp4,1,two,0,,", "c.mp4,7.9,two,0,,"))
    out = tmp_path / "real"
    videos = films.import_films(rows, folder, out, "pyav")
    assert sorted(map(len, videos.values())) == [1, 1, 1]
    seeds = {split: stored(out, limits) for split, limits in SPLITS.items()}
    games = [load(seed, out) for found in seeds.values() for seed in found]
    assert sum(len(game.releases) for game in games) == 4
    both = next(game for game in games if len(game.releases) == 2)
    assert both.result_known.tolist() == [True, False] and both.duration == pytest.approx(79 * GRID_S)
    assert films.import_films(rows, folder, out, "pyav") == videos
    with pytest.raises(TrainingInputError, match="holds film of other labels"):
        films.import_films(rows[:2], folder, out, "pyav")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a.mp4,9.5,two,1,2,0", r"line 3: a release at 9.5 s, but a.mp4 is 7.9 s long"),
        ("torn.mp4,1,two,1,2,0", "torn.mp4 cannot be decoded to its end"),
        ("none.mp4,1,two,1,2,0", r"no film none.mp4 in .* \(labels, line 3\)"),
    ],
)
def test_a_bad_film_leaves_nothing_behind(table, folder, tmp_path, row, message):
    (folder / "torn.mp4").write_bytes((folder / "a.mp4").read_bytes()[:600])
    rows = read_labels(table("a.mp4,1,two,1,2,0", row))
    (tmp_path / "out").mkdir()
    with pytest.raises(TrainingInputError, match=message):
        films.import_films(rows, folder, tmp_path / "out" / "real", "pyav")
    assert list((tmp_path / "out").iterdir()) == []


def test_dali_without_a_gpu_is_refused_with_what_is_missing(folder):
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("a GPU is here")
    with pytest.raises(TrainingInputError, match="DALI cannot decode film here, it lacks a GPU"):
        films.decode(folder / "a.mp4", "dali")


def test_videos_are_split_by_name_alone():
    names = [f"{index}.mp4" for index in range(30)]
    where = films.splits(names)
    assert where == films.splits(list(reversed(names))) != films.splits(names, seed=1)
    assert [list(where.values()).count(split) for split in SPLITS] == [24, 3, 3]
    assert set(films.splits(["one.mp4", "two.mp4"]).values()) == {"train"}


def test_film_with_other_zones_is_of_an_older_form(tmp_path, monkeypatch):
    film = footage.labelled(0, np.zeros((2, 144, 256, 3), np.uint8), np.array([0.1]), np.array([3]), np.array([1]))
    monkeypatch.setattr(footage, "ZONE_LABELS", ("PAINT", "MID_RANGE"))
    footage.save(film, tmp_path)
    monkeypatch.undo()
    with pytest.raises(TrainingInputError, match=r"older form .*MID_RANGE"):
        load(0, tmp_path)
    footage.save(film, tmp_path)
    assert load(0, tmp_path).zones.tolist() == [3]
