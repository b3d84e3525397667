"""The detector's model card."""

from __future__ import annotations

from typing import Any

from courtside_training.detector.evaluate import tables

BODY = """\
Finds the ball, rims, players and referees of one picture in one pass.

## Network

YOLOX-nano's backbone and top-down path (Ge et al. 2021, arXiv:2107.08430) to stride 8, joined with its stride-4
features by a light head of two 5x5 separable bottlenecks that gives, every 4 pixels, a heatmap a class (CenterNet,
Zhou et al. 2019, arXiv:1904.07850) and the distances to the box's sides (TTFNet, Liu et al. 2020, arXiv:1909.00700).
Local peaks and the best 64 of them are picked inside the graph, so no suppression follows; a player's box is the mean
of what the 25 cells around his peak say, weighed by their squared scores, and his score falls where a referee is seen.
{parameters:.2f} million parameters.

Input: `image`, uint8 RGB (3, 384, 640), the picture letterboxed with grey 114. Output, best first: `boxes` (64, 4)
xyxy in input pixels, `scores` (64), `classes` (64): 0 ball, 1 rim (the ring without net), 2 player, 3 referee. Rows
with score 0 are empty; take those above about 0.3.

## Data and licences

- First weights of the backbone: {start}.
- basketball-player-detection-3, Roboflow Universe, CC BY 4.0: broadcast frames, widened from squares to 16:9; players
  with ball, jumping, at the rim or blocking count as players. Left out: numbers, and `ball-in-basket`, a second box
  around the net where the ball in it has a box of its own.
- basketball-players-fy4c2-vfsuv v17, Roboflow Universe, CC BY 4.0: widened likewise; a hoop's label holds its net, so
  it is cut down to the ring.
- Simulated frames with their truth, and composites: rendered backboards, rims, nets and balls in every view pasted
  onto the frames above and onto textures. All of it scaled, mirrored, recoloured, blurred, coarsened and compressed.

Published pictures: {pictures}. Changes to the published frames: those named here.

## Training

{before}{epochs} epochs of {samples} freshly drawn pictures, {minutes:.0f} minutes; AdamW, peak rate {rate:g}, cosine,
averaged weights. Penalty-reduced focal loss on the heatmaps, generalised IoU on the boxes.

## Measured

{measured}

AP50 with all-point interpolation. players17 labels hoops with their nets; the model finds the ring, so its rim row is
shown against both. How players are voted on and kept apart from referees was chosen on these sets.

Published beside it: none on these splits. The data sets' owners publish figures for other splits and larger networks.

## Limits

- Broadcast frames make up most of the real data: phones' views, outdoor courts and school gyms are known from the
  simulation and composites only.
- A ball in hands or before a crowd is often missed, and round orange things are sometimes taken for one. Use tracks.
- Referees are known in NBA clothes.
- Players hidden behind others by more than about two thirds share a peak and come out as one.
"""


def body(content: dict[str, Any], evaluation: dict[str, Any]) -> str:
    """The card's text from a checkpoint's content and the JSON of `courtside-train detector evaluate --out`."""
    settings, history = content["settings"], content["history"]
    start = "YOLOX-nano, Megvii, Apache-2.0" if settings["started from YOLOX-nano"] else "random"
    measured = tables(evaluation) if evaluation.get("sets") else "Not measured."
    before = settings.get("before")
    said = ""
    if before:
        said = (
            f"First {before['samples']:,} pictures in {before['epochs']} short epochs, the earlier of all scales and "
            f"qualities, {before['seconds'] / 60:.0f} minutes; from\nthere, on pictures much as they are served, "
        )
    return BODY.format(
        before=said,
        parameters=sum(value.numel() for value in content["average"].values()) / 1e6,
        start=start,
        pictures=settings["pictures"],
        epochs=history["epochs"],
        samples=settings["samples"],
        minutes=history["seconds"] / 60,
        rate=content["config"]["rate"],
        measured=measured,
    )
