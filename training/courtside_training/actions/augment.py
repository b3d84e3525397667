"""Changes to clips: the fixed twins of poor classes as published, and small random ones for every training clip."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.actions.classes import LABELS

TWINS = ((0.0, 0.0), (30.0, 0.0), (-30.0, 0.0), (0.0, 0.25), (0.0, -0.25))
"""Degrees turned and share of the width moved; the first is the clip itself, the others are the published copies."""
POOR_SHARE = 2000 / 32560
"""A class is poor below this share of the clips: the published bound of 2,000 out of SpaceJam's 32,560."""


def poor_classes(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Class numbers that are there, but below `POOR_SHARE`."""
    counts = np.bincount(labels, minlength=len(LABELS))
    return np.flatnonzero((counts > 0) & (counts < POOR_SHARE * len(labels)))


def twin(
    clip: NDArray[np.uint8], which: int, strength: float = 1.0
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Twin `which` of a (T, H, W, 3) clip; what comes in from outside is black, as in the published copies.

    Args:
        clip: to change.
        which: place in `TWINS`; 0 changes nothing.
        strength: share of the turn and the move, 1 for the published ones.

    Returns:
        The clip, and the (2, 3) matrix from its old pixels to the new.
    """
    if which == 0:
        return clip, np.eye(2, 3)
    degrees, share = (strength * value for value in TWINS[which])
    height, width = clip.shape[1:3]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    matrix[0, 2] += share * width
    return np.stack([cv2.warpAffine(frame, matrix, (width, height)) for frame in clip]), matrix


def vary(clip: NDArray[np.uint8], rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """A (T, H, W, 3) clip as another camera and tracker might have had it: mirrored, recoloured, reframed, noisy.

    Returns:
        The clip, and the (2, 3) matrix from its old pixels to the new.
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
        # Half the pictures' noise is enough: it is laid on twice, the second time mirrored.
        grain = rng.normal(0, rng.uniform(1, 7), (len(clip) // 2, height, width, 1)).astype(np.int16)
        noise = np.concatenate([grain, grain[:, ::-1, ::-1]])
        clip = np.clip(clip + noise, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(clip), moves[:2]
