"""Two cameras of one game: what both see is one event, through a real gateway, also where it is killed in between."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support import GatewayProcess, make_flash_gateway

CAMERAS = ("left", "right")
START = 1_790_000_000.0


def courtside(*arguments, timeout=240) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "courtside_client.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout)


def stream(gateway: GatewayProcess, source: object, camera: str, start: float) -> None:
    done = courtside("stream", source, "--gateway", gateway.grpc, "--camera", f"games/g/cameras/{camera}", "--quiet",
                     "--pace", "max", "--film-start", start)  # fmt: skip
    assert done.returncode == 0, done.stderr


def shots(gateway: GatewayProcess) -> list[dict]:
    """The shots that stand, by release."""
    program = (
        "import asyncio, sys, courtside\n"
        "async def main():\n"
        "    async with courtside.connect(sys.argv[1]) as client:\n"
        "        events = [event async for event in client.list_events('g')]\n"
        "    print('\\n'.join(event.to_json() for event in courtside.latest_shots(events)))\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", program, gateway.grpc], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return sorted(map(json.loads, done.stdout.splitlines()), key=lambda event: event["eventTime"])


def seen_by(event: dict) -> list[str]:
    return [view["camera"].rpartition("/")[2] for view in event["shot"]["views"]]


def test_a_second_film_of_the_game_adds_its_view_also_after_a_kill(tmp_path, flash_repository, flash_film):
    gateway = make_flash_gateway(tmp_path / "data", flash_repository).start()
    gateway.wait_serving()
    try:
        stream(gateway, flash_film([2.0, 6.5, 9.2], 12), "left", START)
        gateway.kill()
        gateway.start()
        gateway.wait_serving()
        # This camera began 1.5 s later, and did not see the last shot.
        stream(gateway, flash_film([0.6, 5.1], 9), "right", START + 1.5)
        stream(gateway, flash_film([0.6, 5.1], 9), "right", START + 100.0)
        found = shots(gateway)
    finally:
        gateway.stop()
    assert [event["mediaOffset"] for event in found] == pytest.approx([2.0, 6.5, 9.2, 0.6, 5.1], abs=0.16)
    assert [seen_by(event) for event in found] == [["left", "right"]] * 2 + [["left"], ["right"], ["right"]]
    assert [view["mediaOffset"] for view in found[0]["shot"]["views"]] == pytest.approx([2.0, 0.6], abs=0.16)


@pytest.mark.timeout(300)
def test_two_simulated_cameras_of_one_game_count_each_shot_once(tmp_path: Path):
    """The default profile with its own models."""
    gateway = GatewayProcess(tmp_path / "data").start()
    gateway.wait_serving()
    try:
        for camera, kind in zip(CAMERAS, ("sideline", "corner"), strict=True):
            stream(gateway, f"sim://7?camera={kind}&players=4&duration=14", camera, START)
        found = shots(gateway)
    finally:
        gateway.stop()
    assert [event for event in found if seen_by(event) == list(CAMERAS)], "a shot that both cameras see"
    for released in (3.75, 10.88):  # by the simulation's ground truth
        assert sum(abs(event["mediaOffset"] - released) < 0.6 for event in found) <= 1
