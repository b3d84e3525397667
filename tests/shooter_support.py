"""Simulated shots as poses: shooters by number, seen by one camera without errors of a pose network."""

from __future__ import annotations

import math

import numpy as np

from courtside.shot_poses import ShotPoses
from courtside_sim.forms import Form, distort, draw_form
from courtside_sim.keypoints import CameraView, project
from courtside_sim.sequences import shot_sequences

QUARTER = CameraView(math.radians(45), 0.14, 9.0, 210.0)
"""A camera from the front quarter."""


def form_of_player(player: int) -> Form:
    return draw_form(np.random.default_rng([player, 31]))


def shots_of(
    player: int, count: int, *, view: CameraView = QUARTER, amount: float = 0.0, seed: int = 0, height: float = 1.9
) -> list[ShotPoses]:
    """Shots of a player; `amount` distorts his form, the same way in all of them."""
    rng = np.random.default_rng([player, seed, 7])
    form = form_of_player(player)
    form = distort(form, np.random.default_rng([player, 5]), amount) if amount else form
    found = []
    for index, shot in enumerate(shot_sequences([form] * count, [0] * count, rng, 30.0, np.full(count, height))):
        pixels, depth = project(shot.joints, view)
        z = (depth - depth[:, [11, 12]].mean(1, keepdims=True)) * 100.0
        seen = np.full((*z.shape, 1), 0.95)
        poses = np.concatenate([pixels + 640.0, z[..., None], seen], -1).astype(np.float32)
        heights, name = np.full(len(poses), 200.0, np.float32), f"shot-{player}-{seed}-{index}"
        found.append(ShotPoses(shot.times, poses, heights, shot.release_time, "games/g/cameras/c", name))
    return found
