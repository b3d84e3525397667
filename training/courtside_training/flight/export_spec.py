"""The flight network as a served model: its face, realistic inputs, decisions, score and card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from courtside_training.common.export_spec import Arrays, ModelSignature, TensorSpec
from courtside_training.flight.card import card
from courtside_training.flight.evaluate import THRESHOLD, figures
from courtside_training.flight.geometry import BRIDGE_S, COLUMNS, COUNTED, EDGE_S, TICK_S, TICKS, Column
from courtside_training.flight.network import SYSTEM, ServedFlight, load_flight
from courtside_training.flight.scenes import draw_game
from courtside_training.flight.tracks import Example
from courtside_training.flight.train import draw_many
from courtside_training.shots.geometry import SPLITS

SECONDS = 20.0
"""Length of the games that samples and scores are drawn from."""


class FlightExport:
    """`shot_flight` for export."""

    signature = ModelSignature(
        name=SYSTEM,
        inputs=(TensorSpec("track", "float32", (TICKS, COLUMNS)),),
        outputs=(
            TensorSpec("shot", "float32", (1,)),
            TensorSpec("release", "float32", (TICKS,)),
            TensorSpec("make", "float32", (1,)),
        ),
        max_batch=32,
        parameters={
            "tick_s": str(TICK_S), "counted": f"{COUNTED[0]},{COUNTED[1]}", "bridge_s": str(BRIDGE_S),
            "edge_s": str(EDGE_S), "columns": ",".join(column.name.lower() for column in Column),
        },
    )

    def load(self, checkpoint: Path) -> nn.Module:
        """The averaged network, in eval mode."""
        return ServedFlight(load_flight(checkpoint)).eval()

    def samples(self, count: int, seed: int) -> Arrays:
        """Windows (count, 48, 15) of one training game."""
        low, high = SPLITS["train"]
        return (np.stack([e.track for e in _drawn(count, low + seed % (high - low))]),)

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """Whether there was a shot, and in which tick; no tick without a shot: (N, 2)."""
        shot, release, _ = outputs
        said = shot[:, 0] >= THRESHOLD
        return np.stack([said, np.where(said, release.argmax(1), -1)], 1).astype(np.int64)

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """ROC-AUC, precision and recall on `count` windows of a test game."""
        result = figures(lambda tracks: run((tracks,)), _drawn(count, SPLITS["test"][0]))
        return {name: result[name] for name in ("roc_auc", "precision", "recall")}

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """The body of the model card."""
        return card(checkpoint, evaluation)


def _drawn(count: int, seed: int) -> list[Example]:
    return draw_many(draw_game(seed, SECONDS), count, np.random.default_rng([seed, 5]))


EXPORT_SPEC = FlightExport()
