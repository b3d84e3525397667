"""The model card of `rim_result`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from courtside_training.common import checkpoint as checkpoints
from courtside_training.flight.geometry import TIME_STEP_S, TIME_STEPS
from courtside_training.rim.crops import CROPS, GREY, SIDE
from courtside_training.rim.evaluate import table
from courtside_training.rim.network import MODEL, load_rim
from courtside_training.rim.scenery import DOWN_RIMS, SIDE_RIMS
from courtside_training.rim.views import SURE_S


def card(checkpoint: Path, evaluation: dict[str, Any]) -> str:
    """The body of the card.

    Args:
        checkpoint: of the rim network.
        evaluation: what `evaluate --out` wrote; may be empty.
    """
    history = checkpoints.load(checkpoint, MODEL)["history"]
    size = sum(value.numel() for value in load_rim(checkpoint).parameters())
    measured = table(evaluation) if evaluation else "Not measured."
    wrong = evaluation.get("clips", {}).get("wrong") if evaluation else None
    return f"""Decides whether a shot was made or missed from what happens at the rim: {CROPS} small images around
it and the ball's track. Until {SURE_S} s after the ball fell past the rim, or where the ball was not seen, the verdict
is "open".

## Network

`crops`: squares with sides of {SIDE_RIMS} rim widths, centred {DOWN_RIMS} rim widths below the middle of the rim and
scaled to {SIDE} pixels. They are {TIME_STEP_S} s apart, and the last is at the last time step of the window. Pixels
outside the image are grey ({GREY}). At lower detector frame rates the nearest crop is repeated. `track`: the
{TIME_STEPS} time steps of `shot_flight`, of which the ball and rim columns are used. Either input may be missing.

A small convolutional network reads each crop and its difference from the window's mean image, locates the ball, and
tells whether it is in front of, inside or behind rim and net. Causal convolutions over time join crops and track.
{size / 1e3:.0f} thousand parameters.

## Data and licence

Simulated shots only (Apache-2.0): bounces off rim, board and bracket, nets that slow the ball more or less, and misses
that pass close in front of, behind or beside the rim. Cameras stand anywhere from below the net to the stands.
Backgrounds are drawn, or are parts of CC BY 4.0 basketball images (basketball-player-detection-3 and
basketball-players-fy4c2-vfsuv v17, Roboflow Universe). Nets swing, boards have several shapes, arms pass in front,
cameras tremble and turn, rim boxes are loose or wrong; blur, noise and compression are added. Tracks are simulated as
for `shot_flight`, at 12 to 30 detector frames per second. No real shot went into the weights; the real clips below were
only measured.

## Training

{history["epochs"]} epochs, {history["samples"]} windows, {history["seconds"] / 60:.0f} minutes on a busy machine.
AdamW, cosine schedule, averaged weights.

## Measured

On {evaluation.get("films", "?")} simulated shots that were not trained on, with a window every tenth of a second. The
delay runs from the ball's fall past the rim to the first verdict. The result of a shot is the sum of the verdicts of
its windows that are not open.

{measured}

{f"Of the real clips, {len(wrong)} are wrong." if wrong is not None else ""}

## Limits

The real clips show few baskets: outdoors, close, and without players. Nothing real was measured in gyms, with crowds or
in broadcasts. A ball caught or tipped in the rim, goaltending and dunks are not simulated. Cameras behind the board are
not covered. Where a rim is narrower than about 15 pixels the net is hardly visible, and the track decides.
"""
