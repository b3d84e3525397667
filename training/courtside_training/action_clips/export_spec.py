"""What the export needs of `player_actions_video`, the network that reads pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from courtside_training.action_clips.batches import examples, to_tensor
from courtside_training.action_clips.classes import FRAMES, HEIGHT, LABELS, PUBLISHED_ACCURACY, RATE, WIDTH
from courtside_training.action_clips.evaluate import figures, predict, tables
from courtside_training.action_clips.simulated import ClipPlan, games
from courtside_training.action_clips.splits import games_of
from courtside_training.action_clips.tracked import CONTEXT
from courtside_training.action_clips.train import MODEL, load_network, load_served
from courtside_training.common.export_spec import Arrays, ModelSignature, TensorSpec
from courtside_training.errors import TrainingInputError

FOLDER = Path("runs/action_clips/clips")
"""Folder of rendered clips for `ActionsExport.score`."""
_SHORT = ClipPlan(duration=5.0)
"""Games for `ActionsExport.samples`."""


class ActionsExport:
    """See `courtside_training.common.export_spec.ExportSpec`."""

    signature = ModelSignature(
        name=MODEL,
        inputs=(TensorSpec("clip", "uint8", (FRAMES, 3, HEIGHT, WIDTH)),),
        outputs=(TensorSpec("action", "float32", (len(LABELS),), LABELS),),
        max_batch=10,
        parameters={"rate": f"{RATE:g}", "context": f"{CONTEXT:g}", "color": "RGB"},
    )

    def load(self, checkpoint: Path) -> nn.Module:
        """The served network of a checkpoint, in eval mode.

        Raises:
            TrainingInputError: the checkpoint's crop size differs from the served one.
        """
        served = load_served(checkpoint)
        config = served.network.config
        if (config.height, config.width) != (HEIGHT, WIDTH):
            raise TrainingInputError(
                f"{checkpoint} is for crops of {config.width} x {config.height}, "
                f"{MODEL} serves {WIDTH} x {HEIGHT}: train with --network light"
            )
        return served

    def samples(self, count: int, seed: int) -> Arrays:
        """Clips of players in short simulated games from `seed` on."""
        drawn: list[np.ndarray] = []
        while len(drawn) < count:
            clips = games((seed,), _SHORT, None)
            drawn += [clips.read(index) for index in range(len(clips.labels))]
            seed += 1
        return (to_tensor(drawn[:count]).numpy(),)

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """The most likely action: (N, 1)."""
        return outputs[0].argmax(-1)[:, None]

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """Accuracy and macro F1 on `count` clips of simulated test games."""
        first, seeds = games_of("test", 1).start, 1
        clips = games(range(first, first + seeds), ClipPlan(), FOLDER)
        while len(clips.labels) < count:
            seeds += 1
            clips = games(range(first, first + seeds), ClipPlan(), FOLDER)
        chosen = examples(clips.labels, np.arange(count), twins=False)
        found = figures(clips.labels[:count], predict(run, clips, chosen, self.signature.max_batch))
        return {name: found[name] for name in ("accuracy", "macro F1")}

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """The card as Markdown: network, data and training, evaluation, limits."""
        network, found = load_network(checkpoint)
        config, history, settings = network.config, found["history"], found["settings"]
        parameters = sum(value.numel() for value in network.parameters())
        return f"""
Classifies what one tracked player does in a clip, with the ten classes of SpaceJam (Francia: "Classificazione di Azioni
Cestistiche mediante Tecniche di Deep Learning", 2018).

## Network
R(2+1)D (Tran et al., CVPR 2018) with stages of {config.widths} channels and {config.depths} blocks, stem stride
{config.stem_stride}; {parameters:,} parameters. Input `clip` uint8 [{FRAMES}, 3, {HEIGHT}, {WIDTH}] RGB: {FRAMES} crops
around one player, {RATE:g} per second. The crop follows the player. Its height is {CONTEXT:g} times the player's height
and does not change during the clip. Output `action` [{len(LABELS)}] probabilities of {", ".join(LABELS)}, at the middle
of the clip.

## Data and training
{settings["clips"]} clips of simulated games ({settings["examples"]} with rotated and shifted copies of the rare
classes). Only this project's own licence applies; SpaceJam itself was not used. {history["epochs"]} epochs,
{history["samples"]} samples drawn with {settings["sampling"]} class balance, {history["seconds"] / 60:.1f} min on a
CPU. An auxiliary task was to locate the player's joints and the ball in every second crop, which the simulation
provides. The logits are adapted to the class shares of real play, which were taken from validation games.

## Measured on held-out simulated games
{tables(evaluation) if evaluation else "Not evaluated yet."}

The published {PUBLISHED_ACCURACY:.0%} is the accuracy of R(2+1)D-18 with Kinetics weights on real broadcast clips, with
rotated and shifted copies of test clips among the training clips. It cannot be compared with the figures above, which
are from other data. `courtside-train action_clips leak` measures the effect of such copies on a validation figure.

## Limits
Trained on simulated players only. On real film it is a starting point for `courtside-train action_clips fit --data`,
not a finished model. The data contain no players with a height below about 46 pixels, half hidden players or players
cut by the edge of the frame, and no clips without a clear action at the middle for at least a fifth of a second.
"""


EXPORT_SPEC = ActionsExport()
