"""What the export needs of `shot_flight`: signature, inputs, decisions, score and card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from courtside_training.common.export_spec import Arrays, ModelSignature, TensorSpec
from courtside_training.common.splits import SPLITS
from courtside_training.flight.card import card
from courtside_training.flight.evaluate import THRESHOLD, figures
from courtside_training.flight.geometry import BRIDGE_S, COLUMNS, COUNTED, EDGE_S, TIME_STEP_S, TIME_STEPS, Column
from courtside_training.flight.network import MODEL, ServedFlight, load_flight
from courtside_training.flight.scenes import draw_game
from courtside_training.flight.tracks import Example
from courtside_training.flight.train import draw_many

SECONDS = 20.0
"""Seconds of the games that samples and scores are drawn from."""


class FlightExport:
    """See `courtside_training.common.export_spec.ExportSpec`."""

    signature = ModelSignature(
        name=MODEL,
        inputs=(TensorSpec("track", "float32", (TIME_STEPS, COLUMNS)),),
        outputs=(
            TensorSpec("shot", "float32", (1,)),
            TensorSpec("release", "float32", (TIME_STEPS,)),
            TensorSpec("make", "float32", (1,)),
        ),
        max_batch=32,
        parameters={
            "time_step_s": str(TIME_STEP_S), "counted": f"{COUNTED[0]},{COUNTED[1]}", "bridge_s": str(BRIDGE_S),
            "edge_s": str(EDGE_S), "columns": ",".join(column.name.lower() for column in Column),
        },
    )

    def load(self, checkpoint: Path) -> nn.Module:
        """The averaged network, in eval mode."""
        return ServedFlight(load_flight(checkpoint)).eval()

    def samples(self, count: int, seed: int) -> Arrays:
        """Tracks (count, 48, 19) of one training game."""
        low, high = SPLITS["train"]
        return (np.stack([e.track for e in _drawn(count, low + seed % (high - low))]),)

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """Whether there was a shot, and the time step of its release, -1 without one: (N, 2)."""
        shot, release, _ = outputs
        is_shot = shot[:, 0] >= THRESHOLD
        return np.stack([is_shot, np.where(is_shot, release.argmax(1), -1)], 1).astype(np.int64)

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """ROC-AUC, precision and recall on `count` windows of a test game."""
        result = figures(run, _drawn(count, SPLITS["test"][0]))
        return {name: result[name] for name in ("roc_auc", "precision", "recall")}

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """The body of the model card."""
        return card(checkpoint, evaluation)


def _drawn(count: int, seed: int) -> list[Example]:
    return draw_many(draw_game(seed, SECONDS), count, np.random.default_rng([seed, 5]))


EXPORT_SPEC = FlightExport()
