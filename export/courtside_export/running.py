"""Runs a network under torch or ONNX Runtime, from and to tuples of arrays with a leading batch dimension."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import torch

from courtside_export.errors import ExportInputError
from courtside_training.common.export_spec import Arrays

Run = Callable[[Arrays], Arrays]
"""Runs a network: inputs to outputs."""


def torch_run(module: torch.nn.Module) -> Run:
    """A function that runs the torch network itself."""

    def run(inputs: Arrays) -> Arrays:
        with torch.inference_mode():
            outputs = module(*(torch.from_numpy(np.ascontiguousarray(array)) for array in inputs))
        if isinstance(outputs, torch.Tensor):
            raise ExportInputError("the network returns one tensor; return a tuple with one tensor per output")
        return tuple(output.numpy() for output in outputs)

    return run


def onnx_run(model: onnx.ModelProto | Path, threads: int = 2) -> Run:
    """A function that runs a graph under ONNX Runtime on the CPU.

    Raises:
        ExportInputError: ONNX Runtime cannot load the graph.
    """
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3
    source = str(model) if isinstance(model, Path) else model.SerializeToString()
    try:
        session = ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the exceptions of ONNX Runtime have no common base class
        raise ExportInputError(f"ONNX Runtime cannot load the graph: {' '.join(str(error).split())[:300]}") from error
    inputs = [node.name for node in session.get_inputs()]
    outputs = [node.name for node in session.get_outputs()]

    def run(arrays: Arrays) -> Arrays:
        return tuple(session.run(outputs, dict(zip(inputs, arrays, strict=True))))

    return run


def in_batches(run: Run, inputs: Arrays, size: int) -> Arrays:
    """Run many rows, `size` at a time."""
    parts = [run(tuple(array[at : at + size] for array in inputs)) for at in range(0, len(inputs[0]), size)]
    return tuple(np.concatenate(outputs) for outputs in zip(*parts, strict=True))
