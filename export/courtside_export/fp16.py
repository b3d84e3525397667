"""FP16: weights and arithmetic in half precision; inputs and outputs keep their types."""

from __future__ import annotations

import onnx

from courtside_export.graph import check_graph

KEPT = ("Softmax", "LogSoftmax", "LayerNormalization", "ReduceMean", "ReduceSum", "Exp", "Log", "Pow", "Resize")
"""Operators left in single precision, because sums over many terms and exponentials would lose too many digits."""
NOTE = (
    "FP16 halves the file. It is meant for GPUs: ONNX Runtime on a CPU has no half-precision convolutions, converts to "
    "single precision around them and is slower."
)
"""Note for the reports of FP16 files."""


def _drop_duplicate_casts(graph: onnx.GraphProto) -> None:
    """Remove duplicate casts: the converter casts a tensor once per reader and gives all the casts one output."""
    seen: dict[str, onnx.NodeProto] = {}
    for node in list(graph.node):
        first = seen.setdefault(node.output[0], node)
        if first is not node and node.op_type == first.op_type == "Cast" and list(node.input) == list(first.input):
            graph.node.remove(node)


def to_fp16(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """Convert a copy of a graph to half precision and check it.

    Raises:
        ExportInputError: The converted graph is not valid.
    """
    from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST, convert_float_to_float16
    from onnxruntime.transformers.onnx_model import OnnxModel

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    half = convert_float_to_float16(
        copy, keep_io_types=True, op_block_list=[*DEFAULT_OP_BLOCK_LIST, *KEPT], disable_shape_infer=False
    )
    del half.graph.value_info[:]  # they still state single precision
    _drop_duplicate_casts(half.graph)
    sorter = OnnxModel(half)
    sorter.topological_sort()  # because the converter appends its casts at the end
    check_graph(sorter.model, name)
    return sorter.model
