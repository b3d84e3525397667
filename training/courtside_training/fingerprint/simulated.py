"""Simulated shots as inputs: players by seed, cameras by view, a pose network's mistakes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from courtside_sim.forms import Form, distort, draw_form
from courtside_sim.keypoints import CameraView, PoseNoise, draw_view, noisy_keypoints
from courtside_sim.sequences import SHOT_TYPES, ShotSequence, shot_sequences
from courtside_training.fingerprint.segment import NoShotError, Segment, cut, find_shot

PLAYER_STREAM, SHOT_STREAM = 31, 32
# Cameras of training: all round but for a gap behind the shooter's shoulders, and no higher than 24 degrees.
GAP = (math.radians(110), math.radians(155))
HIGHEST = 0.42


@dataclass(frozen=True)
class Shots:
    """N shots seen from V cameras each.

    Attributes:
        inputs: (N, V, 64, 17, 3) float32.
        players: (N,) int64, index into `names`.
        kinds: (N,) int64, index into `SHOT_TYPES`.
        names: of the players.
        lost: shots in which the cutter found none (they are left out).
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
    """Form and height in metres of the player with this seed."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, PLAYER_STREAM]))
    return draw_form(rng), float(rng.uniform(1.76, 2.1))


def training_view(rng: np.random.Generator) -> CameraView:
    """A camera from everywhere but the gap kept for evaluation."""
    while True:
        view = draw_view(rng, elevation=(0.0, HIGHEST))
        if not GAP[0] < abs(view.azimuth) < GAP[1]:
            return view


def draw_shots(
    seeds: list[int], kinds: list[int], rng: np.random.Generator, amount: float = 0.0
) -> list[ShotSequence]:
    """One shot of each player in `seeds` (repeated as often as shots are wanted), of the types in `kinds`.

    `amount` above 0 distorts each player's form first, once for all of the player's shots.
    """
    people = {seed: form_of(seed) for seed in sorted(set(seeds))}
    forms = {seed: distort(form, rng, amount) if amount else form for seed, (form, _) in people.items()}
    heights = np.array([people[seed][1] for seed in seeds])
    return shot_sequences([forms[seed] for seed in seeds], kinds, rng, float(rng.choice([25, 30, 50])), heights)


def to_input(
    shot: ShotSequence, view: CameraView, noise: PoseNoise, rng: np.random.Generator, slip: float | None
) -> np.ndarray:
    """A shot through a camera and a pose network, cut and resampled: (64, 17, 3).

    Args:
        shot: What happened.
        view: The camera.
        noise: The pose network's mistakes.
        rng: Draws them.
        slip: Standard deviation in seconds of the cut around the true gather and release; None has the cutter
            find them in the track, as with real film.

    Raises:
        NoShotError: the cutter finds none.
    """
    fps = 1.0 / float(shot.times[1] - shot.times[0])
    track = noisy_keypoints(shot.joints, view, noise, rng, fps)
    if slip is None:
        return cut(track, shot.times, find_shot(track, shot.times))
    gather, release = np.array([shot.gather_time, shot.release_time]) + slip * rng.standard_normal(2) * [1.0, 0.5]
    return cut(track, shot.times, Segment(float(gather), float(min(release, shot.times[-1]))))


def simulate_shots(
    seeds: range,
    per_kind: int,
    rng: np.random.Generator,
    views: list[CameraView] | int,
    noise: PoseNoise | None = None,
    slip: float | None = None,
    amount: float = 0.0,
) -> Shots:
    """Shots of players by seed.

    Args:
        seeds: Players.
        per_kind: Shots of each type a player.
        rng: Draws all but the players.
        views: Cameras every shot is seen from, or how many training views to draw for each shot.
        noise: Of the pose network; the usual when None.
        slip: See `to_input`.
        amount: Distortion of every form.
    """
    noise = noise or PoseNoise()
    who = [seed for seed in seeds for _ in range(per_kind * len(SHOT_TYPES))]
    kinds = [kind for _ in seeds for kind in range(len(SHOT_TYPES)) for _ in range(per_kind)]
    rows, kept = [], []
    for index, shot in enumerate(draw_shots(who, kinds, rng, amount)):
        looks = views if isinstance(views, list) else [training_view(rng) for _ in range(views)]
        try:
            rows.append(np.stack([to_input(shot, view, noise, rng, slip) for view in looks]))
        except NoShotError:
            continue
        kept.append(index)
    players = np.array([seed - seeds.start for seed in who])[kept]
    names = tuple(f"player {seed}" for seed in seeds)
    return Shots(np.stack(rows), players, np.array(kinds)[kept], names, len(who) - len(kept))
