"""The model card of `jersey_number`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from courtside_training.common import checkpoint as checkpoints
from courtside_training.jersey.evaluate import PROBABILITY, READINGS, SHARE, tables
from courtside_training.jersey.network import MODEL, load_network


def card(checkpoint: Path, evaluation: dict[str, Any]) -> str:
    """The body of the card.

    Args:
        checkpoint: of the network.
        evaluation: what `evaluate --out` wrote; may be empty.
    """
    history = checkpoints.load(checkpoint, MODEL)["history"]
    size = sum(value.numel() for value in load_network(checkpoint).parameters())
    measured = tables(evaluation) if evaluation else "Not measured."
    return f"""Reads the number on a player's jersey, on the chest or on the back. It reads digits only: nobody
is recognised by face or body.

## Inputs
`crop` [3, 64, 64] uint8 RGB: a square round the torso, upright for the player, 0.9 times the length from shoulders to
hips; `courtside.torso` cuts it from the keypoints, or else from the box. `digits` [11, 16, 16]: probabilities that the
digits 0 to 9, and none, have their middle in each cell of 4 x 4 pixels; `courtside.jersey_digits` makes a number of
them. `0` and `00` are two numbers.

## Network
Seven convolutions, {size:,} parameters; each cell sees 39 pixels. Each crop is brought to mean 0 and spread 1. A
network that gave whole numbers learned too little from as many pictures: a digit has to be learned once for all places.

## Data and licence
- Pictures of broadcast film: basketball-player-detection-3, Roboflow Universe, CC BY 4.0. Labels by this project, by
  eye: 2,212 torsos of 135 tracks in 18 films of two series of games, and 1,044 referees and players of whom no number
  shows. There are 17 different numbers on them.
- The same torsos with the number painted out and another one drawn in its place, so that every number occurs.
- Drawn shirts (this project, Apache-2.0). Digits: fonts with free licences (DejaVu, Liberation, URW base 35), OpenCV's,
  and block digits of this project. Fonts are not part of the model.

## Training
{history["epochs"]} epochs, {history["samples"]:,} crops, from weights that 55,000 crops of a wider square had given;
AdamW, cosine schedule, averaged weights.

## Measured
Films left out: the network was trained without any film of one series of games, in which one of the teams is new.
A crop counts as read from a probability of {PROBABILITY} on, a track as decided from {READINGS} equal readings and a
share of {SHARE} on. Labels hold for a whole track, so crops count in which the number hardly shows.

{measured}

## Limits
- Labels come from three teams, one league and one kind of camera. Other kits are drawn ones.
- A digit that is hidden makes another number of a number: 2 of 22. So a reading of two digits counts more than one of a
  single digit, and several readings have to agree; a single reading is not to be relied on.
- Numbers lower than about ten pixels are not read. Referees, who wear numbers too, are to be left out.
"""
