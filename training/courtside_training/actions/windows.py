"""Clips cut from tracks of keypoints: any middle, any step, with gaps as NaN; and what a tracker and a camera add."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_training.actions.classes import BALL, CONTEXT, JOINTS, MIDDLE, RATE, SPEED, STEPS
from courtside_training.pose.skeleton import ANKLES, HIPS, MIRRORED, SHOULDERS

Array = NDArray[np.float32]

LONGEST_GAP = 2.0
"""Positions between two seen steps are interpolated if these are at most so many steps apart; else they are NaN."""
HEIGHT_IN_TORSOS = 3.3
"""Height of a standing person relative to the distance from the middle of the shoulders to that of the hips."""


@dataclass(frozen=True)
class Window:
    """Clips of one or more players.

    Attributes:
        keypoints: (N, 16, 17, 4) float32 x, y (down), depth in pixels and visibility; NaN and 0 where not seen.
        context: (N, 16, 7) float32, see `CONTEXT`.
    """

    keypoints: Array
    context: Array


def cut(track: Array, middle: float, step: float = 1.0) -> Array:
    """The 16 steps round `middle`, interpolated between the steps of a track.

    Args:
        track: (T, ...) values per step of `1 / RATE` seconds; NaN where not known.
        middle: index into the track of the clip's middle; need not be whole.
        step: steps of the track per step of the clip; below 1 the clip is in slow motion.

    Returns:
        (16, ...) float32; NaN outside the track and in gaps longer than `LONGEST_GAP`.
    """
    at = middle + (np.arange(STEPS) - MIDDLE) * step
    out = np.full((STEPS, *track.shape[1:]), np.nan, np.float32)
    known = np.flatnonzero(np.isfinite(track.reshape(len(track), -1)).any(1))
    if not len(known):
        return out
    after = np.searchsorted(known, at)
    inside = (at >= known[0] - 1e-6) & (at <= known[-1] + 1e-6)
    high = known[np.clip(after, 0, len(known) - 1)]
    low = known[np.clip(np.where(high > at, after - 1, after), 0, len(known) - 1)]
    inside &= high - low <= LONGEST_GAP
    share = np.where(high > low, (at - low) / np.maximum(high - low, 1), 0.0)
    share = share.reshape(-1, *[1] * (track.ndim - 1)).astype(np.float32)
    found = track[low] * (1 - share) + track[high] * share
    out[inside] = found[inside]
    return out


def middle_of(keypoints: Array, joints: tuple[int, int]) -> Array:
    """Middle (..., 2) of two joints of keypoints (..., 17, 4)."""
    return keypoints[..., list(joints), :2].mean(-2)


def height_of(keypoints: Array) -> Array:
    """A player's height (N,) in pixels, from the torsos of clips (N, 16, 17, 4); 1 where no torso is seen."""
    torso = np.linalg.norm(middle_of(keypoints, SHOULDERS) - middle_of(keypoints, HIPS), axis=-1)
    seen = np.isfinite(torso)
    mean = np.where(seen, torso, 0).sum(1) / np.maximum(seen.sum(1), 1)
    return np.where(seen.any(1) & (mean > 1e-3), mean * HEIGHT_IN_TORSOS, 1.0).astype(np.float32)


def context_of(
    keypoints: Array, ball: Array | None = None, confidence: float = 1.0, step: Array | float = 1 / RATE
) -> Array:
    """The context of clips.

    Args:
        keypoints: (N, 16, 17, 4).
        ball: (N, 16, 2) pixels, NaN where not seen; None: never seen.
        confidence: of the ball, where it is seen.
        step: seconds per step, of all clips or (N,) of each.

    Returns:
        (N, 16, 7), see `CONTEXT`; 0 where not known.
    """
    count = len(keypoints)
    out = np.zeros((count, STEPS, len(CONTEXT)), np.float32)
    height, hips = height_of(keypoints)[:, None, None], middle_of(keypoints, HIPS)
    if ball is not None:
        apart = (ball - hips) / height * np.array([1.0, -1.0], np.float32)
        seen = np.isfinite(apart).all(-1)
        out[..., :2] = np.where(seen[..., None], np.clip(np.nan_to_num(apart), -8.0, 8.0), 0.0)
        out[..., 2], out[..., 3] = seen, seen * confidence
    feet = middle_of(keypoints, ANKLES)
    place = np.where(np.isfinite(feet), 0.5 * (hips + feet), hips)
    moved = np.full_like(place, np.nan)
    moved[:, 1:-1] = (place[:, 2:] - place[:, :-2]) / (2 * np.reshape(step, (-1, 1, 1)))
    moved[:, 0], moved[:, -1] = moved[:, 1], moved[:, -2]
    velocity = moved / height * np.array([1.0, -1.0], np.float32)
    seen = np.isfinite(velocity).all(-1)
    out[..., 4:6] = np.where(seen[..., None], np.clip(np.nan_to_num(velocity), -6.0, 6.0), 0.0)
    out[..., 6] = seen
    return out


def mirrored(window: Window) -> Window:
    """Clips as a mirror shows them: x negated, left and right joints exchanged."""
    keypoints = window.keypoints[..., list(MIRRORED), :] * np.array([-1.0, 1.0, 1.0, 1.0], np.float32)
    context = window.context * np.array([-1.0, 1, 1, 1, -1, 1, 1], np.float32)
    return Window(keypoints, context)


