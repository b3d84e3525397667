"""Inference requests: what a model object asks of the engine, and how it reads the answer.

Model objects build requests and parse answers; they never call the engine. Whoever runs a request decides about
waiting, retries and health (see `pipeline.model_runner`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from numpy.typing import NDArray

from courtside_server.errors import ModelInvalid
from courtside_server.inference.engine import ModelInfo, Tensors

T = TypeVar("T")

Outputs = Mapping[str, NDArray[Any]]
"""Arrays by output name, each with the batch dimension in front."""


@dataclass(frozen=True, slots=True, eq=False)
class InferenceRequest(Generic[T]):
    """One request to one model.

    Attributes:
        model: the model's name in the repository.
        inputs: one array per model input, ``(rows, *shape)``.
        timeout: seconds that an answer may take.
        parse: turns the outputs into the result. Raises EngineError where the outputs are unusable (NaN).
    """

    model: str
    inputs: Tensors
    timeout: float
    parse: Callable[[Outputs], T]


class Infer(Protocol):
    """Runs a request and waits for its result; None where there is none (see `pipeline.model_runner`)."""

    def __call__(self, request: InferenceRequest[T], /) -> T | None:
        """Run one request."""


def picture_size(info: ModelInfo, name: str) -> tuple[int, int]:
    """Width and height of a picture input ``(..., H, W)`` whose size the model fixes.

    Raises:
        ModelInvalid: the size is free or odd; I420 frames need even sizes.
    """
    height, width = info.inputs[name].shape[-2:]
    if min(height, width) < 2 or height % 2 or width % 2:
        raise ModelInvalid(
            f"model {info.name}: input {name!r} must have a fixed, even height and width, found "
            f"{list(info.inputs[name].shape)}",
            model=info.name,
        )
    return width, height
