"""The embedded engine, the default: ONNX Runtime in this process, over the repository and config.pbtxt of Triton."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import structlog
from numpy.typing import NDArray

from courtside_server.errors import EngineUnavailable, ModelInvalid, ModelNotFound
from courtside_server.inference.batching import MicroBatcher
from courtside_server.inference.engine import ModelInfo, Tensors, check_inputs, check_outputs, check_same_signature
from courtside_server.inference.metrics import InferenceMetrics
from courtside_server.inference.onnx.session import Device, open_session, providers
from courtside_server.inference.repository import ModelEntry, ModelRepository
from courtside_server.telemetry.metrics import Metrics

_log = structlog.get_logger(__name__)

THREADS = "intra_op_thread_count"
"""Parameter of a model that bounds its intra-op threads; the name is that of Triton's onnxruntime backend."""


@dataclass(frozen=True, slots=True)
class _Served:
    info: ModelInfo
    batcher: MicroBatcher


class EmbeddedEngine:
    """Answers from ONNX Runtime sessions in threads of this process; an `Engine`.

    It follows config.pbtxt: version_policy, max_batch_size, dynamic_batching with its queue policy, and instance_group
    (that many sessions side by side, which divide the model's threads among them).

    Args:
        repository: the model repository, or its folder.
        threads: intra-op threads of each model, divided among its sessions; 0: one per core.
        device: ``cpu``, ``cuda``, or ``auto`` (CUDA where available).
        spin: let idle threads spin; see `open_session`.
        metrics: the gateway's metrics; none when ``None``.

    Raises:
        ModelNotFound: the repository is not a folder.
        SettingsError: CUDA was requested and is not available.
    """

    name = "embedded"

    def __init__(
        self,
        repository: ModelRepository | Path,
        *,
        threads: int = 2,
        device: Device = "cpu",
        spin: bool = False,
        metrics: Metrics | None = None,
    ) -> None:
        self._repository = repository if isinstance(repository, ModelRepository) else ModelRepository(repository)
        providers(device)
        self._threads, self._device, self._spin = threads, device, spin
        self._metrics = InferenceMetrics(self.name, metrics)
        self._served: dict[str, _Served] = {}
        self._starting = asyncio.Lock()
        self._closed = False

    async def start(self, models: Sequence[str]) -> None:
        """Load and warm up models; see `Engine.start`. If one fails, its running version keeps answering."""
        if self._closed:
            raise EngineUnavailable("the embedded engine is closed")
        async with self._starting:
            # At the same time, because opening a model uses one core. All finish, so none stays half open.
            results = await asyncio.gather(*(self._start(model) for model in models), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _start(self, model: str) -> None:
        old = self._served.get(model)
        entry, sessions = await asyncio.to_thread(self._open, model, old.info if old else None)
        info = entry.info

        def run(instance: int, inputs: Tensors) -> dict[str, NDArray[Any]]:
            return _run(sessions[instance], info, inputs)

        def on_batch(rows: int) -> None:
            self._metrics.batch(model, rows)

        batcher = MicroBatcher(model, run, entry.batching, instances=len(sessions), on_batch=on_batch)
        self._served[model] = _Served(info, batcher)
        self._metrics.serves(model, info)
        _log.info(
            "model started",
            engine=self.name,
            model=model,
            serves=f"{info.name}:{info.version}",
            instances=len(sessions),
        )
        if old is not None:
            await old.batcher.close(drain=True)

    def info(self, model: str) -> ModelInfo:
        """The signature of a started model; see `Engine.info`."""
        return self._get(model).info

    async def infer(self, model: str, inputs: Tensors, *, timeout: float) -> dict[str, NDArray[Any]]:
        """Answer one request; see `Engine.infer`. ``inputs`` must not change until the answer has arrived."""
        served = self._get(model)
        deadline = asyncio.get_running_loop().time() + timeout
        with self._metrics.request(model):
            return await served.batcher.submit(inputs, check_inputs(served.info, inputs), deadline)

    def ready(self, model: str) -> bool:
        """Whether the model is started; see `Engine.ready`."""
        return model in self._served and not self._closed

    async def close(self) -> None:
        """Refuse the waiting requests and free the sessions; see `Engine.close`."""
        self._closed = True
        await asyncio.gather(*(served.batcher.close() for served in self._served.values()))

    def _get(self, model: str) -> _Served:
        try:
            return self._served[model]
        except KeyError:
            started = ", ".join(self._served) or "none"
            raise ModelNotFound(f"model {model!r} was not started; started models: {started}") from None

    def _open(self, model: str, running: ModelInfo | None) -> tuple[ModelEntry, list[onnxruntime.InferenceSession]]:
        """Read, open and warm up the version a name stands for, in a thread; check it against the running version."""
        entry = self._repository.find(model)
        if running is not None:
            check_same_signature(entry.info, running)
        if entry.backend != "onnxruntime":
            raise ModelInvalid(
                f"{entry.config_path} names the backend {entry.backend or 'ensemble'!r}; the embedded engine runs "
                f"'onnxruntime' only: use the engine 'triton' for this model",
                model=model,
            )
        path = entry.file()
        threads = max(1, (self._threads or os.cpu_count() or 1) // entry.instances)
        # As Triton's backend does: a model that must not take the others' cores says so.
        most = entry.info.parameters.get(THREADS, "")
        threads = min(threads, int(most)) if most.isdecimal() and int(most) else threads
        sessions = [
            open_session(path, entry.info, threads=threads, device=self._device, spin=self._spin)
            for _ in range(entry.instances)
        ]
        for session in sessions:
            self._warm_up(session, entry.info, path)
        return entry, sessions

    def _warm_up(self, session: onnxruntime.InferenceSession, info: ModelInfo, path: Path) -> None:
        """Run zeros through the model: this pays for set-up, and finds a broken graph now."""
        shapes = info.usual_shapes()
        if shapes is None:
            return
        sizes = [1]
        if session.get_providers()[0] == "CUDAExecutionProvider" and info.max_batch_size > 1:
            sizes.append(info.max_batch_size)  # CUDA selects its kernels again for each size
        for rows in sizes:
            front = (rows,) if info.max_batch_size else ()
            zeros = {name: np.zeros(front + shapes[name], spec.dtype) for name, spec in info.inputs.items()}
            try:
                _run(session, info, zeros)
            except Exception as error:
                text = " ".join(str(error).split())[:300]
                raise ModelInvalid(f"{path} fails on zeros: {text}", model=info.name) from error


def _run(session: onnxruntime.InferenceSession, info: ModelInfo, inputs: Tensors) -> dict[str, NDArray[Any]]:
    names = list(info.outputs)
    outputs = dict(zip(names, session.run(names, dict(inputs)), strict=True))
    rows = len(next(iter(inputs.values()))) if info.max_batch_size else 1
    check_outputs(info, outputs, rows)
    return outputs
