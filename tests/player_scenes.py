"""Scenes of players and a ball as observations, without any film."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from courtside_server.types import ObjectClass, Observations
from courtside_server.types.players import Pose, PoseTrack

FPS = 15.0
CAMERA = "games/g/cameras/c"


def observations(
    media: float, players: Mapping[int, tuple[float, float]], balls: Sequence[tuple[float, float]] = (),
    pan: tuple[float, float] = (0.0, 0.0), height: float = 200.0,
) -> Observations:  # fmt: skip
    """Players by track with the middle of their feet, and balls of 20 pixels by their middles."""
    boxes = [(x - height / 5, y - height, x + height / 5, y) for x, y in players.values()]
    boxes += [(x - 10, y - 10, x + 10, y + 10) for x, y in balls]
    classes = [ObjectClass.PLAYER] * len(players) + [ObjectClass.BALL] * len(balls)
    tracks = [*players, *range(1, len(balls) + 1)]
    return Observations(
        CAMERA, 0, media, 1000.0 + media, media, 1280, 720, pan,
        np.array(boxes, np.float32).reshape(-1, 4), np.full(len(classes), 0.9, np.float32),
        np.array(classes, np.int64), np.array(tracks, np.int64),
    )  # fmt: skip


def standing(x: float, y: float, height: float = 200.0) -> np.ndarray:
    """Keypoints (17, 4) of a player who stands with his hands at his hips."""
    shares = [
        (0, 0.92), (0.02, 0.94), (-0.02, 0.94), (0.04, 0.93), (-0.04, 0.93), (0.1, 0.8), (-0.1, 0.8), (0.14, 0.65),
        (-0.14, 0.65), (0.15, 0.5), (-0.15, 0.5), (0.06, 0.5), (-0.06, 0.5), (0.06, 0.27), (-0.06, 0.27),
        (0.06, 0.04), (-0.06, 0.04),
    ]  # fmt: skip
    return np.array([(x + dx * height, y - up * height, 0.0, 0.9) for dx, up in shares], np.float32)


def pose(track: int, media: float, x: float = 300.0, y: float = 500.0, person: float = 1.0) -> Pose:
    """The pose of a standing player."""
    box = np.array([x - 40, y - 200, x + 40, y], np.float32)
    return Pose(track, media, standing(x, y), person, box)


def pose_track(track: int, times: np.ndarray, speed: float = 0.0) -> PoseTrack:
    """A player who moves to the right with so many pixels per second."""
    keypoints = np.stack([standing(300 + speed * time, 500) for time in times])
    return PoseTrack(CAMERA, track, times, keypoints, np.full(len(times), 200, np.float32))
