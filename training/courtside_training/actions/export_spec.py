"""What the export needs of `player_actions`: signature, inputs, decisions, score and card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from courtside_training.actions.broadcast import clips, load_tracks, moments
from courtside_training.actions.card import card
from courtside_training.actions.classes import CONTEXT, JOINTS, LABELS, RATE, STEPS
from courtside_training.actions.evaluate import figures, players
from courtside_training.actions.network import MODEL
from courtside_training.actions.train import load_served
from courtside_training.common.export_spec import Arrays, ModelSignature, TensorSpec
from courtside_training.pose.skeleton import JOINTS as NAMES


class ActionsExport:
    """See `courtside_training.common.export_spec.ExportSpec`."""

    signature = ModelSignature(
        name=MODEL,
        inputs=(
            TensorSpec("keypoints", "float32", (STEPS, JOINTS, 4)),
            TensorSpec("context", "float32", (STEPS, len(CONTEXT))),
        ),
        outputs=(TensorSpec("action", "float32", (len(LABELS),), LABELS),),
        max_batch=32,
        parameters={
            "rate": f"{RATE:g}", "keypoints": ",".join(NAMES), "context": ",".join(CONTEXT),
            "values": "x, y (down), depth in pixels with the camera's motion removed, visibility; NaN where not seen",
        },
    )  # fmt: skip

    def load(self, checkpoint: Path) -> nn.Module:
        """The served network of a checkpoint, in eval mode."""
        return load_served(checkpoint)

    def samples(self, count: int, seed: int) -> Arrays:
        """Clips of real players; every fourth one has lost half of its steps."""
        tracks = load_tracks()
        known, rng = moments(tracks), np.random.default_rng(seed)
        window = clips(tracks, known.where(rng.choice(len(known), count)))
        window.keypoints[::4, : STEPS // 2] = np.array([np.nan, np.nan, np.nan, 0], np.float32)
        return window.keypoints, window.context

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """The likeliest class: (N, 1)."""
        return outputs[0].argmax(1)[:, None].astype(np.int64)

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """Accuracy and macro F1 on up to `count` clips of the real players it was trained on."""
        tracks = load_tracks()
        known = players(tracks, moments(tracks))
        chosen = known.where(np.random.default_rng(0).permutation(len(known))[:count])
        window = clips(tracks, chosen)
        found = figures(chosen.labels, run((window.keypoints, window.context))[0])
        return {name: found[name] for name in ("accuracy", "macro F1")}

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """The body of the model card."""
        return card(checkpoint, evaluation)


EXPORT_SPEC = ActionsExport()
"""What the export needs of `player_actions`."""
