"""Body poses during play: knees, lean, jumps and hands of every player, by what each is doing."""

from __future__ import annotations

import math

import numpy as np

from . import shooting
from .arms import IdleArms, body_frame, holding_hands
from .footwork import LAYUP_RAISE
from .movement import Movers
from .physics import GRAVITY
from .play import Play
from .roster import Roster
from .steering import screening
from .truth import Action

SETTLE = 0.18
"""Seconds that the ball takes to ease into a new hold."""


class Bodies:
    """The poses of P players.

    Attributes:
        crouch: (P,) knee bend, metres.
        lean: (P,) torso lean, radians.
        shape: (P, 3) elbow flare, stance width and right foot's lead, see `BodyState`.
        hands: (P, 2, 3) wrist targets in the body frame, left then right.
    """

    def __init__(self, roster: Roster, movers: Movers):
        """Start with every player of `roster` standing."""
        count = len(roster)
        self.crouch, self.lean = np.zeros(count), np.zeros(count)
        self.shape = np.zeros((count, 3))
        self._arms = IdleArms(roster)
        self.hands = self._arms.hands(movers, np.zeros(count), np.zeros(count, int), np.zeros(count))

    def update(self, play: Play, dt: float) -> np.ndarray:
        """Advance all bodies by `dt` seconds; returns the actions (P,) int64 and sets `play.jump`."""
        m, roster = play.movers, play.roster
        speed = np.sqrt((m.velocity * m.velocity).sum(-1))
        actions = np.where(speed > 2.3, Action.RUN, np.where(speed > 0.4, Action.WALK, Action.STAND)).astype(
            np.int64
        )
        crouch, lean = np.where(speed > 2.3, 0.05, 0.02), np.clip(speed * 0.045, 0, 0.25)
        rate, shape = np.full((len(roster), 2), 11.0), np.zeros((len(roster), 3))
        if not play.drill:
            opponents = (roster.teams != play.team) & (speed < 3.0) & (play.mode != "loose")
            actions[opponents], crouch[opponents], lean[opponents] = Action.GUARD, 0.14, 0.22
        p = play.plan.screener
        if p >= 0 and screening(play, p):
            actions[p], crouch[p], lean[p] = Action.PICK, 0.10, 0.04
            shape[p, 1] = 0.13
        contest = play.now - play.contesting < 0.7
        actions[contest], crouch[contest], lean[contest], rate[contest] = Action.CONTEST, 0.02, 0.0, 16.0
        if play.now - play.block_at < 0.75 and (play.blocker >= 0 or self._blocked(play)):
            b = play.blocker if play.blocker >= 0 else play.shots[-1].blocked_by
            actions[b], crouch[b], lean[b], rate[b] = Action.BLOCK, 0.0, 0.12, 30.0
        follow = play.now - play.followed < shooting.FOLLOW
        follow &= play.followed > 0
        since = play.now - play.take_off
        play.jump = np.maximum(0.0, np.sqrt(2 * GRAVITY * play.leap) * since - 0.5 * GRAVITY * since * since)
        hands = self._arms.hands(m, speed, actions, play.jump)
        for p in np.flatnonzero(follow):
            hands[p], rate[p] = self._follow_hands(play, int(p))
            if play.passed(int(p)):
                actions[p] = Action.PASS
            else:
                actions[p] = Action.FOLLOW_THROUGH
                shape[p] = self.shape[p]
            crouch[p], lean[p] = 0.0, 0.03
        if play.holder >= 0:
            h = play.holder
            if play.mode in ("shoot", "fake"):
                pose, hands[h], rate[h], actions[h] = self._shooter(play, h)
                crouch[h], lean[h], shape[h] = pose.crouch, pose.lean, pose.shape
                shape[h, 2] *= roster.handed[h]
            else:
                hands[h], rate[h], actions[h], bend = self._handler(play, h)
                crouch[h], lean[h] = bend if bend is not None else (crouch[h] + 0.08, lean[h] + 0.12)
        elif play.now >= play.since:
            self._reach(play, actions, hands, rate, crouch, lean)
        landing = (play.jump <= 0) & (play.now - play.take_off < 2 * np.sqrt(2 * play.leap / GRAVITY) + 0.25)
        landing &= play.now - play.take_off > 0.1
        crouch = np.where(landing, np.maximum(crouch, 0.11), crouch)
        ease = 1 - math.exp(-13 * dt)
        exact = np.zeros(len(roster), bool)
        if play.mode in ("shoot", "fake"):
            exact[play.holder] = True
        self.crouch = self.crouch + (crouch - self.crouch) * np.where(exact, 0.5, ease)
        self.lean = self.lean + (lean - self.lean) * np.where(exact, 0.5, ease)
        self.shape = self.shape + (shape - self.shape) * np.where(exact, 0.5, ease * 0.5)[:, None]
        self.hands = self.hands + (hands - self.hands) * (1 - np.exp(-rate * dt))[..., None]
        return actions

    @staticmethod
    def _blocked(play: Play) -> bool:
        """True when the latest shot was blocked."""
        return bool(play.shots) and play.shots[-1].blocked_by >= 0

    def _follow_hands(self, play: Play, player: int) -> tuple[np.ndarray, np.ndarray]:
        """Wrist targets and hand rates of a player who has just passed or shot."""
        height = play.roster.heights[player]
        if play.passed(player):
            both = np.array([[0.5, 0.12, 0.70 * height], [0.5, -0.12, 0.70 * height]])
            return both, np.full(2, 18.0)
        wrists = shooting.follow_wrists(play.roster.forms[player], height, play.jump[player])
        return wrists, np.array([14.0, 14.0])

    def _shooter(self, play: Play, h: int) -> tuple[shooting.Pose, np.ndarray, np.ndarray, Action]:
        """Pose, hands, hand rates and action of the player in a shot or a pump fake."""
        form, fake = play.roster.forms[h], play.mode == "fake"
        pose = (shooting.fake_pose if fake else shooting.shot_pose)(play.elapsed, form)
        hands = holding_hands(body_frame(play.movers, h, play.ball), form, float(pose.raised))
        gathering = play.elapsed < shooting.gather_length(form)
        action = Action.PUMP_FAKE if fake else (Action.GATHER if gathering else Action.SHOOT)
        return pose, hands, np.full(2, 60.0 if gathering else 400.0), action

    def _handler(
        self, play: Play, h: int
    ) -> tuple[np.ndarray, np.ndarray, Action, tuple[float, float] | None]:
        """Hands, hand rates, action and (crouch, lean) of the player with the ball; None for the usual stance."""
        side = play.roster.handed[h]
        ball = body_frame(play.movers, h, play.ball)
        raised = min(max((ball[2] - play.jump[h]) / play.roster.heights[h] - 0.7, 0.0) / 0.25, 1.0)
        hands = holding_hands(ball, play.roster.forms[h], raised)
        if play.mode == "layup" and play.bounce == 0:
            raising = play.glide.end - play.now < LAYUP_RAISE
            return hands, np.full(2, 90.0), Action.SHOOT if raising else Action.GATHER, (0.05, 0.12)
        if play.mode == "windup":
            return hands, np.full(2, 60.0), Action.PASS, (0.06, 0.12)
        if play.bounce > 0:
            strong = np.array([ball[0] - 0.12, ball[1], max(ball[2] + 0.10, 0.42 * play.roster.heights[h])])
            weak = np.array([0.22, side * 0.30, 0.56 * play.roster.heights[h]])
            both = np.stack((weak, strong) if side > 0 else (strong, weak))
            return both, np.array([12.0, 30.0] if side > 0 else [30.0, 12.0]), Action.DRIBBLE, None
        caught = play.now - play.residual_at < SETTLE and play.elapsed < 0.3
        low = min(max(0.9 - ball[2], 0.0), 0.75)
        bend = (0.06 + 0.55 * low, 0.08 + 0.9 * low)
        return hands, np.full(2, 60.0), Action.CATCH if caught else Action.HOLD, bend

    def _reach(
        self,
        play: Play,
        actions: np.ndarray,
        hands: np.ndarray,
        rate: np.ndarray,
        crouch: np.ndarray,
        lean: np.ndarray,
    ) -> None:
        """Let the receiver or rebounder reach for a ball that is about to arrive."""
        r = play.receiver
        arrival = play.pass_end if play.mode == "flight" else play.catch_time
        gap = math.dist(play.movers.xy[r], play.ball[:2])
        if arrival - play.now > 0.45 or gap > 3.5 or actions[r] == Action.FOLLOW_THROUGH:
            return
        # A blocker who goes on to catch the ball is still blocking.
        if actions[r] != Action.BLOCK:
            actions[r] = Action.CATCH if play.mode == "flight" else Action.REBOUND
        rate[r] = 22.0
        point = play.ball if gap < 0.9 else play.catch_point
        ball = body_frame(play.movers, r, point)
        hands[r] = np.array([[-0.1, 0.13, -0.05], [-0.1, -0.13, -0.05]]) + ball
        low = min(max(0.9 - ball[2], 0.0), 0.75)
        crouch[r], lean[r] = 0.06 + 0.55 * low, 0.1 + 0.9 * low
