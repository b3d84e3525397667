"""What the export needs of `shot_candidate`: signature, inputs, decisions, score and card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from courtside_training.candidate.card import card
from courtside_training.candidate.data import FEATURES, held_out
from courtside_training.candidate.evaluate import figures
from courtside_training.candidate.network import MODEL, ServedCandidate, load_candidate
from courtside_training.common.export_spec import Arrays, ModelSignature, TensorSpec


class CandidateExport:
    """See `courtside_training.common.export_spec.ExportSpec`."""

    signature = ModelSignature(
        name=MODEL,
        inputs=(TensorSpec("features", "float32", (len(FEATURES),)),),
        outputs=(TensorSpec("shot", "float32", (1,)),),
        max_batch=32,
        parameters={"features": ",".join(FEATURES)},
    )

    def load(self, checkpoint: Path) -> nn.Module:
        """The averaged network, in eval mode."""
        return ServedCandidate(load_candidate(checkpoint)).eval()

    def samples(self, count: int, seed: int) -> Arrays:
        """Features (count, 23) of held-out candidates."""
        known = held_out()
        return (known.features[np.random.default_rng(seed).choice(len(known), count)],)

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """Whether each is a shot: (N, 1)."""
        return (outputs[0] >= 0.5).astype(np.int64)

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """ROC-AUC, precision and recall on held-out candidates."""
        result = figures(run, held_out())["all"]
        return {name: result[name] for name in ("roc_auc", "precision", "recall")}

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """The body of the model card."""
        return card(checkpoint, evaluation)


EXPORT_SPEC = CandidateExport()
