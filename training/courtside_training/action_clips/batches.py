"""Examples of an epoch as batches: with or without twins, drawn by natural or balanced class shares."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from courtside_training.action_clips.augment import TWINS, rare_classes, twin, vary
from courtside_training.action_clips.classes import LABELS
from courtside_training.action_clips.clips import Clips
from courtside_training.action_clips.points import moved

BALANCE = {"natural": 0.0, "root": 0.5, "balanced": 1.0}
"""Balancing exponent by name of a sampling: a class is drawn in proportion to its size to the power 1 - exponent."""

TWIN_STRENGTH = (0.1, 0.6)
"""Range of the strength of twins when clips are also varied at random."""

Examples = NDArray[np.int64]
"""(M, 2): clip index and twin index."""
Batch = tuple[Tensor, Tensor, Tensor | None]
"""Clips uint8 (B, 16, 3, H, W), classes int64 (B,), and points float32 (B, 16, 18, 3), or None if unknown."""


def examples(labels: NDArray[np.int64], chosen: NDArray[np.int64], twins: bool) -> Examples:
    """The clips `chosen`. With `twins`, also the four changed copies of each clip of a class that is rare in them."""
    plain = np.stack([chosen, np.zeros_like(chosen)], 1)
    if not twins:
        return plain
    rare = chosen[np.isin(labels[chosen], rare_classes(labels[chosen]))]
    copies = [np.stack([rare, np.full_like(rare, which)], 1) for which in range(1, len(TWINS))]
    return np.concatenate([plain, *copies])


def class_shares(labels: NDArray[np.int64], balance: float = 0.0) -> NDArray[np.float64]:
    """(10,) share of each class among `labels`, balanced with the exponent `balance`; 0 for absent classes."""
    counts = np.bincount(labels, minlength=len(LABELS)).astype(float)
    weights = np.where(counts > 0, counts ** (1.0 - balance), 0.0)
    return weights / weights.sum()


def draw(labels: NDArray[np.int64], count: int, balance: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """(count,) indices into `labels`. Class shares are balanced; every clip of a class is drawn about equally often."""
    wanted = rng.multinomial(count, class_shares(labels, balance))
    drawn = []
    for label, number in enumerate(wanted):
        indices = np.flatnonzero(labels == label)
        if number:
            rounds = -(-number // len(indices))
            drawn.append(np.concatenate([rng.permutation(indices) for _ in range(rounds)])[:number])
    return rng.permutation(np.concatenate(drawn))


def to_tensor(clips: list[NDArray[np.uint8]]) -> Tensor:
    """Clips (16, H, W, 3) as one uint8 (B, 16, 3, H, W) tensor."""
    return torch.from_numpy(np.stack(clips).transpose(0, 1, 4, 2, 3).copy())


def batches(
    clips: Clips, chosen: Examples, size: int, rng: np.random.Generator, varied: bool
) -> Iterator[Batch]:
    """Batches of `chosen` in order; the last one may be smaller.

    Args:
        clips: the data set.
        chosen: examples in the order of the batches.
        size: examples per batch.
        rng: source of the random changes.
        varied: whether to make random changes.
    """
    for start in range(0, len(chosen), size):
        part = chosen[start : start + size]
        drawn, points = [], []
        for index, which in part:
            # The published copies are rotated so far that they resemble few real clips; a weaker change helps more.
            strength = float(rng.uniform(*TWIN_STRENGTH)) if varied else 1.0
            clip, turned = twin(clips.read(int(index)), int(which), strength)
            clip, reframed = vary(clip, rng) if varied else (clip, np.eye(2, 3))
            drawn.append(clip)
            if clips.points is not None:
                points.append(moved(moved(clips.points[index].astype(np.float32), turned), reframed))
        known = torch.from_numpy(np.stack(points)) if points else None
        yield to_tensor(drawn), torch.from_numpy(clips.labels[part[:, 0]]), known
