"""Keypoints of a joint track as a pose network reports them: pixels, confidences and the usual mistakes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from .body import Joint
from .lens import Lens, look_at

ARMS = (Joint.LEFT_SHOULDER, Joint.LEFT_ELBOW, Joint.LEFT_WRIST)
LEGS = (Joint.LEFT_HIP, Joint.LEFT_KNEE, Joint.LEFT_ANKLE)
LEFT_SIDE = np.array([1, 3, 5, 7, 9, 11, 13, 15])
# Error of each joint relative to the mean, after COCO's per-keypoint constants: small at the head, large at the hips.
SIGMAS = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 68.0


@dataclass(frozen=True)
class CameraView:
    """A camera's position relative to the shooter.

    Attributes:
        azimuth: Radians from straight ahead (the basket), positive to the shooter's left.
        elevation: Radians above the horizontal at the shooter's chest.
        distance: Metres.
        size: Height of a person of two metres, pixels.
    """

    azimuth: float
    elevation: float
    distance: float
    size: float


@dataclass(frozen=True)
class PoseNoise:
    """The errors of a pose network; lengths are shares of the person's height in the picture.

    Attributes:
        jitter: Standard deviation of a joint's error; half of it lasts about five frames, half is new in each frame.
        outliers: Chance per frame that a joint is reported somewhere else.
        swaps: Chance per second that left and right are exchanged for a few frames (arms, legs or both).
        misses: Chance per frame that a joint in view is not found; hidden joints are missed far more often.
        dropped: Chance per frame that the person is not found at all.
    """

    jitter: float = 0.008
    outliers: float = 0.004
    swaps: float = 0.12
    misses: float = 0.015
    dropped: float = 0.01

    def scaled(self, factor: float) -> PoseNoise:
        """The same errors, `factor` times as large or frequent."""
        return PoseNoise(*(value * factor for value in vars(self).values()))


def draw_view(
    rng: np.random.Generator,
    azimuth: tuple[float, float] = (-math.pi, math.pi),
    elevation: tuple[float, float] = (0.0, 0.42),
) -> CameraView:
    """Draw a random camera 5 to 18 metres away; a person is 110 to 420 pixels high."""
    return CameraView(
        float(rng.uniform(*azimuth)),
        float(rng.uniform(*elevation)),
        float(rng.uniform(5.0, 18.0)),
        float(np.exp(rng.uniform(math.log(110), math.log(420)))),
    )


def project(joints: np.ndarray, view: CameraView) -> tuple[np.ndarray, np.ndarray]:
    """Project joints (T, J, 3), metres, to pixels (T, J, 2) and depths (T, J), metres; the camera does not move."""
    chest = np.array([0.0, 0.0, 1.2])
    flat = view.distance * math.cos(view.elevation)
    offset = [
        flat * math.cos(view.azimuth),
        flat * math.sin(view.azimuth),
        view.distance * math.sin(view.elevation),
    ]
    position = chest + offset
    focal = view.size * view.distance / 2.0
    lens = Lens(position, look_at(position, chest), focal, 1280, 720)
    return lens.project(joints)


def hidden(pixels: np.ndarray, depth: np.ndarray, size: float) -> np.ndarray:
    """Which joints, (T, 17) bool, are behind the person's own trunk: inside its outline and farther than its middle."""
    shoulders = pixels[:, [Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER]]
    hips = pixels[:, [Joint.LEFT_HIP, Joint.RIGHT_HIP]]
    trunk = np.concatenate([shoulders, hips], 1)
    low = trunk.min(1)[:, None] - [0.035 * size, 0.01 * size]
    high = trunk.max(1)[:, None] + [0.035 * size, 0.01 * size]
    inside = ((pixels > low) & (pixels < high)).all(-1)
    middle = depth[:, [5, 6, 11, 12]].mean(1, keepdims=True)
    found = inside & (depth > middle + 0.08)
    found[:, [11, 12]] &= (depth > middle + 0.05)[:, [11, 12]]
    # Eyes and nose of a head that is turned away.
    ears = depth[:, [Joint.LEFT_EAR, Joint.RIGHT_EAR]].mean(1, keepdims=True)
    found[:, :3] |= depth[:, :3] > ears + 0.02
    return found


def _swapped(pixels: np.ndarray, fps: float, chance: float, rng: np.random.Generator) -> np.ndarray:
    """Exchange left and right for a few frames, on average `chance` times per second."""
    for start in np.flatnonzero(rng.random(len(pixels)) < chance / fps):
        end = start + 1 + int(rng.integers(1, 5))
        group = (ARMS, LEGS, ARMS + LEGS)[int(rng.integers(3))]
        left, right = np.array(group), np.array(group) + 1
        pixels[start:end, left], pixels[start:end, right] = (
            pixels[start:end, right].copy(),
            pixels[start:end, left].copy(),
        )
    return pixels


def noisy_keypoints(
    joints: np.ndarray, view: CameraView, noise: PoseNoise, rng: np.random.Generator, fps: float = 30.0
) -> np.ndarray:
    """The keypoints that a pose network would report for a joint track.

    Args:
        joints: (T, 17, 3) metres.
        view: The camera.
        noise: The network's errors.
        rng: Draws the errors.
        fps: Frames per second of `joints`.

    Returns:
        (T, 17, 3) float32: x, y in pixels (NaN where not found) and confidence (0 where not found).
    """
    pixels, depth = project(joints, view)
    behind = hidden(pixels, depth, view.size)
    frames, count = behind.shape
    sigma = noise.jitter * view.size * SIGMAS[None, :, None] * np.where(behind, 2.5, 1.0)[..., None]
    fresh = rng.standard_normal((frames, count, 2))
    steps = rng.standard_normal((frames, count, 2))
    steps[1:] *= 0.6
    slow = lfilter([1.0], [1.0, -0.8], steps, axis=0)
    error = sigma * (fresh + slow) * math.sqrt(0.5)
    far = rng.random((frames, count, 1)) < noise.outliers
    error = np.where(far, rng.standard_normal(error.shape) * 0.12 * view.size, error)
    seen = _swapped(pixels + error, fps, noise.swaps, rng)
    off = np.linalg.norm(error, axis=-1) / (0.03 * view.size)
    confidence = np.clip(0.93 - 0.25 * off + 0.05 * rng.standard_normal(off.shape) - 0.3 * behind, 0.05, 1.0)
    missing = rng.random(off.shape) < noise.misses * np.where(behind, 12.0, 1.0)
    missing |= rng.random((frames, 1)) < noise.dropped
    seen[missing], confidence[missing] = np.nan, 0.0
    return np.concatenate([seen, confidence[..., None]], -1).astype(np.float32)
