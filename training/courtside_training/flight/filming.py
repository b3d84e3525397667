"""How a film differs from the whole game: close-ups, film that begins or ends near the shot, long holds before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from courtside_training.flight.scenes import Scene

WIDTH, HEIGHT = 640.0, 360.0
"""Size of the picture that scenes are measured in, pixels."""
_LEAST_SHOWN = 0.3
"""Share of a player's box that must lie in the picture for a detector to find the player."""


@dataclass(frozen=True)
class View:
    """The part of the scene's picture that the film shows, pixels."""

    left: float = 0.0
    top: float = 0.0
    right: float = WIDTH
    bottom: float = HEIGHT

    def shows(self, points: np.ndarray) -> np.ndarray:
        """Which points (..., 2) lie in the picture."""
        x, y = points[..., 0], points[..., 1]
        inside: np.ndarray = (x > self.left) & (x < self.right) & (y > self.top) & (y < self.bottom)
        return inside

    def cut(self, boxes: np.ndarray) -> np.ndarray:
        """Boxes (..., 4) cut off at the picture's edges; zero where too little is left."""
        low = np.array([self.left, self.top, self.left, self.top])
        cut = np.clip(boxes, low, [self.right, self.bottom, self.right, self.bottom])
        area, left = (np.prod(np.maximum(found[..., 2:] - found[..., :2], 0), -1) for found in (boxes, cut))
        return np.where((left > _LEAST_SHOWN * np.maximum(area, 1e-6))[..., None], cut, 0.0)

    @classmethod
    def draw(cls, box: np.ndarray | None, rng: np.random.Generator) -> View:
        """The whole picture, or a close-up of a player.

        Args:
            box: (4,) of the player; None without one.
            rng: draws it.
        """
        if box is None or box[3] <= box[1] + 4 or rng.random() > 0.4:
            return cls()
        tall = float(box[3] - box[1])
        # Half of the close-ups end just above the head: the ball leaves the picture soon after the release.
        over = rng.uniform(0.0, 0.5) if rng.random() < 0.5 else rng.uniform(0.5, 1.5)
        left, right = box[0] - tall * rng.uniform(0.1, 2.0), box[2] + tall * rng.uniform(0.1, 2.0)
        top, bottom = box[1] - tall * over, box[3] + tall * rng.uniform(-0.4, 0.5)
        return cls(max(left, 0.0), max(top, 0.0), min(right, WIDTH), min(bottom, HEIGHT))


def with_hold(scene: Scene, times: np.ndarray, release: float, rng: np.random.Generator) -> np.ndarray:
    """Let the shooter stand still with the ball for a while before a release, as before a free throw.

    Args:
        scene: the game before one camera.
        times: (N,) seconds of the game.
        release: seconds of the game.
        rng: draws whether and how long.

    Returns:
        (N,) seconds of the game, the same from the hold on.
    """
    moment = release - rng.uniform(0.25, 0.9)
    index = int(moment * 30)
    if rng.random() > 0.3 or not 0 <= index < len(scene.holder) or scene.holder[index] < 0:
        return times
    hold = rng.uniform(0.3, 2.5)
    return np.where(times < moment - hold, times + hold, np.where(times < moment, moment, times))


def filmed(frames: np.ndarray, release: float | None, rng: np.random.Generator) -> np.ndarray:
    """Which detector frames (N,) the film has: it may begin or end within a second of the release.

    Args:
        frames: (N,) seconds from the window's first time step.
        release: on the same clock; None: film begins and ends anywhere.
        rng: draws it.
    """
    kept = np.ones(len(frames), bool)
    middle = rng.uniform(0.3, 2.0) if release is None else release
    if rng.random() < 0.2:
        kept &= frames >= middle - rng.uniform(0.05, 0.9)
    if rng.random() < 0.2:
        kept &= frames <= middle + rng.uniform(0.25, 1.0)
    return kept


