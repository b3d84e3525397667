"""Traps: balls that move and are no shots, drawn over a scene.

A toss to oneself, a lob pass, a pump fake, a dribble, a ball that bounces alone, one that falls from the rim, a ball
swung about in the hands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from courtside_training.flight.scenes import RATE, Scene

GRAVITY = 9.81
"""Metres per second squared."""
BODY_M = 1.9
"""Height of a standing player, metres; it gives the scale."""
BALL_M = 0.24
"""Diameter of a ball, metres."""
KINDS = ("toss", "lob", "fake", "dribble", "bounce", "fall", "swing")


@dataclass(frozen=True)
class Trap:
    """A ball's path in one window.

    Attributes:
        centre: (N, 2) pixels.
        size: (N,) pixels.
        held: (N,) whether it is in somebody's hands.
        player: the player who throws.
        end: seconds of the game at which it is in hands again.
        whole: at no moment of the window can it be a shot.
    """

    centre: np.ndarray
    size: np.ndarray
    held: np.ndarray
    player: int
    end: float
    whole: bool = False


def draw_trap(scene: Scene, times: np.ndarray, rng: np.random.Generator) -> Trap | None:
    """Draw a trap that begins in the first two thirds of a window; None where no player is in view.

    Args:
        scene: the game before one camera.
        times: (N,) seconds of the game of the detector frames.
        rng: draws it.
    """
    if len(times) < 4:
        return None
    begin = float(times[0] + (times[-1] - times[0]) * rng.uniform(0.1, 0.65))
    boxes = scene.boxes[int(np.clip(begin * RATE, 0, len(scene.boxes) - 1))]
    there = np.flatnonzero(boxes[:, 3] > boxes[:, 1] + 12)
    if not len(there):
        return None
    player = int(rng.choice(there))
    metre = float(boxes[player, 3] - boxes[player, 1]) / BODY_M
    kind = str(rng.choice(KINDS))
    if kind == "lob" and len(there) < 2:
        kind = "toss"
    start = _hands(scene, begin, player, rng)
    if kind == "fall":
        return _fall(scene, times, player, metre, rng)
    if kind in ("dribble", "bounce", "swing"):
        return _in_place(scene, times, kind, player, metre, begin, rng)
    if kind == "fake":
        return _fake(scene, times, player, metre, begin, rng)
    if kind == "toss":
        apex = rng.uniform(0.25, 2.5)
        lasts = 2 * np.sqrt(2 * apex / GRAVITY)
        catcher = player
    else:
        others = [other for other in there.tolist() if other != player]
        catcher = int(rng.choice(others))
        lasts = rng.uniform(0.5, 1.4)
    end = begin + lasts
    goal = _hands(scene, end, catcher, rng) + (rng.normal(0, 0.1, 2) * metre if kind == "toss" else 0.0)
    share = np.clip((times - begin) / lasts, 0, 1)[:, None]
    rise = 0.5 * GRAVITY * metre * np.clip(times - begin, 0, lasts) * np.clip(end - times, 0, lasts)
    flying = start + (goal - start) * share
    flying[:, 1] -= rise
    held = (times < begin) | (times > end)
    before, after = (_follow(scene, times, who, at, point) for who, at, point in (
        (player, begin, start), (catcher, end, goal),
    ))  # fmt: skip
    centre = np.where((times < begin)[:, None], before, np.where((times > end)[:, None], after, flying))
    return Trap(centre, np.full(len(times), max(BALL_M * metre, 1.5)), held, player, end)


def _fake(
    scene: Scene, times: np.ndarray, player: int, metre: float, begin: float, rng: np.random.Generator
) -> Trap:
    """A pump fake: the ball goes up over the head and comes down again, all the time in the hands."""
    up, stays, down = rng.uniform(0.15, 0.6), rng.uniform(0.0, 1.0), rng.uniform(0.15, 0.6)
    raised = np.interp(times, np.cumsum([begin, up, stays, down]), [0.0, 1.0, 1.0, 0.0])
    raised = raised * raised * (3 - 2 * raised)
    start = _hands(scene, begin, player, rng)
    centre = _follow(scene, times, player, begin, start)
    centre[:, 1] -= raised * rng.uniform(0.5, 1.3) * metre
    size = np.full(len(times), max(BALL_M * metre, 1.5))
    return Trap(centre, size, np.ones(len(times), bool), player, begin + up + stays + down, True)


def _in_place(
    scene: Scene, times: np.ndarray, kind: str, player: int, metre: float, begin: float, rng: np.random.Generator
) -> Trap:
    """A ball that is dribbled, bounces on after it was dropped, or is swung about in the hands: the whole window."""
    start = _hands(scene, begin, player, rng)
    centre = _follow(scene, times, player, begin, start)
    if kind == "swing":
        for _ in range(2):
            period, phase = rng.uniform(0.4, 2.0, 2), rng.uniform(0, 2 * np.pi, 2)
            centre += np.sin(2 * np.pi * times[:, None] / period + phase) * rng.normal(0, 0.3, 2) * metre
        held = np.ones(len(times), bool)
    else:
        height = rng.uniform(0.3, 1.1)
        if kind == "dribble":
            period = rng.uniform(0.35, 0.9)
            phase = np.mod(times - begin, period) / period
            # Pushed down and back up; at the top it stays in the hand for a part of the time.
            stays = rng.uniform(0.1, 0.5)
            down = np.clip((phase - stays) / (1 - stays), 0, 1)
            fallen, held = height * (1 - np.abs(2 * down - 1) ** rng.uniform(1.2, 2.2)), phase < stays
        else:
            fallen, held = _bounces(times - begin, height, rng.uniform(0.55, 0.85)), times < begin
            centre[:, 0] += rng.normal(0, 1.0) * metre * np.maximum(times - begin, 0)
        centre[:, 1] += fallen * metre
    size = np.full(len(times), max(BALL_M * metre * float(np.exp(rng.normal(0, 0.15))), 1.5))
    return Trap(centre, size, held, player, float(times[-1]), True)


def _fall(scene: Scene, times: np.ndarray, player: int, metre: float, rng: np.random.Generator) -> Trap:
    """A ball that comes down from the rim or the backboard and bounces on, away from everybody: the whole window."""
    begin = float(times[0] + rng.uniform(0.0, 0.5))
    feet = scene.boxes[int(np.clip(begin * RATE, 0, len(scene.boxes) - 1)), player]
    top = rng.uniform(1.5, 3.5)
    start = np.array([(feet[0] + feet[2]) / 2 + rng.uniform(-6, 6) * metre, feet[3] - top * metre])
    since = times - begin
    risen = np.minimum(0.5 * GRAVITY * since**2, top)
    fallen = np.where(since < 0, risen, _bounces(since, top, rng.uniform(0.6, 0.85)))
    centre = start + np.stack([rng.normal(0, 1.5) * metre * since, fallen * metre], 1)
    size = np.full(len(times), max(BALL_M * metre * float(np.exp(rng.normal(0, 0.15))), 1.5))
    return Trap(centre, size, np.zeros(len(times), bool), player, float(times[-1]), True)


def _bounces(since: np.ndarray, height: float, keeps: float) -> np.ndarray:
    """Metres that a dropped ball has fallen, ``since`` (N,) seconds after; it keeps a share of its speed each time."""
    fallen = np.zeros(len(since))
    moment, speed = float(np.sqrt(2 * height / GRAVITY)), float(np.sqrt(2 * height * GRAVITY))
    falling = (since > 0) & (since <= moment)
    fallen[falling] = 0.5 * GRAVITY * since[falling] ** 2
    while moment < since[-1] and speed > 0.3:
        speed *= keeps
        lasts = 2 * speed / GRAVITY
        on = (since > moment) & (since <= moment + lasts)
        local = since[on] - moment
        fallen[on] = height - (speed * local - 0.5 * GRAVITY * local**2)
        moment += lasts
    fallen[since > moment] = height
    return fallen


def _hands(scene: Scene, time: float, player: int, rng: np.random.Generator) -> np.ndarray:
    """A point (2,) between a player's hands, or at the chest."""
    index = int(np.clip(time * RATE, 0, len(scene.boxes) - 1))
    box = scene.boxes[index, player]
    tall = float(box[3] - box[1])
    if rng.random() < 0.5:
        return np.asarray(scene.wrists[index, player].mean(0) - (0.0, 0.05 * tall))
    x = (box[0] + box[2]) / 2 + rng.normal(0, 0.12) * tall
    return np.array([x, box[1] + tall * rng.uniform(-0.1, 0.45)])


def _follow(scene: Scene, times: np.ndarray, player: int, at: float, point: np.ndarray) -> np.ndarray:
    """Positions (N, 2) of a ball that moves with a player and is at ``point`` at the time ``at``."""
    index = np.clip((np.append(times, at) * RATE).astype(int), 0, len(scene.boxes) - 1)
    boxes = scene.boxes[index, player]
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    return np.asarray(point + middle[:-1] - middle[-1])
