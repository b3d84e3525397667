"""What the export needs of a model: signature, loading, realistic inputs, decisions, score and card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

if TYPE_CHECKING:
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
    """What goes into a served model and what comes out.

    Attributes:
        name: its folder in model_repository.
        inputs: in the graph's order.
        outputs: in the graph's order.
        max_batch: largest batch the server may form.
        parameters: for config.pbtxt, such as the stride a window model expects.
        instances: copies that run side by side on a CPU. More than one is worth it where a single inference cannot
            keep all cores busy, as with many small layers.
    """

    name: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    max_batch: int = 8
    parameters: dict[str, str] = field(default_factory=dict)
    instances: int = 1


class ExportSpec(Protocol):
    """What the export needs of a model; a system's ``export_spec`` module has one under the name ``EXPORT_SPEC``."""

    signature: ModelSignature

    def load(self, checkpoint: Path) -> nn.Module:
        """The served network in eval mode: ``forward(*inputs)`` returns a tuple of outputs and normalises inside.

        Raises:
            TrainingInputError: the checkpoint is missing, torn, or of another network.
        """
        ...

    def samples(self, count: int, seed: int) -> Arrays:
        """Realistic inputs from the simulation, each (count, *dims)."""
        ...

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """What the service would decide from the outputs: (N, D) integers."""
        ...

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """Main figures on `count` held-out simulated cases, of anything that runs like the network."""
        ...

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """The body of the model card, Markdown."""
        ...
