"""Who shot: k-NN of a shot's embedding against the galleries of enrolled shooters, or nobody of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from courtside_server.players.drift import OwnShots, distances
from courtside_server.players.form_config import FormConfig
from courtside_server.types import Shooter


def recognise(
    own: Mapping[str, OwnShots], embedding: NDArray[np.floating], config: FormConfig
) -> Shooter | None:
    """The shooter of an embedding.

    The nearest `FormConfig.neighbours` shots of all galleries vote, nearer ones more. A shot that is farther than
    `FormConfig.stranger` from the nearest shots of the winner is nobody's of them.

    Args:
        own: the galleries by name.
        embedding: (D,) of the shot: the part that distinguishes shooters.
        config: limits.

    Returns:
        The shooter, with an empty name for somebody else; None where nobody is enrolled with enough shots.
    """
    if not own:
        return None
    names = [name for name, one in own.items() for _ in one.gallery]
    apart = np.concatenate([distances(embedding[np.newaxis], one.gallery)[0] for one in own.values()])
    nearest = np.argsort(apart, kind="stable")[: config.neighbours]
    votes: dict[str, float] = {}
    for index in nearest:
        votes[names[index]] = votes.get(names[index], 0.0) + float(np.exp(-apart[index] / config.stranger))
    best = max(votes, key=lambda name: votes[name])
    winner = own[best]
    distance, limit = winner.near(embedding, config), config.stranger
    if distance > limit:
        return Shooter("", probability=distance / (distance + limit))
    # Laplace's rule keeps a few unanimous neighbours from being a certainty.
    share = votes[best] / sum(votes.values())
    probability = (share * len(nearest) + 1.0 / (len(own) + 1)) / (len(nearest) + 1)
    return Shooter(best, probability, winner.distance(embedding, config))
