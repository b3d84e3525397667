"""The same film through the embedded engine and through the real Triton: the same events."""

import json
import subprocess
import sys
from pathlib import Path

import av
import pytest

from courtside_server.errors import EngineUnavailable
from courtside_server.inference.triton.process import TritonProcess, default_environment, prepare_environment
from courtside_sim import open_simulation

ROOT = Path(__file__).parents[2]


def analyze(*arguments):
    command = [sys.executable, "-m", "courtside_client.cli", "analyze", "--quiet", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def simulated_film(tmp_path_factory):
    """A shot at 3.8 s that has missed by 6.2 s, and a little of what follows."""
    path = tmp_path_factory.mktemp("film") / "game.mp4"
    with av.open(str(path), "w") as container:
        film = open_simulation("sim://20500", duration=8)
        stream = container.add_stream("libx264", rate=30, options={"preset": "ultrafast", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt = film.width, film.height, "yuv420p"
        for _, bgr in film:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(bgr, format="bgr24")))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="module", params=["clip", "flight"])
def profile(request):
    return request.param


@pytest.fixture(scope="module")
def arguments(simulated_film, tmp_path_factory, profile):
    # A threshold this low makes the model speak whatever it thinks of the film, so that there is much to compare.
    config = tmp_path_factory.mktemp("settings") / "courtside.toml"
    config.write_text("[shots.flight]\nthreshold = 0.02\nmin_support = 0.0\n")
    repository = ROOT / "model_repository"
    return (
        simulated_film, "--threshold", "0.02", "--repository", repository, "--profile", profile, "--config", config
    )


@pytest.fixture(scope="module")
def embedded(arguments):
    lines = analyze(*arguments)
    assert len(lines) >= 4 and any(line["lifecycle"] == "LIFECYCLE_CONFIRMED" for line in lines)
    return lines


def test_embedded_and_triton_give_the_same_events(arguments, embedded, tmp_path, profile):
    try:
        prepare_environment(default_environment())
    except EngineUnavailable as error:
        pytest.skip(f"no Triton environment on this machine: {error.message}")
    models = ["shot_clip"] if profile == "clip" else [
        "shot_clip", "court_detector", "shot_flight", "rim_result", "person_detector"
    ]
    with TritonProcess(ROOT / "model_repository", state=tmp_path, models=models, grpc_port=0) as triton:
        served = analyze(*arguments, "--engine", "triton", "--triton-url", triton.url)
    assert len(served) == len(embedded)
    for ours, theirs in zip(embedded, served, strict=True):
        assert (ours["eventId"], ours["revision"], ours["lifecycle"]) == (
            theirs["eventId"], theirs["revision"], theirs["lifecycle"]
        )
        assert theirs["mediaOffset"] == pytest.approx(ours["mediaOffset"], abs=1e-4)
        assert theirs["shot"]["zone"] == ours["shot"]["zone"]
        assert theirs["shot"]["probability"] == pytest.approx(ours["shot"]["probability"], abs=1e-4)
        assert theirs["shot"]["zoneProbabilities"] == pytest.approx(ours["shot"]["zoneProbabilities"], abs=1e-4)


def test_the_same_film_gives_the_same_lines(arguments, embedded):
    assert analyze(*arguments) == embedded
