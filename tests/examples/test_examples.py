"""The example scripts do what they say: against a real gateway on loopback, and with a short film."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from shot_film import NEAR_S

EXAMPLES = Path(__file__).parents[2] / "examples"
CAMERA = "games/final/cameras/left"


def run(name: str, *arguments: object, timeout: float = 60) -> list[str]:
    """The lines that an example prints."""
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_there_are_five_and_each_fits_on_a_screen() -> None:
    scripts = sorted(EXAMPLES.glob("*.py"))
    assert len(scripts) == 5
    assert all(len(script.read_text().splitlines()) < 30 for script in scripts)


def test_a_film_is_analyzed(shot_film) -> None:
    (line,) = run("analyze_film", shot_film.path)
    time, unit, *_ = line.split()
    assert unit == "s" and float(time) == pytest.approx(shot_film.release, abs=NEAR_S) and line.endswith("made")


@pytest.fixture
def game(default_gateway, shot_film) -> str:
    """A gateway's address; a film with one shot was streamed into it."""
    lines = run("stream_camera", shot_film.path, default_gateway.grpc, CAMERA)
    assert lines[-1] == "everything was processed" and lines[0].startswith("streaming: ")
    return default_gateway.grpc


def test_a_game_is_watched_and_charted(game) -> None:
    watched = run("watch_game", game, "final", 4)
    assert watched and all(" s  " in line for line in watched)
    chart = run("shot_chart", game, "final")
    assert len(chart) == 8 and sum(int(line.split()[-1]) for line in chart) == 1


def test_a_game_is_followed_through_a_restart(game, default_gateway) -> None:
    command = [sys.executable, str(EXAMPLES / "follow_reliably.py"), game, "final", "6"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        timer = threading.Timer(60, following.kill)
        timer.start()
        first = following.stdout.readline()
        default_gateway.kill()
        default_gateway.start()
        lines = following.stdout.read().splitlines()
        timer.cancel()
    assert following.returncode == 0 and first.startswith("event 1: ")
    assert any("trying again in" in line for line in lines)
    assert lines[-1].startswith("nothing new for 6 s; go on after event ")
