"""Losses of the two phases: NT-Xent (Chen et al. 2020, arXiv:2002.05709) and batch-all triplets (arXiv:1703.07737)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def nt_xent(first: Tensor, second: Tensor, temperature: float = 0.1) -> Tensor:
    """Contrastive loss of N pairs of views.

    Args:
        first: (N, D) unit vectors.
        second: (N, D) unit vectors; row i is the same shot as row i of `first`.
        temperature: temperature of the softmax.
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
        embedding: (N, D) unit vectors.
        labels: (N,) integers.
        margin: margin of the squared distance between unit vectors.
    """
    distance = 2.0 - 2.0 * embedding @ embedding.T
    same = labels[:, None] == labels[None]
    anchor, positive = (same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)).nonzero(as_tuple=True)
    hinge = functional.relu(distance[anchor, positive, None] - distance[anchor] + margin)
    valid = ~same[anchor]
    return (hinge * valid).sum() / valid.sum().clamp_min(1)
