"""A bank of simulated shots at one basket: the path of the ball over, off, around or through the rim."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from courtside.court.measures import Court, make_court
from courtside_sim.physics import STEP, BallWorld, Vector, release_angle, solve_release

RATE = 120.0
"""Positions kept per second."""
BEFORE_S, AFTER_S = 1.0, 2.4
"""Seconds kept before and after the result, the moment at which the ball falls past the rim."""
COUNT = int((BEFORE_S + AFTER_S) * RATE)
"""Positions of a path."""
NEAR_MISS = 0.5
"""Share of the misses that touch neither rim nor board but pass close to the rim; from some side they look made."""


@dataclass(frozen=True)
class Bank:
    """N shots at a rim in the origin, in metres; the court lies along -x, z points up.

    Attributes:
        paths: (N, 408, 3) float32 ball centres at `RATE`; NaN before the release.
        made: (N,) bool.
        netted: (N,) bool, whether there is a net. Without one nothing slows the ball.
        radius: (N,) metres, of men's, women's and children's balls.
    """

    paths: np.ndarray
    made: np.ndarray
    netted: np.ndarray
    radius: np.ndarray

    def __len__(self) -> int:
        """Number of shots."""
        return len(self.made)


class NetWorld(BallWorld):
    """A court whose net slows the ball by a chosen amount, or is missing."""

    def __init__(self, court: Court, side: float, fall: float, radius: float) -> None:
        """Set the net and the ball.

        Args:
            court: the court.
            side: rate at which the net takes sideways speed, 1/s.
            fall: rate at which it takes downward speed, 1/s.
            radius: of the ball, metres.
        """
        super().__init__(court)
        self.radius = radius
        self._keep = math.exp(-side * STEP), math.exp(-fall * STEP)
        self._own = False

    def advance(self, p: Vector, v: Vector, step: float = STEP) -> tuple[Vector, Vector, bool]:
        """As `BallWorld.advance`, with this net."""
        self._own = True  # otherwise the court's own net slows the ball as well
        p, v, hit = super().advance(p, v, step)
        self._own = False
        if super().in_net(p) and v[2] < 0:
            v = (v[0] * self._keep[0], v[1] * self._keep[0], v[2] * self._keep[1])
        return p, v, hit

    def in_net(self, p: Vector) -> bool:
        """As `BallWorld.in_net`, but False during a step, so that only this net slows the ball."""
        return not self._own and super().in_net(p)


def draw_bank(count: int, seed: int, report: Callable[[int], None] | None = None) -> Bank:
    """Simulate shots from everywhere until `count` have a result, half of them made.

    Args:
        count: shots.
        seed: of everything drawn.
        report: called with the number of shots so far.
    """
    rng = np.random.default_rng([seed, 97])
    courts = [make_court("nba", half=True), make_court("fiba", half=True)]
    paths, made, netted, radii = [], [], [], []
    while len(made) < count:
        want = len(made) % 2 == 0
        close = not want and rng.random() < NEAR_MISS
        net = bool(rng.random() < 0.93)
        hold = (rng.uniform(5, 22), rng.uniform(0.5, 7)) if net else (0.0, 0.0)
        court = courts[int(rng.integers(2))]
        # A small ball beside the rim looks like a large ball behind it: the network must not rely on size alone.
        radius = float(rng.uniform(0.114, 0.122) if rng.random() < 0.5 else rng.uniform(0.085, 0.114))
        shot = _shoot(court, NetWorld(court, *hold, radius), close, rng)
        if shot is None or shot[1] != want:
            continue
        paths.append(shot[0])
        made.append(want)
        netted.append(net)
        radii.append(radius)
        if report:
            report(len(made))
    return Bank(np.stack(paths), np.array(made, bool), np.array(netted, bool), np.array(radii))


def _shoot(
    court: Court, world: BallWorld, close: bool, rng: np.random.Generator
) -> tuple[np.ndarray, bool] | None:
    rim = court.rim_centre(0)
    ahead = float(rng.choice([rng.uniform(0.8, 2.5), rng.uniform(2.0, 9.0)]))
    turn = rng.uniform(-1.5, 1.5)
    start = (
        float(rim[0] - ahead * math.cos(turn)), float(ahead * math.sin(turn)), float(rng.uniform(1.8, 2.9))
    )
    off = rng.normal(0, rng.uniform(0.02, 0.3), 2)
    if close:
        way = rng.uniform(-np.pi, np.pi)
        off = rng.uniform(0.34, 0.75) * np.array([-abs(math.cos(way)), math.sin(way)])
    target = (float(rim[0] + off[0]), float(off[1]), float(rim[2]))
    if not close and rng.random() < 0.2:  # bank shot
        target = (court.board_x(0) - 0.13, float(off[1]) * 0.7, float(rim[2] + rng.uniform(0.25, 0.75)))
    try:
        angle = release_angle(ahead, target[2] - start[2], float(rng.uniform(-0.05, 0.3)))
        velocity = solve_release(start, target, angle)
    except ValueError:
        return None
    flight = world.fly(start, velocity, 4.5, basket=0)
    if flight.result is None or not 0.3 < flight.result < 4.5 - AFTER_S + 1.5:
        return None
    times = flight.result - BEFORE_S + np.arange(COUNT) / RATE
    position = np.clip(times / (flight.times[1] - flight.times[0]), 0, len(flight.times) - 1.001)
    low = position.astype(int)
    share = (position - low)[:, None]
    path = flight.positions[low] * (1 - share) + flight.positions[low + 1] * share - rim
    path[(times < 0) | (times > flight.times[-1])] = np.nan
    return path.astype(np.float32), bool(flight.made)

