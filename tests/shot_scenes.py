"""One shot whose physics is known, as the observations of a camera beside the court."""

from __future__ import annotations

import numpy as np

from courtside_server.shots.trajectory import Trajectory, ball_trajectories
from courtside_server.types import ObjectClass, Observations

BALL, RIM, PLAYER = int(ObjectClass.BALL), int(ObjectClass.RIM), int(ObjectClass.PLAYER)
METRE = 40.0
RIM_BOX = (490.0, 100.0, 508.4, 107.0)
SHOOTER = (95.0, 230.0, 145.0, 310.0)
ACROSS, UP = 8.25, 8.2
"""Metres per second at the release."""


def observed(media: float, rows, pan=(0.0, 0.0)) -> Observations:
    """Observations of rows (box, class, track)."""
    boxes = np.array([row[0] for row in rows], np.float32).reshape(-1, 4)
    boxes = boxes + np.array([*pan, *pan], np.float32)
    classes, ids = (np.array([row[i] for row in rows], np.int64) for i in (1, 2))
    scores = np.full(len(rows), 0.7, np.float32)
    return Observations("c", 0, media, media, media, 960, 540, pan, boxes, scores, classes, ids)


def around(x: float, y: float, size: float = 0.24 * METRE):
    """Box round a centre."""
    return (x - size / 2, y - size / 2, x + size / 2, y + size / 2)


def flight(time: float) -> tuple[float, float]:
    """A shot released at 1 s from (130, 225) at 45 degrees that comes down at the rim."""
    t = max(time - 1.0, 0.0)
    if time < 1.0:
        return 125.0 + 5 * time, 255.0 - 30 * time
    return 130 + ACROSS * METRE * t, 225 - UP * METRE * t + 0.5 * 9.81 * METRE * t * t


def play(rate: float = 30.0, end: float = 2.6, split: float | None = None, pan: float = 0.0) -> list[Observations]:
    """The shot, a second ball at rest (track 5) and a second player (track 8); the ball's track breaks at ``split``."""
    out = []
    for time in np.arange(0, end, 1 / rate):
        track = 1 if split is None or time < split else 2
        rows = [(around(*flight(time)), BALL, track), (RIM_BOX, RIM, 1), (SHOOTER, PLAYER, 7),
                ((600.0, 200.0, 650.0, 320.0), PLAYER, 8), (around(700, 50), BALL, 5)]  # fmt: skip
        out.append(observed(float(time), rows, (pan * time, 0.0)))
    return out


def by_track(observations: list[Observations]) -> dict[int, Trajectory]:
    """Ball trajectories by track id."""
    return {path.track: path for path in ball_trajectories(observations)}
