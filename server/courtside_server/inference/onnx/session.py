"""Opens a model.onnx with ONNX Runtime and checks its tensors against its config.pbtxt."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnxruntime

from courtside_server.errors import ModelInvalid, SettingsError
from courtside_server.inference.engine import ModelInfo, TensorSpec, format_shape

Device = Literal["cpu", "cuda", "auto"]

_DTYPES = {
    "tensor(bool)": np.bool_, "tensor(uint8)": np.uint8, "tensor(uint16)": np.uint16, "tensor(uint32)": np.uint32,
    "tensor(uint64)": np.uint64, "tensor(int8)": np.int8, "tensor(int16)": np.int16, "tensor(int32)": np.int32,
    "tensor(int64)": np.int64, "tensor(float16)": np.float16, "tensor(float)": np.float32,
    "tensor(double)": np.float64,
}  # fmt: skip


def providers(device: Device) -> list[str]:
    """ONNX Runtime's execution providers for a device, best first.

    Raises:
        SettingsError: ``cuda`` was requested and this ONNX Runtime has no CUDA.
    """
    cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if device == "cuda" and not cuda:
        raise SettingsError(
            "device 'cuda' needs an ONNX Runtime built for CUDA; install courtside[gpu] in place of onnxruntime, "
            "or use 'cpu'"
        )
    return ["CUDAExecutionProvider", "CPUExecutionProvider"] if cuda and device != "cpu" else ["CPUExecutionProvider"]


def open_session(
    path: Path, info: ModelInfo, *, threads: int = 2, device: Device = "cpu", spin: bool = False
) -> onnxruntime.InferenceSession:
    """Open a model file and check its tensors against the config.

    Args:
        path: the .onnx file.
        info: the signature in its config.pbtxt.
        threads: intra-op threads; 0: one per core.
        device: where it runs.
        spin: let idle threads busy-wait, which wakes them up faster. Off by default: the decoders need the cores.

    Raises:
        ModelInvalid: the file does not load, or has other tensors than the config says.
        SettingsError: see `providers`.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if spin else "0")
    options.log_severity_level = 3
    wanted = providers(device)
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=wanted)
    except Exception as error:  # onnxruntime's exceptions share no base of their own
        text = " ".join(str(error).split())[:300]
        raise ModelInvalid(f"{path} does not load as ONNX: {text}; export it again", model=info.name) from error
    if device == "cuda" and session.get_providers()[0] != wanted[0]:
        raise SettingsError("device 'cuda': ONNX Runtime could not start CUDA; its log names the missing library")
    _check(path, info, "input", info.inputs.values(), session.get_inputs())
    _check(path, info, "output", info.outputs.values(), session.get_outputs())
    return session


def _check(path: Path, info: ModelInfo, kind: str, specs: Any, nodes: Any) -> None:
    """Compare the inputs or the outputs. A symbolic dimension of the file accepts any size in the config."""
    found = {node.name: node for node in nodes}
    for spec in specs:
        node = found.get(spec.name)
        if node is None:
            raise ModelInvalid(
                f"{path} has no {kind} {spec.name!r} (it has {', '.join(found) or 'none'}), but {info.source} names it",
                model=info.name,
                tensor=spec.name,
            )
        dtype = _DTYPES.get(node.type)
        shape = tuple(size if isinstance(size, int) else -1 for size in node.shape)
        wanted = (-1, *spec.shape) if info.max_batch_size else spec.shape
        if dtype is None or np.dtype(dtype) != spec.dtype or not _compatible(wanted, shape):
            have = node.type if dtype is None else str(TensorSpec(spec.name, np.dtype(dtype), shape))
            raise ModelInvalid(
                f"{kind} {spec.name!r} is {have} in {path}, but {spec.dtype.name} {format_shape(wanted)} in "
                f"{info.source}{' (batch first)' if info.max_batch_size else ''}",
                model=info.name,
                tensor=spec.name,
            )
        if info.max_batch_size > 1 and shape[0] != -1:
            raise ModelInvalid(
                f"{kind} {spec.name!r} of {path} has the fixed batch size {shape[0]}, but {info.source} says "
                f"max_batch_size {info.max_batch_size}; export it with a free batch dimension",
                model=info.name,
                tensor=spec.name,
            )
    if kind == "input":
        for name in found.keys() - {spec.name for spec in specs}:
            raise ModelInvalid(f"{path} needs input {name!r}, which {info.source} does not name", tensor=name)


def _compatible(config: tuple[int, ...], file: tuple[int, ...]) -> bool:
    return len(config) == len(file) and all(-1 in (c, f) or c == f for c, f in zip(config, file, strict=True))
