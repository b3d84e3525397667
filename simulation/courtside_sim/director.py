"""Runs a game tick by tick: possessions, dribbles, passes, fakes, shots and rebounds."""

from __future__ import annotations

import math

import numpy as np

from . import shooting
from .arms import world_frame
from .bodies import SETTLE, Bodies
from .config import GameConfig
from .court import ZONES, Court, Zone, is_three, place, zone_spot
from .movement import Movers
from .physics import BallPath, BallWorld, solve_flight
from .play import Plan, Play
from .recording import Recorder, Recording
from .roster import Roster
from .steering import steer
from .tactics import OffBall
from .truth import ShotTruth

TAIL = 3.4
NET_SWISH = 0.5


class Director:
    """One game in the making; `run` plays it to the end."""

    def __init__(self, court: Court, roster: Roster, config: GameConfig, rng: np.random.Generator):
        """Set players on the floor with the ball in one player's hands."""
        self._config, self._rng, self._world = config, rng, BallWorld(court)
        self._dt = 1.0 / config.tick_rate
        count = len(roster)
        drill = count <= 3 and (count == 1 or bool(rng.random() < 0.6))
        off_ball = OffBall(court, count, rng)
        start = np.array([off_ball.home(p) for p in range(count)]) + rng.normal(0, 0.4, (count, 2))
        facing = court.rim_centre(0)[:2] - start
        movers = Movers(roster, start, np.arctan2(facing[:, 1], facing[:, 0]))
        holder = int(rng.choice(np.flatnonzero(roster.teams == 0)))
        never = np.full(count, -9.0)
        self._play = Play(
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
        )
        self._bodies = Bodies(roster, movers)
        self._bag: list[Zone] = []
        self._residual = np.zeros(3)
        self._path: BallPath | None = None
        self._net_at = np.full(court.baskets, -9.0)
        self._play.plan = self._draw_plan(first=True)

    @property
    def shots(self) -> list[ShotTruth]:
        """Every shot so far."""
        return self._play.shots

    def run(self) -> Recording:
        """Play the whole game and return its recording; `shots` is complete afterwards."""
        ticks = int(round(self._config.duration * self._config.tick_rate)) + 1
        recorder = Recorder(ticks, len(self._play.roster), self._play.court.baskets)
        for tick in range(ticks):
            self._play.now = tick * self._dt
            if tick:
                steer(self._play)
                self._play.movers.step(self._dt)
            getattr(self, f"_{self._play.mode}")()
            actions = self._bodies.update(self._play, self._dt)
            m = self._play.movers
            recorder.put(
                tick,
                xy=m.xy,
                velocity=m.velocity,
                heading=m.heading,
                jump=self._play.jump,
                crouch=self._bodies.crouch,
                lean=self._bodies.lean,
                phase=m.phase,
                amplitude=m.amplitude,
                hands=self._bodies.hands,
                actions=actions,
                ball=self._play.ball,
                holder=self._play.holder,
                net=np.clip(1 - np.abs((self._play.now - self._net_at) / NET_SWISH * 2 - 1), 0, 1),
            )
        return recorder.finish(self._config.tick_rate)

    def _draw_plan(self, first: bool = False) -> Plan:
        rng = self._rng
        if not self._bag:
            self._bag = [ZONES[i] for i in rng.permutation(len(ZONES))]
        zone = self._bag.pop()
        self._play.off_ball.basket = self._play.basket_of(self._play.team)
        spot = zone_spot(self._play.court, zone, self._play.basket, rng)
        mates = self._play.mates(self._play.holder)
        shooter = self._play.holder
        if mates and rng.random() < (0.35 if first else 0.6):
            shooter = mates[int(rng.integers(len(mates)))]
        if first:
            due = rng.uniform(3.2, 4.8)
        else:
            mean = self._config.shot_interval
            due = self._play.last_release + max(1.6, mean * rng.gamma(9.0, 1 / 9.0) - 0.6)
        waiting = zone_spot(
            self._play.court, Zone.TOP_THREE if rng.random() < 0.5 else Zone.MID_RANGE, self._play.basket, rng
        )
        for _ in range(6):
            if math.dist(waiting, spot) > 3.0:
                break
            waiting = zone_spot(self._play.court, ZONES[int(rng.integers(1, 7))], self._play.basket, rng)
        return Plan(
            shooter, spot, due, waiting, bool(rng.random() < 0.22) and not first, bool(rng.random() < 0.3)
        )

    def _hold_ball(self, ideal: np.ndarray) -> None:
        """Put the ball at a body-frame position of the holder, easing out of wherever it was caught."""
        world = world_frame(self._play.movers, self._play.holder, ideal)
        share = 1 - shooting.smooth((self._play.now - self._play.residual_at) / SETTLE)
        self._play.ball = world + self._residual * share

    def _ease_from_here(self, ideal: np.ndarray) -> None:
        self._residual = self._play.ball - world_frame(self._play.movers, self._play.holder, ideal)
        self._play.residual_at = self._play.now

    def _held(self, pose_ball: np.ndarray) -> np.ndarray:
        h = self._play.holder
        side, height = self._play.roster.handed[h], self._play.roster.heights[h]
        return np.array([pose_ball[0], -side * pose_ball[1], pose_ball[2] * height + self._play.jump[h]])

    def _dribble_ball(self) -> np.ndarray:
        h = self._play.holder
        side, height, radius = (
            self._play.roster.handed[h],
            self._play.roster.heights[h],
            self._play.court.ball_radius,
        )
        top = 0.50 * height
        fall = 1 - abs(2 * self._play.bounce - 1)
        return np.array([0.34, -side * 0.27, radius + (top - radius) * (1 - fall * fall)])

    def _handle(self) -> None:
        m, h, plan = self._play.movers, self._play.holder, self._play.plan
        far = math.dist(m.xy[h], m.target[h]) if self._play.now > 0 else 9.0
        still = float(np.hypot(*m.velocity[h])) < 0.7
        lead = shooting.motion_length(self._play.roster.tempo[h]) + (
            shooting.fake_length(1.0) if plan.fake else 0.0
        )
        ready = h == plan.shooter and far < 0.2 and still and self._play.now >= plan.due - lead
        dribbling = self._play.elapsed > 0.3 and (
            far > 0.35 or self._play.bounce > 0 or plan.due - self._play.now > 1.9
        )
        if dribbling and not (ready and self._play.bounce == 0):
            if self._play.bounce == 0:
                self._ease_from_here(self._dribble_ball())
            self._play.bounce += self._dt / 0.62
            if self._play.bounce >= 1:
                self._play.bounce = (
                    1e-6 if not (ready or (still and far < 0.35 and self._rng.random() < 0.15)) else 0.0
                )
            self._hold_ball(self._dribble_ball())
            if self._play.bounce == 0.0:
                self._ease_from_here(self._held(shooting.HOLD))
        else:
            self._hold_ball(self._held(shooting.HOLD))
            settled = self._play.elapsed > 0.15 and self._play.now - self._play.residual_at > SETTLE
            if ready and settled and self._play.now + lead + TAIL < self._config.duration:
                self._play.enter("fake" if plan.fake else "shoot")
                return
        if (self._play.elapsed > 0.35 and self._play.bounce == 0.0) or self._play.bounce > 0.85:
            self._consider_pass()

    def _consider_pass(self) -> None:
        m, h, plan, rng = self._play.movers, self._play.holder, self._play.plan, self._rng
        wait = plan.due - self._play.now
        target = -1
        if h != plan.shooter:
            near = math.dist(m.xy[plan.shooter], plan.spot)
            if near < 1.0 and wait < 2.4 and 2.0 < math.dist(m.xy[h], m.xy[plan.shooter]) < 13.0:
                target = plan.shooter
            elif near < 1.0 and wait < 1.0:
                plan.shooter = h
        elif self._play.shots and wait > 3.0 and len(self._play.mates(h)) > 1 and rng.random() < 0.02:
            target = self._play.mates(h)[int(rng.integers(len(self._play.mates(h))))]
            plan.waiting_spot = plan.spot
        if target < 0:
            return
        if target != plan.shooter:
            plan.lob = bool(rng.random() < 0.3)
        aim = m.xy[target] + m.velocity[target] * 0.4
        if not 2.0 < math.dist(aim, m.xy[h]) < 14.0:
            return
        self._play.receiver = target
        aim = aim + (m.xy[h] - aim) / max(math.dist(aim, m.xy[h]), 1e-6) * 0.33
        self._play.catch_point = np.array([aim[0], aim[1], 0.68 * self._play.roster.heights[target]])
        self._play.bounce = 0.0
        self._ease_from_here(self._held(shooting.HOLD))
        self._play.enter("windup")

    def _windup(self) -> None:
        lob = self._play.plan.lob
        back, front = (
            ((0.12, 0.0, 1.04), (0.42, 0.0, 1.14)) if lob else ((0.24, 0.0, 0.66), (0.55, 0.0, 0.70))
        )
        start = 0.30 if lob else 0.22
        share = shooting.smooth(self._play.elapsed / start) if self._play.elapsed < start else 1.0
        push = min(max((self._play.elapsed - start) / 0.12, 0.0), 1.0)
        pose = shooting.HOLD * (1 - share) + np.array(back) * share
        self._hold_ball(self._held(pose + (np.array(front) - np.array(back)) * push))
        if push >= 1.0:
            flat = math.dist(self._play.ball[:2], self._play.catch_point[:2])
            duration = 0.62 + flat / 13.0 if lob else max(flat / 9.5, 0.25)
            start_at = tuple(float(v) for v in self._play.ball)
            velocity = solve_flight(start_at, tuple(float(v) for v in self._play.catch_point), duration)
            self._path = self._world.fly(start_at, velocity, duration + 0.05)
            self._play.pass_end = self._play.now + duration
            self._play.followed[self._play.holder] = self._play.now - shooting.FOLLOW + 0.25
            self._play.holder = -1
            self._play.enter("flight")

    def _flight(self) -> None:
        self._play.ball = np.array(self._path.at(self._play.elapsed))
        if self._play.now >= self._play.pass_end - 1e-9:
            self._catch(self._play.receiver)

    def _fake(self) -> None:
        tempo = self._play.roster.tempo[self._play.holder]
        self._hold_ball(self._held(shooting.fake_pose(self._play.elapsed, tempo).ball))
        if self._play.elapsed >= shooting.fake_length(tempo):
            self._play.plan.fake = False
            if self._rng.random() < 0.4 and self._play.now + TAIL + 3 < self._config.duration:
                zone = ZONES[int(self._rng.integers(len(ZONES)))]
                self._play.plan.spot = zone_spot(self._play.court, zone, self._play.basket, self._rng)
            self._play.enter("handle")

    def _shoot(self) -> None:
        h = self._play.holder
        tempo, leap = self._play.roster.tempo[h], self._play.roster.leap[h]
        length = shooting.motion_length(tempo)
        take_off = length - 0.85 * shooting.rise_time(leap)
        if self._play.elapsed >= take_off and self._play.take_off[h] < self._play.since:
            self._play.take_off[h], self._play.leap[h] = self._play.since + take_off, leap
            self._start_contests(h)
        self._play.jump[h] = shooting.jump_height(self._play.now - self._play.take_off[h], self._play.leap[h])
        self._hold_ball(self._held(shooting.shot_pose(self._play.elapsed, tempo).ball))
        if self._play.elapsed >= length:
            self._release()

    def _start_contests(self, shooter: int) -> None:
        for p in range(len(self._play.roster)):
            near = math.dist(self._play.movers.xy[p], self._play.movers.xy[shooter]) < 2.4
            if p not in self._play.mates(shooter) and p != shooter and near and self._rng.random() < 0.75:
                self._play.contesting[p] = self._play.now
                self._play.take_off[p], self._play.leap[p] = (
                    self._play.now + 0.12,
                    self._rng.uniform(0.1, 0.4),
                )

    def _release(self) -> None:
        h, court = self._play.holder, self._play.court
        basket = self._play.basket
        self._path = shooting.take_shot(
            self._world, tuple(float(v) for v in self._play.ball), basket, self._rng
        )
        x, y = (float(v) for v in self._play.movers.xy[h])
        result = self._path.result if self._path.result is not None else 3.2
        self._play.shots.append(
            ShotTruth(
                shot_id=len(self._play.shots),
                release_time=self._play.now,
                shooter=h,
                team=int(self._play.roster.teams[h]),
                x=x,
                y=y,
                zone=place(court, x, y, basket),
                three=is_three(court, x, y, basket),
                made=self._path.made,
                result_time=self._play.now + result,
                basket=basket,
            )
        )
        self._play.last_release, self._play.followed[h] = self._play.now, self._play.now
        self._play.holder = -1
        self._play.enter("loose")
        self._choose_rebounder()

    def _choose_rebounder(self) -> None:
        """Pick who reaches the ball first after the result, and where; in a game a made shot is the others' ball."""
        shot, m = self._play.shots[-1], self._play.movers
        allowed = list(range(len(self._play.roster)))
        if shot.made and not self._play.drill and len(set(self._play.roster.teams.tolist())) > 1:
            allowed = [p for p in allowed if self._play.roster.teams[p] != shot.team]
        best = None
        earliest = max(shot.result_time + 0.12, self._play.now)
        for offset in np.arange(earliest - self._play.since, 5.0, 0.05):
            x, y, z = self._path.at(float(offset))
            if not 0.1 < z < 2.45:
                continue
            for p in allowed:
                wait = self._play.since + offset - self._play.now
                if p == shot.shooter:
                    wait -= max(0.0, self._play.followed[p] + shooting.FOLLOW - self._play.now)
                far = max(0.0, math.hypot(x - m.xy[p, 0], y - m.xy[p, 1]) - 0.4)
                late = far - 4.0 * max(0.0, wait - 0.35)
                if best is None or late < best[0]:
                    best = (late, p, float(self._play.since + offset), (x, y, z))
            if best is not None and best[0] <= 0:
                break
        if best is None:
            best = (0.0, allowed[0], self._play.since + 5.0, self._path.at(5.0))
        self._play.receiver, self._play.catch_time, self._play.catch_point = (
            best[1],
            best[2],
            np.array(best[3]),
        )

    def _loose(self) -> None:
        self._play.ball = np.array(self._path.at(self._play.elapsed))
        shot, r = self._play.shots[-1], self._play.receiver
        if shot.made and abs(self._play.now - shot.result_time) < self._dt:
            self._net_at[shot.basket] = self._play.now
        if self._play.now < shot.result_time + 0.1:
            return
        gap = math.dist(self._play.movers.xy[r], self._play.ball[:2])
        arrived = self._play.now >= self._play.catch_time - 0.02 and gap < 0.75
        if (arrived or (gap < 0.45 and self._play.elapsed > 0.4)) and self._play.ball[2] < 2.5:
            self._catch(r)
        elif self._play.now > self._play.catch_time + 0.1:
            self._choose_rebounder()
        elif (
            self._play.ball[2] > 1.15 * self._play.roster.heights[r]
            and self._play.catch_time - self._play.now < 0.2
            and gap < 1.0
        ):
            if self._play.now - self._play.take_off[r] > 1.0:
                self._play.take_off[r], self._play.leap[r] = self._play.now, 0.25

    def _catch(self, player: int) -> None:
        rebound = self._play.mode == "loose"
        self._play.holder = player
        self._play.bounce = 0.0
        self._ease_from_here(self._held(shooting.HOLD))
        if rebound:
            self._play.team = int(self._play.roster.teams[player])
            self._play.plan = self._draw_plan()
        self._play.enter("handle")
