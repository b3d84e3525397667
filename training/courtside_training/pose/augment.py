"""Augmentation of crops: shift, rotation, scale, occlusion, truncation, blur, colour, noise, compression."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.common.colour import tone_table
from courtside_training.pose.crops import HEIGHT, PATCH_HEIGHT, PATCH_WIDTH, WIDTH, transform
from courtside_training.pose.people import Person
from courtside_training.pose.skeleton import BONES, LEFT_HIP, LEFT_SHOULDER, MIRRORED, RIGHT_HIP, RIGHT_SHOULDER

HIDDEN_WEIGHT = {"simulated": 0.5, "real": 0.25}
"""Weight of the position of a hidden keypoint: exact in the simulation, uncertain in a pseudo-label."""
UNLABELLED = 0.2
"""Weight of the target 'no confidence' for a keypoint without a label: most of these are indeed not visible."""


@dataclass(frozen=True)
class AugmentConfig:
    """Probability of each change, and its largest size.

    Attributes:
        mirror: probability of flipping left to right.
        background: probability of another person's patch as the background.
        cover: probability that part of another person's patch covers the crop.
        truncate: probability that one side is black, as at the edge of the frame.
        colour: probability of a change of gamma, contrast and brightness.
        swap_colours: probability of exchanged colour channels.
        grey: probability of a grey crop.
        motion: probability of motion blur.
        small: probability of a low resolution.
        noise: probability of sensor noise.
        jpeg: probability of JPEG compression.
        turn: largest rotation in degrees.
        scale: largest change of scale, as a natural logarithm.
        move: largest shift, as a share of the crop's width and height.
    """

    mirror: float = 0.5
    background: float = 0.2
    cover: float = 0.25
    truncate: float = 0.1
    colour: float = 0.8
    swap_colours: float = 0.1
    grey: float = 0.05
    motion: float = 0.2
    small: float = 0.3
    noise: float = 0.3
    jpeg: float = 0.4
    turn: float = 20.0
    scale: float = 0.2
    move: float = 0.08


def example(
    one: Person, rng: np.random.Generator, other: Person | None = None, config: AugmentConfig | None = None
) -> dict[str, NDArray[np.generic]]:
    """One training example of a person.

    Args:
        one: the person.
        rng: source of all random choices.
        other: person whose patch is used as background or cover.
        config: probabilities and sizes of the changes.

    Returns:
        `crop` (3, HEIGHT, WIDTH) uint8 RGB; `positions` (17, 2) float32 crop pixels; `weight` and `known` (17,)
        float32; `area` float32, see `losses`.
    """
    config = config or AugmentConfig()
    draw = rng.random(8)
    patch, keypoints = one.image(), one.keypoints.copy()
    strange = other.image() if other and (draw[0] < config.background or draw[1] < config.cover) else None
    if strange is not None and draw[0] < config.background and (keypoints[:, 2] > 0).sum() >= 12:
        patch = _replace_background(patch, keypoints, cv2.flip(strange, 1))
    matrix, scale = _view(rng, config)
    crop = cv2.warpAffine(patch, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
    keypoints[:, :2] = transform(keypoints[:, :2], matrix)
    if draw[2] < config.mirror:
        crop = cv2.flip(crop, 1)
        keypoints[:, 0] = WIDTH - 1 - keypoints[:, 0]
        keypoints = keypoints[list(MIRRORED)]
    if strange is not None and draw[1] < config.cover:
        _cover(crop, keypoints, strange, rng)
    if draw[3] < config.truncate:
        _truncate(crop, keypoints, rng)
    crop = _degrade(crop, rng, config)
    inside = ((keypoints[:, :2] > -0.5) & (keypoints[:, :2] < np.array([WIDTH, HEIGHT]) - 0.5)).all(-1)
    state = np.where(inside, keypoints[:, 2], 0)
    weight = np.where(state == 2, 1.0, np.where(state == 1, HIDDEN_WEIGHT.get(one.source, 0.5), 0.0))
    known = np.where((state > 0) | one.outside | (~inside & (keypoints[:, 2] > 0)), 1.0, UNLABELLED)
    size = one.box[2:] - one.box[:2]
    return {
        "crop": np.ascontiguousarray(crop[..., ::-1].transpose(2, 0, 1)),
        "positions": keypoints[:, :2].astype(np.float32),
        "weight": weight.astype(np.float32),
        "known": known.astype(np.float32),
        "area": np.float32(0.53 * size.prod() * scale**2),
    }


def _view(rng: np.random.Generator, config: AugmentConfig) -> tuple[NDArray[np.float64], float]:
    """A random (2, 3) map from patch to crop with rotation, scale and shift, and its scale."""
    angle = float(np.clip(rng.normal(0, config.turn / 2), -config.turn, config.turn)) if rng.random() < 0.6 else 0.0
    scale = float(np.exp(rng.uniform(-config.scale, config.scale)))
    matrix = cv2.getRotationMatrix2D(((PATCH_WIDTH - 1) / 2, (PATCH_HEIGHT - 1) / 2), angle, scale)
    shift = rng.uniform(-config.move, config.move, 2) * (WIDTH, HEIGHT)
    matrix[:, 2] += np.array([WIDTH - PATCH_WIDTH, HEIGHT - PATCH_HEIGHT]) / 2 + shift
    return matrix, scale


def _replace_background(
    image: NDArray[np.uint8], keypoints: NDArray[np.float32], strange: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Put the person in front of another person's patch, with a mask of limbs as thick as those of a body."""
    points = keypoints[:, :2]
    shoulders, hips = points[[LEFT_SHOULDER, RIGHT_SHOULDER]].mean(0), points[[LEFT_HIP, RIGHT_HIP]].mean(0)
    torso = max(float(np.linalg.norm(shoulders - hips)), 12.0)
    mask = np.zeros(image.shape[:2], np.uint8)
    for a, b in BONES:
        if keypoints[a, 2] > 0 and keypoints[b, 2] > 0:
            cv2.line(mask, _pixel(points[a]), _pixel(points[b]), 255, round(torso * 0.42))
    for index in (9, 10, 15, 16):
        if keypoints[index, 2] > 0:
            cv2.circle(mask, _pixel(points[index]), round(torso * 0.38), 255, -1)
    cv2.circle(mask, _pixel(points[:5].mean(0)), round(torso * 0.42), 255, -1)
    cv2.line(mask, _pixel(shoulders), _pixel(hips), 255, round(torso * 0.7))
    soft = cv2.GaussianBlur(mask, (0, 0), 2)[..., None].astype(np.float32) / 255
    return (image * soft + strange * (1 - soft)).astype(np.uint8)


