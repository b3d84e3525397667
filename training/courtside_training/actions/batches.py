"""What an epoch sees: examples with or without twins, drawn naturally or balanced by class, as batches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from courtside_training.actions.augment import TWINS, poor_classes, twin, vary
from courtside_training.actions.classes import LABELS
from courtside_training.actions.clips import Clips
from courtside_training.actions.points import moved

BALANCE = {"natural": 0.0, "root": 0.5, "balanced": 1.0}
"""How strongly a sampling evens the classes out: a class is drawn in proportion to its size to the power 1 - this."""

GENTLE = (0.1, 0.6)
"""Range of the strength of copies when clips are varied at random anyway."""

Examples = NDArray[np.int64]
"""(M, 2): clip index and which twin."""
Batch = tuple[Tensor, Tensor, Tensor | None]
"""Clips uint8 (B, 16, 3, H, W), classes int64 (B,), and points float32 (B, 16, 18, 3) where they are known."""


def examples(labels: NDArray[np.int64], chosen: NDArray[np.int64], twins: bool) -> Examples:
    """The clips `chosen`, and (`twins`) the four changed copies of those whose class is poor among them."""
    plain = np.stack([chosen, np.zeros_like(chosen)], 1)
    if not twins:
        return plain
    poor = chosen[np.isin(labels[chosen], poor_classes(labels[chosen]))]
    copies = [np.stack([poor, np.full_like(poor, which)], 1) for which in range(1, len(TWINS))]
    return np.concatenate([plain, *copies])


def class_shares(labels: NDArray[np.int64], balance: float = 0.0) -> NDArray[np.float64]:
    """(10,) share of each class among `labels`, evened out by `balance`; absent classes have none."""
    counts = np.bincount(labels, minlength=len(LABELS)).astype(float)
    weights = np.where(counts > 0, counts ** (1.0 - balance), 0.0)
    return weights / weights.sum()


def draw(labels: NDArray[np.int64], count: int, balance: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """(count,) places in `labels`, class shares evened out by `balance`, each class gone through evenly."""
    wanted = rng.multinomial(count, class_shares(labels, balance))
    drawn = []
    for label, number in enumerate(wanted):
        places = np.flatnonzero(labels == label)
        if number:
            rounds = -(-number // len(places))
            drawn.append(np.concatenate([rng.permutation(places) for _ in range(rounds)])[:number])
    return rng.permutation(np.concatenate(drawn))


def to_tensor(pictures: list[NDArray[np.uint8]]) -> Tensor:
    """Clips (16, H, W, 3) to a uint8 (B, 16, 3, H, W) tensor."""
    return torch.from_numpy(np.stack(pictures).transpose(0, 1, 4, 2, 3).copy())


def batches(
    clips: Clips, chosen: Examples, size: int, rng: np.random.Generator, varied: bool
) -> Iterator[Batch]:
    """Batches of `chosen` in order, the last one perhaps smaller.

    Args:
        clips: where pictures and classes are.
        chosen: examples in the order wanted.
        size: of a batch.
        rng: source of the random changes.
        varied: whether to make them.
    """
    for start in range(0, len(chosen), size):
        part = chosen[start : start + size]
        pictures, points = [], []
        for index, which in part:
            # The published copies are turned so far that few real pictures look like them.
            picture, turned = twin(clips.read(int(index)), int(which), float(rng.uniform(*GENTLE)) if varied else 1.0)
            picture, reframed = vary(picture, rng) if varied else (picture, np.eye(2, 3))
            pictures.append(picture)
            if clips.points is not None:
                points.append(moved(moved(clips.points[index].astype(np.float32), turned), reframed))
        known = torch.from_numpy(np.stack(points)) if points else None
        yield to_tensor(pictures), torch.from_numpy(clips.labels[part[:, 0]]), known
