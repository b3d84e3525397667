"""The example scripts do what they say: against a real gateway on loopback, and with a short film."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

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


def test_a_film_is_analyzed(flash_film, flash_repository, monkeypatch) -> None:
    monkeypatch.setenv("COURTSIDE_INFERENCE__REPOSITORY", str(flash_repository))
    monkeypatch.setenv("COURTSIDE_INFERENCE__MODEL", "flash")
    monkeypatch.setenv("COURTSIDE_PERCEPTION__PROFILE", "clip")
    (line,) = run("analyze_film", flash_film([1.5], 3))
    assert line.split()[1] == "s" and 1.0 < float(line.split()[0]) < 2.0 and line.endswith("unknown")


@pytest.fixture
def game(gateway, flash_film) -> str:
    """A gateway's address; a film with two shots was streamed into it."""
    lines = run("stream_camera", flash_film([1.5, 4.5], 6), gateway.grpc, CAMERA)
    assert lines[-1] == "everything was processed" and lines[0].startswith("streaming: ")
    return gateway.grpc


def test_a_game_is_watched_and_charted(game) -> None:
    watched = run("watch_game", game, "final", 4)
    assert watched and all(" s  " in line for line in watched)
    chart = run("shot_chart", game, "final")
    assert len(chart) == 8 and sum(int(line.split()[-1]) for line in chart) == 2


def test_a_game_is_followed_through_a_restart(game, gateway) -> None:
    command = [sys.executable, str(EXAMPLES / "follow_reliably.py"), game, "final", "6"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        timer = threading.Timer(60, following.kill)
        timer.start()
        first = following.stdout.readline()
        gateway.kill()
        gateway.start()
        lines = following.stdout.read().splitlines()
        timer.cancel()
    assert following.returncode == 0 and first.startswith("event 1: ")
    assert any("trying again in" in line for line in lines)
    assert lines[-1].startswith("nothing new for 6 s; go on after event ")
