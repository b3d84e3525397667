"""Augmentation of clips: colours, crops, bars, blur, noise, compression, repeated frames, mirroring."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.common.colour import tone_table
from courtside_training.shots.geometry import HEIGHT, WIDTH


@dataclass(frozen=True)
class Chances:
    """Chance of each change, 0 to 1."""

    mirror: float = 0.5
    colour: float = 0.8
    crop: float = 0.5
    bars: float = 0.1
    blur: float = 0.15
    noise: float = 0.25
    compress: float = 0.15
    hold: float = 0.15


def mirror(clip: NDArray[np.uint8], points: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Mirror left and right: clip (16, H, W, 3), points (16, 3, 3) with x a share of the width."""
    flipped = points.copy()
    flipped[..., 0] = np.where(points[..., 2] > 0, 1.0 - points[..., 0], 0.0)
    return np.ascontiguousarray(clip[:, :, ::-1]), flipped


def _moved(points: NDArray[np.float32], scale: tuple[float, float], move: tuple[float, float]) -> NDArray[np.float32]:
    with_zone = points.copy()
    with_zone[..., :2] = points[..., :2] * np.array(scale, np.float32) + np.array(move, np.float32)
    inside = ((with_zone[..., :2] >= 0) & (with_zone[..., :2] < 1)).all(-1) & (points[..., 2] > 0)
    return np.where(inside[..., None], with_zone, 0.0).astype(np.float32)


def crop(
    clip: NDArray[np.uint8], points: NDArray[np.float32], rng: np.random.Generator, bars: bool
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Zoom and shift a little or, with `bars`, shrink one side as a letterbox does; the outside is black."""
    if bars:
        squeeze = float(rng.uniform(0.6, 0.95))
        sx, sy = (squeeze, 1.0) if rng.random() < 0.6 else (1.0, squeeze)
        mx, my = (1 - sx) / 2, (1 - sy) / 2
    else:
        sx = float(rng.uniform(0.95, 1.2))
        sy = sx * float(rng.uniform(0.96, 1.04))
        mx, my = (1 - sx) * float(rng.uniform(0.15, 0.85)), (1 - sy) * float(rng.uniform(0.15, 0.85))
    matrix = np.array([[sx, 0, mx * WIDTH], [0, sy, my * HEIGHT]])
    warped = np.stack([cv2.warpAffine(frame, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR) for frame in clip])
    return warped, _moved(points, (sx, sy), (mx, my))


def recolour(clip: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Change gamma, contrast, brightness and white balance of a clip (..., 3)."""
    gamma, gain, lift = rng.uniform(0.75, 1.35), rng.uniform(0.75, 1.25), rng.uniform(-0.08, 0.08)
    table = tone_table(gamma, gain, lift, rng.uniform(0.92, 1.08, 3))
    return cv2.LUT(clip.reshape(1, -1, 3), table).reshape(clip.shape)


def _compress(clip: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 85))]
    coded = (cv2.imencode(".jpg", frame, quality)[1] for frame in clip)
    return np.stack([cv2.imdecode(code, cv2.IMREAD_COLOR) for code in coded])


def augment(
    clip: NDArray[np.uint8], points: NDArray[np.float32], rng: np.random.Generator, chances: Chances
) -> tuple[NDArray[np.uint8], NDArray[np.float32], bool]:
    """Augment one clip.

    Args:
        clip: uint8 (16, 144, 256, 3) RGB.
        points: float32 (16, 3, 3), see ``Footage.points``.
        rng: draws every choice.
        chances: of each change.

    Returns:
        The clip, its points, and whether it was mirrored (which swaps the zones of the two sides).
    """
    draw = rng.random(8)
    if draw[0] < chances.crop:
        clip, points = crop(clip, points, rng, bars=False)
    if draw[1] < chances.bars:
        clip, points = crop(clip, points, rng, bars=True)
    if draw[2] < chances.hold:
        held = int(rng.integers(1, len(clip)))
        clip, points = clip.copy(), points.copy()
        clip[held], points[held] = clip[held - 1], points[held - 1]
    if draw[3] < chances.colour:
        clip = recolour(np.ascontiguousarray(clip), rng)
    if draw[4] < chances.blur:
        sigma = float(rng.uniform(0.3, 0.9))
        clip = np.stack([cv2.GaussianBlur(frame, (3, 3), sigma) for frame in clip])
    if draw[5] < chances.noise:
        grain = rng.normal(0, rng.uniform(1, 6), (HEIGHT + 32, WIDTH + 32, 3)).astype(np.int16)
        rows, columns = rng.integers(0, 32, len(clip)), rng.integers(0, 32, len(clip))
        noise = np.stack([grain[r : r + HEIGHT, c : c + WIDTH] for r, c in zip(rows, columns, strict=True)])
        clip = np.clip(clip + noise, 0, 255).astype(np.uint8)
    if draw[6] < chances.compress:
        clip = _compress(np.ascontiguousarray(clip), rng)
    mirrored = bool(draw[7] < chances.mirror)
    if mirrored:
        clip, points = mirror(clip, points)
    return clip, points, mirrored
