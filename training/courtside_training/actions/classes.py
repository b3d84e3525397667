"""The ten actions in SpaceJam's order, and the shape of a clip of keypoints."""

from __future__ import annotations

from courtside_sim.actions import ACTION_LABELS

LABELS = ACTION_LABELS
"""Class names in the order of SpaceJam's class numbers 0 to 9."""
NO_LABEL = -1
"""Class number of a moment that shows no single action. Such moments are never used."""
STEPS = 16
"""Steps of a clip."""
RATE = 10.0
"""Steps per second."""
JOINTS = 17
"""Keypoints of the COCO skeleton."""
CONTEXT = (
    "ball_x", "ball_y", "ball_known", "velocity_x", "velocity_y", "velocity_known", "ball_confidence",
)  # fmt: skip
"""Channels of the input `context`: the ball relative to the middle of the hips in player heights, y up; the player's
velocity over the ground in player heights per second, without the camera's motion, y up; the ball's confidence."""
MIDDLE = (STEPS - 1) / 2
"""The moment that a clip is classified at, in steps from its first one."""
