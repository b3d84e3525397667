"""From a player's box to the network's crop and back: 4:3, enlarged, padded with black."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 192, 144
"""Size of a crop in pixels."""
MARGIN = 1.25
"""A crop is this much larger than the smallest 4:3 box round the player's."""
PATCH = 1.5
"""A stored patch is this much larger than the crop, so that augmentation finds picture outside it."""
PATCH_HEIGHT, PATCH_WIDTH = round(HEIGHT * PATCH), round(WIDTH * PATCH)


def crop_matrix(
    box: NDArray[np.floating], enlarge: float = MARGIN, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> NDArray[np.float64]:
    """The (2, 3) affine map from picture pixels to crop pixels.

    Args:
        box: (4,) xyxy in picture pixels.
        enlarge: Crop's side over that of the smallest box of the crop's shape round `box`.
        size: Crop's (width, height) in pixels.
    """
    x0, y0, x1, y1 = (float(value) for value in box)
    width, height = size
    scale = min(width / max(x1 - x0, 1.0), height / max(y1 - y0, 1.0)) / enlarge
    # Pixel centres lie on whole numbers in OpenCV's maps, box edges between pixels: hence the halves.
    middle = ((x0 + x1 - 1) / 2, (y0 + y1 - 1) / 2)
    return np.array(
        [[scale, 0, (width - 1) / 2 - scale * middle[0]], [0, scale, (height - 1) / 2 - scale * middle[1]]]
    )


def cut(
    picture: NDArray[np.uint8], matrix: NDArray[np.float64], size: tuple[int, int] = (WIDTH, HEIGHT)
) -> NDArray[np.uint8]:
    """The crop (height, width, 3) that `matrix` shows; what lies outside the picture is black.

    A player much larger than the crop is averaged, not skipped over: OpenCV's affine warp knows no area filter.
    """
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    shrink = int(1 / scale) if scale < 0.6 else 1
    if shrink > 1:
        region = _region(matrix, size, picture.shape, shrink)
        if region is not None:
            x0, y0, x1, y1 = region
            less = ((x1 - x0) // shrink, (y1 - y0) // shrink)
            part = cv2.resize(picture[y0:y1, x0:x1], less, interpolation=cv2.INTER_AREA)
            # A pixel of the part has its centre at x0 + shrink * u + (shrink - 1) / 2.
            lift = np.array([[shrink, 0, x0 + (shrink - 1) / 2], [0, shrink, y0 + (shrink - 1) / 2], [0, 0, 1.0]])
            return cv2.warpAffine(part, matrix @ lift, size, flags=cv2.INTER_LINEAR)
    return cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR)


def _region(
    matrix: NDArray[np.float64], size: tuple[int, int], shape: tuple[int, ...], shrink: int
) -> tuple[int, int, int, int] | None:
    corners = np.array([[0, 0], [size[0], 0], [0, size[1]], size], np.float64)
    seen = place(corners, invert(matrix))
    low = np.clip(np.floor(seen.min(0)).astype(int) - shrink, 0, (shape[1], shape[0]))
    high = np.clip(np.ceil(seen.max(0)).astype(int) + shrink, 0, (shape[1], shape[0]))
    high = low + (high - low) // shrink * shrink
    return (int(low[0]), int(low[1]), int(high[0]), int(high[1])) if (high - low >= shrink).all() else None


def invert(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The (2, 3) map that undoes `matrix`."""
    return cv2.invertAffineTransform(matrix)


def place(points: NDArray[np.floating], matrix: NDArray[np.float64]) -> NDArray[np.floating]:
    """Points (..., 2) mapped by a (2, 3) affine matrix, in their own dtype."""
    return (points @ matrix[:, :2].T + matrix[:, 2]).astype(points.dtype)
