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
    "ball_x", "ball_y", "ball_known", "ball_score", "speed_x", "speed_y", "speed_known",
)  # fmt: skip
"""Channels of the input `context`: the ball relative to the middle of the hips in player heights, y up, with its score;
the player's velocity over the ground in player heights per second, without the camera's motion, y up. 0 where not
known. The server fills them in this order."""
BALL, SPEED = slice(0, 4), slice(4, 7)
"""Channels of the ball and of the velocity."""
MIDDLE = (STEPS - 1) / 2
"""The moment that a clip is classified at, in steps from its first one."""
