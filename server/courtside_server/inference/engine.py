"""The engine interface, the signatures of models and tensors, and the checks of requests and answers against them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from courtside_server.errors import EngineError, ModelInvalid, TensorMismatch

Tensors = Mapping[str, NDArray[Any]]
"""Arrays by tensor name; the batch dimension comes first."""


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Name, type and shape of one tensor.

    Attributes:
        shape: shape without the batch dimension; -1 is free. A model with ``max_batch_size`` 0 has no batch
            dimension, and this is the whole shape.
    """

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    def accepts(self, shape: tuple[int, ...]) -> bool:
        """Whether an array of this shape, without batch dimension, fits."""
        return len(shape) == len(self.shape) and all(
            want in (-1, have) for want, have in zip(self.shape, shape, strict=True)
        )

    @property
    def fixed(self) -> bool:
        """Whether no dimension is free."""
        return all(size >= 0 for size in self.shape)

    def __str__(self) -> str:
        return f"{self.dtype.name} {format_shape(self.shape)}"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The signature of a model version, and what else callers may know of it.

    Attributes:
        version: the version that answers now.
        max_batch_size: rows that one request may have; 0: the model has no batch dimension.
        labels: lines of the first output's label file, in index order; empty when there is none.
        parameters: the config's own parameters, as strings.
        usual: sizes of inputs with free sizes that the config's first warm-up names, without the batch dimension.
        source: the config file or server this was read from, for messages.
    """

    name: str
    version: str
    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]
    max_batch_size: int
    labels: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    usual: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def usual_shapes(self) -> dict[str, tuple[int, ...]] | None:
        """Usual sizes of each input, without the batch dimension; None where those of one are not known."""
        if not all(spec.fixed or name in self.usual for name, spec in self.inputs.items()):
            return None
        return {name: spec.shape if spec.fixed else self.usual[name] for name, spec in self.inputs.items()}


class Engine(Protocol):
    """Answers inference requests from one event loop."""

    name: str
    """``embedded`` or ``triton``; a metric label."""

    async def start(self, models: Sequence[str]) -> None:
        """Load and warm up models. A model that runs already switches to the version its name now stands for.

        A name is that of a model, or an alias from the repository's aliases.toml. That file also says which version
        answers; without an entry it is the newest. Requests under way end on the version they began with, and no
        request is lost.

        Raises:
            ModelNotFound: no such model in the repository.
            ModelInvalid: its config or file is broken, or the new version has another signature than the running one,
                which keeps answering.
            EngineUnavailable: the engine cannot be reached.
        """

    def info(self, model: str) -> ModelInfo:
        """The signature of a started model.

        Raises:
            ModelNotFound: never started.
            EngineUnavailable: started, but the engine has not answered yet.
        """

    async def infer(self, model: str, inputs: Tensors, *, timeout: float) -> dict[str, NDArray[Any]]:
        """Answer one request.

        Args:
            model: the name of a started model.
            inputs: one array per model input, ``(rows, *shape)``.
            timeout: seconds until the caller gives up, including the time in the queue.

        Returns:
            One array per model output, ``(rows, *shape)``.

        Raises:
            TensorMismatch: a tensor is missing, unknown, or has the wrong type or shape.
            InferenceTimeout: the deadline passed.
            EngineUnavailable: the engine is down, or its queue is full.
            EngineError: the model itself failed.
        """

    def ready(self, model: str) -> bool:
        """Whether the model can answer now; never blocks."""

    async def close(self) -> None:
        """Fail the waiting requests and free everything; may be called twice."""


def check_same_signature(new: ModelInfo, old: ModelInfo) -> None:
    """Check that a new version can replace the running one: same tensors and labels, and at least as many rows.

    Raises:
        ModelInvalid: the message names the difference.
    """
    for side, had, has in (("input", old.inputs, new.inputs), ("output", old.outputs, new.outputs)):
        for name in had.keys() | has.keys():
            if had.get(name) != has.get(name):
                raise ModelInvalid(
                    f"{new.name} version {new.version} cannot replace {old.name} version {old.version}: "
                    f"{side} {name!r} is {has.get(name, 'missing')}, it must be {had.get(name, 'left out')} "
                    f"({new.source})",
                    model=new.name,
                    tensor=name,
                )
    if new.labels and old.labels and new.labels != old.labels:
        raise ModelInvalid(
            f"{new.name} version {new.version} cannot replace {old.name} version {old.version}: its labels differ "
            f"({new.source})",
            model=new.name,
        )
    if new.max_batch_size < old.max_batch_size or bool(new.max_batch_size) != bool(old.max_batch_size):
        raise ModelInvalid(
            f"{new.name} version {new.version} cannot replace {old.name} version {old.version}: it takes "
            f"{new.max_batch_size} rows, the running one {old.max_batch_size} ({new.source})",
            model=new.name,
        )


def format_shape(shape: Iterable[int]) -> str:
    """A shape as text, with ``?`` for free dimensions: ``[16, 3, ?, 256]``."""
    return "[" + ", ".join("?" if size < 0 else str(size) for size in shape) + "]"


def check_inputs(info: ModelInfo, inputs: Tensors) -> int:
    """Check a request against the model's signature and return its rows (1 for a model without batch dimension).

    Raises:
        TensorMismatch: the message names the tensor, what it is and what it must be.
    """
    for name in inputs.keys() - info.inputs.keys():
        wanted = ", ".join(info.inputs)
        raise TensorMismatch(f"model {info.name!r} has no input {name!r}; it takes {wanted}", tensor=name)
    rows: int | None = None
    for name, spec in info.inputs.items():
        array = inputs.get(name)
        if array is None:
            raise TensorMismatch(f"model {info.name!r} needs input {name!r} ({spec})", tensor=name)
        shape = array.shape[1:] if info.max_batch_size else array.shape
        batched = array.ndim > 0 or not info.max_batch_size
        if array.dtype != spec.dtype or not batched or not spec.accepts(shape):
            front = "rows, " if info.max_batch_size and spec.shape else "rows" if info.max_batch_size else ""
            wanted = f"{spec.dtype.name} [{front}{format_shape(spec.shape)[1:]}"
            raise TensorMismatch(
                f"input {name!r} of model {info.name!r} is {array.dtype.name} {format_shape(array.shape)}, "
                f"it must be {wanted}",
                tensor=name,
            )
        if info.max_batch_size:
            if not 1 <= len(array) <= info.max_batch_size:
                raise TensorMismatch(
                    f"input {name!r} of model {info.name!r} has {len(array)} rows; send 1 to {info.max_batch_size}",
                    tensor=name,
                )
            if rows is not None and len(array) != rows:
                raise TensorMismatch(
                    f"input {name!r} of model {info.name!r} has {len(array)} rows, but another input has {rows}",
                    tensor=name,
                )
            rows = len(array)
    return rows or 1


def check_outputs(info: ModelInfo, outputs: Tensors, rows: int) -> None:
    """Check a model's answer against its signature.

    Raises:
        EngineError: an output is missing or has the wrong type or shape.
    """
    for name, spec in info.outputs.items():
        array = outputs.get(name)
        if array is None:
            raise EngineError(f"model {info.name!r} gave no output {name!r}", tensor=name)
        shape = array.shape[1:] if info.max_batch_size else array.shape
        right_rows = not info.max_batch_size or (array.ndim > 0 and len(array) == rows)
        if array.dtype != spec.dtype or not right_rows or not spec.accepts(shape):
            raise EngineError(
                f"output {name!r} of model {info.name!r} is {array.dtype.name} {format_shape(array.shape)} for {rows} "
                f"rows; its config ({info.source}) says {spec}",
                tensor=name,
            )


def check_signature(info: ModelInfo, *, inputs: Iterable[TensorSpec] = (), outputs: Iterable[TensorSpec] = ()) -> None:
    """Check that a model has the signature that a caller expects.

    -1 in an expected shape accepts any size. A free dimension of the model accepts any expected input. For an output
    it is refused where a fixed size is expected, because nothing guarantees that size.

    Raises:
        ModelInvalid: a tensor is missing or has another type or shape, or the model has inputs that the caller does
            not provide. The message names the tensor, both signatures and the file.
    """
    inputs = list(inputs)
    for kind, wanted, have in (("input", inputs, info.inputs), ("output", list(outputs), info.outputs)):
        for spec in wanted:
            found = have.get(spec.name)
            if found is None:
                raise ModelInvalid(
                    f"model {info.name!r} has no {kind} {spec.name!r}, the service needs it as {spec} "
                    f"(it has {', '.join(have) or 'none'}; {info.source})",
                    tensor=spec.name,
                )
            fits = len(found.shape) == len(spec.shape) and all(
                want in (-1, size) or (size == -1 and kind == "input")
                for want, size in zip(spec.shape, found.shape, strict=True)
            )
            if found.dtype != spec.dtype or not fits:
                raise ModelInvalid(
                    f"{kind} {spec.name!r} of model {info.name!r} is {found}, the service needs {spec} ({info.source})",
                    tensor=spec.name,
                )
    if inputs:
        for name in info.inputs.keys() - {spec.name for spec in inputs}:
            raise ModelInvalid(
                f"model {info.name!r} also needs input {name!r} ({info.inputs[name]}), which the service does not have "
                f"({info.source})",
                tensor=name,
            )
