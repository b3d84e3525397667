"""Parity: does the exported file say what the checkpoint says, on the same clips?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_export.onnx_export import OUTPUTS

Outputs = Sequence[NDArray[np.float32]]


@dataclass(frozen=True)
class Parity:
    """Largest and mean absolute difference of each output, and the share of clips with the same decisions.

    Decisions are: shot at 0.8 or not, the release's sample, the zone, made or not.
    """

    clips: int
    largest: dict[str, float]
    mean: dict[str, float]
    agreement: float

    def to_dict(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


def decisions(outputs: Outputs) -> NDArray[np.int64]:
    """What is decided from the outputs: (N, 4) integers."""
    shot, release, zone, make = outputs
    return np.stack([shot[:, 0] >= 0.8, release.argmax(1), zone.argmax(1), make[:, 0] >= 0.5], 1).astype(np.int64)


def compare(reference: Outputs, exported: Outputs) -> Parity:
    """Compare two models' outputs on the same clips, each shot, release, zone, make with a leading batch."""
    gaps = [np.abs(a.astype(np.float64) - b) for a, b in zip(reference, exported, strict=True)]
    return Parity(
        len(reference[0]),
        {name: float(gap.max()) for name, gap in zip(OUTPUTS, gaps, strict=True)},
        {name: float(gap.mean()) for name, gap in zip(OUTPUTS, gaps, strict=True)},
        float((decisions(reference) == decisions(exported)).all(1).mean()),
    )
