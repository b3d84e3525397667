"""A bank of simulated shots at one basket: the ball's way over, off, round or through the ring."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from courtside_sim.court import Court, fiba, nba
from courtside_sim.physics import BallWorld, release_angle, solve_release
from courtside_training.errors import TrainingInputError

RATE = 120.0
"""Positions a second that are kept."""
BEFORE_S, AFTER_S = 1.0, 2.4
"""Seconds kept before and after the rim has decided."""
COUNT = int((BEFORE_S + AFTER_S) * RATE)


@dataclass(frozen=True)
class Bank:
    """N shots at a ring in the origin, the court in front of it along -x, z up, metres.

    Attributes:
        paths: (N, 408, 3) float32 ball centres at `RATE`; NaN before the release.
        made: (N,) bool.
    """

    paths: np.ndarray
    made: np.ndarray

    def __len__(self) -> int:
        """Number of shots."""
        return len(self.made)


def draw_bank(count: int, seed: int, report: Callable[[int], None] | None = None) -> Bank:
    """Simulate shots from everywhere, aimed at the ring's middle with more or less skill, until `count` are decided."""
    rng = np.random.default_rng([seed, 97])
    courts = [nba(True), fiba(True)]
    worlds = [BallWorld(court) for court in courts]
    paths, made = [], []
    while len(made) < count:
        side = int(rng.integers(2))
        shot = _shoot(courts[side], worlds[side], rng)
        if shot is None:
            continue
        # Makes and misses alike, so that neither is the safe guess.
        if sum(made) * 2 > len(made) + 20 and shot[1]:
            continue
        paths.append(shot[0])
        made.append(shot[1])
        if report:
            report(len(made))
    return Bank(np.stack(paths), np.array(made, bool))


def _shoot(court: Court, world: BallWorld, rng: np.random.Generator) -> tuple[np.ndarray, bool] | None:
    rim = court.rim_centre(0)
    ahead = float(rng.choice([rng.uniform(0.8, 2.5), rng.uniform(2.0, 9.0)]))
    turn = rng.uniform(-1.5, 1.5)
    start = (
        float(rim[0] - ahead * math.cos(turn)), float(ahead * math.sin(turn)), float(rng.uniform(1.8, 2.9))
    )
    skill = rng.uniform(0.02, 0.3)
    off = rng.normal(0, skill, 2)
    target = (float(rim[0] + off[0]), float(off[1]), float(rim[2]))
    if rng.random() < 0.2:  # off the glass
        target = (court.board_x(0) - 0.13, float(off[1]) * 0.7, float(rim[2] + rng.uniform(0.25, 0.75)))
    try:
        angle = release_angle(ahead, target[2] - start[2], float(rng.uniform(-0.05, 0.3)))
        velocity = solve_release(start, target, angle)
    except ValueError:
        return None
    # A little left-over speed, as fingers give it; the flight itself stays the world's own.
    flight = world.fly(start, velocity, 4.5, basket=0)
    if flight.result is None or not 0.3 < flight.result < 4.5 - AFTER_S + 1.5:
        return None
    times = flight.result - BEFORE_S + np.arange(COUNT) / RATE
    place = np.clip(times / (flight.times[1] - flight.times[0]), 0, len(flight.times) - 1.001)
    low = place.astype(int)
    path = flight.positions[low] * (1 - (place - low))[:, None] + flight.positions[low + 1] * (place - low)[:, None]
    path = path - rim
    path[(times < 0) | (times > flight.times[-1])] = np.nan
    return path.astype(np.float32), bool(flight.made)


def save_bank(path: Path, bank: Bank) -> None:
    """Write a bank whole or not at all.

    Raises:
        TrainingInputError: it cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez_compressed(file, paths=bank.paths, made=bank.made)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise TrainingInputError(f"cannot write {path}: {error.strerror}; free space or name another") from error


def load_bank(path: Path) -> Bank:
    """Read a bank.

    Raises:
        TrainingInputError: missing, torn, or of something else.
    """
    if not path.is_file():
        raise TrainingInputError(f"no bank of shots at {path}: draw one with `courtside-train rim draw`")
    try:
        with np.load(path) as found:
            return Bank(found["paths"], found["made"])
    except (OSError, ValueError, KeyError) as error:
        raise TrainingInputError(f"{path} holds no shots ({type(error).__name__}): draw them anew") from error
