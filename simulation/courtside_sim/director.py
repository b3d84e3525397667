"""Runs a game tick by tick: possessions, dribbles, passes, fakes, shots and rebounds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from . import shooting
from .arms import IdleArms, body_frame, holding_hands, world_frame
from .config import GameConfig
from .court import ZONES, Court, Zone, is_three, place, zone_spot
from .movement import Movers
from .physics import BallPath, BallWorld, solve_flight
from .recording import Recorder, Recording
from .roster import Roster
from .tactics import OffBall
from .truth import Action, ShotTruth

SETTLE = 0.18
TAIL = 3.4
NET_SWISH = 0.5


@dataclass
class Plan:
    """What the attack wants next: who shoots, from where, when, and whether a pass leads there."""

    shooter: int
    spot: tuple[float, float]
    due: float
    waiting_spot: tuple[float, float]
    fake: bool
    lob: bool


class Director:
    """One game in the making; `run` plays it to the end."""

    def __init__(self, court: Court, roster: Roster, config: GameConfig, rng: np.random.Generator):
        """Set players on the floor with the ball in one player's hands."""
        self._court, self._roster, self._config, self._rng = court, roster, config, rng
        self._world = BallWorld(court)
        count = len(roster)
        self._drill = count <= 3 and (count == 1 or rng.random() < 0.6)
        self._off_ball = OffBall(court, count, rng)
        self._dt = 1.0 / config.tick_rate
        start = np.array([self._off_ball.home(p) for p in range(count)]) + rng.normal(0, 0.4, (count, 2))
        rim = court.rim_centre(0)[:2]
        facing = rim - start
        self._movers = Movers(roster, start, np.arctan2(facing[:, 1], facing[:, 0]))
        self._jump, self._crouch, self._lean = np.zeros(count), np.zeros(count), np.zeros(count)
        self._take_off, self._leap = np.full(count, -9.0), np.full(count, 0.1)
        self._arms = IdleArms(roster)
        self._hands = self._arms.hands(self._movers, np.zeros(count), np.zeros(count, int), self._jump)
        self._contesting = np.full(count, -9.0)
        self._followed = np.full(count, -9.0)
        self._bag: list[Zone] = []
        self.shots: list[ShotTruth] = []
        self._now, self._mode, self._since = 0.0, "handle", 0.0
        self._holder = int(rng.choice(np.flatnonzero(roster.teams == 0)))
        self._team, self._last_release = 0, 0.0
        self._ball = world_frame(
            self._movers, self._holder, shooting.HOLD * [1, 1, roster.heights[self._holder]]
        )
        self._residual, self._residual_at = np.zeros(3), -9.0
        self._bounce = 0.0
        self._path: BallPath | None = None
        self._receiver, self._pass_end = -1, 0.0
        self._catch_point, self._catch_time = np.zeros(3), 0.0
        self._net_at = np.full(court.baskets, -9.0)
        self._plan = self._draw_plan(first=True)

    # --- the clock ---------------------------------------------------------------------------------------------

    def run(self) -> Recording:
        """Play the whole game and return its recording; `shots` is complete afterwards."""
        ticks = int(round(self._config.duration * self._config.tick_rate)) + 1
        recorder = Recorder(ticks, len(self._roster), self._court.baskets)
        for tick in range(ticks):
            self._now = tick * self._dt
            if tick:
                self._steer()
                self._movers.step(self._dt)
            getattr(self, f"_{self._mode}")()
            actions = self._body()
            m = self._movers
            recorder.put(
                tick,
                xy=m.xy,
                velocity=m.velocity,
                heading=m.heading,
                jump=self._jump,
                crouch=self._crouch,
                lean=self._lean,
                phase=m.phase,
                amplitude=m.amplitude,
                hands=self._hands,
                actions=actions,
                ball=self._ball,
                holder=self._holder,
                net=np.clip(1 - np.abs((self._now - self._net_at) / NET_SWISH * 2 - 1), 0, 1),
            )
        return recorder.finish(self._config.tick_rate)

    def _enter(self, mode: str) -> None:
        self._mode, self._since = mode, self._now

    @property
    def _elapsed(self) -> float:
        return self._now - self._since

    # --- plans -------------------------------------------------------------------------------------------------

    def _basket_of(self, team: int) -> int:
        return 0 if self._court.half else team

    def _mates(self, player: int) -> list[int]:
        same = [p for p in range(len(self._roster)) if p != player]
        if self._drill:
            return same
        return [p for p in same if self._roster.teams[p] == self._roster.teams[player]]

    def _draw_plan(self, first: bool = False) -> Plan:
        rng = self._rng
        if not self._bag:
            self._bag = [ZONES[i] for i in rng.permutation(len(ZONES))]
        zone = self._bag.pop()
        self._off_ball.basket = self._basket_of(self._team)
        spot = zone_spot(self._court, zone, self._off_ball.basket, rng)
        mates = self._mates(self._holder)
        shooter = self._holder
        if mates and rng.random() < (0.35 if first else 0.6):
            shooter = mates[int(rng.integers(len(mates)))]
        if first:
            due = rng.uniform(3.2, 4.8)
        else:
            mean = self._config.shot_interval
            due = self._last_release + max(1.6, mean * rng.gamma(9.0, 1 / 9.0) - 0.6)
        waiting = zone_spot(
            self._court, Zone.TOP_THREE if rng.random() < 0.5 else Zone.MID_RANGE, self._off_ball.basket, rng
        )
        for _ in range(6):
            if math.dist(waiting, spot) > 3.0:
                break
            waiting = zone_spot(self._court, ZONES[int(rng.integers(1, 7))], self._off_ball.basket, rng)
        return Plan(
            shooter, spot, due, waiting, bool(rng.random() < 0.22) and not first, bool(rng.random() < 0.3)
        )

    # --- movement ----------------------------------------------------------------------------------------------

    def _steer(self) -> None:
        m, court = self._movers, self._court
        m.locked[:], m.firm[:], m.square[:] = False, False, False
        m.face[:] = self._ball[:2]
        attackers = [
            p for p in range(len(self._roster)) if self._drill or self._roster.teams[p] == self._team
        ]
        defenders = [p for p in range(len(self._roster)) if p not in attackers]
        for p in attackers:
            self._off_ball.attack(p, self._now, m)
        for index, p in enumerate(defenders):
            man = attackers[index % len(attackers)]
            self._off_ball.guard(p, man, man == self._holder, m)
        busy = {"shoot", "fake", "windup"}
        if self._holder >= 0:
            h = self._holder
            m.firm[h] = True
            transition = abs(m.xy[h, 0] - court.rim_centre(self._off_ball.basket)[0]) > court.length * 0.45
            m.speed[h] = 6.0 if transition else 4.0
            m.target[h] = self._plan.spot if self._plan.shooter == h else self._plan.waiting_spot
            m.face[h] = court.rim_centre(self._off_ball.basket)[:2]
            if self._mode in busy:
                m.locked[h] = True
                if self._mode == "windup":
                    m.face[h] = self._catch_point[:2]
        s = self._plan.shooter
        if self._mode in ("handle", "windup") and s != self._holder and s >= 0:
            m.target[s] = self._plan.spot
            m.speed[s] = 6.2 if math.dist(m.xy[s], self._plan.spot) > 6 else 4.6
        if self._mode in ("flight", "windup"):
            r = self._receiver
            aim = self._catch_point[:2] - self._ball[:2]
            m.target[r] = self._catch_point[:2] + 0.33 * aim / max(math.hypot(*aim), 1e-6)
            m.speed[r], m.firm[r], m.square[r] = 4.0, True, True
        if self._mode == "loose":
            for p in range(len(self._roster)):
                if self._now - self._followed[p] < shooting.FOLLOW:
                    m.locked[p] = True
                    m.face[p] = court.rim_centre(self._off_ball.basket)[:2]
            r = self._receiver
            if not m.locked[r]:
                m.target[r], m.firm[r] = self._catch_stance(r), True
                m.speed[r] = 5.5 if self._catch_time - self._now < 1.5 else 4.2
        for p in np.flatnonzero(self._now - self._contesting < 0.9):
            m.locked[p] = True

    def _catch_stance(self, player: int) -> np.ndarray:
        aim = self._movers.xy[player] - self._catch_point[:2]
        far = math.hypot(*aim)
        return self._catch_point[:2] + aim / max(far, 1e-6) * min(0.32, far)

    # --- modes -------------------------------------------------------------------------------------------------

    def _hold_ball(self, ideal: np.ndarray) -> None:
        """Put the ball at a body-frame position of the holder, easing out of wherever it was caught."""
        world = world_frame(self._movers, self._holder, ideal)
        share = 1 - shooting.smooth((self._now - self._residual_at) / SETTLE)
        self._ball = world + self._residual * share

    def _ease_from_here(self, ideal: np.ndarray) -> None:
        self._residual = self._ball - world_frame(self._movers, self._holder, ideal)
        self._residual_at = self._now

    def _held(self, pose_ball: np.ndarray) -> np.ndarray:
        h = self._holder
        side, height = self._roster.handed[h], self._roster.heights[h]
        return np.array([pose_ball[0], -side * pose_ball[1], pose_ball[2] * height + self._jump[h]])

    def _dribble_ball(self) -> np.ndarray:
        h = self._holder
        side, height, radius = self._roster.handed[h], self._roster.heights[h], self._court.ball_radius
        top = 0.50 * height
        fall = 1 - abs(2 * self._bounce - 1)
        return np.array([0.34, -side * 0.27, radius + (top - radius) * (1 - fall * fall)])

    def _handle(self) -> None:
        m, h, plan = self._movers, self._holder, self._plan
        far = math.dist(m.xy[h], m.target[h]) if self._now > 0 else 9.0
        still = float(np.hypot(*m.velocity[h])) < 0.7
        lead = shooting.motion_length(self._roster.tempo[h]) + (
            shooting.fake_length(1.0) if plan.fake else 0.0
        )
        ready = h == plan.shooter and far < 0.2 and still and self._now >= plan.due - lead
        dribbling = self._elapsed > 0.3 and (far > 0.35 or self._bounce > 0 or plan.due - self._now > 1.9)
        if dribbling and not (ready and self._bounce == 0):
            if self._bounce == 0:
                self._ease_from_here(self._dribble_ball())
            self._bounce += self._dt / 0.62
            if self._bounce >= 1:
                self._bounce = (
                    1e-6 if not (ready or (still and far < 0.35 and self._rng.random() < 0.15)) else 0.0
                )
            self._hold_ball(self._dribble_ball())
            if self._bounce == 0.0:
                self._ease_from_here(self._held(shooting.HOLD))
        else:
            self._hold_ball(self._held(shooting.HOLD))
            settled = self._elapsed > 0.15 and self._now - self._residual_at > SETTLE
            if ready and settled and self._now + lead + TAIL < self._config.duration:
                self._enter("fake" if plan.fake else "shoot")
                return
        if self._elapsed > 0.35 and self._bounce == 0.0 or self._bounce > 0.85:
            self._consider_pass()

    def _consider_pass(self) -> None:
        m, h, plan, rng = self._movers, self._holder, self._plan, self._rng
        wait = plan.due - self._now
        target = -1
        if h != plan.shooter:
            near = math.dist(m.xy[plan.shooter], plan.spot)
            if near < 1.0 and wait < 2.4 and 2.0 < math.dist(m.xy[h], m.xy[plan.shooter]) < 13.0:
                target = plan.shooter
            elif near < 1.0 and wait < 1.0:
                plan.shooter = h
        elif self.shots and wait > 3.0 and len(self._mates(h)) > 1 and rng.random() < 0.02:
            target = self._mates(h)[int(rng.integers(len(self._mates(h))))]
            plan.waiting_spot = plan.spot
        if target < 0:
            return
        if target != plan.shooter:
            plan.lob = bool(rng.random() < 0.3)
        aim = m.xy[target] + m.velocity[target] * 0.4
        if not 2.0 < math.dist(aim, m.xy[h]) < 14.0:
            return
        self._receiver = target
        aim = aim + (m.xy[h] - aim) / max(math.dist(aim, m.xy[h]), 1e-6) * 0.33
        self._catch_point = np.array([aim[0], aim[1], 0.68 * self._roster.heights[target]])
        self._bounce = 0.0
        self._ease_from_here(self._held(shooting.HOLD))
        self._enter("windup")

    def _windup(self) -> None:
        lob = self._plan.lob
        back, front = (
            ((0.12, 0.0, 1.04), (0.42, 0.0, 1.14)) if lob else ((0.24, 0.0, 0.66), (0.55, 0.0, 0.70))
        )
        start = 0.30 if lob else 0.22
        share = shooting.smooth(self._elapsed / start) if self._elapsed < start else 1.0
        push = min(max((self._elapsed - start) / 0.12, 0.0), 1.0)
        pose = shooting.HOLD * (1 - share) + np.array(back) * share
        self._hold_ball(self._held(pose + (np.array(front) - np.array(back)) * push))
        if push >= 1.0:
            flat = math.dist(self._ball[:2], self._catch_point[:2])
            duration = 0.62 + flat / 13.0 if lob else max(flat / 9.5, 0.25)
            start_at = tuple(float(v) for v in self._ball)
            velocity = solve_flight(start_at, tuple(float(v) for v in self._catch_point), duration)
            self._path = self._world.fly(start_at, velocity, duration + 0.05)
            self._pass_end = self._now + duration
            self._followed[self._holder] = self._now - shooting.FOLLOW + 0.25
            self._holder = -1
            self._enter("flight")

    def _flight(self) -> None:
        self._ball = np.array(self._path.at(self._elapsed))
        if self._now >= self._pass_end - 1e-9:
            self._catch(self._receiver)

    def _fake(self) -> None:
        tempo = self._roster.tempo[self._holder]
        self._hold_ball(self._held(shooting.fake_pose(self._elapsed, tempo).ball))
        if self._elapsed >= shooting.fake_length(tempo):
            self._plan.fake = False
            if self._rng.random() < 0.4 and self._now + TAIL + 3 < self._config.duration:
                zone = ZONES[int(self._rng.integers(len(ZONES)))]
                self._plan.spot = zone_spot(self._court, zone, self._off_ball.basket, self._rng)
            self._enter("handle")

    def _shoot(self) -> None:
        h = self._holder
        tempo, leap = self._roster.tempo[h], self._roster.leap[h]
        length = shooting.motion_length(tempo)
        take_off = length - 0.85 * shooting.rise_time(leap)
        if self._elapsed >= take_off and self._take_off[h] < self._since:
            self._take_off[h], self._leap[h] = self._since + take_off, leap
            self._start_contests(h)
        self._jump[h] = shooting.jump_height(self._now - self._take_off[h], self._leap[h])
        self._hold_ball(self._held(shooting.shot_pose(self._elapsed, tempo).ball))
        if self._elapsed >= length:
            self._release()

    def _start_contests(self, shooter: int) -> None:
        for p in range(len(self._roster)):
            near = math.dist(self._movers.xy[p], self._movers.xy[shooter]) < 2.4
            if p not in self._mates(shooter) and p != shooter and near and self._rng.random() < 0.75:
                self._contesting[p] = self._now
                self._take_off[p], self._leap[p] = self._now + 0.12, self._rng.uniform(0.1, 0.4)

    def _release(self) -> None:
        h, court = self._holder, self._court
        basket = self._off_ball.basket
        self._path = shooting.take_shot(self._world, tuple(float(v) for v in self._ball), basket, self._rng)
        x, y = (float(v) for v in self._movers.xy[h])
        result = self._path.result if self._path.result is not None else 3.2
        self.shots.append(
            ShotTruth(
                shot_id=len(self.shots),
                release_time=self._now,
                shooter=h,
                team=int(self._roster.teams[h]),
                x=x,
                y=y,
                zone=place(court, x, y, basket),
                three=is_three(court, x, y, basket),
                made=self._path.made,
                result_time=self._now + result,
                basket=basket,
            )
        )
        self._last_release, self._followed[h] = self._now, self._now
        self._holder = -1
        self._enter("loose")
        self._choose_rebounder()

    def _choose_rebounder(self) -> None:
        """Pick who reaches the ball first after the result, and where; in a game a made shot is the others' ball."""
        shot, m = self.shots[-1], self._movers
        allowed = list(range(len(self._roster)))
        if shot.made and not self._drill and len(set(self._roster.teams.tolist())) > 1:
            allowed = [p for p in allowed if self._roster.teams[p] != shot.team]
        best = None
        earliest = max(shot.result_time + 0.12, self._now)
        for offset in np.arange(earliest - self._since, 5.0, 0.05):
            x, y, z = self._path.at(float(offset))
            if not 0.1 < z < 2.45:
                continue
            for p in allowed:
                wait = self._since + offset - self._now
                if p == shot.shooter:
                    wait -= max(0.0, self._followed[p] + shooting.FOLLOW - self._now)
                far = max(0.0, math.hypot(x - m.xy[p, 0], y - m.xy[p, 1]) - 0.4)
                late = far - 4.0 * max(0.0, wait - 0.35)
                if best is None or late < best[0]:
                    best = (late, p, float(self._since + offset), (x, y, z))
            if best is not None and best[0] <= 0:
                break
        if best is None:
            best = (0.0, allowed[0], self._since + 5.0, self._path.at(5.0))
        self._receiver, self._catch_time, self._catch_point = best[1], best[2], np.array(best[3])

    def _loose(self) -> None:
        self._ball = np.array(self._path.at(self._elapsed))
        shot, r = self.shots[-1], self._receiver
        if shot.made and abs(self._now - shot.result_time) < self._dt:
            self._net_at[shot.basket] = self._now
        if self._now < shot.result_time + 0.1:
            return
        gap = math.dist(self._movers.xy[r], self._ball[:2])
        arrived = self._now >= self._catch_time - 0.02 and gap < 0.75
        if (arrived or (gap < 0.45 and self._elapsed > 0.4)) and self._ball[2] < 2.5:
            self._catch(r)
        elif self._now > self._catch_time + 0.1:
            self._choose_rebounder()
        elif (
            self._ball[2] > 1.15 * self._roster.heights[r]
            and self._catch_time - self._now < 0.2
            and gap < 1.0
        ):
            if self._now - self._take_off[r] > 1.0:
                self._take_off[r], self._leap[r] = self._now, 0.25

    def _catch(self, player: int) -> None:
        rebound = self._mode == "loose"
        self._holder = player
        self._bounce = 0.0
        self._ease_from_here(self._held(shooting.HOLD))
        if rebound:
            self._team = int(self._roster.teams[player])
            self._plan = self._draw_plan()
        self._enter("handle")

    # --- bodies ------------------------------------------------------------------------------------------------

    def _body(self) -> np.ndarray:
        """Actions, knees, jumps and hands of everybody for this tick."""
        m, roster = self._movers, self._roster
        speed = np.sqrt((m.velocity * m.velocity).sum(-1))
        actions = np.where(speed > 2.3, Action.RUN, np.where(speed > 0.4, Action.WALK, Action.STAND)).astype(
            np.int64
        )
        crouch, lean = np.where(speed > 2.3, 0.05, 0.02), np.clip(speed * 0.045, 0, 0.25)
        rate = np.full((len(roster), 2), 11.0)
        if not self._drill:
            rivals = (roster.teams != self._team) & (speed < 3.0) & (self._mode != "loose")
            actions[rivals], crouch[rivals], lean[rivals] = Action.GUARD, 0.14, 0.22
        contest = self._now - self._contesting < 0.7
        actions[contest], crouch[contest], lean[contest], rate[contest] = Action.CONTEST, 0.02, 0.0, 16.0
        follow = self._now - self._followed < shooting.FOLLOW
        follow &= self._followed > 0
        since = self._now - self._take_off
        self._jump = np.maximum(0.0, np.sqrt(2 * 9.81 * self._leap) * since - 0.5 * 9.81 * since * since)
        hands = self._arms.hands(m, speed, actions, self._jump)
        for p in np.flatnonzero(follow):
            hands[p], rate[p] = self._follow_hands(int(p))
            if self._passed(int(p)):
                actions[p] = Action.PASS
            else:
                actions[p] = Action.FOLLOW_THROUGH
            crouch[p], lean[p] = 0.0, 0.03
        if self._holder >= 0:
            h = self._holder
            hands[h], rate[h], actions[h], bend = self._handler(h)
            crouch[h], lean[h] = bend if bend is not None else (crouch[h] + 0.08, lean[h] + 0.12)
        elif self._now >= self._since:
            self._reach(actions, hands, rate, crouch, lean)
        landing = (self._jump <= 0) & (self._now - self._take_off < 2 * np.sqrt(2 * self._leap / 9.81) + 0.25)
        landing &= self._now - self._take_off > 0.1
        crouch = np.where(landing, np.maximum(crouch, 0.11), crouch)
        ease = 1 - math.exp(-13 * self._dt)
        exact = np.zeros(len(roster), bool)
        if self._mode in ("shoot", "fake"):
            exact[self._holder] = True
        self._crouch = self._crouch + (crouch - self._crouch) * np.where(exact, 0.5, ease)
        self._lean = self._lean + (lean - self._lean) * np.where(exact, 0.5, ease)
        self._hands = self._hands + (hands - self._hands) * (1 - np.exp(-rate * self._dt))[..., None]
        return actions

    def _passed(self, player: int) -> bool:
        return (
            not self.shots or self.shots[-1].shooter != player or self._followed[player] != self._last_release
        )

    def _follow_hands(self, player: int) -> tuple[np.ndarray, np.ndarray]:
        side, height = self._roster.handed[player], self._roster.heights[player]
        if self._passed(player):
            both = np.array([[0.5, 0.12, 0.70 * height], [0.5, -0.12, 0.70 * height]])
            return both, np.full(2, 18.0)
        strong = np.array([0.34, -side * 0.12, 1.09 * height + self._jump[player]])
        weak = np.array([0.26, side * 0.16, 0.98 * height + self._jump[player]])
        return np.stack((weak, strong) if side > 0 else (strong, weak)), np.array([14.0, 14.0])

    def _handler(self, h: int) -> tuple[np.ndarray, np.ndarray, Action, tuple[float, float] | None]:
        """Hands, hand rates, action and (crouch, lean) of the player with the ball."""
        side, tempo = self._roster.handed[h], self._roster.tempo[h]
        ball = body_frame(self._movers, h, self._ball)
        raised = min(max((ball[2] - self._jump[h]) / self._roster.heights[h] - 0.7, 0.0) / 0.25, 1.0)
        hands = holding_hands(ball, side, raised)
        if self._mode in ("shoot", "fake"):
            fake = self._mode == "fake"
            pose = (shooting.fake_pose if fake else shooting.shot_pose)(self._elapsed, tempo)
            gathering = self._elapsed * tempo < shooting.GATHER
            action = Action.PUMP_FAKE if fake else (Action.GATHER if gathering else Action.SHOOT)
            return hands, np.full(2, 60.0 if gathering else 400.0), action, (pose.crouch, pose.lean)
        if self._mode == "windup":
            return hands, np.full(2, 60.0), Action.PASS, (0.06, 0.12)
        if self._bounce > 0:
            strong = np.array([ball[0] - 0.12, ball[1], max(ball[2] + 0.10, 0.42 * self._roster.heights[h])])
            weak = np.array([0.22, side * 0.30, 0.56 * self._roster.heights[h]])
            both = np.stack((weak, strong) if side > 0 else (strong, weak))
            return both, np.array([12.0, 30.0] if side > 0 else [30.0, 12.0]), Action.DRIBBLE, None
        caught = self._now - self._residual_at < SETTLE and self._elapsed < 0.3
        low = min(max(0.9 - ball[2], 0.0), 0.75)
        bend = (0.06 + 0.55 * low, 0.08 + 0.9 * low)
        return hands, np.full(2, 60.0), Action.CATCH if caught else Action.HOLD, bend

    def _reach(
        self, actions: np.ndarray, hands: np.ndarray, rate: np.ndarray, crouch: np.ndarray, lean: np.ndarray
    ) -> None:
        """Let the receiver or rebounder reach for a ball that is about to arrive."""
        r = self._receiver
        arrival = self._pass_end if self._mode == "flight" else self._catch_time
        gap = math.dist(self._movers.xy[r], self._ball[:2])
        if arrival - self._now > 0.45 or gap > 3.5 or actions[r] == Action.FOLLOW_THROUGH:
            return
        actions[r] = Action.CATCH if self._mode == "flight" else Action.REBOUND
        rate[r] = 22.0
        point = self._ball if gap < 0.9 else self._catch_point
        ball = body_frame(self._movers, r, point)
        hands[r] = np.array([[-0.1, 0.13, -0.05], [-0.1, -0.13, -0.05]]) + ball
        low = min(max(0.9 - ball[2], 0.0), 0.75)
        crouch[r], lean[r] = 0.06 + 0.55 * low, 0.1 + 0.9 * low
