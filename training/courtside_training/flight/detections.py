"""A simulated detector and tracker: what they make of the ball, or of a head or a lamp taken for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from courtside_training.flight.filming import View
from courtside_training.flight.geometry import TIME_STEP_S, TIME_STEPS
from courtside_training.flight.scenes import RATE, Scene

SPAN = TIME_STEP_S * (TIME_STEPS - 1)
"""Seconds from the first to the last time step of a window."""
SPLIT_S = 0.35
"""Seconds without a detection after which the tracker ends a track."""


@dataclass(frozen=True)
class DetectorQuality:
    """How well a detector works, drawn for each window.

    Attributes:
        rate: detector frames per second.
        flying: chance to detect a ball in the air.
        held: chance to detect a ball in somebody's hands.
        stay: chance that a detector frame has the same luck as the one before it, which makes misses come in bursts.
        jitter: standard deviation of the position, in ball sizes.
        size_bias: factor on every size.
        size_noise: standard deviation of the logarithm of the size.
        score: mean score.
    """

    rate: float
    flying: float
    held: float
    stay: float
    jitter: float
    size_bias: float
    size_noise: float
    score: float

    @staticmethod
    def draw(rng: np.random.Generator) -> DetectorQuality:
        """Draw a detector, from nearly blind to nearly perfect, with 5 to 30 detector frames per second."""
        rates = [30.0, 15.0, rng.uniform(12, 30), rng.uniform(5, 12)]
        return DetectorQuality(
            rate=float(rng.choice(rates, p=[0.25, 0.35, 0.22, 0.18])),
            flying=float(1 - 0.5 * rng.random() ** 2),
            held=float(rng.uniform(0.1, 1.0)),
            stay=float(rng.uniform(0.0, 0.75)),
            jitter=float(rng.uniform(0.02, 0.2)),
            size_bias=float(np.exp(rng.normal(0, 0.16))),
            size_noise=float(rng.uniform(0.02, 0.14)),
            score=float(rng.uniform(0.15, 0.95)),
        )


def interpolated(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Rows of an array at `RATE`, linearly interpolated at `times` (N,)."""
    position = np.clip(times * RATE, 0, len(values) - 1.001)
    low = position.astype(int)
    share = (position - low).reshape(-1, *([1] * (values.ndim - 1)))
    return values[low] * (1 - share) + values[low + 1] * share


