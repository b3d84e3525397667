"""Keypoints of a joint track as the served pose network (BlazePose) reports them: its errors, swaps and visibilities.

Unlike the networks that `courtside_sim.keypoints` imitates, BlazePose leaves no joint out: it guesses hidden ones and
says with the visibility how sure it is.

Sizes were measured on 107 crops of players in CC BY broadcast pictures, 90 pixels and higher, in shares of the height
of the player's box: the full network against the heavy one .036 (hips .033, shoulders .040, elbows .050, wrists .058,
ankles .053; 90th percentile of wrists .24), the full network on a crop moved by 2 % .017 to .034, left and right of
arms or legs exchanged in 7 % of the crops. Shooters in film from near by are seen about twice as well. So the errors of
one shot are `SMALLEST` to `LARGEST` times those of `ServedNoise`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from courtside.skeleton import HIPS
from courtside_sim.keypoints import ARMS, LEGS, CameraView, hidden, project

SMALLEST, LARGEST = 0.5, 2.0
"""Range of the factor that is drawn for each shot."""
RELATIVE = np.array([0.8] * 5 + [0.8, 0.8, 1.5, 1.5, 2.0, 2.0, 0.8, 0.8, 1.2, 1.2, 1.4, 1.4])
"""Error of each joint relative to the trunk's: hands and feet are seen worst."""


@dataclass(frozen=True)
class ServedNoise:
    """The errors of the served network; lengths are shares of the height of a person of two metres.

    Attributes:
        slow: standard deviation of the part of an error that lasts about half a second.
        fresh: standard deviation of the part that is new in each frame.
        hidden: errors of joints behind the trunk are so many times larger.
        wild: chance per second that a hand or a foot is seen elsewhere for a few frames.
        swaps: chance per second that left and right are exchanged for a few frames (arms, legs or both).
        dropped: chance per frame that no crop was made: crops are rationed, the player was lost.
    """

    slow: float = 0.014
    fresh: float = 0.005
    hidden: float = 2.5
    wild: float = 0.3
    swaps: float = 0.4
    dropped: float = 0.03

    def scaled(self, factor: float) -> ServedNoise:
        """The same errors, `factor` times as large or frequent; hidden joints stay as much worse than others."""
        return ServedNoise(
            self.slow * factor, self.fresh * factor, self.hidden, self.wild * factor, self.swaps * factor,
            self.dropped * factor,
        )  # fmt: skip


def served_keypoints(
    joints: np.ndarray, view: CameraView, noise: ServedNoise, rng: np.random.Generator, fps: float = 30.0
) -> np.ndarray:
    """The keypoints that the served network would report for a joint track.

    Args:
        joints: (T, 17, 3) metres.
        view: the camera.
        noise: the network's errors.
        rng: draws the errors.
        fps: frames per second of `joints`.

    Returns:
        (T, 17, 3) float32: x, y in pixels and visibility; NaN and 0 in frames without a crop.
    """
    pixels, depth = project(joints, view)
    behind = hidden(pixels, depth, view.size)
    frames = len(pixels)
    sigma = view.size * RELATIVE[:, None] * np.where(behind, noise.hidden, 1.0)[..., None]
    hold = math.exp(-1.0 / (0.4 * fps))
    steps = rng.standard_normal((frames, 17, 2))
    steps[1:] *= math.sqrt(1.0 - hold * hold)
    slow = lfilter([1.0], [1.0, -hold], steps, axis=0)
    error = sigma * (noise.slow * slow + noise.fresh * rng.standard_normal((frames, 17, 2)))
    # The whole body moves with the box that a crop is made of; only the shape of the body counts later.
    for start in np.flatnonzero(rng.random(frames) < noise.wild / fps):
        end = start + 1 + int(rng.integers(1, max(2, round(0.15 * fps) + 1)))
        error[start:end, int(rng.choice((7, 8, 9, 10, 15, 16)))] += rng.standard_normal(2) * 0.1 * view.size
    seen = pixels + error
    # A hidden hand or foot is guessed nearer to the trunk than it is.
    middle = seen[:, HIPS].mean(1, keepdims=True)
    drawn = np.where(behind, 0.15, 0.0)[..., None] * rng.random()
    seen = seen + (middle - seen) * drawn
    for start in np.flatnonzero(rng.random(frames) < noise.swaps / fps):
        end = start + 1 + int(rng.integers(1, 5))
        left = np.array((ARMS, LEGS, ARMS + LEGS)[int(rng.integers(3))])
        both, other = np.concatenate([left, left + 1]), np.concatenate([left + 1, left])
        seen[start:end, both] = seen[start:end, other]
    off = np.linalg.norm(error, axis=-1) / (0.05 * view.size)
    visibility = np.clip(0.99 - 0.12 * off * rng.random(off.shape) - behind * rng.uniform(0.2, 0.8), 0.06, 1.0)
    missing = rng.random(frames) < noise.dropped
    seen[missing], visibility[missing] = np.nan, 0.0
    return np.concatenate([seen, visibility[..., None]], -1).astype(np.float32)