def pan_error(times: np.ndarray, ball: np.ndarray, size: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What is left of the camera's motion after it was measured and removed: (N, 2) pixels.

    In the dark, in blur and before bare walls little of a hand-held camera's motion can be measured. Hands shake, and
    whoever films follows the ball, so that its arc looks flatter than it is.

    Args:
        times: (N,) seconds.
        ball: (N, 2) of the ball, pixels, the true camera motion removed.
        size: (N,) of the ball, pixels.
        rng: draws which part is left; in most films none is.
    """
    error = np.zeros(ball.shape)
    if len(times) < 4 or rng.random() < 0.6:
        return error
    scale = float(np.median(size))
    steps = np.diff(times, prepend=times[0])
    if rng.random() < 0.5:
        shake = rng.normal(0, 1, ball.shape) * np.sqrt(np.maximum(steps, 0))[:, None]
        error += np.cumsum(shake, 0) * scale * rng.uniform(0.2, 2.0)
    begin, lasts = rng.uniform(times[0], times[-1]), rng.uniform(0.2, 1.5)
    during = ((times >= begin) & (times <= begin + lasts)).astype(float)
    if rng.random() < 0.6:
        late = rng.uniform(0.05, 0.3)
        followed = np.stack([np.interp(times - late, times, column) for column in ball.T], 1)
        speed = np.diff(followed, axis=0, prepend=followed[:1]) * rng.uniform(0.1, 0.9)
        # Cameras turn more evenly than the ball moves.
        width = int(np.clip(rng.uniform(0.1, 0.4) / max(float(np.median(steps[1:])), 1e-3), 1, len(times)))
        even = np.ones(width) / width
        speed = np.stack([np.convolve(column, even, "same") for column in speed.T], 1)
        error -= np.cumsum(speed * during[:, None], 0)
    else:
        drift = rng.normal(0, 1, 2) * scale * rng.uniform(0.3, 6.0)
        error += drift * np.cumsum(steps * during)[:, None]
    return error


def handled(
    centre: np.ndarray, size: np.ndarray, held: np.ndarray, times: np.ndarray, release: float | None,
    rng: np.random.Generator,
) -> np.ndarray:
    """Let hands move the ball about while they hold it, as people do: dips, swings, dribbles, catches before a shot.

    The simulation's hands know few ways to bring a ball up. What lies before a release must not decide about it.

    Args:
        centre: (N, 2) of the ball, pixels.
        size: (N,) of the ball, pixels.
        held: (N,) whether it is in hands.
        times: (N,) seconds of the game.
        release: when it leaves them; None: it is in the window's hands for all of ``held``.
        rng: draws the motion.

    Returns:
        (N, 2) centres; the same in the air and in the last moment before the release.
    """
    if rng.random() > 0.8 or not held.any():
        return centre
    draw = rng.choice([_bumps, _wander, _bounce, _arrival], p=[0.35, 0.35, 0.15, 0.15])
    offset = draw(times, times[-1] if release is None else release, rng)
    free = np.ones(len(times)) if release is None else np.clip((release - 0.03 - times) / rng.uniform(0.05, 0.25), 0, 1)
    return centre + offset * (size * held * free)[:, None]


def _bumps(times: np.ndarray, release: float, rng: np.random.Generator) -> np.ndarray:
    """Single dips and swings: (N, 2) in ball sizes."""
    offset = np.zeros((len(times), 2))
    for _ in range(int(rng.integers(1, 5))):
        middle, width = release - rng.uniform(0.1, 1.5), rng.uniform(0.06, 0.4)
        bump = np.exp(-0.5 * ((times - middle) / width) ** 2)
        offset += bump[:, None] * rng.normal(0, rng.uniform(0.3, 2.5), 2)
    return offset


def _wander(times: np.ndarray, release: float, rng: np.random.Generator) -> np.ndarray:
    """A smooth path of its own: (N, 2) in ball sizes."""
    offset = rng.normal(0, 1.5, 2) * np.ones((len(times), 1))
    for _ in range(3):
        waves = np.sin(2 * np.pi * times[:, None] / rng.uniform(0.35, 2.5, 2) + rng.uniform(0, 2 * np.pi, 2))
        offset = offset + waves * rng.normal(0, rng.uniform(0.3, 2.0), 2)
    return offset


def _bounce(times: np.ndarray, release: float, rng: np.random.Generator) -> np.ndarray:
    """A dribble that ends with the ball picked up: (N, 2) in ball sizes."""
    period, deep = rng.uniform(0.35, 0.8), rng.uniform(2.0, 5.0)
    picked_up = release - rng.uniform(0.2, 1.2)
    phase = np.mod(picked_up - times, period) / period
    down = deep * 4 * phase * (1 - phase) * (times < picked_up)
    return np.stack([rng.normal(0, 0.5) * np.ones(len(times)), down], 1)


def _arrival(times: np.ndarray, release: float, rng: np.random.Generator) -> np.ndarray:
    """A pass that the shooter catches: (N, 2) in ball sizes."""
    before = np.maximum(release - rng.uniform(0.2, 1.3) - times, 0)
    across = rng.choice([-1.0, 1.0]) * rng.uniform(8, 35)
    return np.stack([across * before, rng.normal(0, 6) * before + rng.uniform(0, 12) * before**2], 1)
