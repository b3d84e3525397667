"""Poses of a pinhole camera over a court whose rim it sees, many at a time.

The camera looks along its axis, the picture's middle lies on it, pixels are square. A rim's centre lies 3.05 m above
the floor and its width is known, so that its box in the picture leaves four unknowns: focal length, pitch, roll, and
the direction of the court round the rim. Three more correct the box.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside.court.measures import FIBA

FOCAL, PITCH, ROLL, RIM_SCALE, AZIMUTH, RIM_X, RIM_Y = range(7)
"""Columns of a pose: logarithm of the focal length in pixels; radians downwards; radians; logarithm of the rim's
distance over what its width says; radians from the camera's right to the court's axis, seen from above,
counterclockwise; pixels by which the rim's box is off."""
POSE_VALUES = 7
BODY_HEIGHT = 1.83
"""Metres, of a player's box from feet to head."""
_HEIGHT_SPREAD = 0.1
"""Standard deviation of the logarithm of a person's height over `BODY_HEIGHT`."""
_UPRIGHT = 0.85
"""Share of boxes that show a whole person who stands."""
_PLAUSIBLE = 2.5
"""Standard deviations from `BODY_HEIGHT` within which a height is a person's."""
_OUTLIER = 0.05
"""Density of all other boxes."""
_PEOPLE_COUNTED = 8
"""Boxes of the same people are not independent: more count as so many."""
_UPRIGHT_ERROR, _UPRIGHT_RANGE, _UPRIGHT_SHARE = 0.02, 0.7, 0.5
"""Of nearly upright segments: error of their direction and the range in which they lie, radians; the share of those
that stand upright in the world."""
_UPRIGHT_LENGTH, _UPRIGHT_WEIGHT = 40.0, 0.5
"""Pixels of a segment that count fully; weight of all of them, because many belong to one wall."""
_LOWEST, _HIGHEST = 0.4, 16.0
"""Heights of a camera over the floor, metres."""
_FOCAL_MEDIAN, _FOCAL_SPREAD = 1.1, 0.5
"""Focal length in the picture's longer side: its median and the standard deviation of its logarithm. Phones have 0.7
to 0.9, broadcasts 1.5 to 4."""
_ROLL_SPREAD, _RIM_SCALE_SPREAD, _RIM_PIXELS = 0.025, 0.13, 2.0
"""Standard deviations: radians, logarithm, pixels."""


@dataclass(frozen=True, slots=True)
class RimView:
    """A rim in a picture: its centre and its width, pixels, and the picture's size."""

    x: float
    y: float
    span: float
    width: int
    height: int


@dataclass(frozen=True, slots=True, eq=False)
class CameraPoses:
    """The geometry of P poses.

    Attributes:
        focal: (P,) pixels.
        axes: (P, 3, 3): the picture's right, down and forward in a frame whose third axis points up.
        rim: (P, 3) the rim's centre in that frame, the camera at its origin, metres.
        height: (P,) of the camera over the floor, metres.
    """

    focal: NDArray[np.float64]
    axes: NDArray[np.float64]
    rim: NDArray[np.float64]
    height: NDArray[np.float64]


def geometry(poses: NDArray[np.float64], rim: RimView) -> CameraPoses:
    """The geometry of poses (P, 7)."""
    focal = np.exp(poses[:, FOCAL])
    zero, one = np.zeros(len(poses)), np.ones(len(poses))
    sin, cos = np.sin(poses[:, PITCH]), np.cos(poses[:, PITCH])
    level, down = np.stack([one, zero, zero], -1), np.stack([zero, -sin, -cos], -1)
    turn, keep = np.sin(poses[:, ROLL, np.newaxis]), np.cos(poses[:, ROLL, np.newaxis])
    axes = np.stack(
        [level * keep + down * turn, down * keep - level * turn, np.stack([zero, cos, -sin], -1)], 1
    )
    far = focal * (2 * FIBA.rim_radius) / rim.span * np.exp(poses[:, RIM_SCALE])
    x = (rim.x + poses[:, RIM_X] - rim.width / 2) / focal * far
    y = (rim.y + poses[:, RIM_Y] - rim.height / 2) / focal * far
    centre = (np.stack([x, y, far], -1)[:, np.newaxis] @ axes)[:, 0]
    return CameraPoses(focal, axes, centre, FIBA.rim_height - centre[:, 2])


def homographies(poses: NDArray[np.float64], rim: RimView) -> NDArray[np.float64]:
    """(P, 3, 3) from the floor round the rim (metres ahead of it, metres to the left) to pixels.

    The third row gives the depth, positive in front of the camera.
    """
    seen = geometry(poses, rim)
    cos, sin, zero = np.cos(poses[:, AZIMUTH]), np.sin(poses[:, AZIMUTH]), np.zeros(len(poses))
    floor = np.stack(
        [
            np.stack([cos, sin, zero], -1),
            np.stack([sin, -cos, zero], -1),
            np.stack([seen.rim[:, 0], seen.rim[:, 1], -seen.height], -1),
        ],
        -1,
    )
    out: NDArray[np.float64] = seen.axes @ floor
    out[:, :2] *= seen.focal[:, np.newaxis, np.newaxis]
    out[:, 0] += rim.width / 2 * out[:, 2]
    out[:, 1] += rim.height / 2 * out[:, 2]
    return out


