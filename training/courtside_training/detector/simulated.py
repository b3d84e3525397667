"""Labelled frames of simulated games, rendered from seeds when they are needed; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from courtside_sim import CameraConfig, FrameTruth, GameConfig, SimulatedCamera, simulate
from courtside_training.detector.classes import BALL, PLAYER, REFEREE, RIM
from courtside_training.detector.images import LabelledImage

SECONDS = 12.0
"""Length of a game in seconds."""
KINDS = (("behind", 0.25), ("phone", 0.25), ("sideline", 0.2), ("corner", 0.15), ("broadcast", 0.15))
"""Kinds of cameras and the share of each. Broadcast cameras have a small share because the real frames show them."""
SIZES = ((640, 360), (960, 540))
"""Frame sizes (width, height)."""
SMALLEST_BALL = 1.5
"""A ball with a smaller radius in pixels is ignored: neither an object nor background."""
SEEN_JOINTS = 4
"""Players with fewer visible keypoints are ignored: neither objects nor background."""


def label(image: np.ndarray, truth: FrameTruth) -> LabelledImage:
    """Label a rendered frame (H, W, 3) BGR with its truth."""
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
    return LabelledImage(
        np.ascontiguousarray(image[:, :, ::-1]),
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(classes, np.int64),
        np.array(ignore, np.float32).reshape(-1, 5),
    )


@dataclass
class FilmedGame:
    """A simulated game with its camera.

    Attributes:
        camera: camera of the game.
        seconds: length of the game in seconds.
    """

    camera: SimulatedCamera
    seconds: float

    def time(self, rng: np.random.Generator) -> float:
        """A random time in seconds; with probability 0.5 while a shot is in the air, if there is one."""
        shots = self.camera.game.shots
        if shots and rng.random() < 0.5:
            shot = shots[int(rng.integers(len(shots)))]
            return float(np.clip(rng.uniform(shot.release_time - 0.2, shot.result_time + 0.3), 0, self.seconds))
        return float(rng.uniform(0, self.seconds))

    def frame(self, time: float) -> LabelledImage:
        """The labelled frame at `time` seconds."""
        return label(self.camera.render(time), self.camera.truth(time))


def film(seed: int, seconds: float = SECONDS) -> FilmedGame:
    """The game of a seed; the seed also determines the kind of camera and the frame size."""
    rng = np.random.default_rng([seed, 41])
    names, shares = zip(*KINDS, strict=True)
    kind = names[int(rng.choice(len(names), p=shares))]
    width, height = SIZES[int(rng.integers(len(SIZES)))]
    game = simulate(seed, GameConfig(duration=seconds, half=None if kind == "broadcast" else True))
    return FilmedGame(SimulatedCamera(game, CameraConfig(kind=kind, width=width, height=height)), seconds)


class Pool:
    """A few games at a time, each replaced after a number of draws, so that the images of a batch differ."""

    def __init__(self, seeds: Iterator[int], size: int = 3, uses: int = 30, seconds: float = SECONDS) -> None:
        """Make an empty pool.

        Args:
            seeds: endless seeds of games.
            size: games held at the same time.
            uses: draws from a game before it is replaced.
            seconds: length of a game in seconds.
        """
        self._seeds, self._uses, self._seconds = seeds, uses, seconds
        self._games: list[FilmedGame | None] = [None] * size
        self._left = [0] * size

    def game(self, rng: np.random.Generator) -> FilmedGame:
        """One of the games."""
        slot = int(rng.integers(len(self._games)))
        game = self._games[slot]
        if game is None or not self._left[slot]:
            game = film(next(self._seeds), self._seconds)
            # The first games have different numbers of draws, so that the games are not all replaced at once.
            first = max(1, self._uses * (slot + 1) // len(self._left))
            self._left[slot] = self._uses if self._games[slot] else first
            self._games[slot] = game
        self._left[slot] -= 1
        return game


def held_out(split: tuple[int, int], games: int, frames: int) -> Iterator[LabelledImage]:
    """`frames` evenly spaced frames of each of the first `games` games of a split; always the same."""
    for seed in range(split[0], split[0] + games):
        filmed = film(seed)
        for time in np.linspace(0.3, filmed.seconds - 0.3, frames):
            yield filmed.frame(float(time))
