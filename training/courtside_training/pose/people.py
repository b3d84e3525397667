"""Labelled people as JPEG patches with keypoints, small enough to hold thousands in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.pose.crops import (
    HEIGHT,
    MARGIN,
    PATCH,
    PATCH_HEIGHT,
    PATCH_WIDTH,
    WIDTH,
    crop_matrix,
    cut,
    transform,
)

QUALITY = (cv2.IMWRITE_JPEG_QUALITY, 92)
"""JPEG quality of patches."""


@dataclass(frozen=True)
class Person:
    """One player in one frame.

    Attributes:
        patch: JPEG of PATCH_HEIGHT x PATCH_WIDTH pixels, BGR, with the player's crop in the middle.
        keypoints: (17, 3) float32 x, y in patch pixels and COCO visibility: 0 unknown or outside, 1 hidden, 2 visible.
        box: (4,) float32 xyxy in patch pixels, as labelled.
        outside: whether visibility 0 means "outside the frame" (simulation) or "not labelled".
        source: 'simulated' or 'real'.
    """

    patch: bytes
    keypoints: NDArray[np.float32]
    box: NDArray[np.float32]
    outside: bool
    source: str

    def image(self) -> NDArray[np.uint8]:
        """The patch (PATCH_HEIGHT, PATCH_WIDTH, 3), uint8 BGR."""
        return cv2.imdecode(np.frombuffer(self.patch, np.uint8), cv2.IMREAD_COLOR)


def person(
    image: NDArray[np.uint8], box: NDArray[np.floating], keypoints: NDArray[np.floating], *, outside: bool,
    source: str,
) -> Person:
    """Cut one player out of a BGR image; `box` xyxy and `keypoints` (17, 3) are in image pixels."""
    size = (PATCH_WIDTH, PATCH_HEIGHT)
    matrix = crop_matrix(box, MARGIN * PATCH, size)
    coded = cv2.imencode(".jpg", cut(image, matrix, size), QUALITY)[1].tobytes()
    moved = np.concatenate([transform(keypoints[:, :2].astype(np.float64), matrix), keypoints[:, 2:]], -1)
    corners = transform(np.asarray(box, np.float64).reshape(2, 2), matrix).reshape(4)
    return Person(coded, moved.astype(np.float32), corners.astype(np.float32), outside, source)


def centre_crop(one: Person) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
    """The crop without augmentation (HEIGHT, WIDTH, 3) BGR, keypoints (17, 3) and box (4,) in crop pixels."""
    dx, dy = (PATCH_WIDTH - WIDTH) // 2, (PATCH_HEIGHT - HEIGHT) // 2
    crop = one.image()[dy : dy + HEIGHT, dx : dx + WIDTH]
    keypoints = one.keypoints - np.array([dx, dy, 0], np.float32)
    inside = ((keypoints[:, :2] > -0.5) & (keypoints[:, :2] < np.array([WIDTH, HEIGHT]) - 0.5)).all(-1)
    keypoints[~inside, 2] = 0
    return crop, keypoints, one.box - np.array([dx, dy, dx, dy], np.float32)


def stack(people: Iterable[Person]) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
    """Crops without augmentation (N, 3, HEIGHT, WIDTH) RGB, keypoints (N, 17, 3) and boxes (N, 4)."""
    crops, keypoints, boxes = zip(*(centre_crop(one) for one in people), strict=True)
    images = np.stack(crops)[..., ::-1].transpose(0, 3, 1, 2)
    return np.ascontiguousarray(images), np.stack(keypoints), np.stack(boxes)
