"""Restoring: the weights of an exported flight model, read back so that training can start from them."""

from __future__ import annotations

from pathlib import Path

import torch
from torch.nn import functional

from courtside_training.common import checkpoint as checkpoints
from courtside_training.errors import TrainingInputError
from courtside_training.flight.network import FEATURES, FlightNetwork


def restore(path: Path) -> FlightNetwork:
    """The network behind an exported ``shot_flight`` ONNX file, of the default sizes, in eval mode.

    Raises:
        TrainingInputError: no such file, or its graph is not that of this network.
    """
    import onnx
    from onnx import numpy_helper

    try:
        graph = onnx.load(str(path)).graph
    except Exception as error:
        # Missing, torn, something else than ONNX: the parser raises a different error for each.
        raise TrainingInputError(f"{path} cannot be read as an ONNX model: {error}") from error
    values = {one.name: torch.from_numpy(numpy_helper.to_array(one).copy()) for one in graph.initializer}
    network = FlightNetwork().eval()
    prefix = "network."
    weights = {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}
    # The exporter renames scale and offset of the normalisation layers, and keeps their order.
    renamed = [value.reshape(-1) for name, value in values.items() if name.startswith("onnx::") and value.ndim == 2]
    wanted = [name for name in network.state_dict() if ".norm." in name]
    if len(renamed) == len(wanted):
        weights |= dict(zip(wanted, renamed, strict=True))
    # Features that an older model does not read begin without weight.
    entry = weights.get("entry.weight")
    if entry is not None and entry.ndim == 3 and entry.shape[1] < FEATURES:
        weights["entry.weight"] = functional.pad(entry, (0, 0, 0, FEATURES - entry.shape[1]))
    checkpoints.fill(network, weights, path)
    return network
