"""The painted lines of half a court as samples, for matching with a picture."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside.court.measures import Court


@dataclass(frozen=True, slots=True, eq=False)
class LineSamples:
    """N samples of a court's lines round one basket; x is metres ahead of the rim, y to the attacker's left.

    Attributes:
        points: (N, 2) float32, metres.
        tangents: (N, 2) float32, the piece of line that each stands for, metres.
    """

    points: NDArray[np.float32]
    tangents: NDArray[np.float32]


@functools.lru_cache(maxsize=64)
def line_samples(court: Court, step: float) -> LineSamples:
    """Samples about ``step`` metres apart of the half court round a basket.

    The half of the free-throw circle inside the lane and the no-charge semicircle are left out: they are dashed or
    missing on many floors.
    """
    points, tangents = [], []
    for line in _half_court(court):
        pieces = np.diff(line, axis=0)
        lengths = np.hypot(*pieces.T)
        ends = np.concatenate([[0.0], np.cumsum(lengths)])
        count = max(2, round(ends[-1] / step))
        at = (np.arange(count) + 0.5) / count * ends[-1]
        piece = np.searchsorted(ends, at) - 1
        unit = pieces[piece] / lengths[piece, np.newaxis]
        points.append(line[piece] + unit * (at - ends[piece])[:, np.newaxis])
        tangents.append(unit * (ends[-1] / count))
    return LineSamples(np.concatenate(points).astype(np.float32), np.concatenate(tangents).astype(np.float32))


def _half_court(court: Court) -> list[NDArray[np.float64]]:
    """Polylines (N, 2) of one half: metres ahead of the rim, metres to the left."""
    base, side, lane = -court.basket_inset, court.width / 2, court.lane_width / 2
    foul, middle = base + court.lane_length, base + court.length / 2
    straight, ahead = court.three_straight, court.three_break - court.basket_inset
    reach = math.atan2(straight, ahead)
    return [
        np.array([[middle, side], [base, side], [base, -side], [middle, -side], [middle, side]]),
        np.array([[base, lane], [foul, lane], [foul, -lane], [base, -lane]]),
        _arc(foul, court.circle_radius, -math.pi / 2, math.pi / 2),
        np.concatenate([[[base, -straight]], _arc(0.0, court.three_radius, -reach, reach), [[base, straight]]]),
        _arc(middle, court.circle_radius, math.pi / 2, 1.5 * math.pi),
    ]


def _arc(centre: float, radius: float, start: float, stop: float) -> NDArray[np.float64]:
    turn = np.linspace(start, stop, 64)
    return np.column_stack([centre + radius * np.cos(turn), radius * np.sin(turn)])
