"""Players in three dimensions as a pose network sees them through a camera: keypoints with its usual mistakes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from courtside_training.actions.classes import JOINTS, MIDDLE, STEPS
from courtside_training.actions.windows import Array, Window, context_of
from courtside_training.pose.skeleton import ANKLES, HIPS, SHOULDERS

STORED_RATE = 30.0
"""Steps per second of stored windows in three dimensions."""
STORED = 49
"""Steps of a stored window: 1.6 s."""
STEP = (0.04, 0.1)
"""Range of a clip's step in seconds. Half of all clips have the longest one, as served. Shorter ones, down to films of
25 frames per second that are taken frame by frame, teach what an action is at any speed."""
ERROR = np.array([9, 9, 9, 9, 9, 11, 11, 17, 17, 23, 23, 9, 9, 17, 17, 21, 21], np.float32) / 1000
"""Standard deviation of a joint's error in player heights. Second differences of BlazePose's keypoints over tracks of
broadcast film (its large variant) and the distance from its small variant give this order of magnitude."""
_HEAD, _ARMS, _LEGS = slice(0, 5), [7, 8, 9, 10], [13, 14, 15, 16]


def draw_steps(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(count,) seconds per step, see `STEP`."""
    return np.where(rng.random(count) < 0.5, STEP[1], rng.uniform(*STEP, count))


