"""The model card of `shot_flight`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from courtside_training.common import checkpoint as checkpoints
from courtside_training.flight.evaluate import table
from courtside_training.flight.geometry import COUNTED, TIME_STEP_S, TIME_STEPS
from courtside_training.flight.network import MODEL, load_flight


def card(checkpoint: Path, evaluation: dict[str, Any]) -> str:
    """The body of the card.

    Args:
        checkpoint: of the flight network.
        evaluation: what `evaluate --out` wrote; may be empty.
    """
    history = checkpoints.load(checkpoint, MODEL)["history"]
    size = sum(value.numel() for value in load_flight(checkpoint).parameters())
    measured = table(evaluation) if evaluation else "Not measured."
    return f"""Finds the shot in the track of one ball: whether the ball was shot, when it left the hand, and how likely
it goes in.

## Network

The input is one window of {TIME_STEPS} time steps, {TIME_STEP_S} s apart, of one ball's track: position and size of
the ball, the rim that the track comes nearest to with how well it is known, and at every time step the player nearest
to the ball and the edges of the picture. All are in pixels of an image of any size, from which camera motion has been
removed. The graph turns them into ratios (to ball size, rim width and player height) and into changes over time, so the
size of the image does not matter. Residual dilated convolutions run over time. One softmax over the {TIME_STEPS} time
steps and "no shot" gives the shot probability and the release. A release counts in time steps {COUNTED[0]} to
{COUNTED[1] - 1}.
{size / 1e3:.0f} thousand parameters.

## Data and licence

Simulated games only (Apache-2.0). They are seen by simulated phones, tripods, side cameras and panning broadcast
cameras, and then by a simulated detector and tracker. The detector runs at 5 to 30 detector frames per second, misses
in bursts, jitters and reports wrong sizes. Tracks break, sit on a head or a hand before or after the release, or follow
only a head, a hand or a lamp. Rims are imagined, and in two films of five a part of the camera's motion was not
measured. The film's speed varies by some percent. In close-ups the ball leaves the picture, also at once, film begins
or ends near the release, and before it the ball is dribbled, swung about, held or caught in many ways. Tosses to
oneself, lob passes, fakes, dribbles, bounces, balls that fall from the rim and swings are no shots. No real footage
went into the weights.

## Training

{history["epochs"]} epochs, {history["samples"]} windows, {history["seconds"] / 60:.0f} minutes on a busy machine.
AdamW, cosine schedule, averaged weights. Version 3 began with the weights of version 2, which had seen a part of this
variety.

## Measured

On windows of {evaluation.get("games", "?")} simulated games that were not trained on.

{measured}

There is no published figure to compare with: the source system works on pixels.

## Limits

A shot is not found unless the tracker follows the ball for at least a quarter of a second of its flight, or until it
leaves the picture. A toss that leaves the picture looks like a shot. Alley-oops, tips and blocked shots are rare in
the simulation. The make probability depends on the track, not on the shooter.
"""
