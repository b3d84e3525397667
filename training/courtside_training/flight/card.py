"""The flight network's model card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from courtside_training.common import checkpoint as checkpoints
from courtside_training.flight.evaluate import table
from courtside_training.flight.geometry import COUNTED, TICK_S, TICKS
from courtside_training.flight.network import SYSTEM, load_flight


def card(checkpoint: Path, evaluation: dict[str, Any]) -> str:
    """The body of the card, from a checkpoint and what `evaluate --out` wrote."""
    history = checkpoints.load(checkpoint, SYSTEM)["history"]
    size = sum(value.numel() for value in load_flight(checkpoint).parameters())
    measured = table(evaluation) if evaluation else "Not measured."
    return f"""Finds the shot in one tracked ball's path: whether the ball was shot, when it left the hand, and how
likely it goes in.

## Network

One window of {TICKS} moments, {TICK_S} s apart, of one ball's track: where the ball is and how large, the basket it
comes nearest to, and at every moment the player nearest to it, in pixels of any picture with camera motion taken out.
In the graph all of it becomes ratios (balls, rims, players' heights) and changes, so the size of the picture does not
matter. Residual dilated convolutions over time; a softmax over the {TICKS} moments and "no shot" gives both the shot
probability and the release. A release counts in ticks {COUNTED[0]} to {COUNTED[1] - 1}.
{size / 1e3:.0f} thousand parameters.

## Data and licence

Simulated games only (Apache-2.0), seen through simulated phones, tripods, side cameras and panning broadcast cameras,
and through a simulated detector and tracker: 12 to 30 looks a second, misses in bursts, jitter, wrong sizes, tracks
that break, sit on a head before or after the release, or follow a head or a lamp only; film re-timed by some percent.
No real footage went into the weights.

## Training

{history["epochs"]} epochs, {history["samples"]} windows, {history["seconds"] / 60:.0f} minutes on a busy machine;
AdamW, cosine, averaged weights.

## Measured

Windows of {evaluation.get("games", "?")} simulated games never trained on.

{measured}

Published beside it: the source system looks at pixels and has no counterpart.

## Limits

A ball the tracker does not hold together for a quarter of a second of its flight is not found. Alley-oops, tips and
blocked shots are rare in the simulation. The make probability knows the path, not the shooter.
"""
