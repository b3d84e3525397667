"""A Triton backend named `onnxruntime`, in Python, for Triton builds without the native one.

It is copied into Triton's backend directory as ``onnxruntime/model.py`` and serves every model whose config.pbtxt says
``backend: "onnxruntime"``, on the CPU. Triton starts one process of it per instance (``instance_group``) and passes it
the requests that its dynamic batcher has collected. NVIDIA's container has the native backend and does not use this
file.

It runs in Triton's own interpreter and imports only numpy, ONNX Runtime and Triton's utilities.

Config parameters, named as in the native backend: ``intra_op_thread_count`` (default 2).
"""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb_utils  # type: ignore[import-not-found]  # part of Triton, not on any path here

_ONNX_TYPES = {
    "tensor(bool)": "TYPE_BOOL",
    "tensor(uint8)": "TYPE_UINT8",
    "tensor(uint16)": "TYPE_UINT16",
    "tensor(uint32)": "TYPE_UINT32",
    "tensor(uint64)": "TYPE_UINT64",
    "tensor(int8)": "TYPE_INT8",
    "tensor(int16)": "TYPE_INT16",
    "tensor(int32)": "TYPE_INT32",
    "tensor(int64)": "TYPE_INT64",
    "tensor(float16)": "TYPE_FP16",
    "tensor(float)": "TYPE_FP32",
    "tensor(double)": "TYPE_FP64",
}


class TritonPythonModel:
    """One instance of one model. Triton calls the methods by these names."""

    def initialize(self, args: dict[str, str]) -> None:
        """Open the model file of this version and check it against the config.

        Raises:
            TritonModelException: the file does not load or has other tensors than the config. Triton then reports
                that the model failed to load, with this message.
        """
        config = json.loads(args["model_config"])
        self._max_batch = int(config["max_batch_size"])
        # A Python-based backend gets the model's folder here.
        file_name = config.get("default_model_filename") or "model.onnx"
        path = os.path.join(args["model_repository"], args["model_version"], file_name)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(_parameter(config, "intra_op_thread_count", "2"))
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise pb_utils.TritonModelException(f"{path} does not load as ONNX: {error}") from error
        self._inputs = [tensor["name"] for tensor in config["input"]]
        self._outputs = [tensor["name"] for tensor in config["output"]]
        self._check(path, "input", config["input"], self._session.get_inputs())
        self._check(path, "output", config["output"], self._session.get_outputs())

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answer the requests of one batch.

        Requests with equal shapes are run together, with at most max_batch_size rows. A request that fails gets its
        own error; the others get their answers.
        """
        answers: list[Any] = [None] * len(requests)
        group: list[tuple[int, dict[str, np.ndarray]]] = []
        shapes: tuple[tuple[int, ...], ...] = ()
        rows = 0
        for index, request in enumerate(requests):
            if request.is_cancelled():
                answers[index] = _error("the request was cancelled", pb_utils.TritonError.CANCELLED)
                continue
            inputs = {name: pb_utils.get_input_tensor_by_name(request, name).as_numpy() for name in self._inputs}
            first = inputs[self._inputs[0]]
            its_rows = len(first) if self._max_batch else 1
            its_shapes = tuple(array.shape[1:] for array in inputs.values())
            if group and (not self._max_batch or its_shapes != shapes or rows + its_rows > self._max_batch):
                self._answer(group, requests, answers)
                group, rows = [], 0
            group.append((index, inputs))
            shapes, rows = its_shapes, rows + its_rows
        if group:
            self._answer(group, requests, answers)
        return answers

    def _answer(self, group: list[tuple[int, dict[str, np.ndarray]]], requests: list[Any], answers: list[Any]) -> None:
        """Run one group and write each request's outputs, or its error, into ``answers``."""
        try:
            if len(group) == 1:
                joined = group[0][1]
            else:
                joined = {name: np.concatenate([inputs[name] for _, inputs in group]) for name in self._inputs}
            outputs = dict(zip(self._outputs, self._session.run(self._outputs, joined), strict=True))
        except Exception as error:
            if len(group) == 1:
                answers[group[0][0]] = _error(f"ONNX Runtime: {error}", pb_utils.TritonError.INTERNAL)
            else:
                for one in group:  # find the request that fails
                    self._answer([one], requests, answers)
            return
        start = 0
        for index, inputs in group:
            count = len(inputs[self._inputs[0]]) if self._max_batch else 0
            wanted = set(requests[index].requested_output_names()) or set(self._outputs)
            tensors = [
                pb_utils.Tensor(name, np.ascontiguousarray(array[start : start + count] if count else array))
                for name, array in outputs.items()
                if name in wanted
            ]
            answers[index] = pb_utils.InferenceResponse(output_tensors=tensors)
            start += count

    def _check(self, path: str, kind: str, wanted: list[dict[str, Any]], nodes: list[Any]) -> None:
        found = {node.name: node for node in nodes}
        for tensor in wanted:
            node = found.get(tensor["name"])
            if node is None:
                raise pb_utils.TritonModelException(f"{path} has no {kind} {tensor['name']!r}; it has {sorted(found)}")
            front = [-1] if self._max_batch else []
            config = front + [int(size) for size in tensor["dims"]]
            file = [size if isinstance(size, int) else -1 for size in node.shape]
            fits = len(config) == len(file) and all(c == f or -1 in (c, f) for c, f in zip(config, file, strict=True))
            if not fits or _ONNX_TYPES.get(node.type) != tensor["data_type"]:
                raise pb_utils.TritonModelException(
                    f"{kind} {tensor['name']!r} is {node.type} {file} in {path}, but {tensor['data_type']} {config} "
                    f"in its config.pbtxt"
                )


def _error(message: str, code: Any) -> Any:
    return pb_utils.InferenceResponse(output_tensors=[], error=pb_utils.TritonError(message[:500], code))


def _parameter(config: dict[str, Any], name: str, default: str) -> str:
    value = config.get("parameters", {}).get(name, {}).get("string_value", "")
    return value or default
