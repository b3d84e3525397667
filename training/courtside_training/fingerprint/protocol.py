"""Evaluation on simulated players that were not used for training: by camera, pose noise and distortion."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from courtside_sim.keypoints import CameraView
from courtside_training.common.splits import SPLITS
from courtside_training.fingerprint.evaluate import TRIALS, Embed, raw_space, separation, space, trials
from courtside_training.fingerprint.network import Encoder
from courtside_training.fingerprint.pose_errors import ServedNoise
from courtside_training.fingerprint.published import read_shots, split
from courtside_training.fingerprint.simulated import Shots, simulate_shots

PUBLISHED = {"who": 0.916, "type": 0.902}
"""Accuracies that the source system reports for its own recorded shooters."""
CAMERAS: dict[str, tuple[float, float, bool]] = {
    "front": (0.0, 8.0, True),
    "front quarter": (45.0, 8.0, True),
    "side": (-90.0, 8.0, True),
    "behind": (180.0, 8.0, True),
    "behind the shoulder": (132.0, 8.0, False),
    "high front": (35.0, 38.0, False),
}
"""Azimuth and elevation in degrees by name, and whether training uses such a camera."""
NOISES = (0.0, 1.0, 2.0, 4.0)
"""Factors for the noise of the pose network."""
DISTORTIONS = (0.1, 0.2, 0.3)
"""Amounts of distortion of a player's form."""


def torch_embed(encoder: Encoder) -> Embed:
    """Wrap an encoder as a function from arrays to arrays, in batches."""

    @torch.no_grad()
    def embed(inputs: np.ndarray) -> np.ndarray:
        parts = [encoder(torch.from_numpy(inputs[row : row + 256])) for row in range(0, len(inputs), 256)]
        return torch.cat(parts).numpy()

    return embed


def camera(name: str) -> CameraView:
    """One of `CAMERAS`, at a distance of nine metres, with a shooter about 200 pixels tall."""
    azimuth, elevation, _ = CAMERAS[name]
    return CameraView(math.radians(azimuth), math.radians(elevation), 9.0, 210.0)


def simulated_report(
    embed: Embed,
    who: int,
    players: int = 36,
    per_kind: int = 10,
    count: int = TRIALS,
    report: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """All figures on simulated test players.

    Args:
        embed: the embedding.
        who: length of the first part of the embedding.
        players: number of test players; each trial draws twelve of them.
        per_kind: shots of each type per player.
        count: trials per figure.
        report: receives the name of each part as it starts.
    """
    progress = report or (lambda text: None)
    first = SPLITS["test"][0]
    seeds = range(first, first + players)
    few = range(first, first + min(players, 18))
    quarter = [camera("front quarter")]
    names = list(CAMERAS)

    def draws(stream: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence([first, stream]))

    progress("cameras")
    shots = simulate_shots(seeds, per_kind, draws(1), [camera(name) for name in names])
    spaces = {name: space(embed, shots, who, view) for view, name in enumerate(names)}
    cameras = {name: trials(spaces[name], spaces[name], draws(2), count) for name in names}
    untrained = {
        name: trials(*[raw_space(shots, names.index(name))] * 2, draws(2), min(count, 20)) for name in names[:3]
    }
    across = {
        f"{known} → {new}": trials(spaces[known], spaces[new], draws(2), min(count, 20))
        for known, new in (("front quarter", "front"), ("front quarter", "side"), ("side", "behind"))
    }
    progress("any camera")
    mixed_shots = simulate_shots(seeds, per_kind, draws(3), 1)
    mixed = space(embed, mixed_shots, who)
    progress("noise")
    noises = {}
    for factor in NOISES:
        noisy = simulate_shots(few, per_kind, draws(4), quarter, ServedNoise().scaled(factor))
        found = space(embed, noisy, who)
        noises[f"{factor:g}"] = {**trials(found, found, draws(5), min(count, 20)), "lost": noisy.lost}
    exact = space(embed, simulate_shots(few, per_kind, draws(4), quarter, slip=0.0), who)
    progress("distorted forms")
    known = space(embed, _first(shots, len(few)), who, names.index("front quarter"))
    fresh = space(embed, simulate_shots(few, per_kind, draws(6), quarter), who)
    distorted = {}
    for amount in DISTORTIONS:
        bad = simulate_shots(few, max(4, per_kind // 2), draws(7), quarter, amount=amount)
        distorted[f"{amount:g}"] = separation(known, fresh, space(embed, bad, who))
    return {
        "players": players,
        "shots": len(shots),
        "lost": shots.lost,
        "cast": trials(spaces["front quarter"], spaces["front quarter"], draws(8), count, cast=True),
        "cameras": cameras,
        "raw": untrained,
        "across": across,
        "any camera": trials(mixed, mixed, draws(9), count),
        "noise": noises,
        "cut at the truth": trials(exact, exact, draws(5), min(count, 20)),
        "distorted": distorted,
    }


def recorded_report(embed: Embed, who: int, data: Path, count: int) -> dict[str, Any]:
    """All figures on the test shooters of a folder of recorded shots.

    Args:
        embed: the embedding.
        who: length of the first part of the embedding.
        data: folder in the layout of `published`.
        count: number of trials.

    Returns:
        See `evaluate.trials`; and `names` of the shooters.

    Raises:
        TrainingInputError: see `published.read_shots` and `published.split`.
    """
    shots = split(read_shots(data))[1]
    found = space(embed, shots, who)
    names = [shots.names[player] for player in np.unique(shots.players)]
    return {**trials(found, found, np.random.default_rng(0), count, cast=True), "names": names[:12]}


def _first(shots: Shots, players: int) -> Shots:
    """The shots of the first `players` players only."""
    rows = np.flatnonzero(shots.players < players)
    return replace(shots, inputs=shots.inputs[rows], players=shots.players[rows], kinds=shots.kinds[rows])
