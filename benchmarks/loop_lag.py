"""How late the gateway's event loop runs its timers while cameras stream live.

    python benchmarks/loop_lag.py FILM [--cameras 1,2,4] [--seconds 30] [--profile flight]

FILM is streamed at real time, over and over, as so many live cameras. The figures are quantiles of
``courtside_event_loop_lag_seconds``, linear within a bucket. The ratio is p99 with the most cameras over p99 with the
fewest. Aim: p99 of at most 20 ms with two cameras.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table
from serve import Serve, quantile


def measure(film: Path, cameras: int, seconds: float, profile: str) -> dict[str, float]:
    """Quantiles of the lag in ms, frames received and detector frames skipped with so many cameras."""
    with tempfile.TemporaryDirectory() as folder, Serve(Path(folder), 1, "--profile", profile) as serve:
        end = time.monotonic() + seconds
        streams = [serve.stream(film, f"c{index}") for index in range(cameras)]
        while time.monotonic() < end:
            time.sleep(0.2)
            for index, stream in enumerate(streams):
                if stream.poll() is not None:
                    streams[index] = serve.stream(film, f"c{index}")
        metrics = serve.metrics()
        for stream in streams:
            stream.terminate()
            stream.wait(20)
    lag = metrics["courtside_event_loop_lag_seconds_bucket"]
    return {
        **{f"p{share}": 1000 * quantile(lag, share / 100) for share in (50, 95, 99)},
        "frames": sum(sample.value for sample in metrics.get("courtside_frames_received_total", [])),
        "skipped": sum(sample.value for sample in metrics.get("courtside_windows_skipped_total", [])),
    }


def main() -> None:
    """Print one row per number of cameras."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("film", type=Path)
    parser.add_argument("--cameras", default="1,2")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--profile", default="flight")
    options = parser.parse_args()
    table = Table("cameras", "p50, ms", "p95, ms", "p99, ms", "frames received", "windows skipped",
                  title=f"event loop lag, {options.seconds:g} s, profile {options.profile}")
    worst = {}
    for cameras in sorted(int(count) for count in options.cameras.split(",")):
        found = measure(options.film, cameras, options.seconds, options.profile)
        worst[cameras] = found["p99"]
        table.add_row(str(cameras), *(f"{found[name]:.1f}" for name in ("p50", "p95", "p99")),
                      f"{found['frames']:.0f}", f"{found['skipped']:.0f}")
    console = Console(width=120)
    console.print(table)
    console.print(f"ratio of p99, {max(worst)} to {min(worst)} cameras: {worst[max(worst)] / worst[min(worst)]:.2f}")


if __name__ == "__main__":
    main()