def box_followed(keypoints: Array, rng: np.random.Generator) -> Array:
    """Keypoints (N, 16, 17, 4) as in crops that follow the player's box: no travel, every crop as high as the box.

    SpaceJam's crops are like that. The box is the one of the seen joints, with the errors of a tracker.
    """
    out = keypoints.copy()
    low, high = _extent(keypoints)
    tall = np.maximum(high[..., 1] - low[..., 1], 1e-3)
    wobble = rng.normal(0.0, 1.0, (*tall.shape, 3)).astype(np.float32)
    for step in range(1, STEPS):
        wobble[:, step] = 0.8 * wobble[:, step - 1] + 0.6 * wobble[:, step]
    centre = (low + high) / 2 + wobble[..., :2] * 0.03 * tall[..., None]
    scale = 150.0 / (tall * np.exp(0.06 * wobble[..., 2]))
    out[..., :2] = (keypoints[..., :2] - centre[..., None, :]) * scale[..., None, None]
    out[..., 2] *= scale[..., None]
    return out


def _rotation(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotations (N, 2, 2) of the plane."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.stack([np.stack([cosine, -sine], -1), np.stack([sine, cosine], -1)], 1)


def _extent(keypoints: Array) -> tuple[Array, Array]:
    seen = np.isfinite(keypoints[..., :2])
    low = np.where(seen, keypoints[..., :2], np.inf).min(-2)
    high = np.where(seen, keypoints[..., :2], -np.inf).max(-2)
    none = ~np.isfinite(low)
    low[none], high[none] = 0.0, 1.0
    return low.astype(np.float32), high.astype(np.float32)


def varied(window: Window, rng: np.random.Generator) -> Window:
    """Clips as other cameras, trackers and films would show them, for training.

    Mirrors, turns and stretches; leaves out joints, steps and the ends of clips; exchanges left and right for some
    steps; hides the context or parts of it; turns the velocity, because a court's axes are not the picture's.
    """
    count = len(window.keypoints)
    keypoints, context = window.keypoints.copy(), window.context.copy()
    flip = rng.random(count) < 0.5
    other = mirrored(window)
    keypoints[flip], context[flip] = other.keypoints[flip], other.context[flip]

    follow = rng.random(count) < 0.5
    keypoints[follow] = box_followed(keypoints[follow], rng)

    turn = rng.normal(0.0, 0.06, count)
    stretch = np.exp(rng.normal(0.0, 0.06, (count, 2)))
    matrix = (_rotation(turn) * stretch[:, None]).astype(np.float32)
    keypoints[..., :2] = np.einsum("nij,nskj->nski", matrix, keypoints[..., :2])

    # Errors of the pose network that no track shows by itself.
    height = height_of(keypoints)
    jitter = rng.choice([0.0, 0.006, 0.015], count, p=[0.4, 0.4, 0.2]) * height
    error = rng.normal(0.0, 1.0, keypoints[..., :2].shape).astype(np.float32)
    keypoints[..., :2] += error * jitter[:, None, None, None].astype(np.float32)
    for index in np.flatnonzero(rng.random(count) < 0.15):
        start, length = int(rng.integers(STEPS)), int(rng.integers(1, 6))
        keypoints[index, start : start + length] = keypoints[index, start : start + length][:, list(MIRRORED)]

    gone = rng.random((count, STEPS)) < np.where(rng.random(count) < 0.25, rng.random(count) * 0.4, 0.0)[:, None]
    lost = rng.random((count, 1, JOINTS)) < np.where(rng.random(count) < 0.15, 0.15, 0.0)[:, None, None]
    ends = rng.random(count) < 0.15
    first = np.where(ends & (rng.random(count) < 0.5), rng.integers(1, 8, count), 0)
    last = np.where(ends & (first == 0), rng.integers(9, STEPS, count), STEPS)
    steps = np.arange(STEPS)
    gone |= (steps < first[:, None]) | (steps >= last[:, None])
    hidden = gone[..., None] | lost
    keypoints[hidden] = np.array([np.nan, np.nan, np.nan, 0.0], np.float32)
    context[gone] = 0.0

    angle = np.where(rng.random(count) < 0.5, 0.0, rng.uniform(-np.pi, np.pi, count))
    context[..., 4:6] = np.einsum("nij,nsj->nsi", _rotation(angle).astype(np.float32), context[..., 4:6])
    nothing = rng.random(count) < 0.4
    no_ball = nothing | (rng.random(count) < 0.25)
    no_velocity = nothing | (rng.random(count) < 0.25)
    context[no_ball, :, BALL] = 0.0
    context[no_velocity, :, SPEED] = 0.0
    unseen = (rng.random((count, STEPS)) < 0.2) & (rng.random(count) < 0.5)[:, None]
    context[unseen, BALL] = 0.0
    return Window(keypoints, context)


def joined(parts: list[Window]) -> Window:
    """Clips of several windows, in order."""
    return Window(
        np.concatenate([part.keypoints for part in parts]), np.concatenate([part.context for part in parts])
    )
