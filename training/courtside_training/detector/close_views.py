"""Simulated frames of cameras that stand close to a player: telephones held upright, gardens, driveways, small gyms."""

from __future__ import annotations

import numpy as np

from courtside_sim import CameraConfig, SimulatedCamera
from courtside_sim.camera_placement import place_near
from courtside_training.detector.images import LabelledImage
from courtside_training.detector.simulated import FilmedGame, label

SHAPES = ((640, 360), (360, 640), (480, 480), (480, 640), (640, 480), (384, 640))
"""Frame sizes (width, height): wide, upright, square and 4:3."""


def close_frame(filmed: FilmedGame, rng: np.random.Generator) -> LabelledImage:
    """A labelled frame of a camera close to one of the players of `filmed`; with probability 0.6 of one who shoots."""
    game, time = filmed.camera.game, filmed.time(rng)
    player = int(rng.integers(len(game.roster)))
    if game.shots and rng.random() < 0.6:
        shot = game.shots[int(rng.integers(len(game.shots)))]
        player, time = shot.shooter, float(np.clip(shot.release_time + rng.uniform(-0.8, 0.6), 0, filmed.seconds))
    width, height = SHAPES[int(rng.integers(len(SHAPES)))]
    mount = place_near(game.recording, time, player, width, height, rng)
    config = CameraConfig(kind="phone", width=width, height=height)
    camera = SimulatedCamera(game, config, seed=int(rng.integers(1 << 31)), mount=mount)
    return label(camera.render(time), camera.truth(time))
