"""One stranger with a socket: connections that say nothing, bytes that mean nothing, a log that nobody reads."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import grpc
import pytest
from tests_support import COMMAND, make_flash_gateway

from courtside.v1 import events_pb2, events_pb2_grpc

FEW_FILES = ("sh", "-c", 'ulimit -n 256; exec "$@"', "sh")


def probe(address: str) -> int:
    with urllib.request.urlopen(f"http://{address}/livez", timeout=5) as answer:
        return answer.status


def flood(address: str, count: int, stack: contextlib.ExitStack) -> None:
    """Open connections that send nothing; some are closed at once, which is the point."""
    host, _, port = address.rpartition(":")
    for _ in range(count):
        with contextlib.suppress(OSError):
            stack.enter_context(socket.create_connection((host, int(port)), timeout=5))


@pytest.mark.parametrize("which", ["grpc", "http"])
def test_silent_connections_take_neither_the_files_nor_the_log(tmp_path: Path, flash_repository: Path, which) -> None:
    gateway = make_flash_gateway(tmp_path / "data", flash_repository, prefix=FEW_FILES).start()
    try:
        gateway.wait_serving()
        with grpc.insecure_channel(gateway.grpc) as channel, contextlib.ExitStack() as open_ones:
            events = events_pb2_grpc.EventServiceStub(channel)
            call = events.SubscribeEvents(events_pb2.SubscribeEventsRequest(game="games/g"), timeout=30)
            assert next(call).WhichOneof("message") == "heartbeat"
            flood(getattr(gateway, which), 400, open_ones)
            assert [probe(gateway.http) for _ in range(3)] == [200, 200, 200]
            # Who was there before the flood stays, and the log on disk can be opened.
            assert next(call).WhichOneof("message") == "heartbeat"
            assert events.ListEvents(events_pb2.ListEventsRequest(game="games/g"), timeout=5).high_water_mark == 0
            call.cancel()
        assert len(gateway.log) < 50, gateway.stderr()
    finally:
        assert gateway.stop() == 0


def test_a_log_that_nobody_reads_freezes_nothing(tmp_path: Path, flash_repository: Path) -> None:
    gateway = make_flash_gateway(tmp_path / "data", flash_repository, "--log-level", "debug")
    gateway._drain = lambda process: None  # type: ignore[method-assign]
    gateway.start()
    try:
        # Each opened and closed HTTP connection, and each call, is worth lines at this level; a pipe holds 64 KB.
        with grpc.insecure_channel(gateway.grpc) as channel:
            get = channel.unary_unary("/courtside.v1.EventService/GetEvent")
            until = time.monotonic() + 2
            while time.monotonic() < until:
                with pytest.raises(grpc.RpcError) as refused:
                    get(b"\xff", timeout=5)
                assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert probe(gateway.http) == 200
        gateway.process.send_signal(signal.SIGTERM)
        assert gateway.process.wait(10) == 0, "it ends although nobody reads its last lines"
    finally:
        gateway.kill()


def test_a_gateway_whose_output_nobody_reads_serves_and_ends_well(tmp_path: Path, flash_repository: Path) -> None:
    gateway = make_flash_gateway(tmp_path / "data", flash_repository)
    reader, writer = os.pipe()
    os.close(reader)
    command = [*COMMAND, "serve", "--grpc", gateway.grpc, "--http", gateway.http, "--data-dir", str(tmp_path / "data")]
    with subprocess.Popen([*command, *gateway.flags], stdout=writer, stderr=subprocess.PIPE, text=True) as process:
        os.close(writer)
        try:
            lines = map(json.loads, process.stderr)
            listening = next(line for line in lines if line["event"] == "listening")
            assert probe(listening["http"]) == 200
            process.send_signal(signal.SIGTERM)
            assert next(line for line in lines if line["event"] == "stopped") and process.wait(10) == 0
        finally:
            process.kill()


def test_the_end_of_its_terminal_drains_the_gateway(tmp_path: Path, flash_repository: Path) -> None:
    heeds = ("env", "--default-signal=HUP")  # also where the tests run under nohup
    gateway = make_flash_gateway(tmp_path / "data", flash_repository, prefix=heeds).start()
    gateway.process.send_signal(signal.SIGHUP)
    assert gateway.process.wait(15) == 0
    gateway.stop()
    assert "stopped" in gateway.stderr()


def test_nohup_keeps_the_gateway(tmp_path: Path, flash_repository: Path) -> None:
    gateway = make_flash_gateway(tmp_path / "data", flash_repository, prefix=("nohup",)).start()
    gateway.process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        gateway.process.wait(0.5)
    assert probe(gateway.http) == 200 and gateway.stop() == 0


def test_ports_that_others_can_reach_are_a_warning(tmp_path: Path, flash_repository: Path) -> None:
    gateway = make_flash_gateway(
        tmp_path / "data", flash_repository, grpc_address="127.0.0.1:0", http="0.0.0.0:0"
    ).start()
    assert gateway.stop() == 0
    [warning] = [line for line in gateway.log if "without authentication" in line]
    assert "0.0.0.0" in warning and "127.0.0.1:" not in warning.partition("addresses")[2].partition("]")[0]
