"""Parity: how much the outputs of the exported file differ from those of the checkpoint on the same inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from courtside_training.common.export_spec import Arrays


@dataclass(frozen=True)
class Parity:
    """Differences between two implementations.

    Attributes:
        samples: Number of samples compared.
        largest: Largest absolute difference by output.
        mean: Mean absolute difference by output.
        agreement: Share of samples with the same decisions.
    """

    samples: int
    largest: dict[str, float]
    mean: dict[str, float]
    agreement: float

    def to_dict(self) -> dict[str, object]:
        """The values as plain Python objects."""
        return asdict(self)


def compare(
    names: Sequence[str], reference: Arrays, exported: Arrays, decisions: Callable[[Arrays], np.ndarray]
) -> Parity:
    """Compare the outputs of two implementations for the same samples.

    Args:
        names: Names of the outputs, in order.
        reference: Outputs (N, ...) of the checkpoint.
        exported: Outputs (N, ...) of the file.
        decisions: Computes the decisions from outputs, integers (N, D); a sample agrees when all D do.
    """
    gaps = [np.abs(a.astype(np.float64) - b) for a, b in zip(reference, exported, strict=True)]
    same = (decisions(reference) == decisions(exported)).reshape(len(reference[0]), -1)
    return Parity(
        len(reference[0]),
        {name: float(gap.max()) for name, gap in zip(names, gaps, strict=True)},
        {name: float(gap.mean()) for name, gap in zip(names, gaps, strict=True)},
        float(same.all(1).mean()),
    )
