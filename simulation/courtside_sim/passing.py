"""Passes: the decision to pass, the wind-up and the ball's flight to the receiver."""

from __future__ import annotations

import math

import numpy as np

from . import shooting
from .held_ball import HeldBall
from .physics import BallPath, BallWorld, solve_flight
from .play import Play

LOB_SHARE = 0.3
"""Share of passes to others than the planned shooter that are lobbed."""
PASS_RANGE = (2.0, 14.0)
"""Metres between passer and receiver."""


class Passing:
    """Moves the play through the modes 'windup' and 'flight'."""

    def __init__(self, play: Play, ball: HeldBall, world: BallWorld, rng: np.random.Generator):
        """Pass in `play`; `rng` is the game's own generator."""
        self._play, self._ball, self._world, self._rng = play, ball, world, rng
        self._path: BallPath | None = None

    def consider(self) -> None:
        """Start a pass where the plan wants one and the receiver is in range."""
        play = self._play
        m, h, plan = play.movers, play.holder, play.plan
        if plan.screen is not None and play.now < plan.screen_until:
            return
        target = self._receiver()
        if target < 0:
            return
        if target != plan.shooter:
            plan.lob = bool(self._rng.random() < LOB_SHARE)
        aim = m.xy[target] + m.velocity[target] * 0.4
        if not PASS_RANGE[0] < math.dist(aim, m.xy[h]) < PASS_RANGE[1]:
            return
        play.receiver = target
        aim = aim + (m.xy[h] - aim) / max(math.dist(aim, m.xy[h]), 1e-6) * 0.33
        play.catch_point = np.array([aim[0], aim[1], 0.68 * play.roster.heights[target]])
        play.bounce = 0.0
        self._ball.ease_to(self._ball.grip(shooting.HOLD))
        play.enter("windup")

    def _receiver(self) -> int:
        """Who to pass to: the planned shooter once ready, now and then another; -1 for nobody."""
        play, rng = self._play, self._rng
        m, h, plan = play.movers, play.holder, play.plan
        wait = plan.due - play.now
        if h != plan.shooter:
            near = math.dist(m.xy[plan.shooter], plan.approach)
            if near < 1.0 and wait < 2.4 and 2.0 < math.dist(m.xy[h], m.xy[plan.shooter]) < 13.0:
                return plan.shooter
            if near < 1.0 and wait < 1.0:
                plan.shooter = h
        elif play.shots and wait > 3.0 and len(play.mates(h)) > 1 and rng.random() < 0.02:
            target = play.mates(h)[int(rng.integers(len(play.mates(h))))]
            plan.waiting_spot = plan.approach
            return target
        return -1

    def wind_up(self) -> None:
        """One step of the wind-up: the ball goes back, then forward, then leaves the hands."""
        play = self._play
        lob = play.plan.lob
        back, front = ((0.12, 0.0, 1.04), (0.42, 0.0, 1.14)) if lob else ((0.24, 0.0, 0.66), (0.55, 0.0, 0.70))
        start = 0.30 if lob else 0.22
        share = shooting.smooth(play.elapsed / start) if play.elapsed < start else 1.0
        push = min(max((play.elapsed - start) / 0.12, 0.0), 1.0)
        pose = shooting.HOLD * (1 - share) + np.array(back) * share
        self._ball.hold(self._ball.grip(pose + (np.array(front) - np.array(back)) * push))
        if push >= 1.0:
            self._throw(lob)

    def _throw(self, lob: bool) -> None:
        play = self._play
        flat = math.dist(play.ball[:2], play.catch_point[:2])
        duration = 0.62 + flat / 13.0 if lob else max(flat / 9.5, 0.25)
        start = tuple(float(v) for v in play.ball)
        velocity = solve_flight(start, tuple(float(v) for v in play.catch_point), duration)
        self._path = self._world.fly(start, velocity, duration + 0.05)
        play.pass_end = play.now + duration
        play.followed[play.holder] = play.now - shooting.FOLLOW + 0.25
        play.holder = -1
        play.enter("flight")

    def fly(self) -> bool:
        """One step of the flight; True when the pass has arrived."""
        play = self._play
        play.ball = np.array(self._path.at(play.elapsed))
        return play.now >= play.pass_end - 1e-9
