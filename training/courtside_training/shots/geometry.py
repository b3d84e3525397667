"""The shot clip model's fixed sizes: what a window is, how large its pictures are, how its zones are called."""

from __future__ import annotations

from courtside.court.zones import ZONES

SAMPLES = 16
"""Samples a window."""
STRIDE_S = 0.3
"""Seconds between two samples."""
HEIGHT, WIDTH = 144, 256
"""Picture size in pixels."""
MIDDLE = (4, 11)
"""First and last sample in which a release counts (source system: the middle eight)."""
THRESHOLD = 0.8
"""Shot probability from which a window counts (source system)."""

ZONE_LABELS: tuple[str, ...] = tuple(zone.name for zone in ZONES)
"""Zones in the order of the model's output (source system)."""

MIRRORED_ZONE: tuple[int, ...] = (0, 3, 2, 1, 6, 5, 4)
"""Zone index after the picture was flipped left to right."""

SPLITS: dict[str, tuple[int, int]] = {
    "train": (0, 10_000),
    "validation": (10_000, 11_000),
    "test": (20_000, 30_000),
}
"""First and one-past-last simulation seed of each split."""