def nearest(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Rows of an array at `RATE` that are nearest to `times` (N,)."""
    return values[np.clip(np.round(times * RATE).astype(int), 0, len(values) - 1)]


def frame_times(quality: DetectorQuality, rng: np.random.Generator) -> np.ndarray:
    """Times (N,) of the detector frames of a window, seconds from its first time step."""
    count = int(SPAN * quality.rate) + 3
    return np.arange(count) / quality.rate - rng.random() / quality.rate + rng.normal(0, 0.002, count)


def detected(chance: np.ndarray, stay: float, rng: np.random.Generator) -> np.ndarray:
    """Draw which detector frames detect the object (N,); misses come in bursts.

    Args:
        chance: (N,) to detect it in each.
        stay: chance that a frame has the same luck as the one before it.
        rng: draws them.
    """
    luck = rng.random(len(chance))
    keep = rng.random(len(chance)) < stay
    for index in range(1, len(luck)):
        if keep[index]:
            luck[index] = luck[index - 1]
    return luck < chance


def tracked_object(
    scene: Scene, kind: str, times: np.ndarray, quality: DetectorQuality, pan: np.ndarray, view: View,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a track follows.

    Args:
        scene: the game before one camera.
        kind: ``ball``; ``body``: the head or a hand of any player; or ``still``, such as a lamp.
        times: (N,) seconds of the game.
        quality: of the detector.
        pan: (N, 2) camera motion, pixels.
        view: what the film shows.
        rng: draws the rest.

    Returns:
        Centres (N, 2), sizes (N,), and chances to be detected (N,).
    """
    ball = interpolated(scene.ball, times)
    size = np.maximum(2 * ball[:, 2], 1.5)
    if kind == "body" and scene.boxes.shape[1]:
        player = int(rng.integers(scene.boxes.shape[1]))
        box = interpolated(scene.boxes, times)[:, player]
        sway = rng.normal(0, 1, 2) * 0.03 * (box[:, 3] - box[:, 1]).max(initial=1)
        centre = _part(scene, times, player, rng) + sway
        size = np.maximum((box[:, 3] - box[:, 1]) * rng.uniform(0.08, 0.16), 1.5)
        there = (box[:, 3] > box[:, 1]) & view.shows(centre)
        return centre, size, np.where(there, rng.uniform(0.3, 1.0), 0.0)
    if kind == "still":
        spot = rng.uniform((0, 0), (640, 360))
        drift = np.cumsum(rng.normal(0, rng.choice([0.0, 0.5]), (len(times), 2)), 0)
        centre = spot + pan + drift
        chance = np.where(view.shows(centre), rng.uniform(0.2, 1.0), 0.0)
        return centre, np.full(len(times), rng.uniform(3, 30)), chance
    held = nearest(scene.holder, times) >= 0
    visible = nearest(scene.ball[:, 3], times) > 0.5
    chance = chance_to_see(held, size, quality) * np.where(visible, 1.0, 0.15)
    return ball[:, :2], size, np.where(view.shows(ball[:, :2]), chance, 0.0)


def chance_to_see(held: np.ndarray, size: np.ndarray, quality: DetectorQuality) -> np.ndarray:
    """Chances (N,) to detect a ball, in hands or in the air, of a size in pixels; small balls are missed more often."""
    return np.where(held, quality.held, quality.flying) * np.clip(size / 5, 0.5, 1)


def _part(scene: Scene, times: np.ndarray, player: int, rng: np.random.Generator) -> np.ndarray:
    """Centres (N, 2) of a player's head, or of one hand."""
    if rng.random() < 0.6:
        return interpolated(scene.heads, times)[:, player]
    return interpolated(scene.wrists, times)[:, player, int(rng.integers(2))]


def with_body_mistake(
    scene: Scene, shot: np.ndarray | None, times: np.ndarray, chance: np.ndarray, centre: np.ndarray,
    size: np.ndarray, rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Let some tracks sit on the shooter's head or hand before the release, or jump to it and stay after the release.

    Args:
        scene: the game before one camera.
        shot: row of `Scene.shots` that the window is about; None: the track stays as it is.
        times: (N,) seconds of the game.
        chance: (N,) to be detected.
        centre: (N, 2) of the ball.
        size: (N,) of the ball.
        rng: draws the mistake.

    Returns:
        Chances, centres, sizes, and the time from which the track no longer follows the ball, infinity without one.
    """
    if shot is None or rng.random() > 0.22:
        return chance, centre, size, np.inf
    shooter, release = int(shot[5]), float(shot[0])
    part = _part(scene, times, shooter, rng)
    box = interpolated(scene.boxes, times)[:, shooter]
    part_size = np.maximum((box[:, 3] - box[:, 1]) * 0.12, 1.5)
    switch = release + rng.uniform(-0.3, 0.05)
    before = rng.random() < 0.6
    on_part = times < switch if before else times > switch
    steady = rng.uniform(0.4, 1.0)
    return (
        np.where(on_part, steady, chance), np.where(on_part[:, None], part, centre),
        np.where(on_part, part_size, size), np.inf if before else switch,
    )  # fmt: skip


def one_track(
    frames: np.ndarray, seen: np.ndarray, release: float | None, rng: np.random.Generator
) -> np.ndarray:
    """Keep the detections of one track where the tracker would have made several of them.

    Args:
        frames: (N,) times of the detector frames, seconds from the first time step.
        seen: (N,) which of them detect the object.
        release: time of the release that the window is about, on the same clock; the track that sees most of the
            second after it is kept. None: any track is kept.
        rng: draws more breaks, and the track.

    Returns:
        (N,) the detections that are kept.
    """
    hits = np.flatnonzero(seen)
    if not len(hits):
        return seen
    breaks = set((np.flatnonzero(np.diff(frames[hits]) > SPLIT_S) + 1).tolist())
    if release is not None and rng.random() < 0.15:
        breaks.add(int(np.searchsorted(frames[hits], release + rng.uniform(-0.05, 0.15))))
    if rng.random() < 0.1:
        breaks.add(int(rng.integers(len(hits) + 1)))
    parts = [part for part in np.split(hits, sorted(breaks)) if len(part) >= 2]
    if not parts:
        return np.zeros_like(seen)
    if release is not None:
        after = [int(((frames[part] > release) & (frames[part] < release + 1)).sum()) for part in parts]
        chosen = parts[int(np.argmax(after))]
    else:
        chosen = parts[int(rng.integers(len(parts)))]
    kept = np.zeros_like(seen)
    kept[chosen] = True
    return kept