def seen(joints: Array, ball: Array, rng: np.random.Generator) -> Window:
    """Clips of stored windows through random cameras.

    Args:
        joints: (N, 49, 17, 3) metres, z up, at `STORED_RATE`.
        ball: (N, 49, 3) metres; NaN where there is none.
        rng: source of cameras and errors.
    """
    count = len(joints)
    step = draw_steps(count, rng)
    at = (STORED - 1) / 2 + (np.arange(STEPS) - MIDDLE) * step[:, None] * STORED_RATE
    low = np.clip(np.floor(at).astype(int), 0, STORED - 2)
    share = (at - low).astype(np.float32)[..., None]
    rows = np.arange(count)[:, None]
    points = np.concatenate([joints, ball[:, :, None]], 2).astype(np.float32)
    points = points[rows, low] * (1 - share[..., None]) + points[rows, low + 1] * share[..., None]
    hips = points[:, STEPS // 2][:, list(HIPS)].mean(1) * np.array([1, 1, 0], np.float32)
    points -= hips[:, None, None]
    points = _other_body(points, rng)
    pixels, depth = _project(points, rng)
    keypoints = _mistaken(pixels[:, :, :JOINTS], depth[:, :, :JOINTS], rng)
    with np.errstate(invalid="ignore"):
        there = pixels[:, :, JOINTS] + rng.normal(0, 2.0, (count, STEPS, 2)).astype(np.float32)
    return Window(keypoints, context_of(keypoints, there, 0.8, step.astype(np.float32)))


def _other_body(points: Array, rng: np.random.Generator) -> Array:
    """Bodies of other proportions, because the simulation's and the pose network's joints are not the same points."""
    count = len(points)
    hips = points[:, :, list(HIPS)].mean(2, keepdims=True)
    out = points - hips
    above, below = (np.exp(rng.normal(0, 0.06, (count, 1, 1))).astype(np.float32) for _ in range(2))
    out[:, :, :11, 2] *= above
    out[:, :, 11:JOINTS, 2] *= below
    for pair, spread in ((SHOULDERS, 0.12), (HIPS, 0.2)):
        middle = out[:, :, list(pair)].mean(2, keepdims=True)
        wide = np.exp(rng.normal(0, spread, (count, 1, 1, 1))).astype(np.float32)
        moved = middle + (out[:, :, list(pair)] - middle) * wide
        for index, joint in enumerate(pair):
            shift = moved[:, :, index] - out[:, :, joint]
            limb = (joint, joint + 2, joint + 4)
            out[:, :, limb] += shift[:, :, None]
    return out + hips


def _project(points: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Pixels (N, 16, K, 2), y down, and depths (N, 16, K) in pixels of random cameras."""
    count = len(points)
    azimuth = rng.uniform(-np.pi, np.pi, count)
    elevation = np.where(rng.random(count) < 0.75, rng.uniform(0.1, 0.45, count), rng.uniform(-0.03, 0.12, count))
    distance = np.exp(rng.uniform(np.log(6.0), np.log(40.0), count))
    a, e = azimuth[:, None, None], elevation[:, None, None]
    x, y, z = (points[..., axis] for axis in range(3))
    right = -np.sin(a) * x + np.cos(a) * y
    along = -(np.cos(a) * x + np.sin(a) * y)
    up = np.cos(e) * (z - 1.0) + np.sin(e) * along
    away = -np.sin(e) * (z - 1.0) + np.cos(e) * along
    pixels_per_metre = 80.0 * distance[:, None, None] / np.maximum(distance[:, None, None] + away, 1.0)
    pixels = np.stack([right * pixels_per_metre, -up * pixels_per_metre], -1)
    return pixels.astype(np.float32), (away * 80.0).astype(np.float32)


def _mistaken(pixels: Array, depth: Array, rng: np.random.Generator) -> Array:
    """Keypoints (N, 16, 17, 4) with a pose network's errors: slow ones, new ones, and far ones of hidden joints."""
    count = len(pixels)
    height = 150.0
    hidden = _hidden(pixels, depth)
    level = np.exp(rng.normal(0, 0.5, (count, 1, 1))).astype(np.float32)
    sigma = ERROR * height * level * np.where(hidden, 2.5, 1.0)
    fresh = rng.normal(0, 1, pixels.shape).astype(np.float32)
    slow = rng.normal(0, 1, pixels.shape).astype(np.float32)
    for step in range(1, STEPS):
        slow[:, step] = 0.85 * slow[:, step - 1] + 0.53 * slow[:, step]
    found = pixels + sigma[..., None] * (0.6 * fresh + 0.8 * slow)
    far = rng.random((count, STEPS, JOINTS)) < 0.006 * np.where(hidden, 4.0, 1.0)
    found += far[..., None] * rng.normal(0, 0.1 * height, pixels.shape).astype(np.float32)
    found += rng.normal(0, 0.008 * height, (count, 1, JOINTS, 2)).astype(np.float32)
    away = depth - depth[:, :, list(HIPS)].mean(2, keepdims=True)
    # The depths of one picture are right in order at best.
    away = away * np.exp(rng.normal(0, 0.5, (count, 1, 1))) + rng.normal(0, 0.12 * height, away.shape)
    visible = np.where(hidden, rng.beta(1.2, 2.5, hidden.shape), rng.beta(8, 1.2, hidden.shape))
    visible[:, :, [0, 1, 2, 3, 4, *SHOULDERS, *HIPS]] = rng.beta(30, 0.3, (count, STEPS, 9))
    return np.concatenate([found, away[..., None], visible[..., None]], -1).astype(np.float32)


def _hidden(pixels: Array, depth: Array) -> NDArray[np.bool_]:
    """Which joints (N, 16, 17) the body hides: arms and legs behind the trunk or behind the other leg."""
    trunk = pixels[:, :, [*SHOULDERS, *HIPS]]
    low, high = trunk.min(2, keepdims=True) - 6.0, trunk.max(2, keepdims=True) + 6.0
    middle = depth[:, :, [*SHOULDERS, *HIPS]].mean(2, keepdims=True)
    found = ((pixels > low) & (pixels < high)).all(-1) & (depth > middle + 6.0)
    for left, right in ((13, 14), ANKLES, (7, 8), (9, 10)):
        close = np.abs(pixels[:, :, left] - pixels[:, :, right]).max(-1) < 9.0
        nearer = depth[:, :, left] < depth[:, :, right]
        found[:, :, left] |= close & ~nearer
        found[:, :, right] |= close & nearer
    return found
