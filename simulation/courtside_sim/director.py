"""Simulates a game step by step: who has the ball, what they do with it, and when possession changes."""

from __future__ import annotations

import math

import numpy as np

from courtside.court.measures import Court

from . import shooting
from .arms import world_frame
from .bodies import SETTLE, Bodies
from .config import GameConfig
from .held_ball import DRIBBLE_SECONDS, HeldBall
from .movement import Movers
from .passing import Passing
from .physics import BallWorld
from .planning import Planner
from .play import Plan, Play, Station
from .rebounding import choose_rebounder
from .recording import Recorder, Recording
from .roster import Roster
from .shot_attempt import ShotAttempt
from .steering import steer
from .tactics import OffBall
from .truth import ShotTruth, ShotType

NET_SWISH = 0.5
"""Seconds that the net moves after a made shot."""


class Director:
    """One game in the making; `run` plays it to the end."""

    def __init__(
        self,
        court: Court,
        roster: Roster,
        config: GameConfig,
        rng: np.random.Generator,
        station: Station | None = None,
    ):
        """Set players on the floor with the ball in one player's hands.

        With a `station` they all warm up there, without opponents.
        """
        self._config, self._rng = config, rng
        self._dt = 1.0 / config.step_rate
        self._play = _first_moment(court, roster, rng, station)
        self._bodies = Bodies(roster, self._play.movers)
        self._planner = Planner(config.shot_interval, rng)
        self._net_at = np.full(court.baskets, -9.0)
        world = BallWorld(court)
        self._ball = HeldBall(self._play)
        self._passing = Passing(self._play, self._ball, world, rng)
        self._attempt = ShotAttempt(self._play, self._ball, world, config, rng)
        self._play.plan = self._planner.draw(self._play, first=True)
        self._modes = {
            "handle": self._handle,
            "windup": self._passing.wind_up,
            "flight": self._flight,
            "fake": self._attempt.fake,
            "step": self._attempt.step,
            "layup": self._attempt.layup,
            "shoot": self._attempt.shoot,
            "loose": self._loose,
        }

    @property
    def shots(self) -> list[ShotTruth]:
        """Every shot so far."""
        return self._play.shots

    def run(self) -> Recording:
        """Play the whole game and return its recording; `shots` is complete afterwards."""
        play = self._play
        steps = round(self._config.duration * self._config.step_rate) + 1
        recorder = Recorder(steps, len(play.roster), play.court.baskets)
        for step in range(steps):
            play.now = step * self._dt
            if step:
                steer(play)
                play.movers.step(self._dt)
            self._modes[play.mode]()
            actions = self._bodies.update(play, self._dt)
            m = play.movers
            recorder.put(
                step,
                xy=m.xy,
                velocity=m.velocity,
                heading=m.heading,
                jump=play.jump,
                crouch=self._bodies.crouch,
                lean=self._bodies.lean,
                shape=self._bodies.shape,
                phase=m.phase,
                amplitude=m.amplitude,
                hands=self._bodies.hands,
                actions=actions,
                ball=play.ball,
                holder=play.holder,
                net=np.clip(1 - np.abs((play.now - self._net_at) / NET_SWISH * 2 - 1), 0, 1),
            )
        return recorder.finish(self._config.step_rate)

    def _handle(self) -> None:
        """One step of a player with the ball: dribble, hold, begin the planned shot, or pass."""
        play, ball = self._play, self._ball
        m, h, plan = play.movers, play.holder, play.plan
        far = math.dist(m.xy[h], m.target[h]) if play.now > 0 else 9.0
        still = float(np.hypot(*m.velocity[h])) < 0.7
        stepping = plan.shot_type is not ShotType.CATCH_AND_SHOOT
        lead = self._attempt.lead()
        ready = h == plan.shooter and far < 0.2 and still and play.now >= plan.due - lead
        moving = stepping or plan.layup
        wait = 9.0 if h == plan.shooter and moving and not ready else plan.due - play.now
        dribbling = play.elapsed > 0.3 and (far > 0.35 or play.bounce > 0 or wait > 1.9)
        if dribbling and not (ready and play.bounce == 0):
            self._dribble(ready, still and far < 0.35)
        else:
            ball.hold(ball.grip(shooting.HOLD))
            settled = play.elapsed > 0.15 and play.now - play.residual_at > SETTLE
            if ready and settled and self._attempt.fits(lead):
                self._attempt.begin()
                return
        if (play.elapsed > 0.35 and play.bounce == 0.0) or play.bounce > 0.85:
            self._passing.consider()

    def _dribble(self, ready: bool, waiting: bool) -> None:
        """One step of a dribble.

        At the end of a bounce the player takes the ball in both hands when `ready` to shoot, and sometimes when
        `waiting` at the spot they wanted to reach.
        """
        play, ball = self._play, self._ball
        if play.bounce == 0:
            ball.ease_to(ball.dribble_point())
        play.bounce += self._dt / DRIBBLE_SECONDS
        if play.bounce >= 1:
            play.bounce = 1e-6 if not (ready or (waiting and self._rng.random() < 0.15)) else 0.0
        ball.hold(ball.dribble_point())
        if play.bounce == 0.0:
            ball.ease_to(ball.grip(shooting.HOLD))

    def _flight(self) -> None:
        """One step of a pass in the air."""
        if self._passing.fly():
            self._catch(self._play.receiver)

    def _loose(self) -> None:
        """One step of the ball after a shot, until somebody catches it."""
        play, path = self._play, self._attempt.path
        play.ball = np.array(path.at(play.elapsed))
        shot, r = play.shots[-1], play.receiver
        if shot.made and abs(play.now - shot.result_time) < self._dt:
            self._net_at[shot.basket] = play.now
        if play.now < shot.result_time + 0.1:
            return
        gap = math.dist(play.movers.xy[r], play.ball[:2])
        arrived = play.now >= play.catch_time - 0.02 and gap < 0.75
        if (arrived or (gap < 0.45 and play.elapsed > 0.4)) and play.ball[2] < 2.5:
            self._catch(r)
        elif play.now > play.catch_time + 0.1:
            choose_rebounder(play, path)
        elif play.ball[2] > 1.15 * play.roster.heights[r] and play.catch_time - play.now < 0.2 and gap < 1.0:
            if play.now - play.take_off[r] > 1.0:
                play.take_off[r], play.leap[r] = play.now, 0.25

    def _catch(self, player: int) -> None:
        """Give the ball to `player`; after a rebound their side draws a new plan."""
        play = self._play
        rebound = play.mode == "loose"
        play.holder = player
        play.bounce = 0.0
        self._ball.ease_to(self._ball.grip(shooting.HOLD))
        if rebound:
            play.team = int(play.roster.teams[player])
            play.plan = self._planner.draw(play)
        play.enter("handle")


