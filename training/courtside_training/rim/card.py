"""The rim network's model card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from courtside_training.common import checkpoint as checkpoints
from courtside_training.flight.geometry import TICK_S, TICKS
from courtside_training.rim.evaluate import table
from courtside_training.rim.network import SYSTEM, load_rim
from courtside_training.rim.pictures import CROPS, GREY, SIDE
from courtside_training.rim.scenery import DOWN_RIMS, SIDE_RIMS
from courtside_training.rim.views import SURE_S


def card(checkpoint: Path, evaluation: dict[str, Any]) -> str:
    """The body of the card, from a checkpoint and what `evaluate --out` wrote."""
    history = checkpoints.load(checkpoint, SYSTEM)["history"]
    size = sum(value.numel() for value in load_rim(checkpoint).parameters())
    measured = table(evaluation) if evaluation else "Not measured."
    wrong = evaluation.get("clips", {}).get("wrong") if evaluation else None
    return f"""Tells whether a shot was made or missed from what happens at the ring: {CROPS} small pictures round it
and the ball's track. Until {SURE_S} s after the ball fell past the ring, or where nobody saw it come, it says open.

## Network

`crops`: squares of {SIDE_RIMS} ring widths whose middle lies {DOWN_RIMS} ring widths below the ring's, {SIDE} pixels
wide, {TICK_S} s apart, the last at the window's last tick; grey {GREY} where there is no picture. Detectors that look
less often repeat the nearest look. `track`: the {TICKS} moments of `shot_flight`, ball and ring columns only. Either
may be missing. A small convolutional network looks at each crop and at its difference from the window's mean, finds
the ball, and tells whether it is in front of, inside or behind ring and net; convolutions that see no later tick join
crops and track. {size / 1e3:.0f} thousand parameters.

## Data and licence

Simulated shots only (Apache-2.0): bounces off ring, board and bracket, nets that brake more or less, misses that pass
close in front, behind or beside, seen by cameras from below the net to the stands, over drawn surroundings and parts of
CC BY 4.0 basketball pictures
(basketball-player-detection-3 and basketball-players-fy4c2-vfsuv v17, Roboflow Universe), with nets that swing,
boards of several shapes, arms in
front, trembling and turning cameras, loose and wrong ring boxes, blur, noise and compression. Tracks as of
`shot_flight`, 12 to 30 looks a second. No real shot went into the weights; the real clips below were measured only.

## Training

{history["epochs"]} epochs, {history["samples"]} windows, {history["seconds"] / 60:.0f} minutes on a busy machine;
AdamW, cosine, averaged weights.

## Measured

{evaluation.get("films", "?")} simulated shots never trained on, each asked every tenth of a second; delay is from the
ball's fall past the ring to the first answer. A shot's answer sums its windows' decided verdicts.

{measured}

{f"Of the real clips {len(wrong)} are answered wrongly." if wrong is not None else ""}

## Limits

The real clips show few baskets, outdoors, near and without players; of gyms, crowds and broadcasts nothing real was
measured. A ball caught or tipped in the ring, goaltending and dunks are not simulated. Cameras behind the board are not
covered. Where a ring is narrower than some 15 pixels the net can hardly be seen and the track decides.
"""