def people_support(
    poses: NDArray[np.float64], people: NDArray[np.float64], rim: RimView
) -> NDArray[np.float64]:
    """(P,) log-likelihood of people's heights: their feet stand on the floor, on the court or beside it.

    Args:
        poses: (P, 7).
        people: (N, 4) boxes xyxy, whole persons.
        rim: what the poses refer to.
    """
    seen = geometry(poses, rim)
    out = np.where((seen.height < _LOWEST) | (seen.height > _HIGHEST), -50.0, 0.0)
    if not len(people):
        return out
    floor, falls, tall = _heights(seen, people, rim)
    off = np.log(tall / BODY_HEIGHT) / _HEIGHT_SPREAD
    like = _UPRIGHT * np.exp(-0.5 * off**2) / (_HEIGHT_SPREAD * math.sqrt(2 * math.pi)) + _OUTLIER
    cos, sin = np.cos(poses[:, AZIMUTH, np.newaxis]), np.sin(poses[:, AZIMUTH, np.newaxis])
    across, along = floor[..., 0] - seen.rim[:, :1], floor[..., 1] - seen.rim[:, 1:2]
    ahead, left = across * cos + along * sin, across * sin - along * cos
    beside = (ahead < -2.5) | (ahead > 26.0) | (np.abs(left) > 8.8)
    like = np.where(falls > 1e-3, like, 0.01) * np.where(beside, 0.3, 1.0)
    return np.asarray(out + min(1.0, _PEOPLE_COUNTED / len(people)) * np.log(like).sum(1))


def people_share(pose: NDArray[np.float64], people: NDArray[np.float64], rim: RimView) -> float:
    """Share of people (N, 4) who have a person's height on the floor of a pose (7,)."""
    tall = _heights(geometry(pose[np.newaxis], rim), people, rim)[2][0]
    return float((np.abs(np.log(tall / BODY_HEIGHT)) < _PLAUSIBLE * _HEIGHT_SPREAD).mean())


def upright_support(
    poses: NDArray[np.float64], uprights: NDArray[np.float32], rim: RimView
) -> NDArray[np.float64]:
    """(P,) evidence that segments which stand nearly upright in the picture stand upright in the world, nats.

    Args:
        poses: (P, 7).
        uprights: (N, 4) x0, y0, x1, y1, pixels.
        rim: what the poses refer to.
    """
    if not len(uprights):
        return np.zeros(len(poses))
    seen = geometry(poses, rim)
    up, focal = seen.axes[:, :, 2, np.newaxis], seen.focal[:, np.newaxis]
    x = (uprights[:, 0] + uprights[:, 2]) / 2 - rim.width / 2
    y = (uprights[:, 1] + uprights[:, 3]) / 2 - rim.height / 2
    across, along = focal * up[:, 0] - x * up[:, 2], focal * up[:, 1] - y * up[:, 2]
    length = np.hypot(uprights[:, 2] - uprights[:, 0], uprights[:, 3] - uprights[:, 1])
    dx, dy = (uprights[:, 2] - uprights[:, 0]) / length, (uprights[:, 3] - uprights[:, 1]) / length
    off = (across * dy - along * dx) / np.hypot(across, along) / _UPRIGHT_ERROR
    chance = _UPRIGHT_ERROR * math.sqrt(2 * math.pi) / _UPRIGHT_RANGE
    ratio = np.log(1 - _UPRIGHT_SHARE + _UPRIGHT_SHARE * np.exp(-0.5 * off**2) / chance)
    return np.asarray((ratio * np.minimum(1.0, length / _UPRIGHT_LENGTH)).sum(1) * _UPRIGHT_WEIGHT)


def prior(poses: NDArray[np.float64], rim: RimView) -> NDArray[np.float64]:
    """(P,) log-probability of poses as such: usual focal lengths, little roll, a rim box that is about right."""
    focal = poses[:, FOCAL] - math.log(max(rim.width, rim.height) * _FOCAL_MEDIAN)
    return np.asarray(
        -0.5 * (focal / _FOCAL_SPREAD) ** 2
        - 0.5 * (poses[:, ROLL] / _ROLL_SPREAD) ** 2
        - 0.5 * (poses[:, RIM_SCALE] / _RIM_SCALE_SPREAD) ** 2
        - 0.5 * (poses[:, RIM_X] ** 2 + poses[:, RIM_Y] ** 2) / _RIM_PIXELS**2
    )


def _heights(
    seen: CameraPoses, people: NDArray[np.float64], rim: RimView
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Where people's feet meet the floor (P, N, 2) metres, how steeply (P, N), and their heights (P, N) metres."""
    middle = (people[:, 0] + people[:, 2]) / 2 - rim.width / 2
    feet = _rays(seen, middle, people[:, 3] - rim.height / 2)
    head = _rays(seen, middle, people[:, 1] - rim.height / 2)
    falls = np.maximum(-feet[..., 2], 1e-3)
    floor = feet[..., :2] * (seen.height[:, np.newaxis] / falls)[..., np.newaxis]
    reach = np.hypot(floor[..., 0], floor[..., 1]) / np.maximum(np.hypot(head[..., 0], head[..., 1]), 1e-6)
    return floor, falls, np.maximum(seen.height[:, np.newaxis] + reach * head[..., 2], 0.2)


def _rays(seen: CameraPoses, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """(P, N, 3) directions of pixels x, y (N,) from the picture's middle."""
    shape = (len(seen.focal), len(x))
    focal = seen.focal[:, np.newaxis]
    pixels = np.stack([x / focal, y / focal, np.ones(shape)], -1)
    return np.asarray(pixels @ seen.axes)
