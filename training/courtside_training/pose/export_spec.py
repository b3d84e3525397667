"""What the export needs of `player_pose_small`, a pose network of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from courtside_training.common.export_spec import Arrays, ModelSignature, TensorSpec
from courtside_training.common.splits import SPLITS
from courtside_training.pose.card import card
from courtside_training.pose.crops import HEIGHT, MARGIN, WIDTH
from courtside_training.pose.evaluate import figures
from courtside_training.pose.network import ServedPose
from courtside_training.pose.people import Person, stack
from courtside_training.pose.simulated import game_people
from courtside_training.pose.skeleton import JOINTS
from courtside_training.pose.train import load_network

SURE = 0.5
"""Smallest confidence of a keypoint that counts as found."""
FRAMES = 4
"""Frames per simulated game in `samples` and `score`."""


class PoseExport:
    """See `courtside_training.common.export_spec.ExportSpec`."""

    signature = ModelSignature(
        name="player_pose_small",
        inputs=(TensorSpec("crop", "uint8", (3, HEIGHT, WIDTH)),),
        outputs=(TensorSpec("keypoints", "float32", (len(JOINTS), 3)),),
        max_batch=16,
        parameters={
            "colour": "RGB", "crop_margin": str(MARGIN), "crop_padding": "0", "keypoints": ",".join(JOINTS),
            "box": "smallest 3:4 (width:height) box round the player's, same middle, times crop_margin",
        },
    )

    def load(self, checkpoint: Path) -> nn.Module:
        """The averaged network of a checkpoint with its decoding, in eval mode."""
        return ServedPose(load_network(checkpoint)[0]).eval()

    def samples(self, count: int, seed: int) -> Arrays:
        """Crops (count, 3, HEIGHT, WIDTH) of players of simulated training games from `seed` on."""
        first, end = SPLITS["train"]
        return (stack(_first(count, first + seed % (end - first)))[0],)

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """Whether each keypoint is found, and whether each wrist is found above the nose: (N, 19) of 0 and 1."""
        found = outputs[0]
        sure = found[..., 2] >= SURE
        wrists, nose = [JOINTS.index("left_wrist"), JOINTS.index("right_wrist")], JOINTS.index("nose")
        raised = sure[:, wrists] & sure[:, [nose]] & (found[:, wrists, 1] < found[:, [nose], 1])
        return np.concatenate([sure, raised], -1).astype(np.int64)

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """OKS AP and PCK@0.2 on `count` players of simulated test games."""
        result = figures(lambda crops: run((crops,))[0], _first(count, SPLITS["test"][0]))
        return {"OKS AP": result["AP"], "PCK@0.2": result["pck"]["all"]}

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """The body of the model card."""
        return card(checkpoint, evaluation)


def _first(count: int, seed: int) -> list[Person]:
    def endless() -> Iterator[Person]:
        game = seed
        while True:
            yield from game_people(game, FRAMES)
            game += 1

    players = endless()
    return [next(players) for _ in range(count)]


EXPORT_SPEC = PoseExport()
