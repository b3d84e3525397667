"""How players move over the floor: acceleration, turning and the stride, all players at once."""

from __future__ import annotations

import numpy as np

from .roster import Roster

TURN_RATE = 7.0
"""Fastest turn, radians per second."""
ACCELERATION = 8.5
"""Largest acceleration, m/s²."""
BRAKING = 16.0
"""Largest deceleration of planted feet, m/s²."""
PERSONAL_SPACE = 0.85
"""Players closer than this push each other apart, metres."""


class Movers:
    """Positions, headings and strides of P players; `steering` sets where each goes and what each turns to.

    Attributes:
        xy, velocity: (P, 2) metres and metres per second.
        heading: (P,) radians, never wrapped, so that it can be interpolated.
        phase: (P,) stride phase in radians, never wrapped.
        amplitude: (P,) metres of foot swing.
        target: (P, 2) where to go, metres.
        gaze: (P, 2) the point to turn to, metres.
        speed: (P,) top speed, m/s.
        locked: (P,) bool, the feet are planted (shooting, catching).
        square: (P,) bool, turned to `gaze` even at a run (defence).
        firm: (P,) bool, not pushed aside by others.
    """

    def __init__(self, roster: Roster, xy: np.ndarray, heading: np.ndarray):
        """Start standing at `xy` (P, 2), turned to `heading` (P,)."""
        count = len(roster)
        self.xy, self.heading = xy.astype(float), heading.astype(float)
        self.velocity = np.zeros((count, 2))
        self.phase, self.amplitude = np.arange(count) * 1.3, np.zeros(count)
        self.target, self.gaze = self.xy.copy(), np.zeros((count, 2))
        self.speed = np.full(count, 3.0)
        self.locked = np.zeros(count, bool)
        self.square = np.zeros(count, bool)
        self.firm = np.zeros(count, bool)

    def step(self, dt: float) -> None:
        """Advance `dt` seconds."""
        away = self.target - self.xy
        distance = np.sqrt((away * away).sum(-1))
        pace = np.minimum(self.speed, np.sqrt(2 * 4.0 * distance) * np.minimum(1, distance / 0.08))
        pace = np.where(self.locked, 0.0, pace)
        wanted = away / np.maximum(distance, 1e-6)[:, None] * pace[:, None]
        gap = self.xy[:, None] - self.xy[None]
        reach = np.sqrt((gap * gap).sum(-1)) + 1e-6
        push = np.maximum(0.0, PERSONAL_SPACE - reach) * 5.0
        np.fill_diagonal(push, 0.0)
        shove = (gap * (push / reach)[..., None]).sum(1)
        wanted = wanted + np.where((self.firm | self.locked)[:, None], 0.0, shove)
        change = wanted - self.velocity
        size = np.sqrt((change * change).sum(-1))
        limit = np.where(self.locked, BRAKING, ACCELERATION) * dt
        self.velocity = self.velocity + change * np.minimum(1.0, limit / np.maximum(size, 1e-9))[:, None]
        self.xy = self.xy + self.velocity * dt
        self._turn(dt)

    def _turn(self, dt: float) -> None:
        speed = np.sqrt((self.velocity * self.velocity).sum(-1))
        to_gaze = self.gaze - self.xy
        running = (speed > 2.3) & ~self.square & ~self.locked
        aim = np.where(running[:, None], self.velocity, to_gaze)
        wanted = np.arctan2(aim[:, 1], aim[:, 0])
        turn = (wanted - self.heading + np.pi) % (2 * np.pi) - np.pi
        gain = np.clip(turn * 10.0, -TURN_RATE, TURN_RATE)
        self.heading = self.heading + gain * dt
        self.phase = self.phase + 2 * np.pi * speed / stride_length(speed) * dt
        self.amplitude = self.amplitude + (foot_swing(speed) - self.amplitude) * (1 - np.exp(-10 * dt))


def stride_length(speed: np.ndarray) -> np.ndarray:
    """Length of a stride (two steps), metres, at `speed` m/s."""
    return 1.2 + 0.35 * speed


def foot_swing(speed: np.ndarray) -> np.ndarray:
    """How far a foot swings to either side of the hip, metres, at `speed` m/s; nothing when standing."""
    return np.where(speed > 0.15, stride_length(speed) / (2 * np.pi) * np.minimum(1.0, speed / 0.9), 0.0)
