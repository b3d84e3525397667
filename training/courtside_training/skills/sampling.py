"""Selection of a film's stored frames for a model: how many, and uniform, random or the first ones."""

from __future__ import annotations

import numpy as np

SAMPLINGS = ("uniform", "random", "first")
"""Names of the samplings; see `choose`."""


def choose(
    stored: int, frames: int, sampling: str, rng: np.random.Generator | None = None, view: float = 0.5
) -> np.ndarray:
    """Choose stored frames.

    Args:
        stored: number of stored frames, uniformly spaced over the film.
        frames: number of frames to choose, at most `stored`.
        sampling: "uniform" takes one frame from each of `frames` equal parts, "random" takes any frames, "first" takes
            consecutive frames from the start.
        rng: required by "random". With it, "uniform" takes a random frame of each part (for training).
        view: for "uniform" without `rng`, the position in each part, 0 to below 1. Test-time views differ in it.

    Returns:
        Indices (frames,) in ascending order.

    Raises:
        ValueError: more frames than stored, an unknown sampling, or "random" without `rng`.
    """
    if not 1 <= frames <= stored:
        raise ValueError(f"cannot take {frames} of {stored} frames")
    if sampling == "first":
        return np.arange(frames)
    if sampling == "random":
        if rng is None:
            raise ValueError("random sampling needs a generator")
        return np.sort(rng.choice(stored, frames, replace=False))
    if sampling != "uniform":
        raise ValueError(f"unknown sampling {sampling!r}: use one of {', '.join(SAMPLINGS)}")
    offset = rng.random(frames) if rng is not None else np.full(frames, view)
    return np.floor((np.arange(frames) + offset) * stored / frames + 1e-9).astype(np.int64)


def views(stored: int, frames: int, count: int) -> list[np.ndarray]:
    """The index arrays of `count` test-time views: uniform sampling at evenly shifted positions in each part."""
    return [choose(stored, frames, "uniform", view=(index + 0.5) / count) for index in range(count)]
