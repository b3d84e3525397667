"""FP16: weights and arithmetic in half precision, inputs and outputs as they were."""

from __future__ import annotations

import onnx

from courtside_export.graph import check_graph

KEPT = ("Softmax", "LogSoftmax", "LayerNormalization", "ReduceMean", "ReduceSum", "Exp", "Log", "Pow", "Resize")
"""Left in single precision: sums over many terms and exponentials lose digits that matter."""
NOTE = (
    "FP16 halves the file. It is meant for GPUs: ONNX Runtime on a CPU has no half-precision convolutions, converts to "
    "single precision around them and is slower."
)


def _drop_twins(graph: onnx.GraphProto) -> None:
    """The converter casts a tensor once for every reader and gives all the casts one name; one is enough."""
    seen: dict[str, onnx.NodeProto] = {}
    for node in list(graph.node):
        twin = seen.setdefault(node.output[0], node)
        if twin is not node and node.op_type == twin.op_type == "Cast" and list(node.input) == list(twin.input):
            graph.node.remove(node)


def to_half(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """A half-precision copy of a checked graph, checked again.

    Raises:
        ExportInputError: the converted graph is not valid.
    """
    from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST, convert_float_to_float16
    from onnxruntime.transformers.onnx_model import OnnxModel

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    half = convert_float_to_float16(
        copy, keep_io_types=True, op_block_list=[*DEFAULT_OP_BLOCK_LIST, *KEPT], disable_shape_infer=False
    )
    del half.graph.value_info[:]  # of single precision still
    _drop_twins(half.graph)
    sorter = OnnxModel(half)
    sorter.topological_sort()  # the converter puts its casts at the end
    check_graph(sorter.model, name)
    return sorter.model
