"""Augmentation of inputs: Gaussian jitter, masked joints and time ranges, reduced confidences."""

from __future__ import annotations

import numpy as np

from courtside.skeleton import HIPS, SHOULDERS

AUGMENTATIONS = 100
"""Augmentations per shot and epoch of the contrastive phase, as published."""


def trunk_length(inputs: np.ndarray) -> np.ndarray:
    """Mean trunk length (N,) in pixels of inputs (N, 64, 17, 3), over the steps with a complete trunk."""
    whole = (inputs[:, :, (*SHOULDERS, *HIPS), 2] > 0).all(-1)
    top, bottom = inputs[:, :, SHOULDERS, :2].mean(2), inputs[:, :, HIPS, :2].mean(2)
    length = np.linalg.norm(top - bottom, axis=-1)
    return np.where(whole.any(1), (length * whole).sum(1) / np.maximum(whole.sum(1), 1), 50.0)


def augment(inputs: np.ndarray, rng: np.random.Generator, strength: float = 1.0) -> np.ndarray:
    """One random augmentation of each input.

    Args:
        inputs: (N, 64, 17, 3) float32.
        rng: source of the random changes.
        strength: size of the changes; 1 means jitter of up to 5 % of the trunk length and one masked joint in ten.
    """
    count = len(inputs)
    jitter = rng.uniform(0, 0.05 * strength, (count, 1, 1, 1)) * trunk_length(inputs)[:, None, None, None]
    changed = inputs.copy()
    changed[..., :2] += (jitter * rng.standard_normal((*inputs.shape[:3], 2), np.float32)).astype(np.float32)
    changed[..., 2] *= rng.uniform(0.75, 1.0, (count, 1, 17)).astype(np.float32)
    masked = np.broadcast_to(rng.random((count, 1, 17)) < 0.1 * strength, inputs.shape[:3]).copy()
    # A time range in which one joint is not detected.
    begin, length = rng.integers(0, 64, (count, 1)), rng.integers(0, 16, (count, 1))
    steps = np.arange(inputs.shape[1])
    missing = (steps >= begin) & (steps < begin + length)
    masked |= missing[:, :, None] & (np.arange(17) == rng.integers(0, 17, (count, 1)))[:, None]
    changed[masked] = 0.0
    changed[inputs[..., 2] <= 0] = 0.0
    return changed
