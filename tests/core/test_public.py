"""``import courtside``: every public name is typed, explained by an example that runs, and loaded when it is used."""

from __future__ import annotations

import asyncio
import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import structlog
from shot_film import NEAR_S

import courtside
from courtside.errors import BadCalibration, InputError, SourceNotFound
from courtside.events import Event, FilmShot, Lifecycle

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(courtside.__path__, "courtside.") if ".v1" not in module.name
)
CALLABLES = sorted(name for name in courtside.__all__ if callable(getattr(courtside, name)))


@pytest.fixture(scope="module")
def dark_film(tmp_path_factory) -> str:
    """Half a second in which nothing happens."""
    path = tmp_path_factory.mktemp("dark") / "dark.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for _ in range(15):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((180, 320, 3), 30, np.uint8))))
        container.mux(stream.encode())
    return str(path)


# --- examples ------------------------------------------------------------------------------------------------------


def run_examples(found: list[doctest.DocTest]) -> int:
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    report: list[str] = []
    for test in found:
        runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)
    return runner.tries


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} says in its first line what it is for"
    run_examples(doctest.DocTestFinder(exclude_empty=True).find(module))


@pytest.mark.parametrize("name", CALLABLES)
def test_every_public_class_and_function_has_an_example(name: str, dark_film: str) -> None:
    thing = getattr(courtside, name)
    inner = [thing] if not inspect.isclass(thing) else [thing, *vars(thing).values()]
    members = importlib.import_module(thing.__module__).__dict__
    globs = {**members, "courtside": courtside, "film": dark_film}
    found = doctest.DocTestFinder().find(thing, name, globs=globs)
    assert inner and any(test.examples for test in found), f"{name} has no example"
    assert run_examples(found) > 0


# --- loading -------------------------------------------------------------------------------------------------------


def loaded_by(code: str) -> set[str]:
    """Which heavy packages a program loads."""
    heavy = ("av", "cv2", "grpc", "numpy", "onnxruntime", "pydantic", "tritonclient", "courtside_client",
             "courtside_server", "rich")  # fmt: skip
    program = f"import sys, courtside\n{code}\nprint(*[name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_nothing_heavy_is_loaded_before_it_is_used() -> None:
    assert loaded_by("") == set()
    assert not loaded_by("courtside.Shot, courtside.Zone") & {"grpc", "av", "cv2", "onnxruntime", "courtside_server"}
    assert not loaded_by("courtside.connect") & {"onnxruntime", "courtside_server", "pydantic"}
    assert "courtside_client" not in loaded_by("courtside.analyze")


def test_every_public_name_is_there_and_others_are_not() -> None:
    assert set(courtside.__all__) <= set(dir(courtside))
    assert sorted(courtside.__all__, key=str.lower) == sorted({*courtside._MODULES}, key=str.lower)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        courtside.nothing  # noqa: B018


# --- analyze -------------------------------------------------------------------------------------------------------


def test_a_film_becomes_shots(shot_film) -> None:
    shots = courtside.analyze(shot_film.path)
    assert [type(shot) for shot in shots] == [FilmShot]
    assert isinstance(shots[0], courtside.Shot) and shots[0].time == pytest.approx(shot_film.release, abs=NEAR_S)
    assert shots[0].result is shot_film.result and shot_film.has_zone(shots[0])
    assert shots[0].probability > 0.8 and shots[0].model.startswith("shot_flight:")


async def test_it_works_in_a_notebook_and_gives_the_same_shots_again(shot_film) -> None:
    shots = courtside.analyze(shot_film.path)
    assert shots and shots == await asyncio.to_thread(courtside.analyze, shot_film.path)


async def test_events_come_as_they_are_known_and_the_rest_can_be_left(shot_film) -> None:
    film = shot_film.path
    events = [event async for event in courtside.analyze_events(film)]
    assert all(isinstance(event, Event) for event in events)
    assert [event.sequence for event in events] == [*range(1, len(events) + 1)]
    assert events[-1].lifecycle is Lifecycle.CONFIRMED and events[0].camera == f"games/{film.stem}/cameras/film"
    stream = courtside.analyze_events(film)
    assert await anext(stream) == events[0]
    await stream.aclose()


async def test_the_detections_of_each_frame_are_given(shot_film) -> None:
    seen: list[tuple[float, courtside.Detections]] = []
    film = shot_film.path
    async for _ in courtside.analyze_events(film, on_detections=lambda media, found: seen.append((media, found))):
        pass
    assert [media for media, _ in seen] == sorted({media for media, _ in seen}) and len(seen) >= 5
    assert all(found.tracks is not None and found.boxes.shape == (len(found), 4) for _, found in seen)


async def test_a_missing_end_is_logged(tmp_path, flash_film) -> None:
    data = flash_film([], 2, suffix=".mkv").read_bytes()
    film = tmp_path / "cut.mkv"
    film.write_bytes(data[: len(data) * 7 // 10])
    with structlog.testing.capture_logs() as logs:
        async for _ in courtside.analyze_events(film):
            pass
    assert [entry["log_level"] for entry in logs if "the end of the film is missing" in entry["event"]] == ["warning"]


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"playback_speed": 0.0}, InputError, "playback speed"),
        ({"playback_speed": float("nan")}, InputError, "playback speed"),
        ({"calibration": "nowhere.json"}, BadCalibration, "cannot read the calibration nowhere.json"),
        ({"film": "nowhere.mp4"}, SourceNotFound, "no such file"),
    ],
)
def test_what_cannot_be_analyzed_is_one_clear_error(dark_film, options, error, says) -> None:
    with pytest.raises(error, match=says):
        courtside.analyze(**{"film": dark_film} | options)


@pytest.mark.slow
def test_three_lines_find_the_shot_of_a_real_film(footage: Path) -> None:
    shots = courtside.analyze(footage / "outdoor_one_make.mp4")
    assert [str(shot.result) for shot in shots] == ["made"] and shots[0].time == pytest.approx(1.2, abs=0.3)
