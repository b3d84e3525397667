"""Traps: balls that are thrown and are no shots, drawn over a scene: a toss to oneself, a lob pass, a pump fake."""

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
KINDS = ("toss", "lob", "fake")


@dataclass(frozen=True)
class Trap:
    """A ball's path in one window.

    Attributes:
        centre: (N, 2) pixels.
        size: (N,) pixels.
        held: (N,) whether it is in somebody's hands.
        player: the player who throws.
        end: seconds of the game at which it is in hands again.
    """

    centre: np.ndarray
    size: np.ndarray
    held: np.ndarray
    player: int
    end: float


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
    return Trap(centre, size, np.ones(len(times), bool), player, begin + up + stays + down)


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
