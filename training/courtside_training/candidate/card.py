"""The model card of `shot_candidate`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from courtside_training.candidate.data import FEATURES
from courtside_training.candidate.evaluate import table
from courtside_training.candidate.network import MODEL, load_candidate
from courtside_training.common import checkpoint as checkpoints


def card(checkpoint: Path, evaluation: dict[str, Any]) -> str:
    """The body of the card.

    Args:
        checkpoint: of the candidate network.
        evaluation: what `evaluate --out` wrote; may be empty.
    """
    history = checkpoints.load(checkpoint, MODEL)["history"]
    size = sum(value.numel() for value in load_candidate(checkpoint).parameters())
    measured = table(evaluation) if evaluation else "Not measured."
    return f"""Says how likely a candidate is a shot. Flight windows propose candidates; this model weighs everything
that was measured of one until the end of its flight.

## Network

{len(FEATURES)} features: {", ".join(FEATURES)}. The server's `shots/features.py` says what each one is. A feature that
is not known is NaN: the network then sees its absence and no value. Two hidden layers, {size / 1e3:.1f} thousand
parameters.

## Data and licence

Simulated games only (Apache-2.0). A simulated detector sees them near and far, well and badly; balls in hands, tosses,
passes, fakes, dribbles, balls off the rim, heads, hands and lamps make false candidates. Rims are imagined, and the
camera's motion is measured badly in some films. The server's own tracker and `shot_flight` make
candidates of what it detects. Version 2 was trained on those of `shot_flight` 2 and 3 together, of which the older ones
lack the rim's confidence. In training, rim, players and single features are hidden at random, because on real film
they often are. No real footage went into the weights.

## Training

{history["epochs"]} epochs, {history["samples"]} candidates, repeats included; AdamW, cosine schedule, averaged weights.
As many shots as others, so the probability holds where both are equally frequent.

## Measured

On candidates of simulated games that were not trained on.

{measured}

## Limits

The simulation knows no alley-oops and few tips. What real film looks like to the tracker is imitated, not learned.
"""
