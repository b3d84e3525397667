"""Converts a torch network to a checked ONNX graph; its batch is free, and the sizes that its signature leaves free."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Sequence

import numpy as np
import onnx
import torch

from courtside_export.errors import ExportInputError
from courtside_training.common.export_spec import Arrays, ModelSignature, TensorSpec

OPSETS = range(17, 21)
"""Opsets that torch can write and ONNX Runtime can run."""
_TYPES = {"uint8": onnx.TensorProto.UINT8, "float32": onnx.TensorProto.FLOAT}


def check_opset(opset: int) -> None:
    """Check that an opset is one of `OPSETS`.

    Raises:
        ExportInputError: It is not; the message names the supported ones.
    """
    if opset not in OPSETS:
        raise ExportInputError(f"opset {opset} is not supported: use {OPSETS[0]} to {OPSETS[-1]}")


def to_onnx(module: torch.nn.Module, signature: ModelSignature, samples: Arrays, opset: int = 17) -> onnx.ModelProto:
    """Convert the network to a graph from `signature.inputs` to `signature.outputs`, checked by onnx.checker.

    Args:
        module: Takes the inputs in order and returns a tuple of the outputs.
        signature: Names, types and sizes that the graph must have.
        samples: Two or more rows of realistic inputs; the graph is traced on two of them.
        opset: One of `OPSETS`.

    Raises:
        ExportInputError: An unsupported opset, or a network that does not match its signature.
    """
    check_opset(opset)
    check_arrays(signature.name, "input", signature.inputs, samples, len(samples[0]))
    inputs = [tensor.name for tensor in signature.inputs]
    outputs = [tensor.name for tensor in signature.outputs]
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The newer exporter needs onnxscript, which nothing else here uses; the older one warns about it on every call.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(), tuple(torch.from_numpy(array[:2].copy()) for array in samples), buffer, dynamo=False,
            opset_version=opset, input_names=inputs, output_names=outputs,
            dynamic_axes={
                tensor.name: {0: "batch"} | {axis + 1: _axis(tensor, axis) for axis in tensor.free}
                for tensor in (*signature.inputs, *signature.outputs)
            },
        )
    model = onnx.load_from_string(buffer.getvalue())
    model.doc_string = f"Courtside {signature.name}"
    _state_sizes(model.graph.output, signature.outputs)
    check_graph(model, signature.name)
    return model


def _axis(tensor: TensorSpec, axis: int) -> str:
    """Name of a free size in the graph."""
    return f"{tensor.name}_{axis}"


def check_graph(model: onnx.ModelProto, name: str) -> None:
    """Run onnx.checker with shape inference.

    Raises:
        ExportInputError: The graph is not valid ONNX.
    """
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        text = " ".join(str(error).split())[:300]
        raise ExportInputError(f"{name}: onnx.checker rejects the graph: {text}") from error


def check_arrays(name: str, kind: str, specs: Sequence[TensorSpec], arrays: Iterable[np.ndarray], rows: int) -> None:
    """Check arrays against the tensors of a signature.

    Raises:
        ExportInputError: Another number, type or shape; the message names the tensor and what was expected.
    """
    arrays = tuple(arrays)
    if len(arrays) != len(specs):
        raise ExportInputError(f"{name} gives {len(arrays)} {kind}s, its signature names {len(specs)}")
    for spec, array in zip(specs, arrays, strict=True):
        if array.dtype != spec.dtype or array.shape != (rows, *spec.dims):
            raise ExportInputError(
                f"{kind} {spec.name!r} of {name} is {array.dtype} {list(array.shape[1:])} for {len(array)} of {rows} "
                f"rows, its signature has {spec.dtype} {list(spec.dims)}"
            )


def _state_sizes(values: Iterable[onnx.ValueInfoProto], specs: Sequence[TensorSpec]) -> None:
    """Replace symbolic sizes that tracing left by the sizes of the signature; only the batch stays free."""
    for value, spec in zip(values, specs, strict=True):
        value.CopyFrom(onnx.helper.make_tensor_value_info(spec.name, _TYPES[spec.dtype], ["batch", *spec.dims]))
