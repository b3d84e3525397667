"""Where the hands go when they do not hold the ball, and how they follow it when they do."""

from __future__ import annotations

import numpy as np

from .movement import Movers
from .roster import Roster
from .truth import Action

FOLLOW_RATE = {Action.GUARD: 9.0, Action.CONTEST: 16.0}


def body_frame(movers: Movers, player: int, point: np.ndarray) -> np.ndarray:
    """A world point (3,) in a player's frame: metres ahead, metres to the left, height above the floor."""
    dx, dy = point[0] - movers.xy[player, 0], point[1] - movers.xy[player, 1]
    c, s = np.cos(movers.heading[player]), np.sin(movers.heading[player])
    return np.array([dx * c + dy * s, -dx * s + dy * c, point[2]])


def world_frame(movers: Movers, player: int, point: np.ndarray) -> np.ndarray:
    """Inverse of `body_frame`."""
    c, s = np.cos(movers.heading[player]), np.sin(movers.heading[player])
    x = movers.xy[player, 0] + point[0] * c - point[1] * s
    y = movers.xy[player, 1] + point[0] * s + point[1] * c
    return np.array([x, y, point[2]])


def idle_hands(movers: Movers, roster: Roster, actions: np.ndarray, jump: np.ndarray) -> np.ndarray:
    """Hands of players without the ball: (P, 2, 3) body-frame targets, swinging with the stride."""
    height = roster.heights
    swing = np.sin(movers.phase) * movers.amplitude
    speed = np.sqrt((movers.velocity * movers.velocity).sum(-1))
    run = np.clip((speed - 1.0) / 3.0, 0, 1)
    hands = np.zeros((len(roster), 2, 3))
    hands[:, 0, 0] = 0.10 + 0.10 * run - swing * 0.8
    hands[:, 1, 0] = 0.10 + 0.10 * run + swing * 0.8
    hands[:, 0, 1], hands[:, 1, 1] = 0.145 * height, -0.145 * height
    hands[:, :, 2] = ((0.50 + 0.09 * run) * height)[:, None]
    guard = actions == Action.GUARD
    hands[guard, 0] = np.stack([0.28 + 0 * height, 0.27 * height, 0.62 * height], -1)[guard]
    hands[guard, 1] = np.stack([0.28 + 0 * height, -0.27 * height, 0.66 * height], -1)[guard]
    contest = actions == Action.CONTEST
    hands[contest, 0] = np.stack([0.30 + 0 * height, 0.09 * height, 1.08 * height], -1)[contest]
    hands[contest, 1] = np.stack([0.30 + 0 * height, -0.09 * height, 1.12 * height], -1)[contest]
    hands[:, :, 2] += jump[:, None]
    return hands


def holding_hands(ball: np.ndarray, side: float, raised: float) -> np.ndarray:
    """Both wrists around a held ball.

    Args:
        ball: (3,) ball centre in the body frame.
        side: +1 for a right-handed player, -1 for a left-handed one.
        raised: 0 with the ball low (hands at its sides), 1 with it overhead (shooting hand beneath, guide hand beside).

    Returns:
        (2, 3) wrist targets, left then right.
    """
    strong = np.array([-0.06 - 0.03 * raised, -side * 0.13 * (1 - raised), -0.08 - 0.08 * raised])
    weak = np.array([-0.09, side * 0.13, -0.06 - 0.03 * raised])
    order = (weak, strong) if side > 0 else (strong, weak)
    return np.stack(order) + ball
