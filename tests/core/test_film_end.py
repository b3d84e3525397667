"""A film whose end is missing, container by container."""

import av
import numpy as np
import pytest

from courtside.errors import UndecodableFilm
from courtside.film import Film


def write_noise(path, file_format=None, **options):
    """40 pictures of noise, so that most bytes of the file are pictures."""
    with av.open(str(path), "w", format=file_format, options=options) as container:
        stream = container.add_stream("libx264", rate=10, options={"g": "10"})
        stream.width, stream.height, stream.pix_fmt = 128, 72, "yuv420p"
        random = np.random.default_rng(1)
        for _ in range(40):
            picture = random.integers(0, 255, (72, 128, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode())
    return path


def cut(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])


FASTSTART = {"movflags": "faststart"}
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov"}


@pytest.mark.parametrize(
    ("suffix", "options"),
    [(".mp4", FASTSTART), (".mov", FASTSTART), (".mp4", FRAGMENTS), (".mkv", {}), (".avi", {})],
)
def test_a_missing_end_is_reported_and_a_whole_film_is_not(tmp_path, suffix, options):
    path = write_noise(tmp_path / f"film{suffix}", **options)
    Film(path).check_end()
    cut(path)
    film = Film(path)
    assert 20 <= sum(1 for _ in film.packets()) < 30
    with pytest.raises(UndecodableFilm, match="the end of the film is missing"):
        film.check_end()


@pytest.mark.parametrize(("suffix", "options"), [(".ts", {}), (".flv", {}), (".mkv", {"live": "1"})])
def test_a_film_that_does_not_say_where_it_ends_is_whole(tmp_path, suffix, options):
    path = write_noise(tmp_path / f"film{suffix}", **options)
    Film(path).check_end()
    cut(path)
    Film(path).check_end()


@pytest.mark.parametrize("kept", [4, 5, 40, 60, 4096])
def test_a_matroska_file_that_is_all_but_empty_is_no_film_or_cut_off(tmp_path, kept):
    path = write_noise(tmp_path / "film.mkv")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UndecodableFilm):
        Film(path).check_end()
