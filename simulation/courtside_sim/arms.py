"""Wrist targets: arms of players without the ball, and hands on a held ball."""

from __future__ import annotations

import numpy as np

from .forms import Form
from .movement import Movers
from .roster import Roster
from .truth import Action


def body_frame(movers: Movers, player: int, point: np.ndarray) -> np.ndarray:
    """Convert a world point (3,) to a player's body frame: metres ahead, metres to the left, metres of height."""
    dx, dy = point[0] - movers.xy[player, 0], point[1] - movers.xy[player, 1]
    c, s = np.cos(movers.heading[player]), np.sin(movers.heading[player])
    return np.array([dx * c + dy * s, -dx * s + dy * c, point[2]])


def world_frame(movers: Movers, player: int, point: np.ndarray) -> np.ndarray:
    """Convert a body-frame point (3,) of a player to world metres; the inverse of `body_frame`."""
    c, s = np.cos(movers.heading[player]), np.sin(movers.heading[player])
    x = movers.xy[player, 0] + point[0] * c - point[1] * s
    y = movers.xy[player, 1] + point[0] * s + point[1] * c
    return np.array([x, y, point[2]])


class IdleArms:
    """Arms of players without the ball: they swing with the stride, spread in defence and go up against a shot."""

    def __init__(self, roster: Roster):
        """Compute the poses from the heights of `roster`."""
        h = roster.heights
        self._low, self._bent = 0.50 * h, 0.09 * h
        self._side = np.stack([0.145 * h, -0.145 * h], -1)
        self._guard, self._contest, self._block, self._pick = np.empty((4, len(roster), 2, 3))
        for index, side in enumerate((1.0, -1.0)):
            self._guard[:, index] = np.stack(
                [np.full(len(h), 0.28), side * 0.27 * h, (0.64 - 0.02 * side) * h], -1
            )
            # To block, one arm swats and the other balances. In a pick the forearms cross low in front of the body.
            high = (0.42, -0.02, 1.24) if side < 0 else (0.12, 0.20, 0.80)
            self._block[:, index] = np.stack(
                [np.full(len(h), high[0]), side * abs(high[1]) * h, high[2] * h], -1
            )
            self._pick[:, index] = np.stack([np.full(len(h), 0.24), -side * 0.035 * h, (0.53 + 0.02 * side) * h], -1)
            self._contest[:, index] = np.stack(
                [np.full(len(h), 0.30), side * 0.09 * h, (1.10 - 0.02 * side) * h], -1
            )

    def hands(self, movers: Movers, speed: np.ndarray, actions: np.ndarray, jump: np.ndarray) -> np.ndarray:
        """Wrist targets (P, 2, 3) in the body frame, left then right.

        Args:
            movers: Stride phases and amplitudes.
            speed: (P,) m/s.
            actions: (P,) `Action` values.
            jump: (P,) metres off the floor.
        """
        swing = np.sin(movers.phase) * (movers.amplitude * 0.8)
        run = np.minimum(np.maximum((speed - 1.0) / 3.0, 0.0), 1.0)
        hands = np.empty((len(speed), 2, 3))
        ahead = 0.10 + 0.10 * run
        hands[:, 0, 0], hands[:, 1, 0] = ahead - swing, ahead + swing
        hands[:, :, 1] = self._side
        hands[:, :, 2] = (self._low + self._bent * run)[:, None]
        guard, contest = actions == int(Action.GUARD), actions == int(Action.CONTEST)
        hands[guard], hands[contest] = self._guard[guard], self._contest[contest]
        block, pick = actions == int(Action.BLOCK), actions == int(Action.PICK)
        hands[block], hands[pick] = self._block[block], self._pick[pick]
        hands[:, :, 2] += jump[:, None]
        return hands


def holding_hands(ball: np.ndarray, form: Form, raised: float | np.ndarray) -> np.ndarray:
    """Both wrists around a held ball.

    Args:
        ball: (..., 3) ball centre in the body frame.
        form: The holder's form: the shooting hand, and where the guide hand lies on a raised ball.
        raised: (...) from 0, ball low with a hand on each side, to 1, ball overhead with the shooting hand beneath
            and the guide hand beside it.

    Returns:
        (..., 2, 3) wrist targets, left then right.
    """
    side, raised = form.handed, np.asarray(raised, float)[..., None]
    strong = [-0.06, -side * 0.13, -0.08] + raised * [-0.03, side * 0.13, -0.08]
    guide = np.array([form.guide_ahead, side * form.guide_out, form.guide_up - 0.03])
    weak = [-0.09, side * 0.13, -0.06] + raised * guide
    order = (weak, strong) if side > 0 else (strong, weak)
    return np.stack(order, -2) + ball[..., None, :]
