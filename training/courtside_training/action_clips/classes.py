"""The ten actions in SpaceJam's order, and the shape of a clip."""

from __future__ import annotations

LABELS = ("block", "pass", "run", "dribble", "shoot", "ball in hand", "defence", "pick", "no action", "walk")
"""Class names in the order of SpaceJam's class numbers 0 to 9 (same as `courtside_sim.actions.ACTION_LABELS`)."""
DISCARD = 10
"""SpaceJam's class number of clips that show no single action. They are never used for training or evaluation."""
FRAMES = 16
"""Frames per clip."""
RATE = 12.5
"""Frames per second of simulated clips. 16 frames span 1.2 s, long enough for a whole pass or jump shot."""
HEIGHT, WIDTH = 112, 80
"""Stored size of simulated crops in pixels. Both are multiples of 16, so JPEG blocks never cross tile borders."""
PUBLISHED_ACCURACY = 0.85
"""Test accuracy published for R(2+1)D-18 on SpaceJam, measured with augmented copies on both sides of the split."""
