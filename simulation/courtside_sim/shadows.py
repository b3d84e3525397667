"""Shadows on the floor."""

from __future__ import annotations

import cv2
import numpy as np

from .body import Joint
from .canvas import SHIFT, UNIT
from .lens import NEAR, Lens
from .style import Style

CHAINS = (
    ((Joint.NECK, Joint.LEFT_HIP, Joint.LEFT_KNEE, Joint.LEFT_ANKLE), 0.17),
    ((Joint.NECK, Joint.RIGHT_HIP, Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE), 0.17),
    (
        (
            Joint.LEFT_WRIST,
            Joint.LEFT_ELBOW,
            Joint.LEFT_SHOULDER,
            Joint.RIGHT_SHOULDER,
            Joint.RIGHT_ELBOW,
            Joint.RIGHT_WRIST,
        ),
        0.1,
    ),
    ((Joint.NECK, Joint.LEFT_HIP), 0.32),
    ((Joint.HEAD, Joint.CROWN), 0.2),
)
"""Chains of joints whose shadow is drawn as a bar, with the bar's width in metres."""
_INDEX = [np.array(joints) for joints, _ in CHAINS]
FLATTENED = 0.55
"""Apparent width of a bar that lies on the floor, as a share of its width: about the mean over viewing angles."""


def paint_shadows(image: np.ndarray, lens: Lens, style: Style, who: list[int], joints: np.ndarray) -> None:
    """Darken the floor under the people `who`; `joints` (P, 24, 3), metres, are everyone's."""
    floor = joints.copy()
    floor[..., :2] += joints[..., 2:3] * style.sun
    floor[..., 2] = 0.01
    pixels, depth = lens.project(floor)
    scale = lens.focal / np.maximum(depth.mean(-1), NEAR)
    pad = 0.34 * scale[:, None]
    lows = np.maximum(pixels.min(1) - pad, 0).astype(int).tolist()
    highs = np.minimum(pixels.max(1) + pad + 1, [lens.width, lens.height]).astype(int).tolist()
    feet = (pixels[:, Joint.LEFT_ANKLE] + pixels[:, Joint.RIGHT_ANKLE]) / 2
    nearest = depth.min(-1)
    for p in who:
        (x0, y0), (x1, y1), size = lows[p], highs[p], float(scale[p])
        if nearest[p] < NEAR * 4 or x1 - x0 < 2 or y1 - y0 < 2:
            continue
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        fixed = ((pixels[p] - (x0, y0)) * UNIT).astype(np.int32)
        for index, (_, wide) in zip(_INDEX, CHAINS, strict=True):
            thick = max(1, round(wide * size * FLATTENED))
            cv2.polylines(mask, [fixed[index]], False, 255, thick, cv2.LINE_8, SHIFT)
        if not style.outdoor:
            axes = (max(int(0.33 * size * UNIT), 8), max(int(0.13 * size * UNIT), 8))
            centre = ((feet[p] - (x0, y0)) * UNIT).astype(int).tolist()
            cv2.ellipse(mask, centre, axes, 0, 0, 360, 255, -1, cv2.LINE_8, SHIFT)
        patch = image[y0:y1, x0:x1]
        cv2.copyTo(cv2.convertScaleAbs(patch, alpha=0.56 if style.outdoor else 0.72), mask, patch)


def paint_ball_shadow(image: np.ndarray, lens: Lens, style: Style, ball: np.ndarray, radius: float) -> None:
    """Darken the floor under a ball of `radius` metres at `ball` (3,), metres."""
    spot = np.array([ball[0] + ball[2] * style.sun[0], ball[1] + ball[2] * style.sun[1], 0.01])
    pixel, depth = lens.project(spot)
    if depth < NEAR * 4:
        return
    size = radius * lens.focal / depth
    flat = max(0.25, abs(lens.position[2]) / float(np.linalg.norm(lens.position - spot)))
    x0, y0 = max(int(pixel[0] - size - 1), 0), max(int(pixel[1] - size - 1), 0)
    x1, y1 = min(int(pixel[0] + size + 2), lens.width), min(int(pixel[1] + size + 2), lens.height)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    centre = ((pixel - (x0, y0)) * UNIT).astype(int).tolist()
    cv2.ellipse(
        mask, centre, (int(size * UNIT), int(size * flat * UNIT)), 0, 0, 360, 255, -1, cv2.LINE_8, SHIFT
    )
    patch = image[y0:y1, x0:x1]
    cv2.copyTo(cv2.convertScaleAbs(patch, alpha=0.6), mask, patch)