def _first_moment(court: Court, roster: Roster, rng: np.random.Generator, station: Station | None) -> Play:
    """The players at their home positions, one of the first team with the ball."""
    count = len(roster)
    if station is None:
        drill = count <= 3 and (count == 1 or bool(rng.random() < 0.6))
        off_ball = OffBall(court, count, rng)
    else:
        drill, off_ball = True, OffBall(court, count, rng, station.basket, station.side)
    start = np.array([off_ball.home(p) for p in range(count)]) + rng.normal(0, 0.4, (count, 2))
    facing = court.rim_centre(off_ball.basket)[:2] - start
    movers = Movers(roster, start, np.arctan2(facing[:, 1], facing[:, 0]))
    holder = int(rng.choice(np.flatnonzero(roster.teams == roster.teams[0])))
    never = np.full(count, -9.0)
    return Play(
        court=court,
        roster=roster,
        movers=movers,
        off_ball=off_ball,
        drill=drill,
        plan=Plan(holder, (0.0, 0.0), 0.0, (0.0, 0.0), False, False),
        holder=holder,
        ball=world_frame(movers, holder, shooting.HOLD * [1, 1, roster.heights[holder]]),
        jump=np.zeros(count),
        take_off=never.copy(),
        leap=np.full(count, 0.1),
        contesting=never.copy(),
        followed=never.copy(),
        station=station,
    )
