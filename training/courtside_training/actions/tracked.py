"""One tracked player's crops: where a tracker's box would be, and the picture cut there.

The crop follows the player, in one size over the clip. SpaceJam's demonstrations cut a window around a tracked player;
a window that stood still for 1.2 s would lose a runner, who covers three times his own height in that time, and a
window that grew and shrank with the box would hide a jump in its own zoom.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.actions.classes import HEIGHT, WIDTH

CONTEXT = 1.35
"""Height of a crop over the player's own: room for the ball overhead, for a jump and for what stands beside."""
_SMOOTHING = 0.6
_WOBBLE, _MEMORY = 0.025, 0.7


def tracker_path(boxes: NDArray[np.float32], rng: np.random.Generator) -> tuple[NDArray[np.float64], float]:
    """What a tracker would say of one player over a clip.

    Detections wander around the truth (correlated from picture to picture) and are smoothed with some lag.

    Args:
        boxes: (T, 4) true xyxy in pixels.
        rng: source of the wander.

    Returns:
        (T, 2) centres in pixels, and the player's height in pixels (one for the clip).
    """
    centres = (boxes[:, :2] + boxes[:, 2:]).astype(np.float64) / 2
    tall = float(np.median(boxes[:, 3] - boxes[:, 1]))
    wander = rng.normal(0.0, _WOBBLE * tall, centres.shape)
    for index in range(1, len(wander)):
        wander[index] = _MEMORY * wander[index - 1] + np.sqrt(1 - _MEMORY**2) * wander[index]
    seen = centres + wander
    for index in range(1, len(seen)):
        # Constant-velocity prediction as a Kalman tracker has it, so that a runner is not left behind.
        step = seen[index - 1] - seen[index - 2] if index > 1 else np.zeros(2)
        predicted = seen[index - 1] + np.clip(step, -0.3 * tall, 0.3 * tall)
        seen[index] = _SMOOTHING * seen[index] + (1 - _SMOOTHING) * predicted
    return seen, tall * float(rng.uniform(0.92, 1.1))


def framing(centre: NDArray[np.float64], tall: float) -> NDArray[np.float64]:
    """(2, 3) from picture pixels to those of the crop around `centre` (x, y)."""
    scale = HEIGHT / (tall * CONTEXT)
    shift = np.array([WIDTH / 2, HEIGHT / 2]) - scale * centre
    return np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])


def cut(picture: NDArray[np.uint8], centre: NDArray[np.float64], tall: float) -> NDArray[np.uint8]:
    """The (112, 80, 3) crop around `centre` (x, y); beyond the picture's edge its last pixels are repeated."""
    matrix = framing(centre, tall)
    return cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
