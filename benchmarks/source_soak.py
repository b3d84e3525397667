"""A camera that is killed again and again: what arrives, how often the client reconnects, and whether memory is flat.

    python benchmarks/source_soak.py [--minutes 30] [--kill-every 60] [--down 5] [--size 640x360] [--fps 15]
        [--profile clip] [--csv FILE]

An RTSP server of its own process is killed (SIGKILL) and started again on the same port; `courtside stream` and
`courtside serve` run all the while. At the end it prints the frames that the server has sent, those that the client has
read and sent, those that the gateway has received, decoded and dropped, how often the source was lost and the gateway
reconnected, and the resident memory of client and gateway: after the first third of the run, at the end, and its slope
between (least squares). The exit code is 1 where either process died, or where no frame was received between two kills.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table
from rtsp_camera import RtspCamera, coded_pictures
from serve import Serve

CAMERA = "games/soak/cameras/rtsp"
WARM_UP = 1 / 3
"""Share of the run, which is not counted, until allocators and caches of both processes have their size."""
SAMPLE_S = 2.0
"""Seconds between two readings of the memory."""
MIB = 2**20


def serve_camera(port: int, size: tuple[int, int], fps: float, sent: Any) -> None:
    """Body of the server's process: an RTSP server that counts the pictures it has sent in shared memory."""
    units = coded_pictures(round(4 * fps), size, gop=round(2 * fps))
    RtspCamera([{}], port=port, fps=fps, units=units, sent=sent)
    threading.Event().wait()


class Camera:
    """The server's process, which can be killed and started again on the same port."""

    def __init__(self, port: int, size: tuple[int, int], fps: float) -> None:
        self._context = multiprocessing.get_context("spawn")
        self.sent = self._context.Value("Q", 0)
        self._arguments = (port, size, fps, self.sent)
        self.start()

    def start(self) -> None:
        """Start it again."""
        self._process = self._context.Process(target=serve_camera, args=self._arguments, daemon=True)
        self._process.start()

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        self._process.kill()
        self._process.join()


class Client:
    """`courtside stream`, and its newest report."""

    def __init__(self, url: str, gateway: str) -> None:
        command = [sys.executable, "-m", "courtside_client.cli", "stream", url, "--gateway", gateway,
                   "--camera", CAMERA, "--format", "jsonl"]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.report: dict[str, Any] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.report = json.loads(line)

    def stop(self) -> None:
        """End it as Ctrl-C does, and wait until everything is processed."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        self._reader.join(10)


def slope(samples: list[tuple[float, float, float]], column: int) -> float:
    """MiB per hour, by least squares, after the warm-up (the first third)."""
    steady = np.array([(sample[0], sample[column]) for sample in samples[round(len(samples) * WARM_UP) :]])
    return float(np.polyfit(steady[:, 0] / 3600, steady[:, 1], 1)[0]) if len(steady) > 2 else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--kill-every", type=float, default=60, metavar="SECONDS")
    parser.add_argument("--down", type=float, default=5, metavar="SECONDS", help="From the kill to the next start.")
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--fps", type=float, default=15)
    parser.add_argument("--profile", default="clip", help="That of the gateway; flight needs a core of its own.")
    parser.add_argument("--csv", type=Path, help="Write every reading of the memory here.")
    options = parser.parse_args()
    width, height = (int(side) for side in options.size.split("x"))
    with RtspCamera([{}]) as probe:
        port = probe.port
    samples: list[tuple[float, float, float]] = []  # seconds, MiB of the client, MiB of the gateway
    kills = back = 0
    camera = Camera(port, (width, height), options.fps)
    try:
        with tempfile.TemporaryDirectory() as folder, Serve(Path(folder), 8, "--profile", options.profile) as gateway:
            client = Client(f"rtsp://127.0.0.1:{port}/cam", gateway.grpc)
            processes = [psutil.Process(client.process.pid), psutil.Process(gateway.process.pid)]
            began = time.monotonic()
            next_kill, next_start, at_kill = options.kill_every, float("inf"), 0
            while (now := time.monotonic() - began) < 60 * options.minutes:
                if client.process.poll() is not None or gateway.process.poll() is not None:
                    raise SystemExit(f"after {now:.0f} s a process was gone: client {client.process.poll()}, "
                                     f"gateway {gateway.process.poll()}")  # fmt: skip
                if now >= next_kill:
                    camera.kill()
                    kills, back = kills + 1, back + (client.report.get("received", 0) > at_kill)
                    at_kill = client.report.get("received", 0)
                    next_kill, next_start = now + options.kill_every, now + options.down
                if now >= next_start:
                    camera.start()
                    next_start = float("inf")
                samples.append((now, *(process.memory_info().rss / MIB for process in processes)))
                time.sleep(SAMPLE_S)
            client.stop()
            metrics, report = gateway.metrics(), client.report
            gateway_received = sum(s.value for s in metrics.get("courtside_frames_received_total", []))
            seconds = time.monotonic() - began
    finally:
        camera.kill()
    if options.csv:
        with options.csv.open("w", newline="") as file:
            csv.writer(file).writerows([("seconds", "client_mib", "gateway_mib"), *samples])
    table = Table("figure", "value", title=f"{seconds / 60:.1f} min, killed {kills} times, {options.size} at "
                  f"{options.fps:g} fps, profile {options.profile}")  # fmt: skip
    table.add_row("frames sent by the camera", str(camera.sent.value))
    table.add_row("read and sent by the client", f"{report['read']} and {report['sent']}")
    table.add_row("received and decoded by the gateway", f"{gateway_received:.0f} and {report['decoded']}")
    table.add_row("dropped, damaged, not sent, lost",
                  f"{sum(report['dropped'].values())}, {report['damaged']}, {report['unsent']}, {report['lost']}")
    table.add_row("source lost and opened again", str(report["source_losses"]))
    table.add_row("kills before which frames were received", f"{back} of {kills}")
    table.add_row("gateway connections made again after a failure", str(report["reconnects"]))
    for column, name in ((1, "client"), (2, "gateway")):
        readings = [sample[column] for sample in samples[round(len(samples) * WARM_UP) :]]
        table.add_row(f"memory of the {name}: first, last, slope",
                      f"{readings[0]:.1f} MiB, {readings[-1]:.1f} MiB, {slope(samples, column):+.2f} MiB/h")
    Console(width=120).print(table)
    if back < kills:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
