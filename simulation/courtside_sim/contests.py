"""Defenders against a shot: who jumps, who blocks, and the ball's path after a block."""

from __future__ import annotations

import math

import numpy as np

from .physics import STEP, BallPath, BallWorld
from .play import Play
from .skills import SKILLS

BLOCK_TOUCH = 0.05
"""Seconds from the release to the blocker's touch."""
BLOCK_REACH = 1.15
"""A blocker touches the ball from at most this far, metres."""
POINTS_ALLOWED, CONSISTENCY = (SKILLS.index(name) for name in ("Points-allowed", "Defensive Consistency"))


def start_contests(play: Play, shooter: int, rng: np.random.Generator) -> None:
    """Let defenders near the shooter go up against the shot; at most one tries to block it."""
    skills = play.roster.skills
    for p in range(len(play.roster)):
        far = math.dist(play.movers.xy[p], play.movers.xy[shooter])
        chance = 0.6 + 0.07 * skills[p, POINTS_ALLOWED]
        if p not in play.mates(shooter) and p != shooter and far < 2.4 and rng.random() < chance:
            play.contesting[p] = play.now
            if play.blocker < 0 and far < 2.0 and rng.random() < 0.05 + 0.02 * skills[p, CONSISTENCY]:
                play.blocker, play.block_at = p, play.now
                play.take_off[p], play.leap[p] = play.now, 0.5
                continue
            play.take_off[p], play.leap[p] = play.now + 0.12, rng.uniform(0.1, 0.4)


def move_blocker(play: Play) -> None:
    """Carry the blocker through the air to just in front of the shooter."""
    if play.blocker < 0:
        return
    m, b, h = play.movers, play.blocker, play.holder
    ahead = play.court.rim_centre(play.basket)[:2] - m.xy[h]
    goal = m.xy[h] + ahead / max(math.hypot(*ahead), 1e-6) * 0.62
    way = goal - m.xy[b]
    far = math.hypot(*way)
    m.velocity[b] = way / max(far, 1e-6) * min(4.5, far / 0.1)


def blocked_path(path: BallPath, world: BallWorld, basket: int, rng: np.random.Generator) -> BallPath:
    """The path of a shot that a defender's hand turns away `BLOCK_TOUCH` seconds after the release."""
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
        rest = world.fly(start, velocity, 5.0 - touch * STEP, basket)
        if not rest.made:
            break
    positions = np.concatenate([path.positions[:touch], rest.positions])
    hits = tuple(hit + touch * STEP for hit in rest.floor_hits)
    return BallPath(np.arange(len(positions)) * STEP, positions, False, touch * STEP, hits)
