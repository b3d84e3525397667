"""The court under a camera: from pixels of the floor to metres, and from metres to a shooting zone.

Coordinates are metres; the origin is the centre of a full court's floor, x along its length, y across. Basket 0
stands at +x, basket 1 at -x; a half court keeps the same frame and has basket 0 only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_server.errors import BadRequest
from courtside_server.zones import COURTS as COURTS
from courtside_server.zones import FIBA as FIBA
from courtside_server.zones import NBA as NBA
from courtside_server.zones import ZONES, zone_at
from courtside_server.zones import Court as Court

CLICK_PIXELS = 2.0
"""How exactly a person clicks on a line crossing, or a detector places a foot: one standard deviation, pixels."""
WORST_FIT = 0.5
"""Metres by which a clicked point may miss its place on the court before a calibration is refused."""
_LEAST_POINTS = 4
_SAME_LINE = 1e-3


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody stands.

    Attributes:
        x: metres.
        y: metres.
        spread: metres, one standard deviation of the worse direction: what `CLICK_PIXELS` come to there.
    """

    x: float
    y: float
    spread: float


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Pixels of the floor to metres of the court, for one pose of one camera.

    Attributes:
        court: whose lines.
        matrix: (3, 3) homography from pixels to metres, scaled so that the floor in the picture has positive depth.
        error: metres by which the clicked points miss their places, root mean square.
    """

    court: Court
    matrix: NDArray[np.float64]
    error: float

    @classmethod
    def fit(cls, court: Court, pixels: NDArray[np.float64], metres: NDArray[np.float64]) -> Calibration:
        """The least-squares homography through clicked points (normalised DLT, refined).

        Args:
            court: whose lines.
            pixels: (N, 2) x, y in the picture, N at least 4.
            metres: (N, 2) x, y on the court of the same points.

        Raises:
            BadRequest: too few points, not finite, three of four on one line, or they do not fit a court.
        """
        pixels, metres = np.asarray(pixels, np.float64), np.asarray(metres, np.float64)
        if pixels.shape != metres.shape or pixels.ndim != 2 or pixels.shape[1:] != (2,) or len(pixels) < _LEAST_POINTS:
            raise BadRequest(
                f"{len(pixels)} point(s): a calibration needs {_LEAST_POINTS} or more pairs of pixel and court place",
                field="points",
            )
        if not (np.isfinite(pixels).all() and np.isfinite(metres).all()):
            raise BadRequest("a calibration point is not a finite number", field="points")
        if _on_one_line(pixels) or _on_one_line(metres):
            raise BadRequest(
                "too many calibration points lie on one line: add points that span the floor", field="points"
            )
        found, _ = cv2.findHomography(pixels, metres, 0)
        if found is None or not np.isfinite(found).all():
            raise BadRequest("no view of a court fits these points: check which is which", field="points")
        depth = np.column_stack([pixels, np.ones(len(pixels))]) @ found[2]
        if not (depth > 0).all() and not (depth < 0).all():
            raise BadRequest("the points lie on both sides of the horizon: check which is which", field="points")
        matrix = found * np.sign(depth[0])
        misses = np.linalg.norm(_apply(matrix, pixels) - metres, axis=1)
        if misses.max() > WORST_FIT:
            raise BadRequest(
                f"point {int(misses.argmax()) + 1} is {misses.max():.1f} m off the court that the others make: "
                "click it again",
                field="points",
            )
        return cls(court, matrix, float(np.sqrt((misses**2).mean())))

    def place(self, x: float, y: float) -> Place | None:
        """Where on the court pixel (x, y) of the floor is; None above the horizon or far off the court."""
        depth = float(self.matrix[2] @ (x, y, 1.0))
        if depth <= 0:
            return None
        at = _apply(self.matrix, np.array([[x, y]]))[0]
        if abs(at[0]) > self.court.length or abs(at[1]) > self.court.width:
            return None
        slope = (self.matrix[:2, :2] - np.outer(at, self.matrix[2, :2])) / depth
        spread = float(np.linalg.svd(slope, compute_uv=False)[0]) * CLICK_PIXELS
        return Place(float(at[0]), float(at[1]), math.hypot(spread, self.error))

    def moved(self, motion: NDArray[np.float64]) -> Calibration:
        """The calibration after the camera moved.

        Args:
            motion: (3, 3) from old pixels to new, as a camera-motion estimate gives it.
        """
        return Calibration(self.court, self.matrix @ np.linalg.inv(motion), self.error)

    def zones(self, place: Place, basket: int) -> NDArray[np.float64]:
        """(7,) probabilities of `ZONES` for feet at ``place``, under its spread."""
        shares = np.zeros(len(ZONES))
        for dx, dy in _DISC:
            zone = zone_at(self.court, place.x + dx * place.spread, place.y + dy * place.spread, basket)
            shares[ZONES.index(zone)] += 1.0 / len(_DISC)
        return shares


def _disc(rings: int = 6, spokes: int = 12) -> list[tuple[float, float]]:
    """Points that carry equal shares of a two-dimensional normal distribution."""
    middles = (np.arange(rings) + 0.5) / rings
    radii = np.sqrt(-2.0 * np.log(1.0 - middles))
    turns = np.arange(spokes) / spokes * 2 * math.pi
    return [(float(r * np.cos(t)), float(r * np.sin(t))) for r in radii for t in turns]


_DISC = _disc()


def _apply(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (N, 2) through a homography."""
    out = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return out[:, :2] / out[:, 2:]


def _on_one_line(points: NDArray[np.float64]) -> bool:
    """Whether all points, or all but one, lie on one line: then no homography is determined."""
    size = np.ptp(points, axis=0).max()
    if size <= 0:
        return True
    for left_out in (None, *range(len(points))):
        rest = points if left_out is None else np.delete(points, left_out, 0)
        spread = np.linalg.svd(rest - rest.mean(0), compute_uv=False)
        if spread[1] < _SAME_LINE * size:
            return True
    return False
