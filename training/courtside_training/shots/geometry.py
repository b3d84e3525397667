"""Fixed sizes of the shot models: windows, images, zones, and the splits of simulated games."""

from __future__ import annotations

SAMPLES = 16
"""Samples of a window."""
STRIDE_S = 0.3
"""Seconds between two samples."""
HEIGHT, WIDTH = 144, 256
"""Size of an image, pixels."""
MIDDLE = (4, 11)
"""First and last sample in which a release counts (source system: the middle eight)."""
THRESHOLD = 0.8
"""Shot probability from which a window counts (source system)."""

ZONE_LABELS: tuple[str, ...] = (
    "PAINT_EXTENDED",
    "LEFT_MID_RANGE",
    "MIDDLE_MID_RANGE",
    "RIGHT_MID_RANGE",
    "LEFT_WING_THREE_POINTER",
    "MIDDLE_THREE_POINTER",
    "RIGHT_WING_THREE_POINTER",
)
"""Zones in the order of the model's output (source system); `courtside_sim.ZONES` has the same names and order."""

MIRRORED_ZONE: tuple[int, ...] = (0, 3, 2, 1, 6, 5, 4)
"""Index of each zone after the image is mirrored."""

SPLITS: dict[str, tuple[int, int]] = {
    "train": (0, 10_000),
    "validation": (10_000, 11_000),
    "test": (20_000, 30_000),
}
"""First seed of the simulated games of each split, and one past the last."""
