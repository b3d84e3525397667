"""How fast `courtside analyze` is: with every detector frame seen whole, and with every other in parts, as by default.

    python benchmarks/analyze.py FILM... [--rounds 1]

Both ways run in turn, film by film, each in a process of its own; start-up counts. Times real time is the films' length
over the time taken. CPU seconds are those of the process per second of film, all threads together. The ratio is CPU
with parts over CPU with whole frames. Aim: three times real time for 720p at 30 fps on two idle cores.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import av
from rich.console import Console
from rich.table import Table

WAYS = {"whole frames": "[tracking.film_regions]\nwhole_fps = 120\n", "parts": ""}
"""Settings of each way, TOML."""


def seconds_of(film: Path) -> float:
    """Length of a film."""
    with av.open(str(film)) as container:
        return float(container.duration or 0) / av.time_base


def analyze(film: Path, settings: Path) -> tuple[float, float, int]:
    """Analyze a film; returns real seconds, CPU seconds and confirmed shots."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "courtside_client.cli", "analyze", str(film), "--config", str(settings), "--quiet"],
        capture_output=True, text=True, check=True,
    )
    real, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    last = {event["eventId"]: event for event in map(json.loads, done.stdout.splitlines()) if "shot" in event}
    shots = sum(event.get("lifecycle", "").endswith("CONFIRMED") for event in last.values())
    return real, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, shots


def main() -> None:
    """Print one row for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", nargs="+", type=Path, metavar="FILM")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    with tempfile.TemporaryDirectory() as folder:
        for name, text in WAYS.items():
            (Path(folder) / f"{name}.toml").write_text(text, "utf-8")
        for _ in range(options.rounds):
            for film in options.films:
                for name in WAYS:
                    for column, value in enumerate(analyze(film, Path(folder) / f"{name}.toml")):
                        sums[name][column] += value
    length = sum(map(seconds_of, options.films)) * options.rounds
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    table = Table(
        "detector sees", "times real time", "CPU s/film s", "confirmed shots",
        title=f"courtside analyze, {length:.0f} s of film, {os.cpu_count()} cores, load {load}",
    )  # fmt: skip
    for name, (real, cpu, shots) in sums.items():
        table.add_row(name, f"{length / real:.2f}", f"{cpu / length:.3f}", f"{shots / options.rounds:g}")
    console = Console(width=110)
    console.print(table)
    console.print(f"CPU ratio: {sums['parts'][1] / sums['whole frames'][1]:.2f}")


if __name__ == "__main__":
    main()
