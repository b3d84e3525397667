"""A `courtside serve` process for one measurement, and what its metrics show."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
from prometheus_client.parser import text_string_to_metric_families


class Serve:
    """`courtside serve` on free ports; a context manager that ends the process.

    Args:
        folder: data folder.
        hop: samples of 0.3 s between two clip windows.
        flags: further flags of `courtside serve`.
    """

    def __init__(self, folder: Path, hop: int, *flags: str) -> None:
        command = [sys.executable, "-m", "courtside_client.cli", "serve", "--grpc", "127.0.0.1:0", "--http",
                   "127.0.0.1:0", "--data-dir", str(folder), "--hop", str(hop), "--log-level", "warning", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        addresses = json.loads(self.process.stdout.readline())
        self.grpc, self.http = addresses["grpc"], addresses["http"]

    def __enter__(self) -> Serve:
        """The running process."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait(30)

    def metrics(self) -> dict[str, list]:
        """All samples of /metrics by sample name."""
        with urllib.request.urlopen(f"http://{self.http}/metrics") as response:
            text = response.read().decode()
        out: dict[str, list] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                out.setdefault(sample.name, []).append(sample)
        return out

    def stream(self, film: Path, camera: str, *flags: str, game: str = "bench") -> subprocess.Popen:
        """Start `courtside stream` of a film as one camera; cameras of one game see the same shots."""
        return subprocess.Popen(
            [sys.executable, "-m", "courtside_client.cli", "stream", str(film), "--gateway", self.grpc,
             "--camera", f"games/{game}/cameras/{camera}", "--quiet", *flags],
            stdout=subprocess.DEVNULL,
        )


def quantile(buckets: list, share: float) -> float:
    """Quantile of a Prometheus histogram, linear within a bucket."""
    counts = sorted((float(s.labels["le"]), s.value) for s in buckets)
    rank, below, low = share * counts[-1][1], 0.0, 0.0
    for bound, count in counts:
        if count >= rank:
            return low if np.isinf(bound) else low + (bound - low) * (rank - below) / max(1e-9, count - below)
        below, low = count, bound
    return low
