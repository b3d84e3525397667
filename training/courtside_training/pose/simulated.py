"""Players of simulated games as people to learn from: one rendered frame gives up to ten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from courtside_sim import FrameTruth, SimulatedFilm, open_simulation
from courtside_training.pose.people import Person, person

SIZES = ((640, 360), (960, 540), (1280, 720))
"""Picture sizes games are filmed in; the seed draws one."""
MIN_HEIGHT = 36
"""Players of fewer pixels are left out: their limbs cannot be told apart."""
MIN_SEEN = 6
"""Players of whom fewer keypoints are in sight are left out."""


def film(seed: int, duration: float = 20.0) -> SimulatedFilm:
    """The game of `seed` in the size the seed draws."""
    width, height = SIZES[int(np.random.default_rng([seed, 61]).choice(len(SIZES), p=(0.5, 0.3, 0.2)))]
    return open_simulation(seed, duration=duration, width=width, height=height)


def worth(truth: FrameTruth) -> list[int]:
    """Players large and visible enough to be labelled, by their place in the truth's arrays."""
    tall = truth.boxes[:, 3] - truth.boxes[:, 1] >= MIN_HEIGHT
    seen = (truth.keypoints[:, :, 2] == 2).sum(-1) >= MIN_SEEN
    return np.flatnonzero(truth.in_view & tall & seen).tolist()


def game_people(seed: int, frames: int) -> Iterator[Person]:
    """Every player worth it in `frames` moments of one game: half of them round its shots, half anywhere."""
    shown = film(seed)
    rng = np.random.default_rng([seed, 62])
    times = rng.uniform(0.5, shown.game.duration - 0.1, frames)
    releases = np.array([shot.release_time for shot in shown.shots])
    if len(releases):
        near = rng.choice(releases, frames) + rng.uniform(-1.2, 0.5, frames)
        times = np.where(np.arange(frames) % 2 == 0, near.clip(0.1, shown.game.duration - 0.1), times)
    for time in times:
        truth = shown.camera.truth(float(time))
        chosen = worth(truth)
        if not chosen:
            continue
        picture = shown.camera.render(float(time))
        for index in chosen:
            yield person(picture, truth.boxes[index], truth.keypoints[index], outside=True, source="simulated")


def simulated_people(seeds: Sequence[int], frames: int) -> Iterator[list[Person]]:
    """One list of people a game."""
    for seed in seeds:
        yield list(game_people(seed, frames))
