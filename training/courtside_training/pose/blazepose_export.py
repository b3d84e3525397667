"""What the export needs of `player_pose`: BlazePose, which needs no training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from courtside_training.common.export_spec import Arrays, ModelSignature, TensorSpec
from courtside_training.common.splits import SPLITS
from courtside_training.pose.agreement import MARGIN, SEEN, simulated_crops, tables
from courtside_training.pose.blazepose import SIDE, BlazePose, ServedBlazePose
from courtside_training.pose.skeleton import JOINTS


class BlazePoseExport:
    """See `courtside_training.common.export_spec.ExportSpec`; a checkpoint is one of MediaPipe's .tflite files."""

    signature = ModelSignature(
        name="player_pose",
        inputs=(TensorSpec("crop", "uint8", (3, SIDE, SIDE)),),
        outputs=(TensorSpec("keypoints", "float32", (len(JOINTS), 4)), TensorSpec("person", "float32", (1,))),
        max_batch=16,
        parameters={
            "colour": "RGB", "crop_margin": str(MARGIN), "crop_padding": "0",
            "keypoints": ",".join(JOINTS),
            "box": "square round the player's, same middle, side the longer one times crop_margin",
            # The detector, which shots depend on, must always find a core.
            "intra_op_thread_count": "1",
            "values": "x, y, depth in crop pixels, visibility",
        },
    )

    def load(self, checkpoint: Path) -> nn.Module:
        """The network of a .tflite file with its decoding, in eval mode."""
        return ServedBlazePose(BlazePose(checkpoint)).eval()

    def samples(self, count: int, seed: int) -> Arrays:
        """Crops (count, 3, 256, 256) of players of simulated training games from `seed` on."""
        first, end = SPLITS["train"]
        return (simulated_crops(count, first + seed % (end - first)),)

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """Whether somebody is there, whether each keypoint is seen, whether each wrist is above the nose: (N, 20)."""
        found, person = outputs
        seen = found[..., 3] >= SEEN
        wrists, nose = [JOINTS.index("left_wrist"), JOINTS.index("right_wrist")], JOINTS.index("nose")
        raised = found[:, wrists, 1] < found[:, [nose], 1]
        return np.concatenate([person >= SEEN, seen, raised], -1).astype(np.int64)

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """The share of `count` simulated players who are taken for people: no truth of real ones is at hand."""
        return {"person": float((run((simulated_crops(count, SPLITS["test"][0]),))[1] >= SEEN).mean())}

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """The body of the model card."""
        size = sum(value.numel() for value in BlazePose(checkpoint).parameters())
        measured = tables(evaluation) if evaluation else "Not measured: run `courtside-train pose compare --out FILE`."
        return f"""## Network
BlazePose (Bazarevsky et al., arXiv:2006.10204), MediaPipe's `{checkpoint.stem}`: 33 landmarks of one person in a square
crop of {SIDE} pixels, of which the 17 of COCO's keypoints are served, with depth and visibility; {size:,} parameters.
The crop is the square round the middle of the player's box, {MARGIN} times its longer side, black outside the frame.
The service leaves more room above players near a ball, whose raised hands are above their box.
The file's graph was rebuilt layer by layer in torch with the published weights; nothing was trained.
The mask and the heatmaps are left out.

## Data and licence
Weights: Google, MediaPipe, Apache-2.0. Google trained them on pictures of people that it does not publish.

## Measured
Agreement with `{evaluation.get("reference", "the heavy model")}`, which stands in for the truth. Real players:
{evaluation.get("credit", "-")}.

{measured}

By eye on 70 real shots at gather, set point and release (210 crops): 186 show the shooter with all seen joints in
place, 17 another person or no person (the box was wrong), 7 wrong joints of the right person.

## Limits
- Small players: below about 70 pixels elbows, wrists and knees are guesses, and left and right are exchanged for some
  players seen from behind.
- Two players in one crop: the one who fills more of it is found. Poses are put together over time by the track.
- Depth is a guess of the network and has no scale.
- Simulated players are drawn, not filmed; the joints of their arms are found less often than those of people.
"""


EXPORT_SPEC = BlazePoseExport()
