"""Crops of one tracked player: the simulated box of a tracker, and the crop around it.

The crop follows the player and has one size for the whole clip. SpaceJam's demonstrations also crop around a tracked
player. A fixed crop would lose a runner, who covers three times his own height in 1.2 s. A crop that changed its size
with the box would hide a jump.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.action_clips.classes import HEIGHT, WIDTH

CONTEXT = 1.35
"""Height of a crop relative to the player's height. It leaves room for a raised ball, a jump and the surroundings."""
_SMOOTHING = 0.6
"""Weight of a detection against the predicted position."""
_WOBBLE = 0.025
"""Standard deviation of a detection's error, relative to the player's height."""
_MEMORY = 0.7
"""Correlation of the errors of successive detections."""


def tracker_path(boxes: NDArray[np.float32], rng: np.random.Generator) -> tuple[NDArray[np.float64], float]:
    """Simulate the output of a tracker for one player over a clip.

    Detection errors are correlated from frame to frame, and the tracker smooths them with some lag.

    Args:
        boxes: (T, 4) true xyxy in pixels.
        rng: source of the detection errors.

    Returns:
        (T, 2) centres in pixels, and one height of the player in pixels for the whole clip.
    """
    centres = (boxes[:, :2] + boxes[:, 2:]).astype(np.float64) / 2
    tall = float(np.median(boxes[:, 3] - boxes[:, 1]))
    wander = rng.normal(0.0, _WOBBLE * tall, centres.shape)
    for index in range(1, len(wander)):
        wander[index] = _MEMORY * wander[index - 1] + np.sqrt(1 - _MEMORY**2) * wander[index]
    seen = centres + wander
    for index in range(1, len(seen)):
        # Constant-velocity prediction, as in a Kalman tracker, so that the crop keeps up with a runner.
        step = seen[index - 1] - seen[index - 2] if index > 1 else np.zeros(2)
        predicted = seen[index - 1] + np.clip(step, -0.3 * tall, 0.3 * tall)
        seen[index] = _SMOOTHING * seen[index] + (1 - _SMOOTHING) * predicted
    return seen, tall * float(rng.uniform(0.92, 1.1))


def framing(centre: NDArray[np.float64], tall: float) -> NDArray[np.float64]:
    """(2, 3) matrix from frame pixels to pixels of the crop around `centre` (x, y)."""
    scale = HEIGHT / (tall * CONTEXT)
    shift = np.array([WIDTH / 2, HEIGHT / 2]) - scale * centre
    return np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])


def cut(frame: NDArray[np.uint8], centre: NDArray[np.float64], tall: float) -> NDArray[np.uint8]:
    """The (112, 80, 3) crop around `centre` (x, y). Outside the frame, the pixels of its edge are repeated."""
    matrix = framing(centre, tall)
    return cv2.warpAffine(frame, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
