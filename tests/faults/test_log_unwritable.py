"""An event log that cannot be written: degraded, not dead, and well again by itself."""

import os
import subprocess
import time
import urllib.error
import urllib.request

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from shot_film import NEAR_S
from tests_support import COMMAND, GatewayProcess, confirmed

CAMERA = "games/g/cameras/c"


def health(gateway, service):
    with grpc.insecure_channel(gateway.grpc) as channel:
        return health_pb2_grpc.HealthStub(channel).Check(
            health_pb2.HealthCheckRequest(service=service), timeout=5, wait_for_ready=True
        ).status


def until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.fixture
def blocked(tmp_path):
    """A gateway whose log cannot be written until the folder that is in the file's place is removed."""
    gateway = GatewayProcess(tmp_path / "data")
    # Nobody, not even root, can write a database there.
    folder = tmp_path / "data" / "events.sqlite3"
    folder.mkdir(parents=True)
    gateway.start()
    try:
        gateway.wait_serving("liveness")
        yield gateway, folder
    finally:
        gateway.stop()


@pytest.mark.parametrize("how", [("--mode", "film", "--pace", "max"), ("--pace", "realtime")], ids=["film", "live"])
def test_a_shot_waits_while_ingest_and_metrics_go_on(blocked, shot_film, how):
    gateway, folder = blocked
    serving = health_pb2.HealthCheckResponse.SERVING
    until(lambda: health(gateway, "courtside.v1.EventService") != serving, 10, "the log's health is wrong")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://{gateway.http}/readyz")
    assert refused.value.code == 503
    refused.value.close()
    camera = subprocess.Popen(
        [*COMMAND, "stream", str(shot_film.path), "--gateway", gateway.grpc, "--camera", CAMERA, "--quiet", *how]
    )
    try:
        until(lambda: gateway.metric("courtside_frames_received_total", camera=CAMERA), 20, "ingest stopped too")
        if how[0] == "--pace":  # A camera waits for nobody: it is over before the log is well.
            until(lambda: gateway.metric("courtside_frames_received_total", camera=CAMERA) == shot_film.frames, 20,
                  "a live camera waited for the log")
        os.rmdir(folder)  # the disk has room again
        assert camera.wait(40) == 0
    finally:
        camera.kill()
        camera.wait()
    gateway.wait_serving()
    # Of a live camera's end nobody waits for the log: its events follow.
    until(lambda: gateway.metric("courtside_events_total", lifecycle="confirmed", kind="shot"), 20, "the shot is lost")
    (shot,) = confirmed(gateway.events("g"))
    assert shot["mediaOffset"] == pytest.approx(shot_film.release, abs=NEAR_S), "the shot that waited came through"


def test_events_that_wait_at_the_stop_are_there_after_the_next_start(blocked, shot_film):
    gateway, folder = blocked
    done = subprocess.run(
        [*COMMAND, "stream", str(shot_film.path), "--gateway", gateway.grpc, "--camera", CAMERA, "--quiet"], timeout=60
    )
    assert done.returncode == 0
    assert gateway.stop() == 0
    assert "the next start writes them" in gateway.stderr() and "events lost" not in gateway.stderr()
    os.rmdir(folder)
    gateway.start()
    events = gateway.events("g")
    assert [int(event["sequence"]) for event in events] == list(range(1, len(events) + 1))
    (shot,) = confirmed(events)
    assert shot["mediaOffset"] == pytest.approx(shot_film.release, abs=NEAR_S)
