"""From a map of digits on a torso to the number: one for server and training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DIGITS = 10
_LEAST = 0.25
"""Less probable digits are not considered at all."""
_APART, _FARTHEST = 2, 7
"""Middles of the two digits of a number are so many cells apart."""
_LEVEL = 2
"""And at most so many cells higher or lower than each other."""


def read_number(cells: NDArray[np.floating[Any]]) -> tuple[str, float]:
    """The number that a map of digits shows, and its probability.

    Args:
        cells: (11, H, W) probabilities that the digits 0 to 9, and none, have their middle in each cell.

    Returns:
        The digits from left to right, "" where there is none. "0" and "00" are two numbers.

    Example:
        >>> cells = np.zeros((11, 16, 16))
        >>> cells[10] = 1.0
        >>> cells[:, 8, 6], cells[:, 8, 10] = np.eye(11)[2], np.eye(11)[3]
        >>> read_number(cells)
        ('23', 1.0)
    """
    there = 1.0 - np.asarray(cells[_DIGITS], np.float64)
    digits = np.asarray(cells[:_DIGITS], np.float64)
    padded = np.pad(there, 1)
    high, wide = there.shape
    around = np.max([padded[dy : dy + high, dx : dx + wide] for dy in range(3) for dx in range(3)], axis=0)
    rows, columns = np.nonzero((there >= around) & (there >= _LEAST))
    if not len(rows):
        return "", float(1.0 - there.max(initial=0.0))
    order = np.argsort(-there[rows, columns], kind="stable")
    found = [(int(rows[at]), int(columns[at])) for at in order[:4]]
    first = found[0]
    second = next((one for one in found[1:] if _APART <= abs(one[1] - first[1]) <= _FARTHEST
                   and abs(one[0] - first[0]) <= _LEVEL), None)  # fmt: skip
    # Anything else that may be a digit speaks against the number.
    others = max((float(there[one]) for one in found[1:] if one != second), default=0.0)
    places = [first]
    if second is not None:
        if there[second] >= 0.5:
            places.append(second)
        else:
            others = max(others, float(there[second]))
    sure, number = 1.0 - others, ""
    for y, x in sorted(places, key=lambda place: place[1]):
        number += str(int(digits[:, y, x].argmax()))
        sure *= float(digits[:, y, x].max())
    return number, sure


def agreement(number: str, readings: Collection[str], hidden: float) -> float:
    """Share of a player's readings that agree with a number, 0 to 1.

    A digit is hidden by a fold or an arm more easily than one is invented. So one digit of a two-digit number says
    nothing against it, while a reading of two digits counts several times against each of them alone.

    Args:
        number: the number.
        readings: of one player.
        hidden: how often a reading of two digits counts against one of them.

    Example:
        >>> agreement("22", ["22", "22", "2", "2"], 3.0), agreement("2", ["2", "2", "2", "22"], 3.0)
        (1.0, 0.5)
    """
    equal = sum(reading == number for reading in readings)
    against = 0.0
    for reading in readings:
        if reading == number or (len(number) == 2 and len(reading) == 1 and reading in number):
            continue
        against += hidden if len(number) == 1 and len(reading) == 2 and number in reading else 1.0
    return equal / (equal + against) if equal else 0.0


def vote(
    readings: Collection[str], min_readings: int, min_share: float, hidden: float
) -> tuple[str, float]:
    """The number that several readings of a player agree on, and the share that does; "" where there is none.

    Args:
        readings: numbers that were read.
        min_readings: so many must be equal.
        min_share: so large a share must agree.
        hidden: see :func:`agreement`.
    """
    counts = Counter(readings)
    rated = [(agreement(number, readings, hidden), count, number) for number, count in counts.items()
             if count >= min_readings]  # fmt: skip
    share, _, number = max(rated, default=(0.0, 0, ""))
    return (number, share) if share >= min_share else ("", share)
