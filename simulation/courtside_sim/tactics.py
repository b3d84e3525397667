"""Movement without the ball: spacing and cuts in attack, guarding between opponent and basket in defence."""

from __future__ import annotations

import math

import numpy as np

from courtside.court.measures import Court

from .movement import Movers

HOMES = (
    (1.1, 0.0),
    (0.85, 0.75),
    (0.85, -0.75),
    (0.05, 0.98),
    (0.05, -0.98),
    (0.45, 0.5),
    (0.45, -0.5),
    (0.2, 0.3),
)
"""Home positions in attack: ahead of the rim and to the attacker's left, as shares of the three-point radius."""


class OffBall:
    """Assigns a home position to every player without the ball and changes it from time to time."""

    def __init__(
        self, court: Court, players: int, rng: np.random.Generator, basket: int = 0, side: int = 0
    ):
        """Assign the first homes for an attack on `basket`; `side` uses one half of them, see `Station`."""
        self._court, self._rng = court, rng
        self._rim_x = float(court.rim_centre(0)[0])
        self._homes = [home for home, (_, left) in enumerate(HOMES) if left * side >= 0]
        self._home = np.array(self._homes)[rng.permutation(players) % len(self._homes)]
        self._until = rng.uniform(0.5, 2.5, players)
        self._cut = np.zeros(players, bool)
        self.basket = basket

    def home(self, player: int) -> tuple[float, float]:
        """The floor position (m) of a player's home for the attacked basket, or of their cut to the rim."""
        ahead, left = HOMES[self._home[player]]
        radius = self._court.three_radius
        if self._cut[player]:
            ahead, left = 0.3, 0.05 if left > 0 else -0.05
        limit = self._court.width / 2 - 0.5
        left = min(max(left * radius, -limit), limit)
        return self._court.from_local(ahead * radius, left, self.basket)

    def attack(self, player: int, now: float, movers: Movers) -> None:
        """Send an attacker without the ball to their home, sometimes on a cut through the lane."""
        if now >= self._until[player]:
            self._cut[player] = not self._cut[player] and self._rng.random() < 0.3
            if not self._cut[player]:
                taken = set(self._home.tolist())
                free = [home for home in self._homes if home not in taken] or self._homes
                self._home[player] = free[int(self._rng.integers(len(free)))]
            self._until[player] = now + (1.1 if self._cut[player] else self._rng.uniform(1.8, 4.5))
        movers.target[player] = self.home(player)
        far = math.dist(movers.target[player], movers.xy[player])
        movers.speed[player] = 5.8 if far > 6 else (4.6 if self._cut[player] else 3.0)
        movers.square[player] = False

    def guard(self, player: int, man: int, on_ball: bool, movers: Movers) -> None:
        """Keep a defender between their opponent, player `man`, and the basket."""
        rim_x = self._rim_x if self.basket == 0 else -self._rim_x
        man_x, man_y = movers.xy[man].tolist()
        x, y = movers.xy[player].tolist()
        reach = max(math.hypot(rim_x - man_x, man_y), 1e-6)
        away = min(1.15 if on_ball else 0.3 * reach + 0.6, reach * 0.8) / reach
        goal_x, goal_y = man_x + (rim_x - man_x) * away, man_y - man_y * away
        far = math.hypot(goal_x - x, goal_y - y)
        movers.target[player] = goal_x, goal_y
        movers.speed[player] = 6.0 if far > 4 else 4.2
        movers.square[player] = far < 4
        movers.gaze[player] = man_x, man_y
