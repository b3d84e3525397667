"""An event log that cannot be written: degraded, not dead, and well again by itself."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tests_support import make_flash_gateway


def health(gateway, service):
    with grpc.insecure_channel(gateway.grpc) as channel:
        return health_pb2_grpc.HealthStub(channel).Check(
            health_pb2.HealthCheckRequest(service=service), timeout=5, wait_for_ready=True
        ).status


def test_events_wait_while_ingest_and_metrics_go_on(tmp_path, flash_repository, flash_film):
    gateway = make_flash_gateway(tmp_path / "data", flash_repository)
    # A folder in the file's place: nobody, not even root, can write a database there.
    blocked = tmp_path / "data" / "events.sqlite3"
    blocked.mkdir()
    gateway.start()
    try:
        gateway.wait_serving("liveness")
        serving = health_pb2.HealthCheckResponse.SERVING
        deadline = time.monotonic() + 10
        while health(gateway, "courtside.v1.EventService") == serving and time.monotonic() < deadline:
            time.sleep(0.05)
        assert health(gateway, "courtside.v1.EventService") != serving
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://{gateway.http}/readyz")
        assert refused.value.code == 503
        refused.value.close()
        camera = subprocess.Popen(
            [sys.executable, "-m", "courtside_client.cli", "stream", str(flash_film([1.5], 4)), "--gateway",
             gateway.grpc, "--camera", "games/g/cameras/c", "--quiet", "--mode", "film", "--pace", "max"],
        )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            text = urllib.request.urlopen(f"http://{gateway.http}/metrics").read().decode()
            if 'courtside_frames_received_total{camera="games/g/cameras/c"}' in text:
                break
            time.sleep(0.05)
        else:
            raise AssertionError("ingest stopped with the log")
        os.rmdir(blocked)  # the disk has room again
        assert camera.wait(30) == 0
        gateway.wait_serving()
        done = subprocess.run(
            [sys.executable, "-m", "courtside_client.cli", "watch", "--gateway", gateway.grpc, "--game", "g",
             "--after", "0", "--format", "jsonl", "--count", "3"], capture_output=True, text=True, timeout=30,
        )
        assert '"mediaOffset": 1.5' in done.stdout, "the shot that waited came through"
    finally:
        gateway.stop()


def test_events_that_wait_at_the_stop_are_there_after_the_next_start(tmp_path, flash_repository, flash_film):
    gateway = make_flash_gateway(tmp_path / "data", flash_repository)
    blocked = tmp_path / "data" / "events.sqlite3"
    blocked.mkdir()
    gateway.start()
    try:
        gateway.wait_serving("liveness")
        done = subprocess.run(
            [sys.executable, "-m", "courtside_client.cli", "stream", str(flash_film([1.0], 2.6)), "--gateway",
             gateway.grpc, "--camera", "games/g/cameras/c", "--quiet"], timeout=30,
        )
        assert done.returncode == 0
        assert gateway.stop() == 0
        assert "the next start writes them" in gateway.stderr() and "events lost" not in gateway.stderr()
        os.rmdir(blocked)
        gateway.start()
        done = subprocess.run(
            [sys.executable, "-m", "courtside_client.cli", "watch", "--gateway", gateway.grpc, "--game", "g",
             "--after", "0", "--format", "jsonl", "--count", "3"], capture_output=True, text=True, timeout=30,
        )
        events = [json.loads(line) for line in done.stdout.splitlines()]
        assert [int(event["sequence"]) for event in events] == [1, 2, 3]
        assert any("shot" in event for event in events), done.stdout
    finally:
        gateway.stop()
