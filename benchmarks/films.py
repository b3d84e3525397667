"""Films through the running service at real time: is every frame received, nothing dropped, every window scored?

python benchmarks/films.py FILM...
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import av
from gateway import Serve
from rich.console import Console
from rich.table import Table


def frames_in(film: Path) -> int:
    """Frames that decoding the whole film gives."""
    with av.open(str(film)) as container:
        return sum(1 for _ in container.decode(video=0))


def main() -> None:
    films = [Path(name) for name in sys.argv[1:]]
    if not films:
        raise SystemExit(__doc__)
    table = Table("film", "size", "codec", "sent as", "frames", "received", "ring", "dropped", "windows", "skipped",
                  "seconds", title="Real time through courtside serve, hop 0.3 s")
    with tempfile.TemporaryDirectory() as folder, Serve(Path(folder), 1) as serve:
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
            said = done.stderr.strip().splitlines()[-1]
            numbers = {words.split()[1]: words.split()[0] for words in said.split(" in ")[0].split(", ")}
            metrics = serve.metrics()

            def total(metric: str, name: str = name, metrics: dict = metrics) -> str:
                return f"{sum(s.value for s in metrics.get(metric, []) if s.labels.get('camera') == name):.0f}"

            untouched = codec in ("h264", "hevc")
            table.add_row(
                film.name, size, codec, "own packets" if untouched else "h264 re-encoded", str(frames_in(film)),
                total("courtside_frames_received_total"), numbers.get("decoded", "?"),
                total("courtside_frames_dropped_total"), total("courtside_windows_scored_total"),
                total("courtside_windows_skipped_total"), said.rsplit(" in ", 1)[1],
            )
    Console(width=170).print(table)


if __name__ == "__main__":
    main()
