"""Ctrl-C and SIGTERM: streams are acknowledged to the end, watching ends, the demo leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def heed_signals():
    """Undo what nohup, or a shell that runs the tests in the background, has set to be ignored."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture
def start():
    """Starts ``courtside ...``; whatever is left at the end is killed."""
    running = []

    def launch(*arguments):
        command = [sys.executable, "-m", "courtside_client.cli", *map(str, arguments)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_signals
        )
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


def children_of(process):
    return Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()


def wait_until(condition, timeout=30):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_demo_stops_its_gateway_and_removes_its_folder(start, tmp_path, monkeypatch, number):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    process = start("demo", "--format", "jsonl")
    for line in process.stderr:
        if "monitor http" in line:
            break
    children = children_of(process)
    assert len(children) == 1 and list(tmp_path.glob("courtside-demo-*"))
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "Simulation and gateway compared" in errors and gone(children[0])
    assert not list(tmp_path.glob("courtside-demo-*"))


@needs_proc
def test_the_gateway_of_a_killed_demo_ends_by_itself(start, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    process = start("demo", "--format", "jsonl")
    for line in process.stderr:
        if "monitor http" in line:
            break
    (gateway,) = children_of(process)
    process.kill()
    process.wait()
    try:
        assert gone(gateway)
    finally:
        if Path(f"/proc/{gateway}").exists():
            os.kill(int(gateway), signal.SIGKILL)


@needs_proc
def test_a_demo_that_is_starting_ends_at_once(start, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    process = start("demo", "--format", "jsonl")
    wait_until(lambda: children_of(process))
    (gateway,) = children_of(process)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=20)
    assert time.monotonic() - began < 2  # 0.1 to 0.3 s on an idle machine; 4 to 6 s while the gateway was waited for
    assert (process.returncode, out, errors) == (0, "", "")
    assert gone(gateway, 1) and not list(tmp_path.glob("courtside-demo-*"))


@pytest.mark.parametrize("words", [("analyze", "film.mp4"), ("demo",), ("serve",), ("stream",), ("watch",)])
def test_ctrl_c_while_a_command_loads_prints_no_traceback(words, tmp_path):
    # numpy is what every command loads; this one waits until the signal comes, and turns an exception into another one.
    (tmp_path / "numpy.py").write_text(
        "import time\n"
        "print('loading', flush=True)\n"
        "try:\n"
        "    time.sleep(20)\n"
        "except BaseException as error:\n"
        "    raise ImportError('broken') from error\n"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [sys.executable, "-m", "courtside_client.cli", *words], env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_signals,
    ) as process:  # fmt: skip
        try:
            assert process.stdout.readline() == "loading\n"
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=10)
        finally:
            process.kill()
    assert (process.returncode, errors) == (130, "")
