"""Draws the ground truth into a frame: boxes with actions, keypoints, ball, rims, referees and shots."""

from __future__ import annotations

import cv2
import numpy as np

from courtside_sim import ACTION_LABELS, FrameTruth, ShotTruth, action_labels

TEAMS = ((80, 220, 80), (240, 170, 60))
"""BGR colours of the teams."""
REFEREE, BALL, RIM, BONE, INK = (200, 200, 200), (60, 60, 255), (255, 80, 255), (0, 230, 255), (255, 255, 255)
"""BGR colours."""
FONT = cv2.FONT_HERSHEY_SIMPLEX
BONES = (
    (5, 7), (7, 9), (6, 8), (8, 10), (5, 6), (5, 11), (6, 12), (11, 12),
    (11, 13), (13, 15), (12, 14), (14, 16), (0, 5), (0, 6),
)  # fmt: skip
"""Pairs of COCO keypoints that are connected by a limb."""
SHOWN_BEFORE, SHOWN_AFTER = 0.1, 2.2
"""Seconds before and after the release in which a shot is named."""
SUBPIXEL, SHIFT = 16, 4
"""OpenCV's fixed-point coordinates: 1/16 pixel, 4 fractional bits."""


def _text(image: np.ndarray, text: str, x: float, y: float, color: tuple[int, int, int], size: float) -> None:
    (wide, high), below = cv2.getTextSize(text, FONT, size, 1)
    at = (max(int(x), 1), max(int(y), high + 1))
    cv2.rectangle(image, (at[0], at[1] - high - 1), (at[0] + wide, at[1] + below), (30, 30, 30), -1)
    cv2.putText(image, text, at, FONT, size, color, 1, cv2.LINE_AA)


def _box(image: np.ndarray, box: np.ndarray, color: tuple[int, int, int]) -> None:
    if box.any():
        low, high = (np.round(box.reshape(2, 2) * SUBPIXEL)).astype(int).tolist()
        cv2.rectangle(image, low, high, color, 1, cv2.LINE_AA, SHIFT)


def describe(shot: ShotTruth) -> str:
    """A short description of a shot: type, zone, result."""
    kind = "layup" if shot.layup else shot.shot_type.name.lower().replace("_", "-")
    result = "blocked" if shot.blocked_by >= 0 else "made" if shot.made else "missed"
    return f"{kind}, {shot.zone.name.lower().replace('_', ' ')}, {result}"


def draw_truth(image: np.ndarray, truth: FrameTruth, shots: tuple[ShotTruth, ...]) -> np.ndarray:
    """A copy of `image` (H, W, 3) uint8 BGR with `truth` drawn in, and a text about the current one of `shots`."""
    image = image.copy()
    size = max(0.35, image.shape[0] / 1200)
    labels = action_labels(truth.actions)
    for player in np.flatnonzero(truth.in_view).tolist():
        box, color = truth.boxes[player], TEAMS[int(truth.teams[player]) % 2]
        _box(image, box, color)
        holder = "*" if truth.ball_holder == player else ""
        _text(image, f"{player}{holder} {ACTION_LABELS[labels[player]]}", box[0], box[1] - 2, color, size)
        _skeleton(image, truth.keypoints[player])
    for box in truth.referees:
        _box(image, box, REFEREE)
        if box.any():
            _text(image, "referee", box[0], box[1] - 2, REFEREE, size)
    for box in truth.rims:
        _box(image, box, RIM)
    x, y, radius, seen = truth.ball.tolist()
    if 0 <= x < image.shape[1] and 0 <= y < image.shape[0]:
        middle = (round(x * SUBPIXEL), round(y * SUBPIXEL))
        cv2.circle(image, middle, round((radius + 2) * SUBPIXEL), BALL, 1 + int(seen), cv2.LINE_AA, SHIFT)
    _text(image, f"{truth.time:6.2f} s", 6, 14, INK, size)
    for shot in shots:
        if shot.gather_time <= truth.time < shot.release_time - SHOWN_BEFORE:
            _text(image, f"gather by {shot.shooter}", 6, 30, INK, size)
        elif -SHOWN_BEFORE <= truth.time - shot.release_time < SHOWN_AFTER or 0 <= truth.time - shot.result_time < 0.6:
            # The result is shown only after it happened.
            text = describe(shot) if truth.time >= shot.result_time else describe(shot).rpartition(",")[0]
            _text(image, f"shot {shot.shot_id} by {shot.shooter}: {text}", 6, 30, BALL, size)
    return image


def _skeleton(image: np.ndarray, keypoints: np.ndarray) -> None:
    points = np.round(keypoints[:, :2] * SUBPIXEL).astype(int).tolist()
    for a, b in BONES:
        if keypoints[a, 2] and keypoints[b, 2]:
            seen = keypoints[a, 2] == 2 and keypoints[b, 2] == 2
            cv2.line(image, points[a], points[b], BONE if seen else (90, 110, 120), 1, cv2.LINE_AA, SHIFT)
