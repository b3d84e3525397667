"""The detector's model card."""

from __future__ import annotations

from typing import Any

from courtside_training.detector.evaluate import tables

BODY = """\
Detects the ball, rims, players and referees in one image.

## Network

YOLOX-nano's backbone and top-down path (Ge et al. 2021, arXiv:2107.08430) to stride 8, combined with its stride-4
features in a light head of two 5x5 separable bottlenecks. For every cell of 4 x 4 pixels, the head gives one heatmap
value per class (CenterNet, Zhou et al. 2019, arXiv:1904.07850) and the distances to the sides of the box (TTFNet, Liu
et al. 2020, arXiv:1909.00700). The graph selects local peaks and the best 64 of them, so no non-maximum suppression
follows. The box of a player is the mean of the boxes of the 25 cells around the peak, weighted by their squared scores.
The score of a player is reduced by the score of a referee at the same position.
{parameters:.2f} million parameters.

Input: `image`, uint8 RGB (3, height, width), the frame letterboxed with grey 114. Height and width are multiples of 32
from 128 to 1024; the usual size is 384 x 640, and the service gives other shapes of film the same area (640 x 384
upright, 416 x 576 for 4:3). Output, best first: `boxes` (64, 4) xyxy in input pixels, `scores` (64), `classes` (64):
0 ball, 1 rim (the ring without net), 2 player, 3 referee. Rows with score 0 are empty. A useful threshold is about 0.3.

## Data and licences

- First weights of the backbone: {start}.
- basketball-player-detection-3, Roboflow Universe, CC BY 4.0: broadcast frames, widened from squares to 16:9. Players
  with the ball, jumping, at the rim or blocking count as players. Two categories are left out: numbers, and
  `ball-in-basket`, which is a box around the net (the ball in the net has another box).
- basketball-players-fy4c2-vfsuv v17, Roboflow Universe, CC BY 4.0: widened in the same way. The label of a hoop
  includes the net, so it is reduced to the ring.
- Simulated frames with their ground truth, and composites: rendered backboards, rims, nets and balls in all views,
  pasted onto the frames above and onto random backgrounds. All images are scaled, mirrored, recoloured, blurred,
  reduced in resolution and compressed.
{drawn}
Published images: {pictures}. The published frames were changed only as described here.

## Training

{before}{epochs} epochs of {samples} images, {minutes:.0f} minutes; AdamW, peak learning rate {rate:g},
cosine schedule, averaged weights. Penalty-reduced focal loss for the heatmaps, generalised IoU for the boxes.

## Measured

{measured}

AP50 uses all-point interpolation. players17 labels hoops with their nets, but the model detects the ring. Therefore the
rim is measured against both. The averaging of players' boxes and the separation of players from referees were chosen on
these sets.

There are no published figures for these splits. The owners of the data sets publish figures for other splits and larger
networks.

## Limits

- Most of the real data are broadcast frames. Views of phones, outdoor courts and school gyms occur only in the
  simulation and in composites.
- A ball in hands or in front of a crowd is often missed, and round orange objects are sometimes detected as a ball. Use
  tracks.
- The model has seen referees only in NBA clothes.
- Players who are hidden behind others by more than about two thirds share a peak and are detected as one.
"""


def body(content: dict[str, Any], evaluation: dict[str, Any]) -> str:
    """The card's text, from a checkpoint's content and the JSON of `courtside-train detector evaluate --out`."""
    settings, history = content["settings"], content["history"]
    start = "YOLOX-nano, Megvii, Apache-2.0" if settings["started from YOLOX-nano"] else "random"
    measured = tables(evaluation) if evaluation.get("sets") else "Not measured."
    before = settings.get("before")
    earlier = ""
    if before:  # a checkpoint of an earlier run
        earlier = (
            f"First {before['samples']:,} images in {before['epochs']} short epochs, {before['seconds'] / 60:.0f} "
            "minutes. The earlier of these\nepochs had images of all scales and qualities. Then, on images similar to "
            "served ones:\n"
        )
    elif settings.get("restored"):
        earlier = (
            "Started from the weights of an earlier version of this model, whose card gives its training. Then, with "
            "the\nlayers down to stride 4 fixed:\n"
        )
    drawn = ""
    if settings.get("drawn"):
        drawn = (
            f"- {settings['drawn']:,} images drawn once and cropped anew at every use: simulated players before a "
            "camera at 2 to 8 m,\n  zooms of the frames above until a player fills the picture, balls of every colour "
            "and light in hands and in\n  flight, rims from behind and below and without nets; six shapes, night, "
            "haze, glare and text.\n"
        )
    return BODY.format(
        before=earlier,
        drawn=drawn,
        parameters=sum(value.numel() for value in content["average"].values()) / 1e6,
        start=start,
        pictures=settings["pictures"],
        epochs=history["epochs"],
        samples=settings["samples"],
        minutes=history["seconds"] / 60,
        rate=content["config"]["rate"],
        measured=measured,
    )
