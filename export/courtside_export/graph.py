"""Turns a served torch network into a checked ONNX graph with a free batch dimension."""

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
"""Opsets that the exporter writes and ONNX Runtime runs."""
_TYPES = {"uint8": onnx.TensorProto.UINT8, "float32": onnx.TensorProto.FLOAT}


def check_opset(opset: int) -> None:
    """Refuse an opset that cannot be written.

    Raises:
        ExportInputError: names the ones that can.
    """
    if opset not in OPSETS:
        raise ExportInputError(f"opset {opset} is not supported: use {OPSETS[0]} to {OPSETS[-1]}")


def to_onnx(module: torch.nn.Module, spec: ModelSignature, samples: Arrays, opset: int = 17) -> onnx.ModelProto:
    """The network as a graph from `spec.inputs` to `spec.outputs`, approved by onnx.checker.

    Args:
        module: takes the inputs in order, gives a tuple of the outputs.
        spec: names, types and sizes; the graph is held to it.
        samples: two or more rows of real inputs; the graph is traced on two of them.
        opset: one of `OPSETS`.

    Raises:
        ExportInputError: an opset that is not supported, or a network that is not what its spec says.
    """
    check_opset(opset)
    check_arrays(spec.name, "input", spec.inputs, samples, len(samples[0]))
    names = [tensor.name for tensor in (*spec.inputs, *spec.outputs)]
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The newer exporter needs onnxscript, which nothing else here does; the older one says so at every call.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(), tuple(torch.from_numpy(array[:2].copy()) for array in samples), buffer, dynamo=False,
            opset_version=opset, input_names=names[: len(spec.inputs)], output_names=names[len(spec.inputs) :],
            dynamic_axes={name: {0: "batch"} for name in names},
        )
    model = onnx.load_from_string(buffer.getvalue())
    model.doc_string = f"Courtside {spec.name}"
    _state_sizes(model.graph.output, spec.outputs)
    check_graph(model, spec.name)
    return model


def check_graph(model: onnx.ModelProto, name: str) -> None:
    """Run the full checker, shape inference included.

    Raises:
        ExportInputError: the graph is not valid ONNX.
    """
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        text = " ".join(str(error).split())[:300]
        raise ExportInputError(f"{name}: onnx.checker refuses the graph: {text}") from error


def check_arrays(name: str, kind: str, specs: Sequence[TensorSpec], arrays: Iterable[np.ndarray], rows: int) -> None:
    """Hold arrays to what a spec promises.

    Raises:
        ExportInputError: another number, type or shape; names the tensor and both faces.
    """
    arrays = tuple(arrays)
    if len(arrays) != len(specs):
        raise ExportInputError(f"{name} gives {len(arrays)} {kind}s, its spec names {len(specs)}")
    for spec, array in zip(specs, arrays, strict=True):
        if array.dtype != spec.dtype or array.shape != (rows, *spec.dims):
            raise ExportInputError(
                f"{kind} {spec.name!r} of {name} is {array.dtype} {list(array.shape[1:])} for {len(array)} of {rows} "
                f"rows, its spec says {spec.dtype} {list(spec.dims)}"
            )


def _state_sizes(values: Iterable[onnx.ValueInfoProto], specs: Sequence[TensorSpec]) -> None:
    """Write the sizes of the spec where tracing left a symbol; only the batch stays free."""
    for value, spec in zip(values, specs, strict=True):
        value.CopyFrom(onnx.helper.make_tensor_value_info(spec.name, _TYPES[spec.dtype], ["batch", *spec.dims]))
