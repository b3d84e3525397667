"""How many live 720p cameras the default profile carries: recall, CPU and memory at each load, beside a bare loop.

    python benchmarks/load.py [--cameras 1,2,4,6] [--games 4] [--seconds 30] [--films FOLDER]

Simulated games, each from its own camera, are streamed at real time to `courtside serve`. Every load plays every game:
with one camera one after another, with two in pairs, and so on; with more cameras than games some are played twice. The
recall is that of confirmed shots against the truth of the simulation (0.3 s), of shots released between the first and
the last second. CPU seconds are those of the gateway's process per second of film, from the first frame to the last.
The bare loop decodes the same films, scales the frames that the detector gets, and runs the detector on the whole of
each, on one thread per core; the gateway's detector sees many of them only in part. The ratios are recall over that
with the fewest cameras, and CPU over the bare loop's. Aims: recall of 0.95 with two cameras and 0.9 with four; CPU at
most 0.8 times the bare loop's.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import av
import cv2
import numpy as np
import onnxruntime
import psutil
from accuracy.scores import ShotScores, score
from gateway import make_film
from rich.console import Console
from rich.table import Table
from serve import Serve

from courtside_server.events.sqlite import SqliteLog
from courtside_server.letterbox import letterbox
from courtside_server.packaged import starter_models
from courtside_server.perception.detector import GREY
from courtside_server.perception.frame_sampler import Pace
from courtside_server.types import CameraState, CameraStatus, Event, Lifecycle, Shot
from courtside_sim import open_simulation

SIZE = (384, 640)
"""Height and width of the detector's picture of a 16:9 film."""
FIRST_HELD_OUT_SEED = 20_012
"""Models are trained on smaller seeds than 20,000."""


@dataclass
class Game:
    """A simulated game as a film, and its true releases, seconds."""

    film: Path
    releases: list[float]


@dataclass
class Load:
    """What was measured with so many cameras; sums over the rounds."""

    scores: ShotScores = field(default_factory=lambda: ShotScores(0, 0, 0, ()))
    film_seconds: float = 0.0
    cpu_seconds: float = 0.0
    detector_frames: float = 0.0
    skipped: float = 0.0
    timeouts: float = 0.0
    degraded: int = 0
    memory: float = 0.0
    """Largest resident memory above that of the idle gateway, bytes."""


def make_games(count: int, seconds: float, folder: Path) -> list[Game]:
    """The first so many held-out games; films that are in the folder already are used again."""
    games = []
    for seed in range(FIRST_HELD_OUT_SEED, FIRST_HELD_OUT_SEED + count):
        film = folder / f"{seed}-{seconds:g}.mp4"
        if not film.exists():
            part = film.with_suffix(".part.mp4")
            make_film(part, seconds, (1280, 720), seed)
            part.rename(film)
        shots = open_simulation(f"sim://{seed}", duration=seconds, width=1280, height=720).shots
        games.append(Game(film, [shot.release_time for shot in shots if 1 < shot.release_time < seconds - 1]))
    return games


def play(games: list[Game], seconds: float, load: Load) -> None:
    """One round: every game is streamed by a camera of its own at the same time."""
    with tempfile.TemporaryDirectory() as folder:
        with Serve(Path(folder), 1) as serve:
            process = psutil.Process(serve.process.pid)
            idle, before = process.memory_info().rss, process.cpu_times()
            clients = [serve.stream(game.film, "c", game=f"g{number}") for number, game in enumerate(games)]
            while any(client.poll() is None for client in clients):
                load.memory = max(load.memory, process.memory_info().rss - idle)
                time.sleep(0.2)
            if any(client.returncode for client in clients):
                raise SystemExit("courtside stream failed")
            after, metrics = process.cpu_times(), serve.metrics()
        log = SqliteLog(Path(folder) / "events.sqlite3")
        events = [log.read(f"games/g{number}", 0, 100_000) for number in range(len(games))]
        log.close()
    load.film_seconds += seconds * len(games)
    load.cpu_seconds += after.user + after.system - before.user - before.system
    for game, own in zip(games, events, strict=True):
        found = [time for time in confirmed(own) if 1 < time < seconds - 1]
        load.scores += score(found, game.releases)
        load.degraded += any(
            isinstance(event.payload, CameraStatus) and event.payload.state is CameraState.DEGRADED for event in own
        )
    for sample in metrics.get("courtside_inference_requests_total", []):
        load.detector_frames += sample.value * (sample.labels["model"] == "court_detector")
        load.timeouts += sample.value * (sample.labels["code"] != "OK")
    load.skipped += sum(sample.value for sample in metrics.get("courtside_windows_skipped_total", []))


