"""Films through the running service at real time: frames received, frames dropped, clip windows scored.

    python benchmarks/films.py FILM...

The ratio is frames received by the gateway over frames in the films.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import av
from rich.console import Console
from rich.table import Table
from serve import Serve


def frames_in(film: Path) -> int:
    """Number of frames that decoding the whole film gives."""
    with av.open(str(film)) as container:
        return sum(1 for _ in container.decode(video=0))


def main() -> None:
    films = [Path(name) for name in sys.argv[1:]]
    if not films:
        raise SystemExit(__doc__)
    table = Table("film", "size", "codec", "sent as", "frames", "received", "decoded", "dropped", "windows", "skipped",
                  "seconds", title="Real time through courtside serve, clip windows every 0.3 s")
    frames = received = 0
    with tempfile.TemporaryDirectory() as folder, Serve(Path(folder), 1, "--profile", "clip") as serve:
        for index, film in enumerate(films):
            with av.open(str(film)) as container:
                stream = container.streams.video[0]
                context = stream.codec_context
                size, codec = f"{context.width}x{context.height}", context.name
                codec += " with B-frames" if context.has_b_frames else ""
            name = f"games/bench/cameras/c{index}"
            done = subprocess.run(
                [sys.executable, "-m", "courtside_client.cli", "stream", str(film), "--gateway", serve.grpc, "--camera",
                 name], capture_output=True, text=True, check=True,
            )
            summary = done.stderr.strip().splitlines()[-1]
            numbers = {words.split()[1]: words.split()[0] for words in summary.split(" in ")[0].split(", ")}
            metrics = serve.metrics()

            def total(metric: str, name: str = name, metrics: dict = metrics) -> int:
                return int(sum(s.value for s in metrics.get(metric, []) if s.labels.get("camera") == name))

            untouched = codec in ("h264", "hevc")
            frames += frames_in(film)
            received += total("courtside_frames_received_total")
            table.add_row(
                film.name, size, codec, "own packets" if untouched else "h264 re-encoded", str(frames_in(film)),
                str(total("courtside_frames_received_total")), numbers.get("decoded", "?"),
                str(total("courtside_frames_dropped_total")), str(total("courtside_windows_scored_total")),
                str(total("courtside_windows_skipped_total")), summary.rsplit(" in ", 1)[1],
            )
    console = Console(width=170)
    console.print(table)
    console.print(f"ratio of frames received to frames in the films: {received / max(1, frames):.4f}")


if __name__ == "__main__":
    main()
