"""Labelled frames of simulated games, drawn by seed while they are needed; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from courtside_sim import CameraConfig, FrameTruth, GameConfig, SimulatedCamera, simulate
from courtside_training.detector.classes import BALL, PLAYER, REFEREE, RIM
from courtside_training.detector.pictures import Picture

SECONDS = 12.0
"""Length of a game frames are drawn from."""
KINDS = (("behind", 0.25), ("phone", 0.25), ("sideline", 0.2), ("corner", 0.15), ("broadcast", 0.15))
"""Cameras and how often each is drawn: phones more often than broadcast, which real frames cover."""
SIZES = ((640, 360), (960, 540))
"""Picture sizes."""
SMALLEST_BALL = 1.5
"""Radius in pixels below which a ball counts as neither seen nor absent."""
SEEN_JOINTS = 4
"""Players with fewer keypoints in sight count as neither seen nor absent."""


def label(image: np.ndarray, truth: FrameTruth) -> Picture:
    """A rendered frame (H, W, 3) BGR with the boxes of its truth."""
    boxes, classes, ignore = [], [], []
    seen = (truth.keypoints[..., 2] == 2).sum(1)
    for box, joints in zip(truth.boxes, seen, strict=True):
        if box[2] <= box[0]:
            continue
        if joints >= SEEN_JOINTS:
            boxes.append(box)
            classes.append(PLAYER)
        else:
            ignore.append([*box, PLAYER])
    for kind, found in ((RIM, truth.rims), (REFEREE, truth.referees)):
        for box in found[found[:, 2] > found[:, 0]]:
            boxes.append(box)
            classes.append(kind)
    x, y, radius, visible = truth.ball
    height, width = image.shape[:2]
    ball = np.array([x - radius, y - radius, x + radius, y + radius], np.float32)
    if 0 <= x < width and 0 <= y < height:
        if visible and radius >= SMALLEST_BALL:
            boxes.append(ball)
            classes.append(BALL)
        else:
            ignore.append([*(ball + np.array([-2, -2, 2, 2])), BALL])
    return Picture(
        np.ascontiguousarray(image[:, :, ::-1]),
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(classes, np.int64),
        np.array(ignore, np.float32).reshape(-1, 5),
    )


@dataclass
class Filmed:
    """A game with its camera, ready to give frames."""

    camera: SimulatedCamera
    seconds: float

    def time(self, rng: np.random.Generator) -> float:
        """A moment: half of the draws while a shot is in the air, where there is one."""
        shots = self.camera.game.shots
        if shots and rng.random() < 0.5:
            shot = shots[int(rng.integers(len(shots)))]
            return float(np.clip(rng.uniform(shot.release_time - 0.2, shot.result_time + 0.3), 0, self.seconds))
        return float(rng.uniform(0, self.seconds))

    def picture(self, time: float) -> Picture:
        """The labelled frame at `time` seconds."""
        return label(self.camera.render(time), self.camera.truth(time))


def film(seed: int, seconds: float = SECONDS) -> Filmed:
    """The game of a seed; its camera's kind and size follow the seed."""
    rng = np.random.default_rng([seed, 41])
    names, shares = zip(*KINDS, strict=True)
    kind = names[int(rng.choice(len(names), p=shares))]
    width, height = SIZES[int(rng.integers(len(SIZES)))]
    game = simulate(seed, GameConfig(duration=seconds, half=None if kind == "broadcast" else True))
    return Filmed(SimulatedCamera(game, CameraConfig(kind=kind, width=width, height=height)), seconds)


class Pool:
    """A few games at a time, each replaced after `uses` draws, so that neighbours in a batch differ."""

    def __init__(self, seeds: Iterator[int], size: int = 3, uses: int = 30, seconds: float = SECONDS) -> None:
        """`seeds` never ends; `size` games are held at once."""
        self._seeds, self._uses, self._seconds = seeds, uses, seconds
        self._games: list[Filmed | None] = [None] * size
        self._left = [0] * size

    def game(self, rng: np.random.Generator) -> Filmed:
        """One of the games."""
        place = int(rng.integers(len(self._games)))
        game = self._games[place]
        if game is None or not self._left[place]:
            game = film(next(self._seeds), self._seconds)
            # First counts differ, so that the games of a pool do not all change at once.
            first = max(1, self._uses * (place + 1) // len(self._left))
            self._left[place] = self._uses if self._games[place] else first
            self._games[place] = game
        self._left[place] -= 1
        return game


def held_out(split: tuple[int, int], games: int, frames: int) -> Iterator[Picture]:
    """`frames` frames each of the first `games` games of a split, evenly spaced; always the same."""
    for seed in range(split[0], split[0] + games):
        filmed = film(seed)
        for time in np.linspace(0.3, filmed.seconds - 0.3, frames):
            yield filmed.picture(float(time))
