"""Ctrl-C and SIGTERM: streams are acknowledged to the end, watching ends, the demo leaves nothing behind."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


@pytest.fixture
def start():
    """Starts ``courtside ...``; whatever is left at the end is killed."""
    running = []

    def launch(*arguments):
        command = [sys.executable, "-m", "courtside_client.cli", *map(str, arguments)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        running.append(process)
        return process

    yield launch
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def gone(pid, timeout=20):
    deadline = time.monotonic() + timeout
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_stream_is_acknowledged_to_its_last_packet(default_gateway, shot_film, start, number):
    process = start("stream", shot_film.path, "--loop", "--gateway", default_gateway.grpc,
                    "--camera", "games/g/cameras/c", "--format", "jsonl")
    for line in process.stdout:
        if json.loads(line)["acked"] > 5:
            break
    process.send_signal(number)
    lines, errors = process.communicate(timeout=20)
    last = json.loads(lines.splitlines()[-1])
    assert process.returncode == 0, errors
    assert last["done"] and last["acked"] == last["sent"] > 5


def test_a_stopped_watch_ends_well(default_gateway, start, shot_film):
    stream = start("stream", shot_film.path, "--pace", "max", "--quiet", "--gateway", default_gateway.grpc,
                   "--camera", "games/g/cameras/c")
    assert stream.wait(30) == 0
    process = start("watch", "--gateway", default_gateway.grpc, "--game", "g", "--after", 0, "--format", "jsonl")
    assert json.loads(process.stdout.readline())["sequence"] == "1"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")
def test_a_stopped_demo_stops_its_gateway(start):
    process = start("demo", "--format", "jsonl")
    for line in process.stderr:
        if "overlay page" in line:
            break
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 1
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "Simulation and gateway compared" in errors and gone(children[0])
