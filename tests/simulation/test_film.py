"""Addresses of simulated films."""

import pytest

from courtside_sim import open_simulation


def test_an_address_sets_everything() -> None:
    film = open_simulation("sim://7?camera=behind&width=320&height=180&fps=15&duration=6&players=3")
    assert (film.width, film.height, film.fps, len(film)) == (320, 180, 15, 90)
    assert film.camera.kind == "behind" and len(film.game.roster) == 3 and film.game.seed == 7


def test_seed_and_address_open_the_same_film() -> None:
    assert open_simulation(8, duration=10).shots == open_simulation("sim://8?duration=10").shots


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sim://", "has no seed"),
        ("sim://abc", "has no seed"),
        ("sim://-3", "has no seed"),
        ("rtsp://7", "is not a simulation address"),
        ("sim://7?zoom=2", "unknown simulation option 'zoom'"),
        ("sim://7?width=wide", "option 'width' cannot be 'wide'"),
        ("sim://7?camera=drone", "unknown camera 'drone'"),
        ("sim://7?camera=", "unknown camera ''"),
        ("sim://7?fps=0", "fps must be 1 to 240"),
        ("sim://7?fps=nan", "fps must be 1 to 240"),
        ("sim://7?duration=-1", "duration must be"),
        ("sim://7?players=12", "players must be 1 to 10"),
        ("sim://7?width=1", "frame size must be"),
        ("sim://7?fps=20&fps=30", "is given twice"),
        ("sim://7/extra", "has no seed"),
        ("sim://7?duration=inf", "duration must be"),
    ],
)
def test_bad_addresses_are_refused_in_one_sentence(url: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        open_simulation(url)
    assert "\n" not in str(caught.value)
