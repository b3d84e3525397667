"""The court's lines as a camera sees them, for the page to draw over the picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from courtside.court.homography import HomographyFit, project
from courtside.court.point_pairs import PointPairs
from courtside_client.calibrate.plan import View, lines

_MARGIN = 0.5
"""How far beyond the picture lines are drawn, in picture sizes: enough to see where they come from."""


def projected_lines(fit: HomographyFit, points: PointPairs, view: View) -> list[NDArray[np.float64]]:
    """The court's lines in the picture.

    Args:
        fit: from pixels to metres.
        points: the pairs it was fitted to; their court and picture size count.
        view: which part of the court.

    Returns:
        Polylines, (N, 2) pixels each, cut where the floor is behind the camera or far outside the picture.
    """
    to_pixels: NDArray[np.float64] = np.asarray(np.linalg.inv(fit.matrix), np.float64)
    size = np.array([points.width, points.height])
    found = []
    for line in lines(points.court, view):
        pixels, depth = project(to_pixels, line)
        with np.errstate(invalid="ignore"):
            inside = ((pixels > -_MARGIN * size) & (pixels < (1 + _MARGIN) * size)).all(1)
        shown = inside & (depth > 0)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], shown, [False]]).astype(int)))
        found += [pixels[start:stop] for start, stop in zip(edges[::2], edges[1::2], strict=True) if stop - start > 1]
    return found
