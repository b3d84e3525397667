"""TensorRT: builds an engine where the package and a GPU are present, and otherwise names what is missing.

API: TensorRT 10 Python (Builder.build_serialized_network, IOptimizationProfile.set_shape, IBuilderConfig.set_flag).
INT8 is explicit quantisation: the graph holds quantise/dequantise pairs that were calibrated on a CPU. Nothing is
calibrated on the GPU, and trtexec builds the same engine from the same file.
"""

from __future__ import annotations

import ctypes
import importlib.util
import shlex
from pathlib import Path
from typing import Any

from courtside_export.errors import ExportInputError
from courtside_export.model_config import shape_text
from courtside_training.common.export_spec import Arrays, ModelSignature, TensorSpec

MAJOR = 10
"""The supported major version of TensorRT."""
WORKSPACE = 2 << 30
"""Bytes of GPU memory that the builder may use."""


def missing() -> list[str]:
    """What this machine lacks to build an engine; empty when it can build one."""
    lacks = []
    if importlib.util.find_spec("tensorrt") is None:
        lacks.append("the Python package tensorrt (pip install 'tensorrt>=10,<11')")
    else:
        import tensorrt

        if int(tensorrt.__version__.split(".")[0]) != MAJOR:
            lacks.append(f"TensorRT {MAJOR} (the package here is {tensorrt.__version__})")
    if not gpus():
        lacks.append("an NVIDIA GPU with its driver")
    return lacks


def gpus() -> int:
    """Number of CUDA devices; 0 without a driver."""
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if cuda.cuInit(0) != 0 or cuda.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value


def best_batch(signature: ModelSignature) -> int:
    """The batch size that an engine is tuned for: half the largest."""
    return max(1, signature.max_batch // 2)


def _sizes(tensor: TensorSpec) -> tuple[tuple[int, ...], ...]:
    """Smallest, usual and largest sizes of one row."""
    least, most = tensor.limits
    return least, tensor.dims, most


def trtexec(signature: ModelSignature, graph: Path, plan: Path, *, fp16: bool, int8: bool) -> str:
    """The trtexec command line that builds the same engine on the machine that will run it."""
    shapes = {"min": (1, 0), "opt": (best_batch(signature), 1), "max": (signature.max_batch, 2)}
    parts = ["trtexec", f"--onnx={shlex.quote(str(graph))}", f"--saveEngine={shlex.quote(str(plan))}"]
    parts += [
        f"--{which}Shapes={','.join(shape_text(tensor.name, rows, _sizes(tensor)[at]) for tensor in signature.inputs)}"
        for which, (rows, at) in shapes.items()
    ]
    parts += ["--fp16"] * fp16 + ["--int8"] * int8
    return " ".join([*parts, f"--memPoolSize=workspace:{WORKSPACE >> 20}M"])


def build(graph: bytes, signature: ModelSignature, *, fp16: bool, int8: bool) -> bytes:
    """Build a serialised engine for this machine's GPU, for batches of 1 to `signature.max_batch`.

    Args:
        graph: Bytes of the ONNX file; with `int8` it holds quantise/dequantise pairs with zero points of zero.
        signature: Names and sizes of the inputs.
        fp16: Whether TensorRT may use half-precision kernels.
        int8: Whether TensorRT may use integer kernels.

    Raises:
        ExportInputError: The parser or the builder fails; the message has TensorRT's reason.
    """
    import tensorrt as trt

    logger = trt.Logger(trt.Logger.WARNING)
    builder = trt.Builder(logger)
    network = builder.create_network(0)
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(graph):
        reasons = "; ".join(str(parser.get_error(i)) for i in range(min(3, parser.num_errors)))
        raise ExportInputError(f"TensorRT cannot read {signature.name}: {reasons}")
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, WORKSPACE)
    profile = builder.create_optimization_profile()
    for tensor in signature.inputs:
        least, usual, most = _sizes(tensor)
        profile.set_shape(tensor.name, (1, *least), (best_batch(signature), *usual), (signature.max_batch, *most))
    config.add_optimization_profile(profile)
    for wanted, flag in ((fp16, trt.BuilderFlag.FP16), (int8, trt.BuilderFlag.INT8)):
        if wanted:
            config.set_flag(flag)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise ExportInputError(f"TensorRT built no engine for {signature.name}: see its log above for the reason")
    return bytes(plan)


class EngineRun:
    """Runs an engine on arrays through torch's CUDA tensors, to measure parity and speed.

    Raises:
        ExportInputError: torch has no CUDA here, or the engine does not load.
    """

    def __init__(self, plan: bytes, signature: ModelSignature) -> None:
        import tensorrt as trt
        import torch

        if not torch.cuda.is_available():
            raise ExportInputError(
                "the engine is built but cannot be compared: this torch has no CUDA; install the CUDA build of torch"
            )
        self._torch, self._spec = torch, signature
        self._runtime = trt.Runtime(trt.Logger(trt.Logger.WARNING))
        engine = self._runtime.deserialize_cuda_engine(plan)
        if engine is None:
            raise ExportInputError(f"TensorRT does not load the engine it built for {signature.name}")
        self._engine: Any = engine
        self._context = engine.create_execution_context()

    def __call__(self, inputs: Arrays) -> Arrays:
        """Run one batch of at most `max_batch` rows."""
        torch, rows = self._torch, len(inputs[0])
        held = []
        for tensor, array in zip(self._spec.inputs, inputs, strict=True):
            held.append(torch.from_numpy(array).cuda().contiguous())
            self._context.set_input_shape(tensor.name, tuple(array.shape))
            self._context.set_tensor_address(tensor.name, held[-1].data_ptr())
        outputs = []
        for tensor in self._spec.outputs:
            outputs.append(torch.empty((rows, *tensor.dims), dtype=getattr(torch, tensor.dtype), device="cuda"))
            self._context.set_tensor_address(tensor.name, outputs[-1].data_ptr())
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        if not self._context.execute_async_v3(stream.cuda_stream):
            raise ExportInputError(f"TensorRT failed to run the engine of {self._spec.name}")
        stream.synchronize()
        return tuple(output.cpu().numpy() for output in outputs)
