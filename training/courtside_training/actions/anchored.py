"""Real players with the ball, set in motion: the pose of one picture, the movement of a dribble or hold in 3D.

The labelled films follow shots, so nobody in them dribbles for half a second; but single pictures show players who do.
A clip in three dimensions with a like pose is seen through a camera, and its movement is added to the real pose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_training.actions.broadcast import Still
from courtside_training.actions.classes import STEPS
from courtside_training.actions.stored import Stored
from courtside_training.actions.views import seen
from courtside_training.actions.windows import Array, Window, height_of, joined, middle_of
from courtside_training.pose.skeleton import HIPS, MIRRORED, SHOULDERS

VIEWS = 2000
"""Views of clips in three dimensions per class, among which a like pose is searched."""
CANDIDATES, BEST = 150, 3
"""Views that are compared for each clip, and among how many of the best one is drawn."""
MIDDLES = (6, 10)
"""Steps between which the picture's moment lies in the clip."""
GAIN = (0.7, 1.1)
"""Range of the factor by which the movement is taken."""


@dataclass(frozen=True)
class Anchored:
    """Clips of real poses in motion.

    Attributes:
        window: N clips.
        labels: (N,) class numbers.
        films: (N,) index of the film of each pose.
    """

    window: Window
    labels: NDArray[np.int64]
    films: NDArray[np.int64]


def _torso(keypoints: Array) -> Array:
    return np.maximum(np.linalg.norm(middle_of(keypoints, SHOULDERS) - middle_of(keypoints, HIPS), axis=-1), 1.0)


def _shape(keypoints: Array) -> Array:
    """Joints (..., 12, 2) below the head, relative to the hips, in torso lengths."""
    relative = keypoints[..., :2] - middle_of(keypoints, HIPS)[..., None, :]
    return relative[..., 5:, :] / _torso(keypoints)[..., None, None]


def anchored(stills: list[Still], stored: list[Stored], count: int, rng: np.random.Generator) -> Anchored:
    """About `count` clips, every class of `stills` as often.

    Args:
        stills: labelled pictures.
        stored: clips in three dimensions, with all classes of `stills`.
        count: clips to make.
        rng: source of all choices.
    """
    parts: list[Window] = []
    labels, films = [], []
    for label in sorted({still.label for still in stills}):
        mine = [still for still in stills if still.label == label]
        views = []
        for part in stored:
            known = np.flatnonzero(part.labels == label)
            if len(known):
                chosen = rng.choice(known, VIEWS)
                views.append(seen(part.joints[chosen].astype(np.float32), part.ball[chosen].astype(np.float32), rng))
        source = joined(views)
        shapes = _shape(source.keypoints[:, STEPS // 2])
        wanted = count // len({still.label for still in stills})
        picked = rng.integers(len(mine), size=wanted)
        clips = [_moved(mine[index], source, shapes, rng) for index in picked]
        parts.append(Window(np.stack([clip[0] for clip in clips]), np.stack([clip[1] for clip in clips])))
        labels.append(np.full(wanted, label))
        films.append(np.array([mine[index].film for index in picked]))
    return Anchored(joined(parts), np.concatenate(labels), np.concatenate(films))


def _moved(still: Still, source: Window, shapes: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Keypoints (16, 17, 4) and context (16, 7) of one clip."""
    pose, ball = still.keypoints.copy(), still.ball.copy()
    if rng.random() < 0.5:
        pose = pose[list(MIRRORED)] * np.array([-1, 1, 1, 1], np.float32)
        ball *= np.array([-1, 1], np.float32)
    compared = rng.choice(len(shapes), CANDIDATES)
    distance = np.minimum(np.abs(shapes[compared] - _shape(pose)), 1.5).mean((1, 2))
    chosen = compared[np.argsort(distance)[rng.integers(BEST)]]
    moving, anchor = source.keypoints[chosen], int(rng.integers(*MIDDLES))
    scale = _torso(pose) / _torso(moving[anchor]) * rng.uniform(*GAIN)
    out = np.empty_like(moving)
    out[..., :2] = pose[:, :2] + (moving[..., :2] - moving[anchor, :, :2]) * scale
    out[..., 2] = pose[:, 2]
    out[..., 3] = 0.5 * (pose[:, 3] + moving[..., 3])
    context = source.context[chosen].copy()
    if np.isfinite(ball).all():
        apart = (ball - middle_of(pose, HIPS)) / height_of(out[None])[0] * np.array([1, -1], np.float32)
        context[:, :2] += apart - context[anchor, :2]
        context[:, 2], context[:, 3] = 1.0, 0.8
    return out, context
