"""An image with its boxes, and the letterbox transform to the detector's input size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.detector.classes import HEIGHT, MULTIPLE, SMALLEST, WIDTH

BAR = 114
"""Grey level of letterbox bars, as in YOLOX."""


@dataclass(frozen=True)
class LabelledImage:
    """One image with its labels.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        boxes: (N, 4) float32 xyxy pixels.
        classes: (N,) int64 indices into `CLASSES`.
        ignore: (M, 5) float32 xyxy and class of regions in which it is unknown whether an object of that class exists.
    """

    image: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    classes: NDArray[np.int64]
    ignore: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Raise ValueError if the shapes of the arrays do not match."""
        if self.image.ndim != 3 or self.boxes.shape != (len(self.classes), 4) or self.ignore.shape[1:] != (5,):
            raise ValueError("a labelled image needs image (H, W, 3), boxes (N, 4), classes (N,) and ignore (M, 5)")


def no_ignore() -> NDArray[np.float32]:
    """An empty array of regions to ignore."""
    return np.zeros((0, 5), np.float32)


def unlabelled(image: NDArray[np.uint8]) -> LabelledImage:
    """An image (H, W, 3) without objects."""
    return LabelledImage(image, np.zeros((0, 4), np.float32), np.zeros(0, np.int64), no_ignore())


def letterbox_matrix(
    width: int, height: int, to_width: int = WIDTH, to_height: int = HEIGHT
) -> NDArray[np.float64]:
    """The (2, 3) affine map from an image of `width` x `height` to the input: centred, with the aspect ratio kept."""
    scale = min(to_width / width, to_height / height)
    return np.array(
        [[scale, 0.0, (to_width - scale * width) / 2], [0.0, scale, (to_height - scale * height) / 2]]
    )


def warp(
    image: NDArray[np.uint8], matrix: NDArray[np.float64], width: int, height: int, fill: int = BAR
) -> NDArray[np.uint8]:
    """Apply an affine map. If it makes the image smaller, an area filter is applied first to avoid aliasing."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if scale < 0.75:
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        step = np.array([image.shape[1] / size[0], image.shape[0] / size[1]])
        matrix = matrix.copy()
        matrix[:, :2] = matrix[:, :2] * step
        image = small
    return cv2.warpAffine(
        image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
        borderValue=(fill, fill, fill),
    )


def move_boxes(boxes: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Boxes (N, 4) after an affine map: centres are mapped, sides are scaled. A rotation does not enlarge the boxes."""
    if not len(boxes):
        return boxes
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 @ matrix[:, :2].T + matrix[:, 2]
    half = (boxes[:, 2:] - boxes[:, :2]) / 2 * np.linalg.norm(matrix[:, :2], axis=0)
    return np.concatenate([centres - half, centres + half], 1).astype(np.float32)


def fitted_size(width: int, height: int, area: int = WIDTH * HEIGHT) -> tuple[int, int]:
    """The input's width and height for a film of `width` x `height`: its shape and about `area` pixels."""
    scale = (area / (width * height)) ** 0.5
    wide, high = (max(SMALLEST, round(side * scale / MULTIPLE) * MULTIPLE) for side in (width, height))
    return wide, high


def letterbox(labelled: LabelledImage, to_width: int = WIDTH, to_height: int = HEIGHT) -> LabelledImage:
    """The image at an input size of the detector, with its boxes."""
    height, width = labelled.image.shape[:2]
    matrix = letterbox_matrix(width, height, to_width, to_height)
    ignore = labelled.ignore.copy()
    ignore[:, :4] = move_boxes(ignore[:, :4], matrix)
    return LabelledImage(
        warp(labelled.image, matrix, to_width, to_height), move_boxes(labelled.boxes, matrix), labelled.classes, ignore
    )
