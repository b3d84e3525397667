"""Camera → gateway → models → events → subscriber, as processes on loopback, with the default profile."""

import json
import subprocess
import threading
import time
import urllib.error
import urllib.request
from types import SimpleNamespace

import pytest
from shot_film import NEAR_S
from tests_support import COMMAND, confirmed, courtside

from courtside import Zone, ZoneSource

CAMERA = "games/g/cameras/c"
STREAM = ("--camera", CAMERA, "--quiet")
FILM = ("--mode", "film", "--pace", "max")


def assert_is_the_shot(shot, film):
    assert shot["mediaOffset"] == pytest.approx(film.release, abs=NEAR_S)
    assert shot["shot"]["result"] == f"SHOT_RESULT_{film.result.name}"
    assert film.has_zone(SimpleNamespace(
        zone=Zone[shot["shot"]["zone"].removeprefix("ZONE_")],
        zone_source=ZoneSource[shot["shot"]["zoneSource"].removeprefix("SOURCE_")],
        zone_probabilities=shot["shot"]["zoneProbabilities"],
    ))  # fmt: skip


def test_the_default_gateway_runs_the_detector(default_gateway):
    for model in ("court_detector", "person_detector", "shot_flight", "rim_result", "shot_clip"):
        assert default_gateway.metric("courtside_model_version", model=model) > 0, model


@pytest.mark.parametrize(
    "how",
    [
        FILM,
        (*FILM, "--codec", "jpeg"),
        (*FILM, "--codec", "raw"),
        (*FILM, "--codec", "h264", "--passthrough", "never"),
    ],
    ids=lambda how: "-".join(how[4:]) or "passthrough",
)
def test_film_goes_through_whole_and_its_shot_comes_out(default_gateway, shot_film, how):
    done = courtside("stream", shot_film.path, "--gateway", default_gateway.grpc, *STREAM, *how)
    assert done.returncode == 0, done.stderr
    events = default_gateway.events("g")
    assert [int(event["sequence"]) for event in events] == list(range(1, len(events) + 1))
    (shot,) = confirmed(events)
    assert_is_the_shot(shot, shot_film)
    assert default_gateway.metric("courtside_frames_received_total") == shot_film.frames
    assert default_gateway.metric("courtside_frames_dropped_total") == 0
    assert default_gateway.metric("courtside_windows_skipped_total") == 0


def server_sent_events(gateway, game, until):
    """Events of a game as a browser gets them, from the first one to the one that ``until`` is true of."""
    seen = []
    with urllib.request.urlopen(f"http://{gateway.http}/v1/games/{game}/events?after=0", timeout=30) as stream:
        for line in stream:
            if line.startswith(b"data: "):
                event = json.loads(line.removeprefix(b"data: "))
                if "sequence" in event:
                    seen.append(event)
                    if until(event):
                        return seen
    raise AssertionError(f"the stream ended early: {seen[-3:]}")


def went_offline(event):
    return event.get("cameraStatus", {}).get("state") == "CAMERA_STATE_OFFLINE"


def test_a_live_cameras_shot_comes_by_grpc_and_by_server_sent_events(default_gateway, shot_film):
    browser = []
    watching = threading.Thread(
        target=lambda: browser.extend(server_sent_events(default_gateway, "g", went_offline)), daemon=True
    )
    watching.start()
    with subprocess.Popen(
        [*COMMAND, "watch", "--gateway", default_gateway.grpc, "--game", "g", "--after", "0", "--format", "jsonl"],
        stdout=subprocess.PIPE, text=True,
    ) as watch:
        limit = threading.Timer(60, watch.kill)
        limit.start()
        done = courtside("stream", shot_film.path, "--gateway", default_gateway.grpc, *STREAM, "--pace", "realtime")
        assert done.returncode == 0, done.stderr
        events = []
        for line in watch.stdout:
            events.append(json.loads(line))
            if went_offline(events[-1]):
                break
        limit.cancel()
        watch.terminate()
    watching.join(30)
    assert [event["sequence"] for event in browser] == [event["sequence"] for event in events]
    assert [event["eventId"] for event in browser] == [event["eventId"] for event in events]
    (shot,) = confirmed(events)
    assert shot["mediaOffset"] == pytest.approx(shot_film.release, abs=NEAR_S)
    first = next(event for event in events if event["eventId"] == shot["eventId"])
    assert first["lifecycle"] == "LIFECYCLE_PROVISIONAL", "announced before all is known"
    assert default_gateway.metric("courtside_frames_dropped_total") == 0
    assert default_gateway.metric("courtside_windows_skipped_total", reason="model_unavailable") == 0


def test_what_analyze_finds_is_what_the_gateway_finds(default_gateway, shot_film):
    done = courtside("stream", shot_film.path, "--gateway", default_gateway.grpc, *STREAM, *FILM)
    assert done.returncode == 0, done.stderr
    (streamed,) = confirmed(default_gateway.events("g"))
    done = courtside("analyze", shot_film.path, "--quiet")
    assert done.returncode == 0, done.stderr
    (analyzed,) = confirmed(map(json.loads, done.stdout.splitlines()))
    assert_is_the_shot(analyzed, shot_film)
    assert_is_the_shot(streamed, shot_film)
    assert analyzed["mediaOffset"] == pytest.approx(streamed["mediaOffset"], abs=1e-3)
    assert analyzed["shot"]["probability"] == pytest.approx(streamed["shot"]["probability"], abs=1e-3)


def test_probes_metrics_and_pages(default_gateway):
    for path, says in (("/livez", "ok"), ("/readyz", '"ready":true'), ("/metrics", "courtside_build_info"),
                       ("/", "Courtside monitor"), ("/v1/cameras", "gateway"), ("/lib/feed-worker.js", "EventSource")):
        with urllib.request.urlopen(f"http://{default_gateway.http}{path}") as answer:
            assert says in answer.read().decode()


def test_the_gateway_measures_its_event_loop_lag(default_gateway):
    deadline = time.monotonic() + 20
    while not default_gateway.metric("courtside_event_loop_lag_seconds_count"):
        assert time.monotonic() < deadline, "no measurement arrived"
        time.sleep(0.05)


def test_server_sent_events_replay_and_refuse_nonsense(default_gateway, shot_film):
    courtside("stream", shot_film.path, "--gateway", default_gateway.grpc, *STREAM, *FILM)
    seen = server_sent_events(default_gateway, "g", lambda event: int(event["sequence"]) == 3)
    assert [int(event["sequence"]) for event in seen] == [1, 2, 3]
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://{default_gateway.http}/v1/games/g/events?after=-1")
    assert refused.value.code == 400
    refused.value.close()


def test_sigterm_drains_and_exits_cleanly(default_gateway):
    assert default_gateway.stop() == 0
