"""t-SNE plots of shots before and after training."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from sklearn.manifold import TSNE

from courtside_sim.sequences import SHOT_TYPES
from courtside_training.fingerprint.evaluate import Space

matplotlib.use("Agg")
import matplotlib.pyplot as plt

MARKS = ("o", "^", "s")
"""Markers of the shot types."""


def flat_map(vectors: np.ndarray, seed: int = 0) -> np.ndarray:
    """t-SNE of vectors (N, D) in two dimensions: (N, 2)."""
    perplexity = min(25.0, (len(vectors) - 1) / 3)
    return TSNE(2, perplexity=perplexity, init="pca", random_state=seed).fit_transform(vectors)


def draw(spaces: dict[str, Space], path: Path) -> None:
    """Draw one panel per space; colours are shooters, markers are shot types."""
    figure, axes = plt.subplots(1, len(spaces), figsize=(6 * len(spaces), 5.6), squeeze=False)
    for axis, (title, found) in zip(axes[0], spaces.items(), strict=True):
        points = flat_map(found.vectors[:, found.who])
        for kind, mark in enumerate(MARKS):
            rows = found.kinds == kind
            colours = found.players[rows]
            axis.scatter(*points[rows].T, c=colours, cmap="tab20", marker=mark, s=16, label=SHOT_TYPES[kind])
        axis.set_title(title)
        axis.set_xticks([])
        axis.set_yticks([])
    axes[0, 0].legend(fontsize=8)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
