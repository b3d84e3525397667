"""Candidates with their truth, as `tests/accuracy/candidates.py` writes them, and batches of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from courtside_training.common.arrays import reading_arrays
from courtside_training.errors import TrainingInputError

FEATURES = (
    "score", "support", "share_seen", "seen", "rise", "across", "speed", "first_speed_up", "misfit", "gravity",
    "left_picture", "rim_seen", "rim_distance", "rim_approach", "over_rim", "players_seen", "hand_distance",
    "player_size", "over_head", "caught_distance", "pan", "release_spread",
    "rim_confidence",
)  # fmt: skip
"""Names of the columns; the server's `shots.features.Feature` says what each one is. A test compares the two."""
RIM = tuple(FEATURES.index(name) for name in ("rim_distance", "rim_approach", "over_rim", "rim_confidence"))
"""Columns that are known only where a rim is in view."""
_BLUR = 0.15
"""Noise on every feature, as a share of its spread."""
PLAYERS = tuple(FEATURES.index(name) for name in ("hand_distance", "player_size", "over_head", "caught_distance"))
"""Columns that are known only where players are in view."""

Batch = dict[str, Tensor]


@dataclass(frozen=True)
class Candidates:
    """N candidates.

    Attributes:
        features: (N, 23) float32, NaN where a feature is not known.
        shot: (N,) 1 for a shot, 0 for none.
        game: (N,) number of the simulated game.
    """

    features: np.ndarray
    shot: np.ndarray
    game: np.ndarray

    def __len__(self) -> int:
        """Number of candidates."""
        return len(self.shot)

    def where(self, kept: np.ndarray) -> Candidates:
        """Those of a mask or of an index (M,)."""
        return Candidates(self.features[kept], self.shot[kept], self.game[kept])


def load_candidates(path: Path) -> Candidates:
    """Read a file of candidates.

    Raises:
        TrainingInputError: the file is missing, torn, or holds other columns.
    """
    with reading_arrays(path, "candidates") as found:
        candidates = Candidates(
            found["features"].astype(np.float32), found["shot"].astype(np.float32), found["game"].astype(np.int64)
        )
    if candidates.features.ndim != 2 or candidates.features.shape[1] != len(FEATURES):
        raise TrainingInputError(f"{path} has not {len(FEATURES)} columns of features: collect the candidates again")
    return candidates


def held_out() -> Candidates:
    """Candidates of simulated games that were not trained on; they come with the package."""
    with resources.as_file(resources.files(__package__) / "held_out.npz") as path:
        return load_candidates(path)


def hide(features: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Forget some of what is known (N, 23): rim, players or single features, as where nobody could see them."""
    hidden = features.copy()
    for columns, seen in ((RIM, FEATURES.index("rim_seen")), (PLAYERS, FEATURES.index("players_seen"))):
        gone = rng.random(len(hidden)) < 0.2
        hidden[np.ix_(gone, columns)] = np.nan
        hidden[gone, seen] = 0.0
    first = FEATURES.index("share_seen")
    single = rng.random(hidden.shape) < 0.05
    single[:, :first] = False
    single[:, [FEATURES.index("rim_seen"), FEATURES.index("players_seen")]] = False
    hidden[single] = np.nan
    return hidden


def blur(features: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Measure the features (N, 23) a little worse: real film is measured worse than simulated film."""
    spread = np.nan_to_num(np.nanstd(features, 0))
    blurred: np.ndarray = features + (rng.normal(0, _BLUR, features.shape) * spread).astype(np.float32)
    return blurred


def batches(candidates: Candidates, steps: int, size: int, rng: np.random.Generator) -> Iterator[Batch]:
    """Batches with as many shots as others."""
    shots, others = (np.flatnonzero((candidates.shot > 0.5) == value) for value in (True, False))
    for _ in range(steps):
        rows = np.concatenate([rng.choice(shots, size // 2), rng.choice(others, size - size // 2)])
        yield {
            "features": torch.from_numpy(hide(blur(candidates.features[rows], rng), rng)),
            "shot": torch.from_numpy(candidates.shot[rows]),
        }
