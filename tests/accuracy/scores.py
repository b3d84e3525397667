"""Evaluation: found releases against true ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_server.assignment import assign


@dataclass(frozen=True, slots=True)
class ShotScores:
    """Counts that add up over films, and what follows from them.

    Attributes:
        true_positives: found shots matched to a true one.
        found: shots found.
        actual: true shots.
        errors: found minus true release, seconds, one a match.
    """

    true_positives: int
    found: int
    actual: int
    errors: tuple[float, ...]

    def __add__(self, other: ShotScores) -> ShotScores:
        """Scores of both films together."""
        return ShotScores(
            self.true_positives + other.true_positives, self.found + other.found,
            self.actual + other.actual, self.errors + other.errors,
        )

    @property
    def precision(self) -> float:
        """Share of the found shots that are true; 1 when nothing was found."""
        return self.true_positives / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the true shots that were found; 1 when there was none."""
        return self.true_positives / self.actual if self.actual else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.found + self.actual
        return 2 * self.true_positives / total if total else 1.0

    @property
    def median_error(self) -> float:
        """Median absolute release error, seconds; NaN without a match."""
        return float(np.median(np.abs(self.errors))) if self.errors else float("nan")


def match(found: Sequence[float], actual: Sequence[float], tolerance: float) -> list[tuple[int, int]]:
    """Pair found with true releases one to one: as many pairs as possible, then the least total error.

    Args:
        found: release times, seconds.
        actual: true release times, seconds.
        tolerance: largest error of a pair, seconds.

    Returns:
        ``(found index, actual index)`` pairs.
    """
    error: NDArray[np.float64] = np.abs(np.subtract.outer(np.asarray(found), np.asarray(actual)))
    return assign(np.where(error <= tolerance, error, np.inf))


def score(found: Sequence[float], actual: Sequence[float], tolerance: float = 0.3) -> ShotScores:
    """Precision, recall and release errors of one film; times in seconds."""
    pairs = match(found, actual, tolerance)
    return ShotScores(len(pairs), len(found), len(actual), tuple(found[f] - actual[a] for f, a in pairs))
