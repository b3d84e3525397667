"""One shot from the decision to the release: straight up, after a pump fake, a step or a run to the rim."""

from __future__ import annotations

import math

import numpy as np

from courtside.court.zones import zone_at

from . import shooting
from .areas import AREAS, area_spot
from .config import GameConfig
from .contests import BLOCK_REACH, blocked_path, move_blocker, start_contests
from .footwork import LAYUP_GATHER, LAYUP_JUMP, LAYUP_SPEED, STEP_LEAD, Glide, layup_ball
from .held_ball import HeldBall
from .physics import BallPath, BallWorld
from .play import Play
from .rebounding import choose_rebounder
from .skills import SKILLS
from .truth import ShotTruth, ShotType

TAIL = 3.4
"""Seconds that a game must go on after a release, so that the shot's result falls into it."""
LAYUP_SPREAD = 0.6
"""The human error of a layup, as a share of that of a jump shot."""
LAYUP_DRIBBLE = 0.5
"""Seconds per bounce on the run to a layup."""
TWOS, THREES = (SKILLS.index(name) for name in ("2-PTs", "3-PTs"))


class ShotAttempt:
    """Moves the play through the modes 'fake', 'step', 'layup' and 'shoot'.

    Attributes:
        path: The ball's path since the latest release, None before the first.
    """

    def __init__(self, play: Play, ball: HeldBall, world: BallWorld, config: GameConfig, rng: np.random.Generator):
        """Shoot in `play`; `rng` is the game's own generator."""
        self._play, self._ball, self._world, self._rng = play, ball, world, rng
        self._duration, self._dt = config.duration, 1.0 / config.step_rate
        self.path: BallPath | None = None

    def lead(self) -> float:
        """Seconds from the start of the planned shot to its release."""
        play = self._play
        plan, form = play.plan, play.roster.forms[play.holder]
        if plan.layup:
            return math.dist(play.movers.xy[play.holder], plan.spot) / LAYUP_SPEED
        return shooting.motion_length(form) + (shooting.fake_length(form) if plan.fake else 0.0)

    def fits(self, lead: float) -> bool:
        """Whether a shot with this `lead` (s) would end before the game does."""
        return self._play.now + lead + TAIL < self._duration

    def begin(self) -> None:
        """Go into the planned shot."""
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

    def fake(self) -> None:
        """One step of a pump fake; afterwards the player holds the ball again, sometimes with a new spot in mind."""
        play = self._play
        form = play.roster.forms[play.holder]
        self._ball.hold(self._ball.grip(shooting.fake_pose(play.elapsed, form).ball))
        if play.elapsed >= shooting.fake_length(form):
            play.plan.fake = False
            if self._rng.random() < 0.4 and play.now + TAIL + 3 < self._duration:
                area = AREAS[int(self._rng.integers(len(AREAS)))]
                spot = play.own_side(area_spot(play.court, area, play.basket, self._rng))
                play.plan.spot = play.plan.approach = spot
                play.plan.shot_type = ShotType.CATCH_AND_SHOOT
            play.enter("handle")

    def step(self) -> None:
        """One step of the footwork before a step-back or a side-step."""
        play = self._play
        self._carry_feet()
        self._ball.hold(self._ball.grip(shooting.HOLD))
        if play.elapsed >= STEP_LEAD:
            play.enter("shoot")

    def layup(self) -> None:
        """One step of a layup: dribble, gather, jump, release."""
        play, ball = self._play, self._ball
        h = play.holder
        self._carry_feet()
        left = play.glide.end - play.now
        if left > LAYUP_GATHER:
            if play.bounce == 0:
                ball.ease_to(ball.dribble_point())
            play.bounce = (play.bounce + self._dt / LAYUP_DRIBBLE) % 1.0 or 1e-6
            ball.hold(ball.dribble_point())
            return
        if play.bounce:
            play.bounce = 0.0
            ball.ease_to(ball.grip(layup_ball(left)))
        if left <= LAYUP_JUMP and play.take_off[h] < play.since:
            play.take_off[h], play.leap[h] = play.now, max(play.roster.forms[h].leap, 0.42)
            start_contests(play, h, self._rng)
        play.jump[h] = shooting.jump_height(play.now - play.take_off[h], play.leap[h])
        ball.hold(ball.grip(layup_ball(left)))
        move_blocker(play)
        if left <= 0:
            self._release()

    def shoot(self) -> None:
        """One step of a jump shot."""
        play = self._play
        h = play.holder
        form = play.roster.forms[h]
        length, take_off = shooting.motion_length(form), shooting.take_off_time(form)
        if play.elapsed >= take_off and play.take_off[h] < play.since:
            play.take_off[h], play.leap[h] = play.since + take_off, form.leap
            start_contests(play, h, self._rng)
        self._carry_feet()
        move_blocker(play)
        play.jump[h] = shooting.jump_height(play.now - play.take_off[h], play.leap[h])
        self._ball.hold(self._ball.grip(shooting.shot_pose(play.elapsed, form).ball))
        if play.elapsed >= length:
            self._release()

    def _carry_feet(self) -> None:
        play = self._play
        if play.glide is not None:
            play.movers.xy[play.holder], play.movers.velocity[play.holder] = play.glide.at(play.now)

    def _spread(self, shooter: int, three: bool) -> float:
        """The spread of a shooter's error: the better the skill of the shot's kind, the smaller."""
        level = self._play.roster.skills[shooter, THREES if three else TWOS]
        return 1.5 - 0.15 * float(level)

    def _release(self) -> None:
        """Let the ball go, note the shot's truth and choose who gets the ball next."""
        play = self._play
        h, court, basket = play.holder, play.court, play.basket
        x, y = (float(v) for v in play.movers.xy[h])
        three = court.is_three(x, y, basket)
        spread = LAYUP_SPREAD if play.mode == "layup" else 1.0
        start = tuple(float(v) for v in play.ball)
        path = shooting.take_shot(self._world, start, basket, self._rng, spread * self._spread(h, three))
        blocked_by = -1
        if play.blocker >= 0 and math.dist(play.movers.xy[play.blocker], (x, y)) < BLOCK_REACH:
            blocked_by = play.blocker
            path = blocked_path(path, self._world, basket, self._rng)
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
                made=path.made,
                result_time=play.now + (path.result if path.result is not None else 3.2),
                basket=basket,
                shot_type=play.plan.shot_type,
                gather_time=play.since if play.mode == "shoot" else play.now - LAYUP_GATHER,
                layup=play.plan.layup,
                blocked_by=blocked_by,
            )
        )
        self.path = path
        play.blocker, play.glide = -1, None
        play.last_release, play.followed[h] = play.now, play.now
        play.holder = -1
        play.enter("loose")
        choose_rebounder(play, path)
