"""The splits of simulated games by seed; no two systems share a game across splits."""

from __future__ import annotations

SPLITS: dict[str, tuple[int, int]] = {
    "train": (0, 10_000),
    "validation": (10_000, 11_000),
    "test": (20_000, 30_000),
}
"""First seed of the simulated games of each split, and one past the last."""
