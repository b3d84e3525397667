"""Which of a film's stored frames a model sees: how many, and uniformly, at random or from the first part."""

from __future__ import annotations

import numpy as np

SAMPLINGS = ("uniform", "random", "first")


def choose(
    stored: int, frames: int, sampling: str, rng: np.random.Generator | None = None, view: float = 0.5
) -> np.ndarray:
    """Indices (frames,) of stored frames, rising.

    Args:
        stored: frames there are, uniformly spaced over the film.
        frames: wanted, at most as many.
        sampling: "uniform" takes one out of each of `frames` equal parts, "random" any, "first" consecutive ones from
            the start, so the first share of the film only.
        rng: needed by "random"; with it "uniform" takes a random one of each part (for training).
        view: for "uniform" without rng, the place in each part, 0 to below 1: test-time views differ in it.
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
    place = rng.random(frames) if rng is not None else np.full(frames, view)
    return np.floor((np.arange(frames) + place) * stored / frames + 1e-9).astype(np.int64)


def views(stored: int, frames: int, count: int) -> list[np.ndarray]:
    """The index sets of `count` test-time views: the same sampling, shifted evenly within each part."""
    return [choose(stored, frames, "uniform", view=(index + 0.5) / count) for index in range(count)]
