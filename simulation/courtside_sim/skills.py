"""A player's twenty skills: their names, their five levels, and how they go together in one player.

Names, levels and groups are those of `courtside.skills`. The order is that of BASKET (Pan, Zhang, Bertasius, "BASKET: A
Large-Scale Video Dataset for Fine-Grained Skill Estimation", CVPR 2025) in the prompts of its repository
(yulupan00/BASKET, benchmarking/LLaVA-OneVision/multi_gpu_inference.py). The levels are numbered as in the repository's
README: 0 is poor, 4 is excellent.

One difference: the published levels of defensive consistency run the other way (0 is excellent). Here 4 is the best
level of every skill; an adapter of the published labels reverses that one.
"""

from __future__ import annotations

import numpy as np

from courtside.skills import GROUPS, LEVELS, SKILLS

__all__ = ["GROUPS", "LEVELS", "LOADINGS", "QUINTILES", "SIZE", "SKILLS", "draw_skills", "size_of"]

LOADINGS: np.ndarray = np.array(
    [
        (0.25, -0.30, 0.70, 0.00),
        (0.45, 0.30, 0.50, 0.00),
        (0.25, -0.45, 0.65, 0.00),
        (0.45, 0.05, 0.60, 0.00),
        (0.45, -0.05, 0.80, 0.00),
        (0.35, 0.85, 0.00, 0.00),
        (0.35, 0.78, 0.00, 0.00),
        (0.25, 0.75, -0.15, 0.00),
        (0.35, -0.45, 0.00, 0.30),
        (0.15, 0.15, 0.00, 0.75),
        (0.45, 0.20, 0.00, 0.40),
        (0.45, 0.25, 0.00, 0.40),
        (0.45, -0.65, 0.00, 0.15),
        (0.30, -0.40, 0.10, 0.60),
        (0.10, -0.25, 0.00, 0.60),
        (0.85, 0.05, 0.15, 0.10),
        (0.65, 0.00, 0.50, 0.15),
        (0.50, -0.25, 0.00, 0.55),
        (0.88, 0.05, 0.15, 0.10),
        (0.55, 0.25, 0.45, 0.35),
    ]
)
"""(20, 4) loading of each skill on four traits: talent, size, shooting touch and care for the ball.

Tall players rebound, guards pass. The rest of a skill's unit variance is its own. Turnovers and fouls are rated by how
few there are.
"""
SIZE = 1
"""Column of `LOADINGS` that is the player's size."""
QUINTILES = np.array([-0.8416, -0.2533, 0.2533, 0.8416])
"""Where a standard normal is cut into five equally frequent levels."""


def draw_skills(rng: np.random.Generator, players: int) -> np.ndarray:
    """Draw the levels of `players` players: (P, 20) int64, 0 poor to 4 excellent, each level a fifth of all players.

    Skills correlate through four hidden traits (a linear factor model): all-round talent, size, touch and care.
    """
    traits = rng.standard_normal((players, LOADINGS.shape[1]))
    own = np.sqrt(1.0 - (LOADINGS**2).sum(1))
    score = traits @ LOADINGS.T + rng.standard_normal((players, len(SKILLS))) * own
    return np.searchsorted(QUINTILES, score).astype(np.int64)


def size_of(levels: np.ndarray) -> np.ndarray:
    """The expected size of players with these levels (P, 20): (P,) float64, standard deviations from the mean.

    It is the regression of the size trait on the levels under the factor model, so that bodies fit skills.
    """
    covariance = LOADINGS @ LOADINGS.T
    np.fill_diagonal(covariance, 1.0)
    weights = np.linalg.solve(covariance, LOADINGS[:, SIZE])
    spread = np.sqrt(LOADINGS[:, SIZE] @ weights)
    # Each level stands for the mean of its fifth of a standard normal distribution.
    middles = np.array([-1.3998, -0.5319, 0.0, 0.5319, 1.3998])
    return middles[np.asarray(levels)] @ weights / spread
