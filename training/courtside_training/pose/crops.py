"""Geometry of crops: from a player's box to the network's crop (4:3, enlarged, padded with black) and back."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 192, 144
"""Size of a crop in pixels."""
MARGIN = 1.25
"""A crop is larger than the smallest 4:3 box around the player's box by this factor."""
PATCH = 1.5
"""A stored patch is larger than the crop by this factor, so that augmentation has image content outside the crop."""
PATCH_HEIGHT, PATCH_WIDTH = round(HEIGHT * PATCH), round(WIDTH * PATCH)
"""Size of a stored patch in pixels."""


def crop_matrix(
    box: NDArray[np.floating], enlarge: float = MARGIN, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> NDArray[np.float64]:
    """The (2, 3) affine map from frame pixels to crop pixels.

    Args:
        box: (4,) xyxy in frame pixels.
        enlarge: side of the crop relative to the smallest box of the crop's shape around `box`.
        size: width and height of the crop in pixels.
    """
    x0, y0, x1, y1 = (float(value) for value in box)
    width, height = size
    scale = min(width / max(x1 - x0, 1.0), height / max(y1 - y0, 1.0)) / enlarge
    # In OpenCV's maps, pixel centres are integers and box edges lie between pixels. The halves account for this.
    middle = ((x0 + x1 - 1) / 2, (y0 + y1 - 1) / 2)
    return np.array(
        [[scale, 0, (width - 1) / 2 - scale * middle[0]], [0, scale, (height - 1) / 2 - scale * middle[1]]]
    )


def cut(
    image: NDArray[np.uint8], matrix: NDArray[np.float64], size: tuple[int, int] = (WIDTH, HEIGHT)
) -> NDArray[np.uint8]:
    """Cut the crop (height, width, 3) of `matrix` out of an image; pixels outside the image are black.

    The image is reduced with an area filter first if the crop is much smaller, because OpenCV's affine warp has none.
    """
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    shrink = int(1 / scale) if scale < 0.6 else 1
    if shrink > 1:
        region = _region(matrix, size, image.shape, shrink)
        if region is not None:
            x0, y0, x1, y1 = region
            less = ((x1 - x0) // shrink, (y1 - y0) // shrink)
            part = cv2.resize(image[y0:y1, x0:x1], less, interpolation=cv2.INTER_AREA)
            # Pixel u of the reduced part has its centre at x0 + shrink * u + (shrink - 1) / 2.
            lift = np.array([[shrink, 0, x0 + (shrink - 1) / 2], [0, shrink, y0 + (shrink - 1) / 2], [0, 0, 1.0]])
            return cv2.warpAffine(part, matrix @ lift, size, flags=cv2.INTER_LINEAR)
    return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR)


def _region(
    matrix: NDArray[np.float64], size: tuple[int, int], shape: tuple[int, ...], shrink: int
) -> tuple[int, int, int, int] | None:
    corners = np.array([[0, 0], [size[0], 0], [0, size[1]], size], np.float64)
    seen = transform(corners, invert(matrix))
    low = np.clip(np.floor(seen.min(0)).astype(int) - shrink, 0, (shape[1], shape[0]))
    high = np.clip(np.ceil(seen.max(0)).astype(int) + shrink, 0, (shape[1], shape[0]))
    high = low + (high - low) // shrink * shrink
    return (int(low[0]), int(low[1]), int(high[0]), int(high[1])) if (high - low >= shrink).all() else None


def invert(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of a (2, 3) affine map."""
    return cv2.invertAffineTransform(matrix)


def transform(points: NDArray[np.floating], matrix: NDArray[np.float64]) -> NDArray[np.floating]:
    """Apply a (2, 3) affine map to points (..., 2); the dtype of the points is kept."""
    return (points @ matrix[:, :2].T + matrix[:, 2]).astype(points.dtype)
