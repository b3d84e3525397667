"""Runs a served network on arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from courtside_training.common.export_spec import Arrays

if TYPE_CHECKING:
    from torch import nn

Run = Callable[[Arrays], Arrays]
"""A function from input arrays to output arrays, each with a leading batch dimension."""


def torch_run(network: nn.Module) -> Run:
    """Wrap a served network, whose ``forward(*inputs)`` returns a tuple, as a function from arrays to arrays."""
    import torch

    def run(inputs: Arrays) -> Arrays:
        with torch.inference_mode():
            return tuple(output.numpy() for output in network(*(torch.from_numpy(array) for array in inputs)))

    return run
