"""Resource names are taken whole or refused with a line that shows what a good one looks like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courtside.errors import BadName
from courtside.names import CameraName, parse_game

IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", fullmatch=True)


@given(IDS, IDS)
def test_good_names_come_back_unchanged(game: str, camera: str) -> None:
    found = CameraName.parse(f"games/{game}/cameras/{camera}")
    assert (found.game, found.name, found.id) == (f"games/{game}", f"games/{game}/cameras/{camera}", camera)
    assert parse_game(f"games/{game}") == parse_game(game, allow_id=True) == found.game


@pytest.mark.parametrize("text", ["", "left", "games/a", "games/a/cameras/", "games/a/cameras/b/", "games/-/cameras/b",
                                  "games/a/cameras/b\n", "games/" + "x" * 64 + "/cameras/b"])  # fmt: skip
def test_other_cameras_are_refused(text: str) -> None:
    with pytest.raises(BadName, match="games/final/cameras/left") as caught:
        CameraName.parse(text)
    assert caught.value.fields == {"field": "camera"}


@pytest.mark.parametrize("text", ["", "a b", "games/", "games/a/", "games/a/cameras/b", "\u00e9"])
def test_other_games_are_refused(text: str) -> None:
    for allow_id in (False, True):
        with pytest.raises(BadName, match="games/final"):
            parse_game(text, allow_id=allow_id)


def test_a_bare_id_is_a_name_only_where_it_is_allowed() -> None:
    with pytest.raises(BadName):
        parse_game("final")