def confirmed(events: list[Event]) -> list[float]:
    """Release times of the shots that were confirmed last, seconds."""
    last = {event.event_id: event for event in events if isinstance(event.payload, Shot)}
    return [event.media_offset for event in last.values() if event.lifecycle is Lifecycle.CONFIRMED]


def bare_cpu(games: list[Game], fps: float) -> float:
    """CPU seconds of the bare loop: decode, scale, and the detector at ``fps``; games shared among the cores."""
    path = max((starter_models() / "court_detector").glob("*/model.onnx"), key=lambda path: int(path.parent.name))
    waiting = list(games)

    def work() -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        height, width = SIZE
        while True:
            try:
                game = waiting.pop()
            except IndexError:
                return
            pace = Pace(fps)
            with av.open(str(game.film)) as container:
                for decoded in container.decode(video=0):
                    media = float(decoded.pts * decoded.time_base)
                    if pace.is_due(media):
                        pace.take(media)
                        pixels = letterbox(decoded.to_ndarray(format="yuv420p"), width, height, GREY).pixels
                        session.run(None, {"image": pixels[np.newaxis]})

    cv2.setNumThreads(1)
    begin = time.process_time()
    threads = [threading.Thread(target=work) for _ in range(os.cpu_count() or 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.process_time() - begin


def main() -> None:
    """Print one row per load."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", default="1,2,4,6")
    parser.add_argument("--games", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--films", type=Path, help="folder that keeps the films for the next run")
    options = parser.parse_args()
    console = Console(width=175)
    table = Table(
        "cameras", "true shots", "found", "recall", "precision", "recall ratio", "detector fps", "skipped", "failed",
        "degraded", "CPU s/film s", "bare loop", "CPU ratio", "memory/camera",
        title=f"live 720p cameras, default profile, {options.games} games of {options.seconds:g} s, "
        f"{os.cpu_count()} cores",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.films or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        games = make_games(options.games, options.seconds, folder)
        first = None
        for cameras in sorted(int(count) for count in options.cameras.split(",")):
            load, rounds = Load(), -(-len(games) // cameras)
            for turn in range(rounds):
                chosen = [games[(turn * cameras + number) % len(games)] for number in range(cameras)]
                play(chosen, options.seconds, load)
            fps = load.detector_frames / load.film_seconds
            bare = bare_cpu(games, fps) / (len(games) * options.seconds)
            own = load.cpu_seconds / load.film_seconds
            first = load.scores.recall if first is None else first
            table.add_row(
                str(cameras), str(load.scores.actual), str(load.scores.found), f"{load.scores.recall:.2f}",
                f"{load.scores.precision:.2f}", f"{load.scores.recall / max(first, 1e-9):.2f}", f"{fps:.1f}",
                f"{load.skipped:.0f}", f"{load.timeouts:.0f}", f"{load.degraded}", f"{own:.3f}", f"{bare:.3f}",
                f"{own / bare:.2f}", f"{load.memory / 2**20 / cameras:.0f} MiB",
            )  # fmt: skip
    console.print(table)


if __name__ == "__main__":
    main()
