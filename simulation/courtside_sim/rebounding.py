"""Rebounds: who gets the ball after a shot, and where."""

from __future__ import annotations

import math

import numpy as np

from . import shooting
from .physics import BallPath
from .play import Play

SPEED, REACTION, REACH = 4.0, 0.35, 0.4
"""A player's speed (m/s), time to react (s) and reach (m) on the way to the ball."""


def choose_rebounder(play: Play, path: BallPath) -> None:
    """Set the receiver of `play`, and where and when they meet the ball: the player who can reach it first.

    The search begins at the shot's result. In a game the other side gets the ball after a made shot.
    """
    shot, m = play.shots[-1], play.movers
    allowed = list(range(len(play.roster)))
    if shot.made and not play.drill and len(set(play.roster.teams.tolist())) > 1:
        allowed = [p for p in allowed if play.roster.teams[p] != shot.team]
    best = (math.inf, allowed[0], play.since + 5.0, path.at(5.0))
    earliest = max(shot.result_time + 0.12, play.now)
    for offset in np.arange(earliest - play.since, 5.0, 0.05):
        x, y, z = path.at(float(offset))
        if not 0.1 < z < 2.45:
            continue
        for p in allowed:
            wait = play.since + offset - play.now
            if p == shot.shooter:
                wait -= max(0.0, play.followed[p] + shooting.FOLLOW - play.now)
            far = max(0.0, math.hypot(x - m.xy[p, 0], y - m.xy[p, 1]) - REACH)
            late = far - SPEED * max(0.0, wait - REACTION)
            if late < best[0]:
                best = (late, p, float(play.since + offset), (x, y, z))
        if best[0] <= 0:
            break
    _, play.receiver, play.catch_time, point = best
    play.catch_point = np.array(point)
