"""Augmentation of labelled images: crop, scale, rotation, mirror, colour, blur, low resolution, compression."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.common.colour import tone_table
from courtside_training.detector.classes import BALL, PLAYER, REFEREE, RIM, WIDTH
from courtside_training.detector.images import BAR, LabelledImage, move_boxes, warp

FOCUS = {BALL: 4.0, RIM: 4.0, PLAYER: 1.0, REFEREE: 1.5}
"""Weight of an object of each class when a crop is placed on an object."""
SEEN, GONE = 0.35, 0.08
"""An object that is cut by the edge keeps its label if at least the first share of it is visible. Below the second
share it is background. In between it is ignored."""


def _pull_inside(
    diagonal: NDArray[np.float64], shift: NDArray[np.float64], size: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Additional shift of an image with that `diagonal` (2, 2) that minimises the bars in a crop of size `size`."""
    low, high = diagonal.min(1) + shift, diagonal.max(1) + shift
    large = high - low >= size
    left = np.where(large, np.maximum(low, 0), np.minimum(low, 0))
    right = np.where(large, np.maximum(size - high, 0), np.minimum(size - high, 0))
    return right - left


def crop(
    labelled: LabelledImage, width: int, height: int, rng: np.random.Generator,
    scales: tuple[float, float] = (0.55, 2.2),
) -> LabelledImage:
    """A `width` x `height` part of the image, scaled, slightly rotated and mirrored with probability 0.5.

    Objects at the edges are clipped. Objects of which little is visible become regions to ignore.

    Args:
        labelled: the image.
        width: width of the crop in pixels.
        height: height of the crop in pixels.
        rng: source of all random choices.
        scales: smallest and largest scale, relative to the image at the detector's input width.
    """
    scale = WIDTH / labelled.image.shape[1] * np.exp(rng.uniform(*np.log(scales)))
    across = scale * rng.uniform(0.9, 1.1)
    turn = np.radians(np.clip(rng.normal(0, 1.5), -5, 5))
    matrix = np.array([[across * np.cos(turn), -scale * np.sin(turn)], [across * np.sin(turn), scale * np.cos(turn)]])
    if rng.random() < 0.5:
        matrix[:, 0] *= -1
    size = np.array(labelled.image.shape[1::-1], float)
    if len(labelled.boxes) and rng.random() < 0.75:
        weights = np.array([FOCUS[int(kind)] for kind in labelled.classes])
        box = labelled.boxes[int(rng.choice(len(weights), p=weights / weights.sum()))]
        source, target = (box[:2] + box[2:]) / 2, rng.uniform(0.1, 0.9, 2)
    else:
        source, target = rng.uniform(0.15, 0.85, 2) * size, np.array([0.5, 0.5])
    shift = target * (width, height) - matrix @ source
    if rng.random() < 0.85:
        shift += _pull_inside(matrix @ np.array([[0, size[0]], [0, size[1]]]), shift, np.array([width, height]))
    full = np.concatenate([matrix, shift[:, None]], 1)
    image = warp(labelled.image, full, width, height, BAR if rng.random() < 0.5 else 0)
    inside = np.clip(move_boxes(np.stack([[0, 0, *size]]), full), 0, [width, height, width, height])[0]
    moved = move_boxes(labelled.boxes, full)
    clipped = np.clip(moved, inside[[0, 1, 0, 1]], inside[[2, 3, 2, 3]])
    area = np.prod(np.maximum(moved[:, 2:] - moved[:, :2], 1e-6), 1)
    share = np.prod(np.clip(clipped[:, 2:] - clipped[:, :2], 0, None), 1) / area
    keep, unsure = share >= SEEN, (share >= GONE) & (share < SEEN)
    ignore = labelled.ignore.copy()
    ignore[:, :4] = move_boxes(ignore[:, :4], full)
    doubtful = np.concatenate([clipped[unsure], labelled.classes[unsure, None]], 1).astype(np.float32)
    return LabelledImage(image, clipped[keep], labelled.classes[keep], np.concatenate([ignore, doubtful]))


