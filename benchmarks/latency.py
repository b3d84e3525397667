"""Latency of live shots: from the release to the first event, and from the ball at the rim to the result.

    python benchmarks/latency.py [FILM...] [--games 4] [--seconds 60] [--seed 21000]

Films and simulated games are streamed at real time, one camera at a time, into `courtside serve` with its default
profile. Each event is stamped when `courtside watch` prints it, so the latency includes camera, gateway and subscriber,
all on this machine. The moment the ball passes the rim is known for simulated games only. Slow-motion film cannot be
measured. The ratio is shots that were kept (not retracted) over all shots announced.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from serve import Serve

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from accuracy.games import write_game

SAME_S = 0.3
"""An event and a true release within this many seconds are the same shot."""


@dataclass
class ShotTimes:
    """When the events of one shot arrived, Unix seconds.

    Attributes:
        release: Release time in the last revision.
        media: The same release on the film's clock, media seconds.
        first: Arrival of the first event.
        result: Arrival of the first event with a result; None before it.
        kept: Whether the shot was not retracted.
    """

    release: float = 0.0
    media: float = 0.0
    first: float = 0.0
    result: float | None = None
    kept: bool = True


@dataclass
class Latencies:
    """Latencies of one film, seconds.

    Attributes:
        provisional: From each release to its first event.
        result: From the ball at the rim to each result.
        shots: Number of shots kept.
        retracted: Number of shots retracted.
    """

    provisional: list[float] = field(default_factory=list)
    result: list[float] = field(default_factory=list)
    shots: int = 0
    retracted: int = 0


class Watch:
    """A `courtside watch` process whose lines are stamped as they arrive."""

    def __init__(self, grpc: str) -> None:
        command = [sys.executable, "-m", "courtside_client.cli", "watch", "--gateway", grpc, "--game", "bench",
                   "--after", "0", "--format", "jsonl"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.shots: dict[str, ShotTimes] = {}
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            now, event = time.time(), json.loads(line)
            if "shot" not in event:
                continue
            one = self.shots.setdefault(event["eventId"], ShotTimes(first=now))
            one.release = _unix(event["eventTime"])
            one.media = event["mediaOffset"]
            one.kept = event["lifecycle"] != "LIFECYCLE_RETRACTED"
            result = event["shot"].get("result", "").removeprefix("SHOT_RESULT_")
            if one.result is None and result in ("MADE", "MISSED"):
                one.result = now

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait(10)
        self._thread.join(10)


def _unix(stamp: str) -> float:
    return datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()


def measure(film: Path, truth: tuple) -> Latencies:
    """Stream one film; ``truth`` has the true shots of a simulated game, or is empty."""
    out = Latencies()
    with tempfile.TemporaryDirectory() as folder, Serve(Path(folder), 1) as serve:
        watch = Watch(serve.grpc)
        serve.stream(film, "c").wait()
        time.sleep(1.0)
        watch.close()
    for one in watch.shots.values():
        out.retracted += not one.kept
        if not one.kept:
            continue
        out.shots += 1
        out.provisional.append(one.first - one.release)
        near = [shot for shot in truth if abs(shot.release_time - one.media) <= SAME_S]
        if near and one.result is not None:
            decided = one.release + near[0].result_time - one.media
            out.result.append(one.result - decided)
    return out


def _spread(values: list[float]) -> str:
    if not values:
        return "-"
    middle, late, worst = np.percentile(values, [50, 90, 100])
    return f"{middle:.2f} / {late:.2f} / {worst:.2f} ({len(values)})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("films", nargs="*", type=Path)
    parser.add_argument("--games", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=21_000)
    options = parser.parse_args()
    table = Table("film", "shots", "retracted", "release to first event, s", "rim to result, s",
                  title="Live, default profile: median / 90 % / worst (shots)")
    provisional, result, kept, announced = [], [], 0, 0
    with tempfile.TemporaryDirectory() as folder:
        films = [(film, film.name, ()) for film in options.films]
        for seed in range(options.seed, options.seed + options.games):
            path = Path(folder) / f"{seed}.mp4"
            kind, shots = write_game(path, seed, options.seconds)
            films.append((path, f"game {seed}, {kind}", shots))
        for film, name, truth in films:
            one = measure(film, truth)
            table.add_row(name, str(one.shots), str(one.retracted), _spread(one.provisional), _spread(one.result))
            provisional, result = provisional + one.provisional, result + one.result
            kept, announced = kept + one.shots, announced + one.shots + one.retracted
    table.add_row("all", "", "", _spread(provisional), _spread(result))
    console = Console(width=140)
    console.print(table)
    console.print(f"ratio of shots kept to shots announced: {kept / announced if announced else np.nan:.3f}")


if __name__ == "__main__":
    main()
