"""The court that the gateway's own stages recognise, as named points for the page or a file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import courtside
from courtside.court.homography import project
from courtside.court.point_pairs import MAX_LABEL, PointPair, PointPairs
from courtside.court.recognised import RecognisedCourt
from courtside_client.calibrate.plan import View, lines, plan
from courtside_client.calibrate.still import Picture, Still

POINTS = 8
"""Points of a recognised court: enough to see where it is off, few enough to check each."""
_NAMED = 5
"""Named points in the picture from which on no others are needed."""
_INSIDE = 0.01
"""Share of the picture's side by which points keep away from its edge, where they could not be dragged."""


def recognise(still: Still, pictures: Sequence[Picture]) -> RecognisedCourt | None:
    """The court in a still, by the pictures round it; blocks for some seconds.

    Raises:
        ImportError: only the client is installed.
        CourtsideError: a model cannot be used.
    """
    found = courtside.recognise_court(pictures, at=still.at)
    return None if found is None else found.for_size(still.width, still.height)


def point_pairs(found: RecognisedCourt) -> PointPairs | None:
    """Points of a recognised court that the picture shows, far from one another; None where they are too few.

    Crossings of lines come first; where fewer than five are in the picture, places on the lines are added.
    """
    court, view = found.calibration.court.name, _view(found)
    named = [spot for spot in plan(court)["points"] if spot["half"] in (view, "both")]
    rows = _shown(found, np.array([(spot["x"], spot["y"]) for spot in named]))
    spots = [(*rows[1][row], *rows[2][row], named[number]["label"]) for row, number in enumerate(rows[0])]
    if len(spots) < _NAMED:
        _, metres, pixels = _shown(found, np.concatenate(lines(court, view)))
        spots += [(*metre, *pixel, "On a line") for metre, pixel in zip(metres, pixels, strict=True)]
    if not spots:
        return None
    pixels = np.array([spot[2:4] for spot in spots], np.float64)
    points = tuple(
        PointPair(
            court_x=round(float(spots[row][0]), 4), court_y=round(float(spots[row][1]), 4),
            pixel_x=round(float(spots[row][2]), 2), pixel_y=round(float(spots[row][3]), 2),
            label=spots[row][4][:MAX_LABEL],
        )
        for row in _apart(pixels)
    )  # fmt: skip
    pairs = PointPairs.model_validate(
        {"court": court, "width": found.width, "height": found.height, "points": points}
    )
    return None if pairs.problem else pairs


def _view(found: RecognisedCourt) -> View:
    return "1" if found.basket else "0"


def _shown(
    found: RecognisedCourt, metres: NDArray[np.float64]
) -> tuple[list[int], NDArray[np.float64], NDArray[np.float64]]:
    """Rows of the places (N, 2) that lie in the picture, these places, and their pixels."""
    to_pixels: NDArray[np.float64] = np.asarray(np.linalg.inv(found.calibration.matrix), np.float64)
    pixels, depth = project(to_pixels, metres)
    size = np.array([found.width, found.height])
    inside = (depth > 0) & ((pixels > _INSIDE * size) & (pixels < (1 - _INSIDE) * size)).all(1)
    return np.flatnonzero(inside).tolist(), metres[inside], pixels[inside]


def _apart(pixels: NDArray[np.float64]) -> list[int]:
    """Rows of at most `POINTS` pixels (N, 2), each as far as can be from those before it."""
    chosen = [int(np.argmax(pixels[:, 1]))]
    nearest = np.hypot(*(pixels - pixels[chosen[0]]).T)
    while len(chosen) < min(POINTS, len(pixels)):
        chosen.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, np.hypot(*(pixels - pixels[chosen[-1]]).T))
    return chosen
