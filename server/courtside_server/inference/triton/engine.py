"""The Triton engine: answers from a Triton server over gRPC and survives the server's restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog
from numpy.typing import NDArray

from courtside_server.errors import EngineError, EngineUnavailable, InferenceTimeout, ModelNotFound
from courtside_server.inference.engine import ModelInfo, Tensors, check_inputs, check_outputs
from courtside_server.inference.metrics import InferenceMetrics
from courtside_server.inference.repository import ModelRepository
from courtside_server.inference.triton.circuit_breaker import CircuitBreaker, CircuitState
from courtside_server.inference.triton.client import TritonClient
from courtside_server.inference.triton.model import TritonModel
from courtside_server.telemetry.metrics import Metrics

_log = structlog.get_logger(__name__)
_HEALTH_TIMEOUT_S = 2.0
"""Seconds that one health check may take."""
_FAILURES_TO_RENEW = 3
"""Failed health checks in a row after which a new gRPC channel is opened."""


class TritonEngine:
    """Answers from a Triton server; an `Engine`.

    One task per model checks the server's health, so `ready` only reads a flag. While the server is away, requests
    fail at once. When it is back, its models are loaded again (explicit model control), checked, warmed up and used
    automatically. Requests name the version that was checked; a new version answers only after ``start`` has warmed it
    up. Gateways that share a server must share its aliases.toml too; otherwise each unloads the other's version.

    Args:
        url: ``HOST:PORT`` of the server's gRPC.
        repository: the gateway's own copy of the repository, if it has one. Labels are read from it, and the server's
            models must have the same tensors.
        shared_memory: pass tensors in system shared memory. Where the server refuses (another machine, a container
            without ``--ipc=host``), gRPC is used.
        slots: requests per model that may use shared memory at once; the rest use gRPC.
        connect_timeout: seconds ``start`` waits for a server that does not run yet.
        load_timeout: seconds a model may take to load.
        health_interval: seconds between two health checks.
        failures: consecutive failed requests after which a model's circuit breaker opens.
        open_s: seconds it stays open at first.
        metrics: the gateway's metrics; none when ``None``.

    Raises:
        ModelNotFound: the repository is not a folder.
    """

    name = "triton"

    def __init__(
        self,
        url: str,
        *,
        repository: ModelRepository | Path | None = None,
        shared_memory: bool = False,
        slots: int = 8,
        connect_timeout: float = 10.0,
        load_timeout: float = 120.0,
        health_interval: float = 0.5,
        failures: int = 5,
        open_s: float = 1.0,
        metrics: Metrics | None = None,
    ) -> None:
        self._url = url
        self._repository = ModelRepository(repository) if isinstance(repository, Path) else repository
        self._slots = slots if shared_memory else 0
        self._connect_timeout, self._load_timeout = connect_timeout, load_timeout
        self._health_interval = health_interval
        self._failures, self._open_s = failures, open_s
        self._metrics = InferenceMetrics(self.name, metrics)
        self._client: TritonClient | None = None
        self._models: dict[str, TritonModel] = {}
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._loading = asyncio.Lock()
        self._closed = False

    async def start(self, models: Sequence[str]) -> None:
        """Load, check and warm up models; see `Engine.start`.

        After `EngineUnavailable` the engine keeps trying in the background, for every model. The caller may continue
        and serve once `ready` returns True, or call `close`.
        """
        if self._closed:
            raise EngineUnavailable("the Triton engine is closed")
        self._client = self._client or TritonClient(self._url)
        deadline = asyncio.get_running_loop().time() + self._connect_timeout
        unavailable: EngineUnavailable | None = None
        for name in models:
            known = name in self._models
            if not known:
                breaker = CircuitBreaker(
                    f"model {name!r} on Triton at {self._url}", failures=self._failures, open_s=self._open_s
                )
                self._models[name] = TritonModel(
                    name,
                    self._client,
                    breaker,
                    self._repository,
                    in_use=lambda model, name=name: self._in_use(model, name),  # type: ignore[misc]
                    loading=self._loading,
                    slots=self._slots,
                    load_timeout=self._load_timeout,
                )
            try:
                await self._attach_patiently(self._models[name], deadline)
                self._metrics.serves(name, self.info(name))
            except EngineUnavailable as error:
                unavailable = error
            except EngineError:
                if not known:
                    await self._models.pop(name).detach()
                raise
            finally:
                if name in self._models and name not in self._watchers:
                    self._watchers[name] = asyncio.create_task(self._watch(self._models[name]))
        if unavailable is not None:
            raise unavailable

    def info(self, model: str) -> ModelInfo:
        """The signature of a model; see `Engine.info`. Before the server's first answer, our own repository's."""
        remote = self._get(model)
        if remote.info is None:
            raise EngineUnavailable(f"Triton at {self._url} has not answered for model {model!r} yet", model=model)
        return remote.info

    async def infer(self, model: str, inputs: Tensors, *, timeout: float) -> dict[str, NDArray[Any]]:
        """Answer one request; see `Engine.infer`."""
        remote = self._get(model)
        with self._metrics.request(model):
            info = self.info(model)
            rows = check_inputs(info, inputs)
            if not remote.attached:
                raise EngineUnavailable(
                    f"Triton at {self._url} cannot answer for model {model!r} now: {remote.problem}", model=model
                )
            with remote.breaker.call():
                outputs = await remote.infer(inputs, rows, timeout)
                check_outputs(info, outputs, rows)
        self._metrics.batch(model, rows)
        return outputs

    def ready(self, model: str) -> bool:
        """Whether the server served the model at the last check; see `Engine.ready`."""
        remote = self._models.get(model)
        if remote is None or self._closed or not remote.attached:
            return False
        return remote.breaker.state is not CircuitState.OPEN

    async def close(self) -> None:
        """Stop the health checks, free the shared memory, close the channel; see `Engine.close`."""
        if self._closed:
            return
        self._closed = True
        for task in self._watchers.values():
            task.cancel()
        await asyncio.gather(*self._watchers.values(), return_exceptions=True)
        await asyncio.gather(*(model.detach() for model in self._models.values()))
        if self._client is not None:
            await self._client.close()

    def _in_use(self, model: str, except_name: str) -> set[str]:
        """Versions of a model that other names than ``except_name`` stand for."""
        others = (remote for name, remote in self._models.items() if name != except_name)
        return {remote.pinned for remote in others if remote.model == model and remote.pinned}

    def _get(self, model: str) -> TritonModel:
        try:
            return self._models[model]
        except KeyError:
            raise ModelNotFound(
                f"model {model!r} was not started; started models: {', '.join(self._models) or 'none'}"
            ) from None

    async def _attach_patiently(self, model: TritonModel, deadline: float) -> None:
        """Attach a model; retry until ``deadline`` on the loop's clock when the server does not run yet."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                return await model.attach()
            except EngineUnavailable:
                if loop.time() >= deadline:
                    raise
                await asyncio.sleep(0.1)

    async def _watch(self, model: TritonModel) -> None:
        """Check one model until the engine closes; attach it again when the server is back."""
        failures = 0
        while True:
            await model.doubted(self._health_interval)
            try:
                healed = await model.heal(_HEALTH_TIMEOUT_S)
            except EngineError as error:
                if model.problem != error.message:
                    _log.warning(
                        "model unavailable on Triton, retrying",
                        url=self._url,
                        model=model.name,
                        retry_s=self._health_interval,
                        error=error.message,
                    )
                model.lost(error.message)
                if isinstance(error, (EngineUnavailable, InferenceTimeout)):
                    failures += 1
                    if failures % _FAILURES_TO_RENEW == 0:
                        await model.client.renew()
            except Exception as error:
                # A fault of ours must not end the checks: without them the model would never come back.
                _log.exception("checking a model on Triton failed unexpectedly", model=model.name)
                model.lost(f"checking it failed unexpectedly: {error!r}")
            else:
                failures = 0
                if healed:
                    self._metrics.serves(model.name, self.info(model.name))
                    _log.info("model available on Triton again", url=self._url, model=model.name)
