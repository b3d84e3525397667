"""How the action model offers itself to export, as `player_actions`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from courtside_training.actions.batches import examples, to_tensor
from courtside_training.actions.classes import FRAMES, HEIGHT, LABELS, PUBLISHED_ACCURACY, RATE, WIDTH
from courtside_training.actions.evaluate import figures, predict, tables
from courtside_training.actions.simulated import ClipPlan, games
from courtside_training.actions.splits import games_of
from courtside_training.actions.tracked import CONTEXT
from courtside_training.actions.train import SYSTEM, load_network, load_served
from courtside_training.common.export_spec import Arrays, ModelSignature, TensorSpec
from courtside_training.errors import TrainingInputError

FOLDER = Path("runs/actions/clips")
_SHORT = ClipPlan(duration=5.0)


class ActionsExport:
    """See `courtside_training.common.export_spec.ExportSpec`."""

    signature = ModelSignature(
        name=SYSTEM,
        inputs=(TensorSpec("clip", "uint8", (FRAMES, 3, HEIGHT, WIDTH)),),
        outputs=(TensorSpec("action", "float32", (len(LABELS),), LABELS),),
        max_batch=10,
        parameters={"rate": f"{RATE:g}", "context": f"{CONTEXT:g}", "color": "RGB"},
    )

    def load(self, checkpoint: Path) -> nn.Module:
        """The served network of a checkpoint, in eval mode.

        Raises:
            TrainingInputError: the checkpoint's crops are of another size than the one served.
        """
        served = load_served(checkpoint)
        config = served.network.config
        if (config.height, config.width) != (HEIGHT, WIDTH):
            raise TrainingInputError(
                f"{checkpoint} is for crops of {config.width} x {config.height}, "
                f"{SYSTEM} serves {WIDTH} x {HEIGHT}: train with --network light"
            )
        return served

    def samples(self, count: int, seed: int) -> Arrays:
        """Clips of players in short simulated games from `seed` on."""
        pictures: list[np.ndarray] = []
        while len(pictures) < count:
            clips = games((seed,), _SHORT, None)
            pictures += [clips.read(index) for index in range(len(clips.labels))]
            seed += 1
        return (to_tensor(pictures[:count]).numpy(),)

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """The likeliest action: (N, 1)."""
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
        """What the network is, what it learned from, its tables, and where it ends."""
        network, found = load_network(checkpoint)
        config, history, settings = network.config, found["history"], found["settings"]
        parameters = sum(value.numel() for value in network.parameters())
        return f"""
What one tracked player does in a clip, in the ten classes of SpaceJam (Francia: "Classificazione di Azioni
Cestistiche mediante Tecniche di Deep Learning", 2018).

## Network
R(2+1)D (Tran et al., CVPR 2018) with stages of {config.widths} channels and {config.depths} blocks, stem stride
{config.stem_stride}; {parameters:,} parameters. Input `clip` uint8 [{FRAMES}, 3, {HEIGHT}, {WIDTH}] RGB: {FRAMES} crops
around one player, {RATE:g} a second, {CONTEXT:g} times the player's height tall, in one size over the clip, following
the player. Output `action` [{len(LABELS)}] probabilities of {", ".join(LABELS)}, at the middle of the clip.

## Data and training
{settings["clips"]} clips ({settings["examples"]} with turned and moved copies of the poor classes) of simulated games
(no licence but this project's own; SpaceJam itself was not used), {history["epochs"]} epochs, {history["samples"]}
samples drawn with {settings["sampling"]} class balance, {history["seconds"] / 60:.1f} min on a CPU. Beside the action
it is taught where the player's joints and the ball are in every second crop, which the simulation knows. The shares of
classes in play, taken from validation games, are put back into the logits.

## Measured on held-out simulated games
{tables(evaluation) if evaluation else "Not evaluated yet."}

The published {PUBLISHED_ACCURACY:.0%} is of R(2+1)D-18 with Kinetics weights on real broadcast clips, with turned and
moved copies of test clips among the training clips; it and the figures above are of different data and cannot be
compared. `courtside-train actions leak` measures what such copies do to a validation figure.

## Limits
Trained on simulated players only; on real film it is a starting point for `courtside-train actions fit --data`, not a
result. Players lower than about 46 pixels, half hidden, or cut by the picture's edge were left out, and so were clips
whose middle shows no action for at least a fifth of a second.
"""


EXPORT_SPEC = ActionsExport()
