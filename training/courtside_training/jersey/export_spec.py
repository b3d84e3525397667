"""What the export needs of `jersey_number`: signature, inputs, decisions, score and card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from courtside.jersey_digits import read_number
from courtside.torso import TORSO_SIDE
from courtside_training.common.export_spec import Arrays, ModelSignature, TensorSpec
from courtside_training.jersey.card import card
from courtside_training.jersey.network import MODEL, load_served
from courtside_training.jersey.samples import DIGITS, GRID, draw_samples


class JerseyExport:
    """See `courtside_training.common.export_spec.ExportSpec`."""

    signature = ModelSignature(
        name=MODEL,
        inputs=(TensorSpec("crop", "uint8", (3, TORSO_SIDE, TORSO_SIDE)),),
        outputs=(TensorSpec("digits", "float32", (DIGITS + 1, GRID, GRID)),),
        max_batch=16,
    )  # fmt: skip

    def load(self, checkpoint: Path) -> nn.Module:
        """The served network of a checkpoint, in eval mode."""
        return load_served(checkpoint)

    def samples(self, count: int, seed: int) -> Arrays:
        """Drawn crops (count, 3, 64, 64)."""
        return (np.ascontiguousarray(draw_samples(count, None, seed).pixels.transpose(0, 3, 1, 2)),)

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """The number, -1 for none, and how many digits it has: (N, 2)."""
        numbers = [read_number(cells)[0] for cells in outputs[0]]
        return np.array([(int(number or -1), len(number)) for number in numbers], np.int64)

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """Share of drawn test crops whose number, or whose lack of one, is read."""
        made = draw_samples(count, None, 10**6)
        found = run((np.ascontiguousarray(made.pixels.transpose(0, 3, 1, 2)),))[0]
        return {"accuracy": float(np.mean([read_number(one)[0] == digits
                                           for one, digits in zip(found, made.digits, strict=True)]))}  # fmt: skip

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """The body of the model card."""
        return card(checkpoint, evaluation)


EXPORT_SPEC = JerseyExport()
"""What the export needs of `jersey_number`."""
