"""Augmentation of clips: the published fixed copies of rare classes, and small random changes of every clip."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.action_clips.classes import LABELS

TWINS = ((0.0, 0.0), (30.0, 0.0), (-30.0, 0.0), (0.0, 0.25), (0.0, -0.25))
"""Rotation in degrees and shift as a share of the width. The first is the clip itself, the others are the published
copies."""
RARE_SHARE = 2000 / 32560
"""A class is rare below this share of the clips. The published limit is 2,000 of SpaceJam's 32,560 clips."""


def rare_classes(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Class numbers that occur, but with a share below `RARE_SHARE`."""
    counts = np.bincount(labels, minlength=len(LABELS))
    return np.flatnonzero((counts > 0) & (counts < RARE_SHARE * len(labels)))


def twin(
    clip: NDArray[np.uint8], which: int, strength: float = 1.0
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Twin `which` of a (T, H, W, 3) clip. Pixels from outside the clip are black, as in the published copies.

    Args:
        clip: the clip to change.
        which: index in `TWINS`; 0 changes nothing.
        strength: share of the rotation and the shift, 1 for the published ones.

    Returns:
        The clip, and the (2, 3) matrix from old to new pixel coordinates.
    """
    if which == 0:
        return clip, np.eye(2, 3)
    degrees, share = (strength * value for value in TWINS[which])
    height, width = clip.shape[1:3]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    matrix[0, 2] += share * width
    return np.stack([cv2.warpAffine(frame, matrix, (width, height)) for frame in clip]), matrix


def vary(clip: NDArray[np.uint8], rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Change a (T, H, W, 3) clip as another camera or tracker would: mirror, colour, framing, blur and noise.

    Returns:
        The clip, and the (2, 3) matrix from old to new pixel coordinates.
    """
    height, width = clip.shape[1:3]
    moves = np.eye(3)
    if rng.random() < 0.5:
        clip = clip[:, :, ::-1]
        moves[0] = -1.0, 0.0, width - 1.0
    if rng.random() < 0.5:
        zoom, turn = rng.uniform(0.9, 1.12), rng.uniform(-3.0, 3.0)
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, zoom)
        matrix[:, 2] += rng.uniform(-0.06, 0.06, 2) * (width, height)
        still = cv2.BORDER_REPLICATE
        clip = np.stack([cv2.warpAffine(frame, matrix, (width, height), borderMode=still) for frame in clip])
        moves[:2] = matrix @ moves
    if rng.random() < 0.6:
        ramp = np.arange(256) / 255.0
        gain, lift = rng.uniform(0.8, 1.2), rng.uniform(-0.08, 0.08)
        tone = (ramp ** rng.uniform(0.8, 1.25) - 0.5) * gain + 0.5 + lift
        table = np.clip(tone[:, None] * rng.uniform(0.92, 1.08, 3) * 255, 0, 255).astype(np.uint8)
        clip = cv2.LUT(np.ascontiguousarray(clip).reshape(1, -1, 3), table[None]).reshape(clip.shape)
    if rng.random() < 0.15:
        sigma = float(rng.uniform(0.4, 1.1))
        clip = np.stack([cv2.GaussianBlur(frame, (0, 0), sigma) for frame in np.ascontiguousarray(clip)])
    if rng.random() < 0.15:
        # Noise is drawn for half the frames only. The other half gets the same noise mirrored, which saves time.
        grain = rng.normal(0, rng.uniform(1, 7), (len(clip) // 2, height, width, 1)).astype(np.int16)
        noise = np.concatenate([grain, grain[:, ::-1, ::-1]])
        clip = np.clip(clip + noise, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(clip), moves[:2]
