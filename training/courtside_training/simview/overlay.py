"""Draws a frame's truth into its picture: boxes with actions, keypoints, ball, rims, referees and shots."""

from __future__ import annotations

import cv2
import numpy as np

from courtside_sim import ACTION_LABELS, FrameTruth, ShotTruth, action_labels

TEAMS = ((80, 220, 80), (240, 170, 60))
REFEREE, BALL, RIM, BONE, INK = (200, 200, 200), (60, 60, 255), (255, 80, 255), (0, 230, 255), (255, 255, 255)
FONT = cv2.FONT_HERSHEY_SIMPLEX
# COCO's limbs.
BONES = (
    (5, 7), (7, 9), (6, 8), (8, 10), (5, 6), (5, 11), (6, 12), (11, 12),
    (11, 13), (13, 15), (12, 14), (14, 16), (0, 5), (0, 6),
)  # fmt: skip
SHOWN_BEFORE, SHOWN_AFTER = 0.1, 2.2
SUBPIXEL, SHIFT = 16, 4


def _text(picture: np.ndarray, text: str, x: float, y: float, color: tuple[int, int, int], size: float) -> None:
    (wide, high), below = cv2.getTextSize(text, FONT, size, 1)
    at = (max(int(x), 1), max(int(y), high + 1))
    cv2.rectangle(picture, (at[0], at[1] - high - 1), (at[0] + wide, at[1] + below), (30, 30, 30), -1)
    cv2.putText(picture, text, at, FONT, size, color, 1, cv2.LINE_AA)


def _box(picture: np.ndarray, box: np.ndarray, color: tuple[int, int, int]) -> None:
    if box.any():
        low, high = (np.round(box.reshape(2, 2) * SUBPIXEL)).astype(int).tolist()
        cv2.rectangle(picture, low, high, color, 1, cv2.LINE_AA, SHIFT)


def describe(shot: ShotTruth) -> str:
    """A shot in a few words: type, zone, result."""
    kind = "layup" if shot.layup else shot.shot_type.name.lower().replace("_", "-")
    result = "blocked" if shot.blocked_by >= 0 else "made" if shot.made else "missed"
    return f"{kind}, {shot.zone.name.lower().replace('_', ' ')}, {result}"


def draw_truth(picture: np.ndarray, truth: FrameTruth, shots: tuple[ShotTruth, ...]) -> np.ndarray:
    """A copy of `picture` (H, W, 3) uint8 BGR with `truth` drawn in, and the latest of `shots` named."""
    picture = picture.copy()
    size = max(0.35, picture.shape[0] / 1200)
    labels = action_labels(truth.actions)
    for player in np.flatnonzero(truth.in_view).tolist():
        box, color = truth.boxes[player], TEAMS[int(truth.teams[player]) % 2]
        _box(picture, box, color)
        holder = "*" if truth.ball_holder == player else ""
        _text(picture, f"{player}{holder} {ACTION_LABELS[labels[player]]}", box[0], box[1] - 2, color, size)
        _skeleton(picture, truth.keypoints[player])
    for box in truth.referees:
        _box(picture, box, REFEREE)
        if box.any():
            _text(picture, "referee", box[0], box[1] - 2, REFEREE, size)
    for box in truth.rims:
        _box(picture, box, RIM)
    x, y, radius, seen = truth.ball.tolist()
    if 0 <= x < picture.shape[1] and 0 <= y < picture.shape[0]:
        middle = (round(x * SUBPIXEL), round(y * SUBPIXEL))
        cv2.circle(picture, middle, round((radius + 2) * SUBPIXEL), BALL, 1 + int(seen), cv2.LINE_AA, SHIFT)
    _text(picture, f"{truth.time:6.2f} s", 6, 14, INK, size)
    for shot in shots:
        if shot.gather_time <= truth.time < shot.release_time - SHOWN_BEFORE:
            _text(picture, f"gather by {shot.shooter}", 6, 30, INK, size)
        elif -SHOWN_BEFORE <= truth.time - shot.release_time < SHOWN_AFTER or 0 <= truth.time - shot.result_time < 0.6:
            told = describe(shot) if truth.time >= shot.result_time else describe(shot).rpartition(",")[0]
            _text(picture, f"shot {shot.shot_id} by {shot.shooter}: {told}", 6, 30, BALL, size)
    return picture


def _skeleton(picture: np.ndarray, keypoints: np.ndarray) -> None:
    points = np.round(keypoints[:, :2] * SUBPIXEL).astype(int).tolist()
    for a, b in BONES:
        if keypoints[a, 2] and keypoints[b, 2]:
            seen = keypoints[a, 2] == 2 and keypoints[b, 2] == 2
            cv2.line(picture, points[a], points[b], BONE if seen else (90, 110, 120), 1, cv2.LINE_AA, SHIFT)
