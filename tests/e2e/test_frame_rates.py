"""Films of any frame rate, and films whose label is wrong: the time stamps count, in films and in live streams."""

import asyncio
import random
from itertools import accumulate, takewhile

import pytest
from shot_film import NEAR_S, SECONDS, ShotFilm, steady, write_shot_film
from tests_support import confirmed, courtside

import courtside as api


def uneven():
    """What a phone in the dark films: 15 to 60 frames per second."""
    rng = random.Random(3)
    steps = accumulate(rng.choice((1 / 60, 1 / 30, 1 / 15)) for _ in range(1000))
    return [0.0, *takewhile(lambda time: time < SECONDS, steps)]


FILMS = {
    "10 frames per second": (steady(10), 10, ".mp4"),
    "60 frames per second": (steady(60), 60, ".mp4"),
    "240 frames per second": (steady(240), 240, ".mp4"),
    "30, said to be 1": (steady(30), 1, ".mp4"),
    "30, said to be 5": (steady(30), 5, ".mkv"),
    "30, said to be 120": (steady(30), 120, ".mkv"),
    "30, said to be 1000": (steady(30), 1000, ".mkv"),
    "uneven": (uneven(), 30, ".mkv"),
}
SLOW = "1 frame per second"


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> dict[str, ShotFilm]:
    folder = tmp_path_factory.mktemp("films")
    wanted = {SLOW: (steady(1), 1, ".mp4"), **FILMS}
    return {
        name: write_shot_film(folder / f"film{number}{suffix}", times, label, size=(480, 270))
        for number, (name, (times, label, suffix)) in enumerate(wanted.items())
    }


@pytest.mark.parametrize("name", FILMS)
def test_a_film_of_any_rate_has_its_shot(films, name):
    (shot,) = api.analyze(films[name].path)
    assert shot.time == pytest.approx(films[name].release, abs=NEAR_S)
    assert films[name].has_zone(shot)


def test_a_film_with_repeated_frames_has_the_shot_of_the_original_and_detects_no_more(tmp_path):
    original = write_shot_film(tmp_path / "12.mp4", steady(12), 12, size=(480, 270))
    repeated = write_shot_film(tmp_path / "60.mp4", steady(60), 60, size=(480, 270), pictures=12)

    async def run(film):
        frames, events = [], []
        found = api.analyze_events(film.path, on_detections=lambda media, _: frames.append(media))
        events = [event async for event in found]
        return [event.media_offset for event in api.latest_shots(events)], frames

    (first, frames), (second, again) = (asyncio.run(run(film)) for film in (original, repeated))
    assert len(first) == len(second) == 1 and second == pytest.approx(first, abs=0.05)
    assert again == pytest.approx(frames, abs=1e-3)


def test_a_film_of_one_frame_per_second_has_none_and_does_no_harm(films):
    assert api.analyze(films[SLOW].path) == []


@pytest.mark.timeout(180)
def test_a_gateway_takes_streams_of_any_rate(default_gateway, films):
    chosen = {"slow": SLOW, "fast": "240 frames per second", "label": "30, said to be 5", "uneven": "uneven"}
    found = {}
    for game, name in chosen.items():
        done = courtside("stream", films[name].path, "--gateway", default_gateway.grpc, "--quiet", "--mode", "film",
                         "--pace", "max", "--camera", f"games/{game}/cameras/c")
        assert done.returncode == 0, done.stderr
        assert default_gateway.metric(
            "courtside_frames_received_total", camera=f"games/{game}/cameras/c"
        ) == films[name].frames
        found[game] = [shot["mediaOffset"] for shot in confirmed(default_gateway.events(game))]
    assert found.pop("slow") == []
    for game, releases in found.items():
        assert releases == pytest.approx([films[chosen[game]].release], abs=NEAR_S), game
