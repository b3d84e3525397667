"""Fixed sizes of the shot models: windows, images and zones."""

from __future__ import annotations

from courtside.court.zones import ZONES

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

ZONE_LABELS: tuple[str, ...] = tuple(zone.name for zone in ZONES)
"""Zones in the order of the model's output (source system)."""

MIRRORED_ZONE: tuple[int, ...] = (0, 3, 2, 1, 6, 5, 4)
"""Index of each zone after the image is mirrored."""
