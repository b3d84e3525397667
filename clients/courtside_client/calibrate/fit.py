"""The fit that the page shows while somebody clicks; whoever takes the calibration checks it again.

The limits are those of the gateway, so that what the page calls good is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_client.calibrate.clicked import Clicked
from courtside_client.calibrate.plan import View, lines
from courtside_client.errors import BadCalibration

LEAST_POINTS = 4
WORST_FIT = 0.5
"""Metres by which a point may miss its place."""
_SAME_LINE = 1e-3
_MARGIN = 0.5
"""How far beyond the picture lines are drawn, in pictures: enough to see them come in."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """How points fit.

    Attributes:
        matrix: (3, 3) homography from pixels to metres; floor in the picture has positive depth.
        misses: (N,) metres by which each point misses its place.
        error: metres, their root mean square.
        problem: why this is no calibration yet, in one sentence; empty when it is one.
    """

    matrix: NDArray[np.float64]
    misses: NDArray[np.float64]
    error: float
    problem: str


def fit(clicked: Clicked) -> Fitted:
    """The least-squares homography through the points.

    Raises:
        BadCalibration: there is none, so that nothing can be drawn: too few points, or they do not span the floor.
    """
    pixels, metres = clicked.pixels, clicked.metres
    if len(pixels) < LEAST_POINTS:
        missing = LEAST_POINTS - len(pixels)
        raise BadCalibration(f"{missing} more point{'s' if missing > 1 else ''} needed")
    if _on_one_line(pixels) or _on_one_line(metres):
        raise BadCalibration("too many points lie on one line: add points that span the floor")
    found, _ = cv2.findHomography(pixels, metres, 0)
    if found is None or not np.isfinite(found).all() or abs(np.linalg.det(found)) < 1e-15:
        raise BadCalibration("no view of a court fits these points: check which is which")
    depth = np.column_stack([pixels, np.ones(len(pixels))]) @ found[2]
    if not (depth > 0).all() and not (depth < 0).all():
        raise BadCalibration("the points lie on both sides of the horizon: check which is which")
    matrix = found * np.sign(depth[0])
    misses = np.linalg.norm(through(matrix, pixels)[0] - metres, axis=1)
    problem = ""
    if np.linalg.det(matrix) > 0:
        problem = "the points are mirrored: left and right are exchanged"
    elif misses.max() > WORST_FIT:
        problem = (
            f"point {int(misses.argmax()) + 1} is {misses.max():.1f} m off the court that the others make: "
            "click it again"
        )
    elif ((pixels < 0) | (pixels > (clicked.width, clicked.height))).any():
        problem = "a point lies outside the picture"
    return Fitted(matrix, misses, float(np.sqrt((misses**2).mean())), problem)


def projected(fitted: Fitted, clicked: Clicked, view: View) -> list[NDArray[np.float64]]:
    """The court's lines in the picture.

    Returns:
        Polylines, (N, 2) pixels each, cut where the floor is behind the camera or far outside the picture.
    """
    to_pixels: NDArray[np.float64] = np.asarray(np.linalg.inv(fitted.matrix), np.float64)
    size = np.array([clicked.width, clicked.height])
    found = []
    for line in lines(clicked.court, view):
        pixels, depth = through(to_pixels, line)
        with np.errstate(invalid="ignore"):
            inside = ((pixels > -_MARGIN * size) & (pixels < (1 + _MARGIN) * size)).all(1)
        shown = inside & (depth > 0)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], shown, [False]]).astype(int)))
        found += [pixels[start:stop] for start, stop in zip(edges[::2], edges[1::2], strict=True) if stop - start > 1]
    return found


def through(
    matrix: NDArray[np.float64], points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points (N, 2) through a homography, and their depths (N,)."""
    out = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return out[:, :2] / out[:, 2:], out[:, 2]


def _on_one_line(points: NDArray[np.float64]) -> bool:
    """Whether all points, or all but one, lie on one line: then no homography is determined."""
    size = float(np.ptp(points, axis=0).max())
    rests = [points, *(np.delete(points, left_out, 0) for left_out in range(len(points)))]
    return size <= 0 or any(
        np.linalg.svd(rest - rest.mean(0), compute_uv=False)[1] < _SAME_LINE * size for rest in rests
    )