def _colour(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    gamma, gain, lift = np.exp(rng.normal(0, 0.25)), rng.uniform(0.7, 1.25), rng.uniform(-0.1, 0.1)
    image = cv2.LUT(image, tone_table(gamma, gain, lift, rng.uniform(0.9, 1.1, 3)))
    if rng.random() < 0.4:
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None]
        share = rng.uniform(-0.4, 0.9)
        image = np.clip(image * (1 - share) + grey * share, 0, 255).astype(np.uint8)
    return image


def _smear(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    reach = int(rng.integers(1, 5))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    turn = rng.uniform(0, np.pi)
    for share in np.linspace(-1, 1, 4 * reach + 1):
        kernel[round(reach + share * reach * np.sin(turn)), round(reach + share * reach * np.cos(turn))] = 1
    return cv2.filter2D(image, -1, kernel / kernel.sum())


def degrade(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Apply random light, lens, sensor and codec effects; (H, W, 3) uint8 RGB in and out."""
    draw = rng.random(6)
    height, width = image.shape[:2]
    if draw[0] < 0.8:
        image = _colour(image, rng)
    if draw[1] < 0.2:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.4))
    if draw[2] < 0.12:
        image = _smear(image, rng)
    if draw[3] < 0.25:
        share = rng.uniform(0.35, 0.8)
        small = cv2.resize(image, (round(width * share), round(height * share)), interpolation=cv2.INTER_AREA)
        image = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    if draw[4] < 0.25:
        grain = rng.normal(0, rng.uniform(1, 9), (height, width, 1)) + rng.normal(0, 2, (1, 1, 3))
        image = np.clip(image + grain, 0, 255).astype(np.uint8)
    if draw[5] < 0.35:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(18, 85))]
        image = cv2.imdecode(cv2.imencode(".jpg", image, quality)[1], cv2.IMREAD_COLOR)
    return image


def _exposed(
    image: NDArray[np.uint8], gamma: float, gain: float, tint: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """The image with `gain` times the light; black stays black."""
    return cv2.LUT(image, tone_table(gamma, gain, -0.5 * (1 - gain), tint))


def _night(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    dark = _exposed(image, rng.uniform(1.1, 1.9), rng.uniform(0.45, 0.95), rng.uniform(0.8, 1.2, 3))
    height, width = image.shape[:2]
    grain = rng.normal(0, rng.uniform(3, 14), (height, width, 3))
    return cv2.GaussianBlur(np.clip(dark + grain, 0, 255).astype(np.uint8), (0, 0), rng.uniform(0.3, 1.0))


def _haze(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    share = rng.uniform(0.2, 0.6)
    veil = rng.uniform(110, 250) + rng.normal(0, 12, 3)
    return np.clip(image * (1 - share) + veil * share, 0, 255).astype(np.uint8)


def _glare(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    return _exposed(image, rng.uniform(0.6, 0.9), rng.uniform(1.1, 1.7), rng.uniform(0.95, 1.05, 3))


def _burnt_in_text(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    letters = "".join(chr(int(code)) for code in rng.integers(48, 123, int(rng.integers(3, 14))))
    at = (int(rng.uniform(0, 0.6) * width), int(rng.uniform(0.06, 0.98) * height))
    colour = tuple(int(value) for value in rng.integers(0, 256, 3))
    scale = float(rng.uniform(0.4, 1.4))
    return cv2.putText(
        image.copy(), letters, at, int(rng.integers(0, 5)), scale, colour, max(1, round(2 * scale)), cv2.LINE_AA
    )


def bad_light(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Night, haze, over-exposure or text burnt in; (H, W, 3) uint8 RGB in and out."""
    effects = (_night, _haze, _glare, _burnt_in_text)
    return effects[int(rng.choice(4, p=(0.4, 0.2, 0.2, 0.2)))](image, rng)
