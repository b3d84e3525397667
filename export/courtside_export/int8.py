"""INT8 for CPUs: static quantisation by ONNX Runtime (quantise/dequantise pairs, one scale per output channel).

Nodes with constant weights (Conv, Gemm, MatMul) are quantised, except the last ones before each output, because their
few values decide the result. Two plans are tried: only these nodes, or also the cheap nodes between them, so that long
stretches of the graph stay in integers. The plan that keeps more decisions on the calibration samples is used; when
both keep as many, the faster one.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnx

from courtside_export.errors import ExportInputError
from courtside_export.graph import check_graph
from courtside_export.parity import compare
from courtside_export.running import in_batches, onnx_run
from courtside_export.speed import measure
from courtside_training.common.export_spec import Arrays, ExportSpec

WEIGHTED = ("Conv", "ConvTranspose", "Gemm", "MatMul")
"""Operators with weights."""
BETWEEN = ("Relu", "Clip", "MaxPool", "AveragePool", "GlobalAveragePool", "Add", "Concat", "Resize", "Pad")
"""Cheap operators between them that the second plan quantises too."""
_BATCH = 4


@dataclass(frozen=True)
class QuantisationPlan:
    """Which nodes were quantised, and the measurements behind the choice.

    Attributes:
        name: ``weights`` or ``stretches``.
        nodes: Number of quantised nodes by operator.
        kept: Names of the nodes with weights that stayed in single precision because they come before an output.
        samples: Number of calibration samples.
        tried: Agreement with the single-precision decisions and milliseconds per row, by plan.
    """

    name: str
    nodes: dict[str, int]
    kept: tuple[str, ...]
    samples: int
    tried: dict[str, dict[str, float]]

    def to_dict(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


def to_int8(
    model: onnx.ModelProto, spec: ExportSpec, samples: Arrays, *, symmetric: bool = False
) -> tuple[onnx.ModelProto, QuantisationPlan]:
    """Quantise a copy of a checked single-precision graph.

    Args:
        model: The single-precision graph.
        spec: The model's export spec; the plans are compared by its decisions.
        samples: Calibration samples, at least eight rows.
        symmetric: Use zero points of zero, as TensorRT requires, and only the first plan.

    Raises:
        ExportInputError: The graph has nothing to quantise, or ONNX Runtime cannot quantise it.
    """
    named = _named(model)
    heads = _heads(named)
    constants = {tensor.name for tensor in named.graph.initializer}
    weighted = [
        node for node in named.graph.node if node.op_type in WEIGHTED and any(n in constants for n in node.input[1:2])
    ]
    chosen = [node.name for node in weighted if node.name not in heads]
    if not chosen:
        raise ExportInputError(
            f"{spec.signature.name} has no convolution or matrix product with constant weights to quantise "
            f"apart from its last layers; export it without --int8"
        )
    kept = tuple(node.name for node in weighted if node.name in heads)
    between = [node.name for node in named.graph.node if node.op_type in BETWEEN and node.name not in heads]
    plans = {"weights": chosen}
    if between and not symmetric:
        plans["stretches"] = [*chosen, *between]
    made = {name: _quantise(named, spec, nodes, samples, symmetric) for name, nodes in plans.items()}
    tried = {} if symmetric else _try(named, made, spec, samples)
    best = max(tried, key=lambda n: (tried[n]["agreement"], -tried[n]["ms"])) if tried else "weights"
    kinds = {node.name: node.op_type for node in named.graph.node}
    found = [kinds[name] for name in plans[best]]
    nodes = {kind: found.count(kind) for kind in sorted(set(found))}
    return made[best], QuantisationPlan(best, nodes, kept, len(samples[0]), tried)


def _try(
    single: onnx.ModelProto, made: dict[str, onnx.ModelProto], spec: ExportSpec, samples: Arrays
) -> dict[str, dict[str, float]]:
    reference = in_batches(onnx_run(single), samples, _BATCH)
    names = [tensor.name for tensor in spec.signature.outputs]
    runs = {name: onnx_run(quantised) for name, quantised in made.items()}
    speed = measure(runs, samples, rounds=10, seconds=5.0)
    agreement = {
        name: compare(names, reference, in_batches(run, samples, _BATCH), spec.decisions).agreement
        for name, run in runs.items()
    }
    return {name: {"agreement": agreement[name], "ms": speed.median[name]} for name in runs}


def _quantise(
    model: onnx.ModelProto, spec: ExportSpec, nodes: list[str], samples: Arrays, symmetric: bool
) -> onnx.ModelProto:
    from onnxruntime import quantization

    class Reader(quantization.CalibrationDataReader):
        def __init__(self) -> None:
            names = [tensor.name for tensor in spec.signature.inputs]
            rows = range(0, len(samples[0]), _BATCH)
            self._batches = ({n: a[i : i + _BATCH] for n, a in zip(names, samples, strict=True)} for i in rows)

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self._batches, None)

    level = logging.getLogger().level
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it recommends a preparation step that `_named` has done
        logging.getLogger().setLevel(logging.ERROR)
        copy = onnx.ModelProto()
        copy.CopyFrom(model)  # because it moves the weights out of its argument
        try:
            quantization.quantize_static(
                copy, Path(folder) / "int8.onnx", Reader(),
                quant_format=quantization.QuantFormat.QDQ, per_channel=True,
                # Weights of seven bits: eight bits overflow the 16-bit sums of CPUs without integer dot products.
                reduce_range=not symmetric,
                activation_type=quantization.QuantType.QInt8 if symmetric else quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8, nodes_to_quantize=nodes,
                calibrate_method=quantization.CalibrationMethod.MinMax,
                extra_options={"ActivationSymmetric": symmetric, "WeightSymmetric": True},
            )
        except Exception as error:
            text = " ".join(str(error).split())[:300]
            raise ExportInputError(f"ONNX Runtime cannot quantise {spec.signature.name}: {text}") from error
        finally:
            logging.getLogger().setLevel(level)
        quantised = onnx.load(Path(folder) / "int8.onnx")
    check_graph(quantised, spec.signature.name)
    return quantised


def _named(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy with inferred shapes, constants as initializers and a name for every node."""
    import onnxruntime as ort

    # ONNX Runtime's basic passes fold constants and fuse batch norms; quantisation needs that done first.
    with tempfile.TemporaryDirectory() as folder:
        options = ort.SessionOptions()
        options.log_severity_level = 3
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(Path(folder) / "basic.onnx")
        ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        copy = onnx.load(options.optimized_model_filepath)
    used = {node.domain for node in copy.graph.node}
    for domain in [entry for entry in copy.opset_import if entry.domain not in used]:
        copy.opset_import.remove(domain)  # because ONNX Runtime lists every domain it knows
    copy = onnx.shape_inference.infer_shapes(copy)
    for index, node in enumerate(copy.graph.node):
        node.name = node.name or f"{node.op_type}_{index}"
    return copy


def _heads(model: onnx.ModelProto) -> set[str]:
    """Names of the nodes from the last weights before each output to that output."""
    makers = {output: node for node in model.graph.node for output in node.output}
    heads: set[str] = set()
    _walk([value.name for value in model.graph.output], makers.get, heads)
    return heads


def _walk(tensors: Iterable[str], maker: Callable[[str], onnx.NodeProto | None], heads: set[str]) -> None:
    for tensor in tensors:
        node = maker(tensor)
        if node is None or node.name in heads:
            continue
        heads.add(node.name)
        if node.op_type not in WEIGHTED:
            _walk(node.input, maker, heads)
