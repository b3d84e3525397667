"""How long one window takes under ONNX Runtime on this machine."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from courtside_training.shots.geometry import HEIGHT, SAMPLES, WIDTH
from courtside_training.shots.onnx_model import onnx_model


def milliseconds(path: Path, threads: int, repeats: int = 20) -> float:
    """Median milliseconds for one window, batch 1, after warming up."""
    model = onnx_model(path, threads)
    clip = np.random.default_rng(0).integers(0, 256, (1, SAMPLES, 3, HEIGHT, WIDTH), np.uint8)
    times = []
    for index in range(repeats + 3):
        begin = time.perf_counter()
        model(clip)
        if index >= 3:
            times.append(time.perf_counter() - begin)
    return float(np.median(times)) * 1000


def measure(path: Path) -> dict[str, float]:
    """Milliseconds with one thread and with two, and the machine's cores."""
    return {"1 thread, ms": milliseconds(path, 1), "2 threads, ms": milliseconds(path, 2), "cores": os.cpu_count() or 1}
