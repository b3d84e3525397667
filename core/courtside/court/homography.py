"""The court under a camera: from pixels of the floor to metres, and from there to probabilities of zones.

Coordinates are metres; the origin is the centre of a full court's floor, x along its length, y across. Basket 0
stands at +x, basket 1 at -x; a half court keeps the same frame and has basket 0 only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside.court.measures import Court
from courtside.court.zones import ZONES, zone_rows
from courtside.errors import BadCalibration

CLICK_PIXELS = 2.0
"""How exactly a person clicks on a line crossing, or a detector finds a foot: one standard deviation, pixels."""
MAX_RESIDUAL = 0.5
"""Metres by which a point may miss its position on the court before a calibration is refused."""
MIN_POINTS = 4
"""Point pairs that determine a homography."""
_SAME_LINE = 1e-3
"""Points whose spread across a line is below this share of their extent lie on that line."""
_BODY = 1.8
"""Height of a body, metres, over which a scale is measured."""
_SINGULAR = 1e-15
"""Determinant below which a homography cannot be inverted."""


@dataclass(frozen=True, slots=True)
class FloorPosition:
    """A position on the court's floor, as a calibrated camera sees it.

    Attributes:
        x: metres.
        y: metres.
        spread: metres, one standard deviation in the worse direction: what `CLICK_PIXELS` amount to there.
    """

    x: float
    y: float
    spread: float


@dataclass(frozen=True, slots=True, eq=False)
class HomographyFit:
    """A homography through point pairs, and how well they fit.

    Attributes:
        matrix: (3, 3) from pixels to metres, scaled so that the floor in the picture has positive depth.
        residuals: (N,) metres between each point and its position on the court.
    """

    matrix: NDArray[np.float64]
    residuals: NDArray[np.float64]

    @property
    def error(self) -> float:
        """Metres, root mean square of the residuals."""
        return float(np.sqrt((self.residuals**2).mean()))

    @property
    def problem(self) -> str:
        """Why the points are no calibration, in one sentence; empty when they are one."""
        # A picture's y runs down and the court's left is to the left: seen from above, orientation turns over.
        if np.linalg.det(self.matrix) > 0:
            return "the points are mirrored: left and right are exchanged"
        if self.residuals.max() > MAX_RESIDUAL:
            return (
                f"point {int(self.residuals.argmax()) + 1} is {self.residuals.max():.1f} m off the court that the "
                "others make: click it again"
            )
        return ""


def fit_homography(pixels: NDArray[np.float64], metres: NDArray[np.float64]) -> HomographyFit:
    """The least-squares homography through point pairs (normalised DLT, refined).

    Args:
        pixels: (N, 2) x, y in the picture.
        metres: (N, 2) x, y on the court of the same points.

    Raises:
        BadCalibration: too few points, not finite, all but one on one line, or no view of a court fits them.
    """
    pixels, metres = np.asarray(pixels, np.float64), np.asarray(metres, np.float64)
    if pixels.shape != metres.shape or pixels.ndim != 2 or pixels.shape[1:] != (2,) or len(pixels) < MIN_POINTS:
        missing = max(1, MIN_POINTS - min(len(pixels), len(metres)))
        raise BadCalibration(
            f"{missing} more point{'s' if missing > 1 else ''} needed: a calibration needs {MIN_POINTS} or more",
            field="points",
        )
    if not (np.isfinite(pixels).all() and np.isfinite(metres).all()):
        raise BadCalibration("a calibration point is not a finite number", field="points")
    if _on_one_line(pixels) or _on_one_line(metres):
        raise BadCalibration("too many points lie on one line: add points that span the floor", field="points")
    found, _ = cv2.findHomography(pixels, metres, 0)
    if found is None or not np.isfinite(found).all() or abs(np.linalg.det(found)) < _SINGULAR:
        raise BadCalibration("no view of a court fits these points: check which is which", field="points")
    depth = np.column_stack([pixels, np.ones(len(pixels))]) @ found[2]
    if not (depth > 0).all() and not (depth < 0).all():
        raise BadCalibration("the points lie on both sides of the horizon: check which is which", field="points")
    matrix = np.asarray(found * np.sign(depth[0]), np.float64)
    return HomographyFit(matrix, np.linalg.norm(project(matrix, pixels)[0] - metres, axis=1))


def project(
    matrix: NDArray[np.float64], points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points (N, 2) through a homography (3, 3), and their depths (N,)."""
    out = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return out[:, :2] / out[:, 2:], out[:, 2]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Pixels of the floor to metres of the court, for one pose of one camera.

    Attributes:
        court: whose lines.
        matrix: (3, 3) homography from pixels to metres, scaled so that the floor in the picture has positive depth.
        error: metres by which the points miss their positions, root mean square.
    """

    court: Court
    matrix: NDArray[np.float64]
    error: float

    @classmethod
    def fit(cls, court: Court, pixels: NDArray[np.float64], metres: NDArray[np.float64]) -> Calibration:
        """Fit a calibration to point pairs.

        Args:
            court: whose lines.
            pixels: (N, 2) x, y in the picture, N at least `MIN_POINTS`.
            metres: (N, 2) x, y on the court of the same points.

        Raises:
            BadCalibration: the points do not fit a court; see :func:`fit_homography`.
        """
        fit = fit_homography(pixels, metres)
        if fit.problem:
            raise BadCalibration(fit.problem, field="points")
        return cls(court, fit.matrix, fit.error)

    def to_floor(self, x: float, y: float) -> FloorPosition | None:
        """The position on the court of floor pixel (x, y); None above the horizon or far off the court."""
        depth = float(self.matrix[2] @ (x, y, 1.0))
        if depth <= 0:
            return None
        at = project(self.matrix, np.array([[x, y]]))[0][0]
        if abs(at[0]) > self.court.length or abs(at[1]) > self.court.width:
            return None
        spread = float(np.linalg.svd(self.slope(x, y), compute_uv=False)[0]) * CLICK_PIXELS
        return FloorPosition(float(at[0]), float(at[1]), math.hypot(spread, self.error))

    def slope(self, x: float, y: float) -> NDArray[np.float64]:
        """(2, 2) metres on the floor (rows) per pixel across and down (columns), round floor pixel (x, y)."""
        depth = float(self.matrix[2] @ (x, y, 1.0))
        at = (self.matrix[:2] @ (x, y, 1.0)) / depth
        return np.asarray((self.matrix[:2, :2] - np.outer(at, self.matrix[2, :2])) / depth)

    def upright_scale(self, x: float, y: float, picture: tuple[int, int]) -> float | None:
        """Pixels per metre of a body that stands on floor pixel (x, y).

        The camera follows from the homography where its pixels are square and its axis meets the middle of the picture
        (Zhang, "A Flexible New Technique for Camera Calibration", 2000).

        Args:
            x: of the feet, pixels.
            y: of the feet, pixels.
            picture: its width and height, pixels.

        Returns:
            None above the horizon, and where no such camera has this homography.
        """
        depth = float(self.matrix[2] @ (x, y, 1.0))
        if depth <= 0:
            return None
        # From metres to pixels that are counted from the middle of the picture.
        view = np.linalg.inv(self.matrix)
        view[:2] -= np.outer(np.array(picture) / 2, view[2])
        # Its first columns are rotated axes, at right angles and equally long once two rows lose the focal length.
        (one, other), (near, far) = view[:2, :2].T, view[2, :2]
        forward = np.array([near * far, near**2 - far**2])
        focal2 = float(forward @ (-one @ other, other @ other - one @ one)) / max(float(forward @ forward), _SINGULAR)
        if not focal2 > 0:
            return None
        focal = math.sqrt(focal2)
        view[:2] /= focal
        view /= np.linalg.norm(view[:, :2], axis=0).mean()
        up = np.cross(view[:, 0], view[:, 1])
        feet = view @ (*project(self.matrix, np.array([[x, y]]))[0][0], 1.0)
        head = feet - math.copysign(_BODY, up[1]) * up  # a picture's y runs down
        if head[2] <= 0:
            return None
        return float(focal * np.linalg.norm(head[:2] / head[2] - feet[:2] / feet[2])) / _BODY

    def moved(self, motion: NDArray[np.float64]) -> Calibration:
        """The calibration after the camera moved.

        Args:
            motion: (3, 3) from old pixels to new, from an estimate of camera motion.
        """
        return Calibration(self.court, self.matrix @ np.linalg.inv(motion), self.error)

    def zone_probabilities(self, position: FloorPosition, basket: int) -> NDArray[np.float64]:
        """(7,) probabilities of `ZONES` for feet at ``position``, under its spread."""
        return self.zone_shares(np.array([position.x, position.y]) + NORMAL_POINTS * position.spread, basket)

    def zone_shares(self, positions: NDArray[np.float64], basket: int) -> NDArray[np.float64]:
        """(7,) shares of positions (N, 2) metres that lie in each of `ZONES`; zeros without positions."""
        counts = np.bincount(zone_rows(self.court, positions, basket), minlength=len(ZONES))
        return counts / max(len(positions), 1)


def _normal_points(rings: int = 6, spokes: int = 12) -> NDArray[np.float64]:
    """(rings * spokes, 2) points that carry equal shares of a two-dimensional standard normal distribution."""
    middles = (np.arange(rings) + 0.5) / rings
    radii = np.sqrt(-2.0 * np.log(1.0 - middles))[:, np.newaxis]
    turns = np.arange(spokes) / spokes * 2 * math.pi
    return np.stack([radii * np.cos(turns), radii * np.sin(turns)], -1).reshape(-1, 2)


NORMAL_POINTS = _normal_points()
"""(N, 2) points that carry equal shares of a two-dimensional standard normal distribution."""
NORMAL_POINTS.setflags(write=False)


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
