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
        dims: without the batch. Sizes that are free have the usual size here: the one of the samples, for which the
            model is traced, tuned and warmed up.
        labels: names of the last dimension's entries, if they have any.
        least: smallest sizes, where some are free; as long as ``dims``, and equal to it where they are not.
        most: largest sizes, likewise.
    """

    name: str
    dtype: Literal["uint8", "float32"]
    dims: tuple[int, ...]
    labels: tuple[str, ...] = ()
    least: tuple[int, ...] = ()
    most: tuple[int, ...] = ()

    @property
    def limits(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Smallest and largest sizes; both are ``dims`` where no size is free."""
        return self.least or self.dims, self.most or self.dims

    @property
    def free(self) -> tuple[int, ...]:
        """Indices of the sizes that are free."""
        return tuple(axis for axis, (low, high) in enumerate(zip(*self.limits, strict=True)) if low != high)

    @property
    def served_dims(self) -> tuple[int, ...]:
        """Sizes as config.pbtxt has them: -1 where they are free."""
        return tuple(-1 if axis in self.free else size for axis, size in enumerate(self.dims))


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
