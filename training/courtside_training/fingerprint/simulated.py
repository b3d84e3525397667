"""Simulated shots as network inputs: players by seed, cameras, and errors of a pose network."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from courtside.shooting_motion import Motion, NoShotError, cut, find_shot
from courtside_sim.forms import Form, distort, draw_form
from courtside_sim.keypoints import CameraView, draw_view
from courtside_sim.sequences import SHOT_TYPES, ShotSequence, shot_sequences
from courtside_training.fingerprint.pose_errors import LARGEST, SMALLEST, ServedNoise, served_keypoints

PLAYER_STREAM = 31
"""Random stream of a player's form, beside the player's seed."""
GAP = (math.radians(110), math.radians(155))
"""Range of absolute azimuths without training cameras, behind the shooter's shoulders; used for evaluation."""
SLOWEST = 10.0
"""Least poses per second: live, crops are shared among players."""
HIGHEST = 0.42
"""Highest elevation of a training camera in radians (24 degrees)."""


@dataclass(frozen=True)
class Shots:
    """N shots in the views of V cameras each.

    Attributes:
        inputs: (N, V, 64, 17, 3) float32.
        players: (N,) int64, index into `names`.
        kinds: (N,) int64, index into `SHOT_TYPES`.
        names: names of the players.
        lost: number of shots that were left out because no motion was found.
    """

    inputs: np.ndarray
    players: np.ndarray
    kinds: np.ndarray
    names: tuple[str, ...]
    lost: int = 0

    def __len__(self) -> int:
        """Number of shots."""
        return len(self.players)


def form_of(seed: int) -> tuple[Form, float]:
    """Shooting form and height in metres of the player with this seed."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, PLAYER_STREAM]))
    return draw_form(rng), float(rng.uniform(1.76, 2.1))


def training_view(rng: np.random.Generator) -> CameraView:
    """A random camera outside the range `GAP`, which is reserved for evaluation."""
    while True:
        view = draw_view(rng, elevation=(0.0, HIGHEST))
        if not GAP[0] < abs(view.azimuth) < GAP[1]:
            return view


def draw_shots(
    seeds: list[int], kinds: list[int], rng: np.random.Generator, amount: float = 0.0
) -> list[ShotSequence]:
    """Simulate shots.

    Args:
        seeds: player of each shot.
        kinds: type of each shot.
        rng: source of all random choices except the players' forms.
        amount: distortion of each player's form, the same for all shots of the player; 0 for none.
    """
    people = {seed: form_of(seed) for seed in sorted(set(seeds))}
    forms = {seed: distort(form, rng, amount) if amount else form for seed, (form, _) in people.items()}
    heights = np.array([people[seed][1] for seed in seeds])
    return shot_sequences([forms[seed] for seed in seeds], kinds, rng, float(rng.choice([25, 30, 50])), heights)


def to_input(
    shot: ShotSequence, view: CameraView, noise: ServedNoise, rng: np.random.Generator, slip: float | None
) -> np.ndarray:
    """Project a shot into a camera, add errors of a pose network, cut and resample: (64, 17, 3).

    Args:
        shot: the simulated shot.
        view: the camera.
        noise: errors of the pose network.
        rng: source of the errors.
        slip: standard deviation in seconds of the error of gather and release; None to find them in the track, as
            with real film.

    Raises:
        NoShotError: no motion is found.
    """
    fps = 1.0 / float(shot.times[1] - shot.times[0])
    every = 1 if slip is None else int(rng.integers(1, max(1, int(fps / SLOWEST)) + 1))
    joints, times = shot.joints[::every], shot.times[::every]
    track = served_keypoints(joints, view, noise, rng, fps / every)
    if slip is None:
        return cut(track, times, find_shot(track, times))
    gather, release = np.array([shot.gather_time, shot.release_time]) + slip * rng.standard_normal(2) * [1.0, 0.5]
    return cut(track, times, Motion(float(gather), float(min(release, times[-1]))))


def simulate_shots(
    seeds: range,
    per_kind: int,
    rng: np.random.Generator,
    views: list[CameraView] | int,
    noise: ServedNoise | None = None,
    slip: float | None = None,
    amount: float = 0.0,
) -> Shots:
    """Shots of players by seed.

    Args:
        seeds: seeds of the players.
        per_kind: shots of each type per player.
        rng: source of all random choices except the players' forms.
        views: cameras of every shot, or the number of training cameras to draw for each shot.
        noise: errors of the pose network; None to draw their size for each shot.
        slip: see `to_input`.
        amount: distortion of every form.
    """
    who = [seed for seed in seeds for _ in range(per_kind * len(SHOT_TYPES))]
    kinds = [kind for _ in seeds for kind in range(len(SHOT_TYPES)) for _ in range(per_kind)]
    rows, kept = [], []
    for index, shot in enumerate(draw_shots(who, kinds, rng, amount)):
        cameras = views if isinstance(views, list) else [training_view(rng) for _ in range(views)]
        errors = noise or ServedNoise().scaled(float(rng.uniform(SMALLEST, LARGEST)))
        try:
            rows.append(np.stack([to_input(shot, view, errors, rng, slip) for view in cameras]))
        except NoShotError:
            continue
        kept.append(index)
    players = np.array([seed - seeds.start for seed in who])[kept]
    names = tuple(f"player {seed}" for seed in seeds)
    return Shots(np.stack(rows), players, np.array(kinds)[kept], names, len(who) - len(kept))
