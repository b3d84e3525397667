"""Camera → gateway → model → events → subscriber, as processes on loopback."""

import json
import subprocess
import sys
import time
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

FLASHES = [2.0, 6.5, 9.2]


def courtside(*arguments, timeout=60):
    command = [sys.executable, "-m", "courtside_client.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout)


def metric(gateway, name, **labels):
    with urllib.request.urlopen(f"http://{gateway.http}/metrics") as answer:
        text = answer.read().decode()
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def last_shots(gateway, game):
    done = courtside("watch", "--gateway", gateway.grpc, "--game", game, "--after", 0, "--format", "jsonl",
                     "--count", metric(gateway, "courtside_events_total").__trunc__())
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [int(e["sequence"]) for e in events] == list(range(1, len(events) + 1))
    final = {e["eventId"]: e for e in events if "shot" in e}
    return sorted((e for e in final.values() if e["lifecycle"] == "LIFECYCLE_CONFIRMED"),
                  key=lambda e: e["mediaOffset"])


@pytest.mark.parametrize(
    "how",
    [
        ["--mode", "film", "--pace", "max"],
        ["--mode", "film", "--pace", "max", "--codec", "jpeg"],
        ["--mode", "film", "--pace", "max", "--codec", "raw"],
        ["--mode", "film", "--pace", "max", "--codec", "h264", "--passthrough", "never"],
    ],
    ids=lambda how: "-".join(how[4:]) or "passthrough",
)
def test_film_goes_through_whole_and_every_shot_comes_out(gateway, flash_film, how):
    film = flash_film(FLASHES, 12)
    done = courtside("stream", film, "--gateway", gateway.grpc, "--camera", "games/g/cameras/c", "--quiet", *how)
    assert done.returncode == 0, done.stderr
    shots = last_shots(gateway, "g")
    assert [s["mediaOffset"] for s in shots] == pytest.approx(FLASHES, abs=0.16)
    assert {s["shot"]["zone"] for s in shots} == {"ZONE_MIDDLE_THREE_POINTER"}
    assert metric(gateway, "courtside_frames_received_total") == 360
    assert metric(gateway, "courtside_frames_dropped_total") == 0


def test_live_at_real_time_drops_nothing_and_scores_on_time(gateway, flash_film):
    film = flash_film([1.5], 4)
    done = courtside("stream", film, "--gateway", gateway.grpc, "--camera", "games/g/cameras/c", "--quiet",
                     "--pace", "realtime")
    assert done.returncode == 0, done.stderr
    assert [s["mediaOffset"] for s in last_shots(gateway, "g")] == pytest.approx([1.5], abs=0.16)
    assert metric(gateway, "courtside_frames_dropped_total") == 0
    assert metric(gateway, "courtside_windows_skipped_total") == 0


def test_probes_metrics_and_pages(gateway):
    for path, says in (("/livez", "ok"), ("/readyz", '"ready":true'), ("/metrics", "courtside_build_info"),
                       ("/", "Courtside overlay"), ("/overlay.js", "EventSource")):
        with urllib.request.urlopen(f"http://{gateway.http}{path}") as answer:
            assert says in answer.read().decode()


def test_the_gateway_measures_its_event_loop_lag(gateway):
    deadline = time.monotonic() + 20
    while not metric(gateway, "courtside_event_loop_lag_seconds_count"):
        assert time.monotonic() < deadline, "no measurement arrived"
        time.sleep(0.05)


def test_server_sent_events_replay_and_refuse_nonsense(gateway, flash_film):
    courtside("stream", flash_film([2.0], 5), "--gateway", gateway.grpc, "--camera", "games/g/cameras/c", "--quiet",
              "--mode", "film", "--pace", "max")
    with urllib.request.urlopen(f"http://{gateway.http}/v1/games/g/events?after=0", timeout=10) as stream:
        seen = []
        while len(seen) < 3:
            line = stream.readline().decode()
            if line.startswith("data: "):
                seen.append(json.loads(line.removeprefix("data: ")))
        assert [int(event["sequence"]) for event in seen] == [1, 2, 3]
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://{gateway.http}/v1/games/g/events?after=-1")
    assert refused.value.code == 400
    refused.value.close()


def test_sigterm_drains_and_exits_cleanly(gateway):
    assert gateway.stop() == 0
