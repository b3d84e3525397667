"""The gateway at saturation compared with a bare loop, and its latency with 1, 2 and 4 live cameras.

    python benchmarks/gateway.py [--film FILE] [--rounds 3] [--cameras 1 2 4] [--seconds 30]

Both sides do the same work on the same film, one after the other in each round: H.264 decoding, sampling, windows, and
the same model in ONNX Runtime with the same number of threads. The bare loop is one process without network, log or
events. The gateway is `courtside serve`, fed by `courtside stream` in a process of its own, so its figure includes the
transport. The ratio is the gateway's frames per second over those of the bare loop. Latency is measured from the
arrival of a window's last sample to the event being durable, on the server's monotonic clock.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import av
import cv2
import numpy as np
import onnxruntime
import psutil
from rich.console import Console
from rich.table import Table
from serve import Serve, quantile

from courtside_server.types import Frame, Sample
from courtside_server.windows.sampler import ClipSampler
from courtside_server.windows.scheduler import WindowScheduler
from courtside_sim import open_simulation

console = Console(width=120)


def make_film(path: Path, seconds: float, size: tuple[int, int], seed: int = 20100) -> Path:
    """A simulated game as an H.264 film without B-frames."""
    film = open_simulation(f"sim://{seed}", duration=seconds, width=size[0], height=size[1])
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "veryfast", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for _, bgr in film:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(bgr, format="bgr24")))
        container.mux(stream.encode())
    return path


def bare_loop(film: Path, model: Path, hop: int, threads: int) -> tuple[int, float]:
    """Frames decoded and seconds taken by the loop without a gateway."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    _, _, _, height, width = session.get_inputs()[0].shape
    sampler, scheduler = ClipSampler(width, height), WindowScheduler[Sample]("c", 0, hop)
    session.run(None, {"clip": np.zeros((1, 16, 3, height, width), np.uint8)})
    frames, started = 0, time.perf_counter()
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "SLICE"
        for decoded in container.decode(stream):
            planes = decoded.to_ndarray(format="yuv420p")
            media = float(decoded.pts * stream.time_base)
            frames += 1
            for sample in sampler.push(Frame("c", frames, media, media, media, 0, planes)):
                for window in scheduler.add(sample):
                    session.run(None, {"clip": np.stack([s.pixels for s in window.samples])[np.newaxis]})
    for window in scheduler.flush():
        session.run(None, {"clip": np.stack([s.pixels for s in window.samples])[np.newaxis]})
    return frames, time.perf_counter() - started


def through_gateway(film: Path, hop: int) -> float:
    """Seconds from the first packet to the end, without the start-up of the client."""
    with tempfile.TemporaryDirectory() as folder, Serve(Path(folder), hop, "--profile", "clip") as serve:
        client = serve.stream(film, "left", "--mode", "film", "--pace", "max", "--passthrough", "always")
        first = None
        while client.poll() is None:
            received = serve.metrics().get("courtside_frames_received_total", [])
            if first is None and received:
                first = time.perf_counter()
            time.sleep(0.01 if first is None else 0.05)
        if client.returncode or first is None:
            raise SystemExit(f"courtside stream failed with exit code {client.returncode}")
        return time.perf_counter() - first


def live(film: Path, cameras: int, seconds: float, hop: int) -> list[str]:
    """One table row: latency and cost of `cameras` live cameras that all play the same film."""
    with tempfile.TemporaryDirectory() as folder, Serve(Path(folder), hop, "--profile", "clip") as serve:
        process = psutil.Process(serve.process.pid)
        idle = process.memory_info().rss
        clients = [
            serve.stream(film, f"c{n}", "--pace", "realtime", "--loop", "--duration", str(seconds))
            for n in range(cameras)
        ]
        before, started = process.cpu_times(), time.perf_counter()
        peak = idle
        while any(c.poll() is None for c in clients):
            peak = max(peak, process.memory_info().rss)
            time.sleep(0.2)
        cpu, wall = process.cpu_times(), time.perf_counter() - started
        metrics = serve.metrics()
        buckets = [s for s in metrics.get("courtside_event_latency_seconds_bucket", []) if s.labels["kind"] == "shot"]
        total = lambda name: sum(s.value for s in metrics.get(name, []))  # noqa: E731
        busy = (cpu.user + cpu.system - before.user - before.system) / wall
        return [
            str(cameras), *(f"{1000 * quantile(buckets, q):.0f}" if buckets else "-" for q in (0.5, 0.95, 0.99)),
            f"{total('courtside_windows_scored_total'):.0f}", f"{total('courtside_windows_skipped_total'):.0f}",
            f"{total('courtside_frames_dropped_total'):.0f}", f"{100 * busy:.0f} %",
            f"{(peak - idle) / 2**20 / cameras:.0f} MiB",
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--film", type=Path)
    parser.add_argument("--model", type=Path, default=Path("model_repository/shot_clip/2/model.onnx"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--hop", type=int, default=1)
    parser.add_argument("--cameras", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    threads = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        film = options.film or make_film(Path(folder) / "film.mp4", 60, (1280, 720))
        rows = []
        for _ in range(options.rounds):
            frames, bare = bare_loop(film, options.model, options.hop, threads)
            rows.append((frames, frames / bare, frames / through_gateway(film, options.hop)))
        table = Table("round", "frames", "bare loop fps", "gateway fps", "ratio", title="Saturation")
        for index, (frames, bare, ours) in enumerate(rows):
            table.add_row(str(index + 1), str(frames), f"{bare:.1f}", f"{ours:.1f}", f"{ours / bare:.3f}")
        console.print(table)
        if rows:
            console.print(f"median ratio {statistics.median(ours / bare for _, bare, ours in rows):.3f}")
        rows = [live(film, cameras, options.seconds, options.hop) for cameras in options.cameras]
    table = Table("cameras", "p50 ms", "p95 ms", "p99 ms", "windows", "skipped", "dropped", "CPU", "memory/camera",
                  title=f"Live, {options.seconds:.0f} s each: from the last sample of a window to the durable event")
    for row in rows:
        table.add_row(*row)
    console.print(table)


if __name__ == "__main__":
    main()
