"""Steering: sets where every player goes and turns to, by the present mode of the game."""

from __future__ import annotations

import math

import numpy as np

from . import shooting
from .play import Play


def steer(play: Play) -> None:
    """Set every player's target, speed and gaze for the next step."""
    m, court = play.movers, play.court
    m.locked[:], m.firm[:], m.square[:] = False, False, False
    m.gaze[:] = play.ball[:2]
    attackers = [p for p in range(len(play.roster)) if play.drill or play.roster.teams[p] == play.team]
    defenders = [p for p in range(len(play.roster)) if p not in attackers]
    for p in attackers:
        play.off_ball.attack(p, play.now, m)
    for index, p in enumerate(defenders):
        man = attackers[index % len(attackers)]
        play.off_ball.guard(p, man, man == play.holder, m)
    busy = {"shoot", "fake", "windup", "step", "layup"}
    if play.holder >= 0:
        h = play.holder
        m.firm[h] = True
        transition = abs(m.xy[h, 0] - court.rim_centre(play.off_ball.basket)[0]) > court.length * 0.45
        m.speed[h] = 6.0 if transition else 4.0
        m.target[h] = play.plan.approach if play.plan.shooter == h else play.plan.waiting_spot
        m.gaze[h] = court.rim_centre(play.off_ball.basket)[:2]
        if play.mode in busy:
            m.locked[h] = True
            if play.mode == "windup":
                m.gaze[h] = play.catch_point[:2]
    s = play.plan.shooter
    if play.mode in ("handle", "windup") and s != play.holder and s >= 0:
        m.target[s] = play.plan.approach
        m.speed[s] = 6.2 if math.dist(m.xy[s], play.plan.approach) > 6 else 4.6
    _screen(play, defenders)
    if play.mode in ("flight", "windup"):
        r = play.receiver
        aim = play.catch_point[:2] - play.ball[:2]
        m.target[r] = play.catch_point[:2] + 0.33 * aim / max(math.hypot(*aim), 1e-6)
        m.speed[r], m.firm[r], m.square[r] = 4.0, True, True
    if play.mode == "loose":
        for p in range(len(play.roster)):
            if play.now - play.followed[p] < shooting.FOLLOW:
                m.locked[p] = True
                m.gaze[p] = court.rim_centre(play.off_ball.basket)[:2]
        r = play.receiver
        if not m.locked[r]:
            m.target[r], m.firm[r] = _catch_stance(play, r), True
            m.speed[r] = 5.5 if play.catch_time - play.now < 1.5 else 4.2
    for p in np.flatnonzero(play.now - play.contesting < 0.9):
        m.locked[p] = True


def _screen(play: Play, defenders: list[int]) -> None:
    """Bring the screener to the ball handler's defender, and let the ball handler wait for it."""
    plan, m, h = play.plan, play.movers, play.holder
    p = plan.screener
    if p < 0 or h < 0 or p == h or play.mode != "handle" or not defenders:
        return
    if plan.screen is None:
        rim = play.court.rim_centre(play.basket)[:2]
        if play.elapsed < 0.4 or math.dist(m.xy[h], rim) > 11.0:
            return
        against = min(defenders, key=lambda d: math.dist(m.xy[d], m.xy[h]))
        if math.dist(m.xy[against], m.xy[h]) > 2.5:
            return
        ahead = rim - m.xy[h]
        ahead = ahead / max(math.hypot(*ahead), 1e-6)
        side = np.array([-ahead[1], ahead[0]])
        goal = np.array(plan.approach if plan.shooter == h else plan.waiting_spot) - m.xy[h]
        plan.screen = m.xy[against] + side * (0.8 if goal @ side >= 0 else -0.8)
        plan.screen_until = min(play.now + 2.8, plan.due - 1.2)
    if play.now < plan.screen_until + 0.7:
        m.target[p], m.speed[p], m.firm[p] = plan.screen, 5.0, True
        m.gaze[p] = m.xy[min(defenders, key=lambda d: math.dist(m.xy[d], m.xy[h]))]
        if play.now < plan.screen_until:
            m.target[h] = m.xy[h]
            if screening(play, p):
                plan.screen_until = min(plan.screen_until, play.now + 0.45)


def screening(play: Play, player: int) -> bool:
    """Whether a player stands in the pick that the plan wants them to set."""
    plan, m = play.plan, play.movers
    if player != plan.screener or plan.screen is None or play.mode != "handle":
        return False
    near = math.dist(m.xy[player], plan.screen) < 0.45 and float(np.hypot(*m.velocity[player])) < 1.2
    return near and play.now < plan.screen_until + 0.7


def _catch_stance(play: Play, player: int) -> np.ndarray:
    """Where a player stands to catch a loose ball (2,): up to 0.32 m short of the catch point."""
    aim = play.movers.xy[player] - play.catch_point[:2]
    far = math.hypot(*aim)
    return play.catch_point[:2] + aim / max(far, 1e-6) * min(0.32, far)
