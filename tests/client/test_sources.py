"""Sources: a bad one is one clear error, a real film keeps every frame."""

from __future__ import annotations

import av
import pytest

from courtside_client.errors import SourceError, SourceNotFound, UndecodableFilm
from courtside_client.sources import open_source


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("nowhere.mp4", SourceNotFound, "no such file"),
        ("ftp://x/y", SourceError, "unknown scheme ftp://"),
        ("sim://x", SourceError, "sim://x"),
        ("sim://1?colour=red", SourceError, "colour"),
        (".", UndecodableFilm, "folder"),
        ("rtsp://127.0.0.1:9/x", SourceError, "connection refused: check the port"),
    ],
)
def test_a_bad_source_is_one_clear_error(text, error, says):
    with pytest.raises(error, match=says) as caught:
        open_source(text)
    assert "\n" not in caught.value.message


def test_real_films_keep_every_frame(footage):
    films = sorted(footage.glob("*.mp4"))
    assert films
    for film in films:
        source = open_source(str(film))
        with av.open(str(film)) as container:
            count = sum(1 for _ in container.decode(video=0))
        assert sum(1 for _ in source.frames()) == count, film.name
        shown = [packet.pts for packet in source.packets() if not packet.decode_only]
        assert len(shown) == count, film.name
