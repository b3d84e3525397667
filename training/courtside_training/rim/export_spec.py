"""The rim network as a served model: its face, realistic inputs, decisions, score and card."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from courtside_training.common.export_spec import Arrays, ModelSignature, TensorSpec
from courtside_training.flight.geometry import COLUMNS, TICK_S, TICKS, Column
from courtside_training.rim.card import card
from courtside_training.rim.evaluate import inputs
from courtside_training.rim.films import Filmed, draw_films
from courtside_training.rim.network import SYSTEM, ServedRim, load_rim
from courtside_training.rim.pictures import CROPS, GREY, SIDE
from courtside_training.rim.scenery import DOWN_RIMS, SIDE_RIMS
from courtside_training.rim.views import Verdict
from courtside_training.rim.windows import Window, draw_window
from courtside_training.shots.geometry import SPLITS


class RimExport:
    """`rim_result` for export."""

    signature = ModelSignature(
        name=SYSTEM,
        inputs=(TensorSpec("crops", "uint8", (CROPS, 3, SIDE, SIDE)), TensorSpec("track", "float32", (TICKS, COLUMNS))),
        outputs=(TensorSpec("verdict", "float32", (len(Verdict),), tuple(v.name.lower() for v in Verdict)),),
        max_batch=16,
        parameters={
            "tick_s": str(TICK_S), "side_rims": str(SIDE_RIMS), "down_rims": str(DOWN_RIMS), "grey": str(GREY),
            "columns": ",".join(column.name.lower() for column in Column),
        },
    )  # fmt: skip

    def load(self, checkpoint: Path) -> nn.Module:
        """The averaged network, in eval mode."""
        return ServedRim(load_rim(checkpoint)).eval()

    def samples(self, count: int, seed: int) -> Arrays:
        """Crops (count, 24, 3, 64, 64) and tracks (count, 48, 15) of training shots."""
        low, high = SPLITS["train"]
        return inputs(_drawn(count, low + seed % (high - low)))

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """The likeliest verdict (N, 1)."""
        return outputs[0].argmax(1)[:, None].astype(np.int64)

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """Accuracy on `count` windows of test shots, of all and of those that can be told."""
        windows = _drawn(count, SPLITS["test"][0])
        said = run(inputs(windows))[0]
        truth = np.array([window.verdict[-1] for window in windows])
        told = truth != Verdict.OPEN
        right = (said[:, 1:].argmax(1) + 1 == truth)[told]
        return {
            "accuracy": float((said.argmax(1) == truth).mean()),
            "told_accuracy": float(right.mean()) if len(right) else float("nan"),
        }

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """The body of the model card."""
        return card(checkpoint, evaluation)


@lru_cache(maxsize=2)
def _films(count: int, seed: int) -> list[Filmed]:
    return draw_films(count, seed)


def _drawn(count: int, seed: int) -> list[Window]:
    """`count` windows, some of the same shot: drawing one takes a tenth of a second."""
    rng = np.random.default_rng([seed, 5])
    films = _films(min(count, 8), seed)
    return [draw_window(films[index % len(films)], rng) for index in range(count)]


EXPORT_SPEC = RimExport()
