"""Augmentations of an input: Gaussian jitter, joints and moments masked, confidences unsure."""

from __future__ import annotations

import numpy as np

AUGMENTATIONS = 100
SHOULDERS, HIPS = (5, 6), (11, 12)


def trunk_length(inputs: np.ndarray) -> np.ndarray:
    """Mean trunk length (N,) in pixels of inputs (N, 64, 17, 3), over the steps that show all of it."""
    whole = (inputs[:, :, (*SHOULDERS, *HIPS), 2] > 0).all(-1)
    top, bottom = inputs[:, :, SHOULDERS, :2].mean(2), inputs[:, :, HIPS, :2].mean(2)
    length = np.linalg.norm(top - bottom, axis=-1)
    return np.where(whole.any(1), (length * whole).sum(1) / np.maximum(whole.sum(1), 1), 50.0)


def augment(inputs: np.ndarray, rng: np.random.Generator, strength: float = 1.0) -> np.ndarray:
    """One fresh augmentation of each input.

    Args:
        inputs: (N, 64, 17, 3) float32.
        rng: Draws it.
        strength: 1 jitters by up to 5 in 100 of the trunk's length and masks one joint in ten.
    """
    count = len(inputs)
    jitter = rng.uniform(0, 0.05 * strength, (count, 1, 1, 1)) * trunk_length(inputs)[:, None, None, None]
    changed = inputs.copy()
    changed[..., :2] += (jitter * rng.standard_normal((*inputs.shape[:3], 2), np.float32)).astype(np.float32)
    changed[..., 2] *= rng.uniform(0.75, 1.0, (count, 1, 17)).astype(np.float32)
    masked = np.broadcast_to(rng.random((count, 1, 17)) < 0.1 * strength, inputs.shape[:3]).copy()
    # A stretch of the motion in which one joint is not found.
    begin, length = rng.integers(0, 64, (count, 1)), rng.integers(0, 16, (count, 1))
    steps = np.arange(inputs.shape[1])
    stretch = (steps >= begin) & (steps < begin + length)
    masked |= stretch[:, :, None] & (np.arange(17) == rng.integers(0, 17, (count, 1)))[:, None]
    changed[masked] = 0.0
    changed[inputs[..., 2] <= 0] = 0.0
    return changed
