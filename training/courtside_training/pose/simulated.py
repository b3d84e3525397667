"""Players of simulated games as labelled people; one rendered frame gives up to ten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from courtside_sim import FrameTruth, SimulatedFilm, open_simulation
from courtside_training.pose.people import Person, person

SIZES = ((640, 360), (960, 540), (1280, 720))
"""Frame sizes of games (width, height); the seed chooses one."""
MIN_HEIGHT = 36
"""Players with a smaller box height in pixels are left out, because their limbs cannot be distinguished."""
MIN_SEEN = 6
"""Players with fewer visible keypoints are left out."""


def film(seed: int, duration: float = 20.0) -> SimulatedFilm:
    """The game of `seed`, in the frame size that the seed chooses."""
    width, height = SIZES[int(np.random.default_rng([seed, 61]).choice(len(SIZES), p=(0.5, 0.3, 0.2)))]
    return open_simulation(seed, duration=duration, width=width, height=height)


def usable_players(truth: FrameTruth) -> list[int]:
    """Indices of the players that are large and visible enough for training."""
    tall = truth.boxes[:, 3] - truth.boxes[:, 1] >= MIN_HEIGHT
    seen = (truth.keypoints[:, :, 2] == 2).sum(-1) >= MIN_SEEN
    return np.flatnonzero(truth.in_view & tall & seen).tolist()


def game_people(seed: int, frames: int) -> Iterator[Person]:
    """Every usable player in `frames` moments of one game; half of the moments are near shots, half anywhere."""
    shown = film(seed)
    rng = np.random.default_rng([seed, 62])
    times = rng.uniform(0.5, shown.game.duration - 0.1, frames)
    releases = np.array([shot.release_time for shot in shown.shots])
    if len(releases):
        near = rng.choice(releases, frames) + rng.uniform(-1.2, 0.5, frames)
        times = np.where(np.arange(frames) % 2 == 0, near.clip(0.1, shown.game.duration - 0.1), times)
    for time in times:
        truth = shown.camera.truth(float(time))
        chosen = usable_players(truth)
        if not chosen:
            continue
        image = shown.camera.render(float(time))
        for index in chosen:
            yield person(image, truth.boxes[index], truth.keypoints[index], outside=True, source="simulated")


def simulated_people(seeds: Sequence[int], frames: int) -> Iterator[list[Person]]:
    """One list of people per game."""
    for seed in seeds:
        yield list(game_people(seed, frames))
