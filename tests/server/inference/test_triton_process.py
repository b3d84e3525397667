"""Starting and stopping a real Triton, by the command line too."""

from __future__ import annotations

import json
import mmap
import os
import socket
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from courtside_server.errors import EngineUnavailable
from courtside_server.inference.triton import cli
from courtside_server.inference.triton.environment import FILES, default_environment, prepare_environment
from courtside_server.inference.triton.linux import clean_shared_memory
from courtside_server.inference.triton.process import TritonProcess

from .conftest import add_model


def courtside_triton(*arguments: object) -> Result:
    return CliRunner().invoke(cli.triton, [str(argument) for argument in arguments])


def test_up_status_down(triton: TritonProcess, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    state = tmp_path / "state"
    missing = courtside_triton("status", "--state", state)
    assert missing.exit_code == 1 and "start one with `courtside triton up`" in missing.stderr
    up = courtside_triton("up", "--repository", tmp_path / "models", "--grpc-port", 0, "--state", state)
    try:
        assert up.exit_code == 0, up.output
        assert up.stdout.startswith("Triton is ready on 127.0.0.1:")
        again = courtside_triton("up", "--repository", tmp_path / "models", "--grpc-port", 0, "--state", state)
        assert again.exit_code == 1 and "runs already" in again.stderr
        status = courtside_triton("status", "--state", state)
        assert status.exit_code == 0 and str(tmp_path / "models") in status.stdout
    finally:
        down = courtside_triton("down", "--state", state)
    assert down.exit_code == 0 and down.stdout.strip() == "Triton is down"
    assert courtside_triton("status", "--state", state).exit_code == 1
    assert "was running" in courtside_triton("down", "--state", state).stdout


def test_status_names_the_models(triton: TritonProcess) -> None:
    status = courtside_triton("status", "--state", triton.state)
    assert status.exit_code == 0
    assert any(line.split()[:3] == ["double", "1", "READY"] for line in status.stdout.splitlines()), status.stdout


def test_it_listens_on_loopback_only(triton: TritonProcess) -> None:
    assert triton.pid is not None
    inodes = set()
    for handle in Path(f"/proc/{triton.pid}/fd").iterdir():
        target = os.readlink(handle)
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    listening = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{triton.pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                listening.append(fields[1])
    loopback = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
    assert len(listening) == 1
    address, _, port = listening[0].partition(":")
    assert address in loopback and int(port, 16) == triton.grpc_port


def test_a_broken_model_is_named_and_nothing_is_left_running(triton: TritonProcess, tmp_path: Path) -> None:
    add_model(tmp_path / "models", "wrong", dims=(5,), shape=(4,))
    state = tmp_path / "state"
    up = courtside_triton("up", "--repository", tmp_path / "models", "--grpc-port", 0, "--state", state)
    assert up.exit_code == 1
    assert "Triton cannot load model 'wrong'" in up.stderr and "[-1, 5]" in up.stderr
    assert not (state / "triton.json").exists()


def test_a_server_that_ends_shows_its_last_words(triton: TritonProcess, tmp_path: Path) -> None:
    process = TritonProcess(tmp_path, state=tmp_path / "state", models=[], grpc_port=0, timeout=0.0)
    with pytest.raises(EngineUnavailable, match=r"was not ready within 0 s; the last lines of .*triton.log:"):
        process.start()
    assert process.pid is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--model", "gone"], "no model 'gone'"),
        (["--repository", "nowhere"], "'nowhere' does not exist"),
        (["--grpc-port", "70000"], "70000"),
    ],
)
def test_bad_usage(arguments: list[str], says: str, tmp_path: Path) -> None:
    result = courtside_triton("up", "--repository", tmp_path, "--state", tmp_path / "state", *arguments)
    assert result.exit_code == 2
    assert says in " ".join(result.stderr.split())


def test_a_taken_port_is_named(triton: TritonProcess, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(EngineUnavailable, match=f"port {port} on 127.0.0.1 is taken"):
            TritonProcess(tmp_path, state=tmp_path / "state", models=[], grpc_port=port).start()


def test_a_pid_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """The pid file of a server that crashed may name a process that has the number now."""
    record = dict(pid=os.getpid(), started=1, grpc_port=1, http_port=0, metrics_port=0, repository="", shared_memory="")
    (tmp_path / "triton.json").write_text(json.dumps(record))
    process = TritonProcess(tmp_path, state=tmp_path)
    assert process.pid is None and process.attach() is None
    assert not process.stop()


def test_a_folder_that_is_no_environment_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(EngineUnavailable, match="is not a virtual environment"):
        prepare_environment(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_the_environment_is_made_once(triton: TritonProcess) -> None:
    steps: list[str] = []
    prepare_environment(default_environment(), steps.append)
    assert steps == []


def test_the_backend_and_the_pins_come_with_the_package() -> None:
    assert "class TritonPythonModel" in (FILES / "model.py").read_text()
    assert "nvidia-pytriton==0.7.0" in (FILES / "constraints.txt").read_text()


def test_shared_memory_of_dead_servers_is_removed(tmp_path: Path) -> None:
    names = ("dead", "mapped", "young")
    paths = {name: tmp_path / f"triton_python_backend_shm_region_{name}" for name in names}
    (tmp_path / "else").write_bytes(b"x" * 4096)
    for path in paths.values():
        path.write_bytes(b"x" * 4096)
    for name in ("dead", "mapped"):
        os.utime(paths[name], (time.time() - 60,) * 2)
    with paths["mapped"].open("r+b") as handle, mmap.mmap(handle.fileno(), 4096):
        assert clean_shared_memory(tmp_path) == [paths["dead"]]
    assert sorted(path.name[-5:] for path in tmp_path.iterdir()) == ["apped", "else", "young"]
