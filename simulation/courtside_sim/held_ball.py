"""The ball in a player's hands: held at a point of the body frame, or dribbled."""

from __future__ import annotations

import numpy as np

from . import shooting
from .arms import world_frame
from .bodies import SETTLE
from .play import Play

DRIBBLE_SECONDS = 0.62
"""Seconds per bounce of a dribble."""


class HeldBall:
    """Moves the ball with its holder.

    After a catch, or a change of grip, the ball stands somewhere else than where the holder wants it. The gap is kept
    in the world frame and shrinks to zero over `SETTLE` seconds, so the ball never jumps.
    """

    def __init__(self, play: Play):
        """Follow the holder of `play`."""
        self._play = play
        self._gap = np.zeros(3)

    def hold(self, point: np.ndarray) -> None:
        """Put the ball at a body-frame point (3,) of the holder, plus what is left of the gap."""
        play = self._play
        world = world_frame(play.movers, play.holder, point)
        share = 1 - shooting.smooth((play.now - play.residual_at) / SETTLE)
        play.ball = world + self._gap * share

    def ease_to(self, point: np.ndarray) -> None:
        """Start to ease the ball from where it is to a body-frame point (3,) of the holder."""
        play = self._play
        self._gap = play.ball - world_frame(play.movers, play.holder, point)
        play.residual_at = play.now

    def grip(self, pose_ball: np.ndarray) -> np.ndarray:
        """The body-frame point (3,) of a pose's ball, which is given as in `shooting.HOLD`."""
        play = self._play
        h = play.holder
        side, height = play.roster.handed[h], play.roster.heights[h]
        return np.array([pose_ball[0], -side * pose_ball[1], pose_ball[2] * height + play.jump[h]])

    def dribble_point(self) -> np.ndarray:
        """The body-frame point (3,) of a dribbled ball at the present phase of its bounce."""
        play = self._play
        h = play.holder
        side, height, radius = play.roster.handed[h], play.roster.heights[h], play.court.ball_radius
        top = 0.50 * height
        fall = 1 - abs(2 * play.bounce - 1)
        return np.array([0.34, -side * 0.27, radius + (top - radius) * (1 - fall * fall)])