def _pixel(point: NDArray[np.floating]) -> tuple[int, int]:
    return int(np.clip(point[0], -2000, 2000)), int(np.clip(point[1], -2000, 2000))


def _cover(
    crop: NDArray[np.uint8], keypoints: NDArray[np.float32], strange: NDArray[np.uint8], rng: np.random.Generator
) -> None:
    """Paste part of another person's patch over the crop; covered keypoints become hidden."""
    height, width = int(rng.integers(20, 90)), int(rng.integers(14, 60))
    x, y = int(rng.integers(0, WIDTH - width)), int(rng.integers(0, HEIGHT - height))
    u = int(rng.integers(40, PATCH_WIDTH - 40 - width))
    v = int(rng.integers(20, PATCH_HEIGHT - 20 - height))
    crop[y : y + height, x : x + width] = strange[v : v + height, u : u + width]
    under = ((keypoints[:, :2] > (x, y)) & (keypoints[:, :2] < (x + width, y + height))).all(-1)
    keypoints[under, 2] = np.minimum(keypoints[under, 2], 1)


def _truncate(crop: NDArray[np.uint8], keypoints: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Make one side black, as at the edge of the frame; keypoints there are outside the image."""
    side, share = int(rng.integers(4)), float(rng.uniform(0.08, 0.35))
    if side < 2:
        depth = round(share * WIDTH)
        low, high = (0, depth) if side == 0 else (WIDTH - depth, WIDTH)
        crop[:, low:high] = 0
        gone = (keypoints[:, 0] >= low - 0.5) & (keypoints[:, 0] < high - 0.5)
        keypoints[gone, 0] = -1000.0
    else:
        depth = round(share * HEIGHT)
        low, high = (0, depth) if side == 2 else (HEIGHT - depth, HEIGHT)
        crop[low:high] = 0
        gone = (keypoints[:, 1] >= low - 0.5) & (keypoints[:, 1] < high - 0.5)
        keypoints[gone, 1] = -1000.0


def _degrade(crop: NDArray[np.uint8], rng: np.random.Generator, config: AugmentConfig) -> NDArray[np.uint8]:
    draw = rng.random(7)
    if draw[0] < config.motion:
        crop = cv2.filter2D(crop, -1, _streak(int(rng.integers(3, 10)), float(rng.uniform(0, np.pi))))
    if draw[1] < config.small:
        share = float(rng.uniform(0.22, 0.7))
        low = cv2.resize(crop, (round(WIDTH * share), round(HEIGHT * share)), interpolation=cv2.INTER_AREA)
        crop = cv2.resize(low, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    if draw[2] < config.colour:
        crop = _colour(crop, rng)
    if draw[3] < config.swap_colours:
        crop = np.ascontiguousarray(crop[..., rng.permutation(3)])
    if draw[4] < config.grey:
        crop = cv2.cvtColor(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    if draw[5] < config.noise:
        grain = rng.standard_normal((HEIGHT, WIDTH, 1), np.float32) * float(rng.uniform(2, 12))
        crop = np.clip(crop + grain, 0, 255).astype(np.uint8)
    if draw[6] < config.jpeg:
        coded = cv2.imencode(".jpg", crop, (cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 80))))[1]
        crop = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return crop


def _streak(length: int, angle: float) -> NDArray[np.float32]:
    """A motion-blur kernel."""
    kernel = np.zeros((11, 11), np.float32)
    half = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    cv2.line(kernel, tuple(np.rint(5 - half).astype(int).tolist()), tuple(np.rint(5 + half).astype(int).tolist()), 1.0)
    return kernel / kernel.sum()


def _colour(crop: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    gamma, gain, lift = np.exp(rng.uniform(-0.4, 0.4)), rng.uniform(0.65, 1.3), rng.uniform(-0.12, 0.12)
    return cv2.LUT(crop, tone_table(gamma, gain, lift, rng.uniform(0.85, 1.15, 3)))
