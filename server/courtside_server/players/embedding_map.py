"""Maps of embeddings: t-SNE, or principal components where there are too few shots for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from courtside_server.players.drift import distances

FEWEST = 3
"""Least number of shots of a map."""
FEWEST_TSNE = 20
"""Least number of shots for t-SNE: with fewer its neighbourhoods are most of the shots."""
MOST = 1000
"""Most shots of a map; more are thinned out evenly."""
_STEPS, _EARLY = 400, 100
_PERPLEXITY = 15.0


def pca(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """The first two principal components (N, 2) of vectors (N, D), scaled to unit spread."""
    centred = np.asarray(vectors, np.float64) - np.mean(vectors, 0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    points = np.zeros((len(centred), 2))
    count = min(2, len(sizes))
    points[:, :count] = left[:, :count] * sizes[:count]
    return points / max(float(points.std()), 1e-12)


def tsne(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """t-SNE (van der Maaten and Hinton 2008, exact) of vectors (N, D) in the plane: (N, 2). It begins with `pca`."""
    likeness = _joint_probabilities(np.asarray(vectors, np.float64))
    points = pca(vectors) * 1e-2
    speed, gains = np.zeros_like(points), np.ones_like(points)
    rate = max(len(points) / 12.0 / 4.0, 10.0)
    for step in range(_STEPS):
        factor = 12.0 if step < _EARLY else 1.0
        apart = points[:, None] - points[None]
        kernel = 1.0 / (1.0 + (apart**2).sum(-1))
        np.fill_diagonal(kernel, 0.0)
        force = (factor * likeness - kernel / max(kernel.sum(), 1e-12)) * kernel
        gradient = 4.0 * (force[..., None] * apart).sum(1)
        gains = np.maximum(np.where(gradient * speed > 0, gains * 0.8, gains + 0.2), 0.01)
        speed = (0.5 if step < _EARLY else 0.8) * speed - rate * gains * gradient
        points = points + speed
        points -= points.mean(0)
    return np.asarray(points / max(float(points.std()), 1e-12), np.float64)


def _joint_probabilities(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, N) symmetric; each shot's neighbourhood has the perplexity `_PERPLEXITY`, or a third of the shots."""
    squares = distances(vectors, vectors) ** 2
    np.fill_diagonal(squares, np.inf)
    wanted = np.log(min(_PERPLEXITY, (len(vectors) - 1) / 3))
    low, high = np.full(len(vectors), -40.0), np.full(len(vectors), 40.0)  # of the logarithm of the precision
    nearest = squares.min(1, keepdims=True)
    for _ in range(60):
        middle = (low + high) / 2
        weights = np.exp(-(squares - nearest) * np.exp(middle)[:, None])
        rows = weights / weights.sum(1, keepdims=True)
        entropy = -(rows * np.log(np.where(rows > 0, rows, 1.0))).sum(1)
        low, high = np.where(entropy > wanted, middle, low), np.where(entropy > wanted, high, middle)
    joint = (rows + rows.T) / (2 * len(vectors))
    return np.asarray(joint, np.float64)
