"""Runs a game tick by tick: possessions, dribbles, passes, fakes, shots and rebounds."""

from __future__ import annotations

import math

import numpy as np

from . import shooting
from .areas import AREAS, area_spot
from .arms import world_frame
from .bodies import SETTLE, Bodies
from .config import GameConfig
from .court import Court, zone_at
from .footwork import LAYUP_GATHER, LAYUP_JUMP, LAYUP_SPEED, STEP_LEAD, Glide, layup_ball
from .movement import Movers
from .physics import STEP, BallPath, BallWorld, solve_flight
from .planning import Planner
from .play import Plan, Play, Station
from .rebounding import choose_rebounder
from .recording import Recorder, Recording
from .roster import Roster
from .skills import SKILLS
from .steering import steer
from .tactics import OffBall
from .truth import ShotTruth, ShotType

TAIL = 3.4
NET_SWISH = 0.5
BLOCK_TOUCH = 0.05
TWOS, THREES, POINTS_ALLOWED, CONSISTENCY = (
    SKILLS.index(name) for name in ("2-PTs", "3-PTs", "Points-allowed", "Defensive Consistency")
)


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
        self._config, self._rng, self._world = config, rng, BallWorld(court)
        self._dt = 1.0 / config.tick_rate
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
            station=station,
        )
        self._bodies = Bodies(roster, movers)
        self._planner = Planner(config.shot_interval, rng)
        self._residual = np.zeros(3)
        self._path: BallPath | None = None
        self._net_at = np.full(court.baskets, -9.0)
        self._play.plan = self._planner.draw(self._play, first=True)

    @property
    def shots(self) -> list[ShotTruth]:
        """Every shot so far."""
        return self._play.shots

    def run(self) -> Recording:
        """Play the whole game and return its recording; `shots` is complete afterwards."""
        play = self._play
        ticks = round(self._config.duration * self._config.tick_rate) + 1
        recorder = Recorder(ticks, len(play.roster), play.court.baskets)
        for tick in range(ticks):
            play.now = tick * self._dt
            if tick:
                steer(play)
                play.movers.step(self._dt)
            getattr(self, f"_{play.mode}")()
            actions = self._bodies.update(play, self._dt)
            m = play.movers
            recorder.put(
                tick,
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
        return recorder.finish(self._config.tick_rate)

    def _hold_ball(self, ideal: np.ndarray) -> None:
        """Put the ball at a body-frame position of the holder, easing out of wherever it was caught."""
        play = self._play
        world = world_frame(play.movers, play.holder, ideal)
        share = 1 - shooting.smooth((play.now - play.residual_at) / SETTLE)
        play.ball = world + self._residual * share

    def _ease_from_here(self, ideal: np.ndarray) -> None:
        play = self._play
        self._residual = play.ball - world_frame(play.movers, play.holder, ideal)
        play.residual_at = play.now

    def _held(self, pose_ball: np.ndarray) -> np.ndarray:
        play = self._play
        h = play.holder
        side, height = play.roster.handed[h], play.roster.heights[h]
        return np.array([pose_ball[0], -side * pose_ball[1], pose_ball[2] * height + play.jump[h]])

    def _dribble_ball(self) -> np.ndarray:
        play = self._play
        h = play.holder
        side, height, radius = (
            play.roster.handed[h],
            play.roster.heights[h],
            play.court.ball_radius,
        )
        top = 0.50 * height
        fall = 1 - abs(2 * play.bounce - 1)
        return np.array([0.34, -side * 0.27, radius + (top - radius) * (1 - fall * fall)])

    def _handle(self) -> None:
        play = self._play
        m, h, plan = play.movers, play.holder, play.plan
        far = math.dist(m.xy[h], m.target[h]) if play.now > 0 else 9.0
        still = float(np.hypot(*m.velocity[h])) < 0.7
        form = play.roster.forms[h]
        lead = shooting.motion_length(form) + (shooting.fake_length(form) if plan.fake else 0.0)
        stepping = plan.shot_type is not ShotType.CATCH_AND_SHOOT
        if plan.layup:
            lead = math.dist(m.xy[h], plan.spot) / LAYUP_SPEED
        ready = h == plan.shooter and far < 0.2 and still and play.now >= plan.due - lead
        moving = stepping or plan.layup
        wait = 9.0 if h == plan.shooter and moving and not ready else plan.due - play.now
        dribbling = play.elapsed > 0.3 and (far > 0.35 or play.bounce > 0 or wait > 1.9)
        if dribbling and not (ready and play.bounce == 0):
            if play.bounce == 0:
                self._ease_from_here(self._dribble_ball())
            play.bounce += self._dt / 0.62
            if play.bounce >= 1:
                play.bounce = (
                    1e-6 if not (ready or (still and far < 0.35 and self._rng.random() < 0.15)) else 0.0
                )
            self._hold_ball(self._dribble_ball())
            if play.bounce == 0.0:
                self._ease_from_here(self._held(shooting.HOLD))
        else:
            self._hold_ball(self._held(shooting.HOLD))
            settled = play.elapsed > 0.15 and play.now - play.residual_at > SETTLE
            if ready and settled and play.now + lead + TAIL < self._config.duration:
                self._begin_shot()
                return
        if (play.elapsed > 0.35 and play.bounce == 0.0) or play.bounce > 0.85:
            self._consider_pass()

    def _begin_shot(self) -> None:
        """Go into the planned shot: straight up, by a pump fake, a step or a run to the rim."""
        play = self._play
        plan, h = play.plan, play.holder
        start, stop = play.movers.xy[h].copy(), np.array(plan.spot)
        play.blocker = -1
        if plan.layup:
            length = max(math.dist(start, stop) / LAYUP_SPEED, LAYUP_GATHER + 0.05)
            play.glide = Glide(start, stop, play.now, play.now + length, eased=False)
            play.enter("layup")
        elif plan.fake:
            play.enter("fake")
        elif plan.shot_type is not ShotType.CATCH_AND_SHOOT:
            form = play.roster.forms[h]
            planted = 0.75 * (form.gather + form.dip) / form.tempo
            play.glide = Glide(start, stop, play.now, play.now + STEP_LEAD + planted, eased=True)
            play.enter("step")
        else:
            play.glide = None
            play.enter("shoot")

    def _carry_feet(self) -> None:
        play = self._play
        if play.glide is not None:
            play.movers.xy[play.holder], play.movers.velocity[play.holder] = play.glide.at(play.now)

    def _step(self) -> None:
        play = self._play
        self._carry_feet()
        self._hold_ball(self._held(shooting.HOLD))
        if play.elapsed >= STEP_LEAD:
            play.enter("shoot")

    def _layup(self) -> None:
        play = self._play
        h = play.holder
        self._carry_feet()
        left = play.glide.end - play.now
        if left > LAYUP_GATHER:
            if play.bounce == 0:
                self._ease_from_here(self._dribble_ball())
            play.bounce = (play.bounce + self._dt / 0.5) % 1.0 or 1e-6
            self._hold_ball(self._dribble_ball())
            return
        if play.bounce:
            play.bounce = 0.0
            self._ease_from_here(self._held(layup_ball(left)))
        if left <= LAYUP_JUMP and play.take_off[h] < play.since:
            play.take_off[h], play.leap[h] = play.now, max(play.roster.forms[h].leap, 0.42)
            self._start_contests(h)
        play.jump[h] = shooting.jump_height(play.now - play.take_off[h], play.leap[h])
        self._hold_ball(self._held(layup_ball(left)))
        self._close_in()
        if left <= 0:
            self._release()

    def _consider_pass(self) -> None:
        play = self._play
        m, h, plan, rng = play.movers, play.holder, play.plan, self._rng
        wait = plan.due - play.now
        target = -1
        if plan.screen is not None and play.now < plan.screen_until:
            return
        if h != plan.shooter:
            near = math.dist(m.xy[plan.shooter], plan.approach)
            if near < 1.0 and wait < 2.4 and 2.0 < math.dist(m.xy[h], m.xy[plan.shooter]) < 13.0:
                target = plan.shooter
            elif near < 1.0 and wait < 1.0:
                plan.shooter = h
        elif play.shots and wait > 3.0 and len(play.mates(h)) > 1 and rng.random() < 0.02:
            target = play.mates(h)[int(rng.integers(len(play.mates(h))))]
            plan.waiting_spot = plan.approach
        if target < 0:
            return
        if target != plan.shooter:
            plan.lob = bool(rng.random() < 0.3)
        aim = m.xy[target] + m.velocity[target] * 0.4
        if not 2.0 < math.dist(aim, m.xy[h]) < 14.0:
            return
        play.receiver = target
        aim = aim + (m.xy[h] - aim) / max(math.dist(aim, m.xy[h]), 1e-6) * 0.33
        play.catch_point = np.array([aim[0], aim[1], 0.68 * play.roster.heights[target]])
        play.bounce = 0.0
        self._ease_from_here(self._held(shooting.HOLD))
        play.enter("windup")

    def _windup(self) -> None:
        play = self._play
        lob = play.plan.lob
        back, front = (
            ((0.12, 0.0, 1.04), (0.42, 0.0, 1.14)) if lob else ((0.24, 0.0, 0.66), (0.55, 0.0, 0.70))
        )
        start = 0.30 if lob else 0.22
        share = shooting.smooth(play.elapsed / start) if play.elapsed < start else 1.0
        push = min(max((play.elapsed - start) / 0.12, 0.0), 1.0)
        pose = shooting.HOLD * (1 - share) + np.array(back) * share
        self._hold_ball(self._held(pose + (np.array(front) - np.array(back)) * push))
        if push >= 1.0:
            flat = math.dist(play.ball[:2], play.catch_point[:2])
            duration = 0.62 + flat / 13.0 if lob else max(flat / 9.5, 0.25)
            start_at = tuple(float(v) for v in play.ball)
            velocity = solve_flight(start_at, tuple(float(v) for v in play.catch_point), duration)
            self._path = self._world.fly(start_at, velocity, duration + 0.05)
            play.pass_end = play.now + duration
            play.followed[play.holder] = play.now - shooting.FOLLOW + 0.25
            play.holder = -1
            play.enter("flight")

    def _flight(self) -> None:
        play = self._play
        play.ball = np.array(self._path.at(play.elapsed))
        if play.now >= play.pass_end - 1e-9:
            self._catch(play.receiver)

    def _fake(self) -> None:
        play = self._play
        form = play.roster.forms[play.holder]
        self._hold_ball(self._held(shooting.fake_pose(play.elapsed, form).ball))
        if play.elapsed >= shooting.fake_length(form):
            play.plan.fake = False
            if self._rng.random() < 0.4 and play.now + TAIL + 3 < self._config.duration:
                area = AREAS[int(self._rng.integers(len(AREAS)))]
                spot = play.own_side(area_spot(play.court, area, play.basket, self._rng))
                play.plan.spot = play.plan.approach = spot
                play.plan.shot_type = ShotType.CATCH_AND_SHOOT
            play.enter("handle")

    def _shoot(self) -> None:
        play = self._play
        h = play.holder
        form = play.roster.forms[h]
        length, take_off = shooting.motion_length(form), shooting.take_off_time(form)
        if play.elapsed >= take_off and play.take_off[h] < play.since:
            play.take_off[h], play.leap[h] = play.since + take_off, form.leap
            self._start_contests(h)
        self._carry_feet()
        self._close_in()
        play.jump[h] = shooting.jump_height(play.now - play.take_off[h], play.leap[h])
        self._hold_ball(self._held(shooting.shot_pose(play.elapsed, form).ball))
        if play.elapsed >= length:
            self._release()

    def _start_contests(self, shooter: int) -> None:
        play, skills = self._play, self._play.roster.skills
        for p in range(len(play.roster)):
            far = math.dist(play.movers.xy[p], play.movers.xy[shooter])
            keen = 0.6 + 0.07 * skills[p, POINTS_ALLOWED]
            if p not in play.mates(shooter) and p != shooter and far < 2.4 and self._rng.random() < keen:
                play.contesting[p] = play.now
                if play.blocker < 0 and far < 2.0 and self._rng.random() < 0.05 + 0.02 * skills[p, CONSISTENCY]:
                    play.blocker, play.block_at = p, play.now
                    play.take_off[p], play.leap[p] = play.now, 0.5
                    continue
                play.take_off[p], play.leap[p] = (
                    play.now + 0.12,
                    self._rng.uniform(0.1, 0.4),
                )

    def _close_in(self) -> None:
        """Carry the blocker through the air to just in front of the shooter."""
        play = self._play
        if play.blocker < 0:
            return
        m, b, h = play.movers, play.blocker, play.holder
        ahead = play.court.rim_centre(play.basket)[:2] - m.xy[h]
        goal = m.xy[h] + ahead / max(math.hypot(*ahead), 1e-6) * 0.62
        way = goal - m.xy[b]
        far = math.hypot(*way)
        m.velocity[b] = way / max(far, 1e-6) * min(4.5, far / 0.1)

    def _spread(self, shooter: int, three: bool) -> float:
        """A shooter's spread: the better the skill of the shot's kind, the smaller."""
        level = self._play.roster.skills[shooter, THREES if three else TWOS]
        return 1.5 - 0.15 * float(level)

    def _block(self, path: BallPath) -> BallPath:
        """The shot's path with a defender's hand in it, shortly after the release."""
        play, rng = self._play, self._rng
        touch = round(BLOCK_TOUCH / STEP)
        start = tuple(float(v) for v in path.positions[touch])
        way = (path.positions[touch] - path.positions[touch - 1]) / STEP
        for _ in range(20):
            turn = rng.uniform(1.2, 5.1)
            c, s = math.cos(turn), math.sin(turn)
            share = rng.uniform(0.4, 0.8)
            velocity = (
                float(share * (way[0] * c - way[1] * s)),
                float(share * (way[0] * s + way[1] * c)),
                float(rng.uniform(-2.5, 1.5)),
            )
            rest = self._world.fly(start, velocity, 5.0 - touch * STEP, play.basket)
            if not rest.made:
                break
        positions = np.concatenate([path.positions[:touch], rest.positions])
        hits = tuple(hit + touch * STEP for hit in rest.floor_hits)
        return BallPath(np.arange(len(positions)) * STEP, positions, False, touch * STEP, hits)

    def _release(self) -> None:
        play = self._play
        h, court = play.holder, play.court
        basket = play.basket
        x, y = (float(v) for v in play.movers.xy[h])
        three = court.is_three(x, y, basket)
        spread = 0.6 if play.mode == "layup" else 1.0
        ball = tuple(float(v) for v in play.ball)
        self._path = shooting.take_shot(self._world, ball, basket, self._rng, spread * self._spread(h, three))
        blocked_by = -1
        if play.blocker >= 0 and math.dist(play.movers.xy[play.blocker], (x, y)) < 1.15:
            blocked_by = play.blocker
            self._path = self._block(self._path)
        gather = play.since if play.mode == "shoot" else play.now - LAYUP_GATHER
        result = self._path.result if self._path.result is not None else 3.2
        play.shots.append(
            ShotTruth(
                shot_id=len(play.shots),
                release_time=play.now,
                shooter=h,
                team=int(play.roster.teams[h]),
                x=x,
                y=y,
                zone=zone_at(court, x, y, basket),
                three=three,
                made=self._path.made,
                result_time=play.now + result,
                basket=basket,
                shot_type=play.plan.shot_type,
                gather_time=gather,
                layup=play.plan.layup,
                blocked_by=blocked_by,
            )
        )
        play.blocker, play.glide = -1, None
        play.last_release, play.followed[h] = play.now, play.now
        play.holder = -1
        play.enter("loose")
        choose_rebounder(play, self._path)

    def _loose(self) -> None:
        play = self._play
        play.ball = np.array(self._path.at(play.elapsed))
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
            choose_rebounder(play, self._path)
        elif play.ball[2] > 1.15 * play.roster.heights[r] and play.catch_time - play.now < 0.2 and gap < 1.0:
            if play.now - play.take_off[r] > 1.0:
                play.take_off[r], play.leap[r] = play.now, 0.25

    def _catch(self, player: int) -> None:
        play = self._play
        rebound = play.mode == "loose"
        play.holder = player
        play.bounce = 0.0
        self._ease_from_here(self._held(shooting.HOLD))
        if rebound:
            play.team = int(play.roster.teams[player])
            play.plan = self._planner.draw(play)
        play.enter("handle")
