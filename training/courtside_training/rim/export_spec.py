"""What the export needs of `rim_result`: signature, inputs, decisions, score and card."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from courtside_training.common.export_spec import Arrays, ModelSignature, TensorSpec
from courtside_training.common.splits import SPLITS
from courtside_training.flight.geometry import RIM_COLUMNS, TIME_STEP_S, TIME_STEPS, Column
from courtside_training.rim.card import card
from courtside_training.rim.crops import CROPS, GREY, SIDE
from courtside_training.rim.evaluate import inputs
from courtside_training.rim.films import Filmed, draw_films
from courtside_training.rim.network import MODEL, ServedRim, load_rim
from courtside_training.rim.scenery import DOWN_RIMS, SIDE_RIMS
from courtside_training.rim.views import Verdict
from courtside_training.rim.windows import Window, draw_window


class RimExport:
    """See `courtside_training.common.export_spec.ExportSpec`."""

    signature = ModelSignature(
        name=MODEL,
        inputs=(
            TensorSpec("crops", "uint8", (CROPS, 3, SIDE, SIDE)),
            TensorSpec("track", "float32", (TIME_STEPS, RIM_COLUMNS)),
        ),
        outputs=(TensorSpec("verdict", "float32", (len(Verdict),), tuple(v.name.lower() for v in Verdict)),),
        max_batch=16,
        parameters={
            "time_step_s": str(TIME_STEP_S), "side_rims": str(SIDE_RIMS), "down_rims": str(DOWN_RIMS),
            "grey": str(GREY), "columns": ",".join(column.name.lower() for column in list(Column)[:RIM_COLUMNS]),
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
        """Accuracy on `count` windows of test shots: of all, and of those whose result is visible."""
        windows = _drawn(count, SPLITS["test"][0])
        predicted = run(inputs(windows))[0]
        truth = np.array([window.verdict[-1] for window in windows])
        closed = truth != Verdict.OPEN
        right = (predicted[:, 1:].argmax(1) + 1 == truth)[closed]
        return {
            "accuracy": float((predicted.argmax(1) == truth).mean()),
            "closed_accuracy": float(right.mean()) if len(right) else float("nan"),
        }

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """The body of the model card."""
        return card(checkpoint, evaluation)


@lru_cache(maxsize=2)
def _films(count: int, seed: int) -> list[Filmed]:
    return draw_films(count, seed)


def _drawn(count: int, seed: int) -> list[Window]:
    """Draw `count` windows of up to 8 shots, since drawing a shot takes a tenth of a second."""
    rng = np.random.default_rng([seed, 5])
    films = _films(min(count, 8), seed)
    return [draw_window(films[index % len(films)], rng) for index in range(count)]


EXPORT_SPEC = RimExport()
