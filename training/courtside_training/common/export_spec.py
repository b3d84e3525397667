"""How a system offers itself to export: what goes in, what comes out, how to load, sample, judge and describe it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from torch import nn

Arrays = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class TensorSpec:
    """One input or output.

    Attributes:
        name: in the graph and in config.pbtxt.
        dtype: of the array.
        dims: without the batch.
        labels: names of the last dimension's entries, if they have any.
    """

    name: str
    dtype: Literal["uint8", "float32"]
    dims: tuple[int, ...]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelSignature:
    """A model's face.

    Attributes:
        name: its folder in model_repository.
        inputs, outputs: in the graph's order.
        max_batch: largest batch the server may form.
        parameters: for config.pbtxt, such as the stride a window model expects.
        instances: copies that answer side by side on a CPU; worth more than one where a single answer cannot keep
            all cores busy, as with many small layers.
    """

    name: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    max_batch: int = 8
    parameters: dict[str, str] = field(default_factory=dict)
    instances: int = 1


class ExportSpec(Protocol):
    """What the export needs of a model: every ``export_spec`` module has one under the name ``EXPORT_SPEC``."""

    signature: ModelSignature

    def load(self, checkpoint: Path) -> nn.Module:
        """The served network in eval mode: ``forward(*inputs)`` gives a tuple of outputs; normalisation is inside."""
        ...

    def samples(self, count: int, seed: int) -> Arrays:
        """Realistic inputs out of the simulation, with a leading batch dimension."""
        ...

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """What would be decided from the outputs: (N, D) integers."""
        ...

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """Headline figures on `count` held-out simulated cases of anything that runs like the network."""
        ...

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """The body of the model card."""
        ...
