"""The two phases' losses: NT-Xent (Chen et al. 2020, arXiv:2002.05709) and batch-all triplets (arXiv:1703.07737)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def nt_xent(first: Tensor, second: Tensor, temperature: float = 0.1) -> Tensor:
    """Contrast N pairs of views against each other.

    Args:
        first: (N, D) of length one.
        second: (N, D), row i shows the same shot as row i of `first`.
        temperature: Of the softmax.
    """
    count = len(first)
    every = torch.cat([first, second])
    likeness = every @ every.T / temperature
    likeness = likeness.masked_fill(torch.eye(2 * count, dtype=torch.bool, device=every.device), float("-inf"))
    partner = torch.arange(2 * count, device=every.device).roll(count)
    return functional.cross_entropy(likeness, partner)


def triplet(embedding: Tensor, labels: Tensor, margin: float = 0.3) -> Tensor:
    """Mean hinge over all triplets of the batch.

    Args:
        embedding: (N, D) of length one.
        labels: (N,) integers.
        margin: In squared distances between vectors of length one.
    """
    distance = 2.0 - 2.0 * embedding @ embedding.T
    same = labels[:, None] == labels[None]
    anchor, positive = (same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)).nonzero(as_tuple=True)
    hinge = functional.relu(distance[anchor, positive, None] - distance[anchor] + margin)
    valid = ~same[anchor]
    return (hinge * valid).sum() / valid.sum().clamp_min(1)
