"""Runs a served network on arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from courtside_training.common.export_spec import Arrays

if TYPE_CHECKING:
    from torch import nn

Run = Callable[[Arrays], Arrays]
"""A function from input arrays to output arrays, each with a leading batch dimension."""


def torch_run(network: nn.Module, batch: int | None = None) -> Run:
    """Wrap a served network as a function from arrays to arrays.

    Args:
        network: its ``forward(*inputs)`` returns a tuple.
        batch: samples at a time; None: all at once.
    """
    import torch

    def run(inputs: Arrays) -> Arrays:
        parts = []
        size = batch or max(1, len(inputs[0]))
        with torch.inference_mode():
            for start in range(0, max(1, len(inputs[0])), size):
                part = network(*(torch.from_numpy(array[start : start + size]) for array in inputs))
                parts.append([output.numpy() for output in part])
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))

    return run
