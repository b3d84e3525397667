"""The ten actions in SpaceJam's order, and the shape of a clip."""

from __future__ import annotations

LABELS = ("block", "pass", "run", "dribble", "shoot", "ball in hand", "defence", "pick", "no action", "walk")
"""Class numbers 0 to 9 of SpaceJam's annotation (and of `courtside_sim.actions.ACTION_LABELS`)."""
DISCARD = 10
"""SpaceJam's class of clips that show no single action; they are never trained or measured on."""
FRAMES = 16
"""Pictures a clip."""
RATE = 12.5
"""Pictures a second of simulated clips: 16 of them span 1.2 s, long enough for a whole pass or jump shot."""
HEIGHT, WIDTH = 112, 80
"""Stored size of simulated crops in pixels; both multiples of 16, so that tiles of a JPEG never bleed."""
PUBLISHED_ACCURACY = 0.85
"""Test accuracy published for R(2+1)D-18 on SpaceJam, measured with augmented twins on both sides of the split."""
