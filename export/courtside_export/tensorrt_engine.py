"""TensorRT: builds an engine where the package and a GPU are, and says what is missing and what to run where not.

API: TensorRT 10 Python (Builder.build_serialized_network, IOptimizationProfile.set_shape, IBuilderConfig.set_flag).
INT8 is explicit quantisation: the graph brings its own quantise/dequantise pairs, calibrated on a CPU, so nothing has
to be calibrated on the GPU and trtexec builds the same engine from the same file.
"""

from __future__ import annotations

import ctypes
import importlib.util
import shlex
from pathlib import Path
from typing import Any

from courtside_export.entry import shape_text
from courtside_export.errors import ExportInputError
from courtside_training.common.export_spec import Arrays, ModelSignature

MAJOR = 10
WORKSPACE = 2 << 30
"""Bytes of GPU memory that tactics may use while building."""


def missing() -> list[str]:
    """What an engine cannot be built without and this machine has not; empty when it can be built."""
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
    """CUDA devices the driver shows; 0 without a driver."""
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if cuda.cuInit(0) != 0 or cuda.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value


def best_batch(spec: ModelSignature) -> int:
    """The batch an engine is tuned for: half the largest."""
    return max(1, spec.max_batch // 2)


def trtexec(spec: ModelSignature, graph: Path, plan: Path, *, fp16: bool, int8: bool) -> str:
    """The command line that builds the same engine on the machine that will run it."""
    shapes = {"min": 1, "opt": best_batch(spec), "max": spec.max_batch}
    parts = ["trtexec", f"--onnx={shlex.quote(str(graph))}", f"--saveEngine={shlex.quote(str(plan))}"]
    parts += [
        f"--{which}Shapes={','.join(shape_text(tensor.name, rows, tensor.dims) for tensor in spec.inputs)}"
        for which, rows in shapes.items()
    ]
    parts += ["--fp16"] * fp16 + ["--int8"] * int8
    return " ".join([*parts, f"--memPoolSize=workspace:{WORKSPACE >> 20}M"])


def build(graph: bytes, spec: ModelSignature, *, fp16: bool, int8: bool) -> bytes:
    """Build a serialised engine for this machine's GPU, for batches of 1 to `spec.max_batch`.

    Args:
        graph: the ONNX file; with `int8` it holds quantise/dequantise pairs with zero points at zero.
        spec: names and sizes of its inputs.
        fp16: let TensorRT choose half-precision kernels.
        int8: let it choose integer kernels.

    Raises:
        ExportInputError: the parser or the builder refuses; with TensorRT's own reason.
    """
    import tensorrt as trt

    logger = trt.Logger(trt.Logger.WARNING)
    builder = trt.Builder(logger)
    network = builder.create_network(0)
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(graph):
        reasons = "; ".join(str(parser.get_error(i)) for i in range(min(3, parser.num_errors)))
        raise ExportInputError(f"TensorRT cannot read {spec.name}: {reasons}")
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, WORKSPACE)
    profile = builder.create_optimization_profile()
    for tensor in spec.inputs:
        profile.set_shape(
            tensor.name, (1, *tensor.dims), (best_batch(spec), *tensor.dims), (spec.max_batch, *tensor.dims)
        )
    config.add_optimization_profile(profile)
    for wanted, flag in ((fp16, trt.BuilderFlag.FP16), (int8, trt.BuilderFlag.INT8)):
        if wanted:
            config.set_flag(flag)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise ExportInputError(f"TensorRT built no engine for {spec.name}; its log above says why")
    return bytes(plan)


class EngineRun:
    """Runs a built engine on arrays, through torch's CUDA tensors; for parity and speed.

    Raises:
        ExportInputError: torch has no CUDA here, or the engine does not load.
    """

    def __init__(self, plan: bytes, spec: ModelSignature) -> None:
        import tensorrt as trt
        import torch

        if not torch.cuda.is_available():
            raise ExportInputError(
                "the engine is built but cannot be compared: this torch has no CUDA; install the CUDA build of torch"
            )
        self._torch, self._spec = torch, spec
        self._runtime = trt.Runtime(trt.Logger(trt.Logger.WARNING))
        engine = self._runtime.deserialize_cuda_engine(plan)
        if engine is None:
            raise ExportInputError(f"TensorRT does not load the engine it built for {spec.name}")
        self._engine: Any = engine
        self._context = engine.create_execution_context()

    def __call__(self, inputs: Arrays) -> Arrays:
        """One batch, at most `max_batch` rows."""
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
