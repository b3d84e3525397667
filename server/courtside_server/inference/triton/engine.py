"""The engine that asks a real Triton server over gRPC and outlives its restarts."""

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
_MISSES_TO_RENEW = 3


class TritonEngine:
    """Answers from a Triton server; an `Engine`.

    A task per model watches the server, so `ready` only reads a flag. When the server goes away requests fail at
    once; when it comes back its models are loaded again (explicit model control), checked, warmed and used, without
    anybody's help. Requests name the version that was checked: a new version answers once ``start`` has warmed it.
    Gateways that share a server must share its aliases.toml too, or each unloads the other's version.

    Args:
        url: ``HOST:PORT`` of the server's gRPC.
        repository: the gateway's own copy of the repository, if it has one: labels are read from it, and the server's
            models must have the same tensors.
        shared_memory: carry tensors in system shared memory; where the server refuses (another machine, a container
            without ``--ipc=host``) gRPC carries them.
        slots: requests a model that may use shared memory at once; more go through gRPC.
        connect_timeout: seconds ``start`` waits for a server that is not there yet.
        load_timeout: seconds a model may take to load.
        health_interval: seconds between two looks at the server.
        failures: failed requests in a row after which a model's circuit opens.
        open_s: seconds it stays open at first.
        metrics: where to count; nowhere when ``None``.

    Raises:
        ModelNotFound: the repository is no folder.
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
        self._link: TritonClient | None = None
        self._models: dict[str, TritonModel] = {}
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._loading = asyncio.Lock()
        self._closed = False

    async def start(self, models: Sequence[str]) -> None:
        """Load, check and warm models; see `Engine.start`.

        After `EngineUnavailable` the engine keeps trying in the background: a caller may go on and serve when
        `ready` says so, or `close`.
        """
        if self._closed:
            raise EngineUnavailable("the Triton engine is closed")
        self._link = self._link or TritonClient(self._url)
        for name in models:
            known = name in self._models
            if not known:
                breaker = CircuitBreaker(
                    f"model {name!r} on Triton at {self._url}", failures=self._failures, open_s=self._open_s
                )
                self._models[name] = TritonModel(
                    name,
                    self._link,
                    breaker,
                    self._repository,
                    in_use=lambda model, name=name: self._in_use(model, name),  # type: ignore[misc]
                    loading=self._loading,
                    slots=self._slots,
                    load_timeout=self._load_timeout,
                )
            try:
                await self._attach_patiently(self._models[name])
                self._metrics.serves(name, self.info(name))
            except EngineUnavailable:
                raise
            except EngineError:
                if not known:
                    await self._models.pop(name).detach()
                raise
            finally:
                if name in self._models and name not in self._watchers:
                    self._watchers[name] = asyncio.create_task(self._watch(self._models[name]))

    def info(self, model: str) -> ModelInfo:
        """The face of a model; see `Engine.info`. Before the server's first answer, the own repository's."""
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
                outputs = await remote.ask(inputs, rows, timeout)
                check_outputs(info, outputs, rows)
        self._metrics.batch(model, rows)
        return outputs

    def ready(self, model: str) -> bool:
        """Whether the server was last seen to serve the model; see `Engine.ready`."""
        remote = self._models.get(model)
        if remote is None or self._closed or not remote.attached:
            return False
        return remote.breaker.state is not CircuitState.OPEN

    async def close(self) -> None:
        """Stop watching, free the shared memory, close the channel; see `Engine.close`."""
        if self._closed:
            return
        self._closed = True
        for task in self._watchers.values():
            task.cancel()
        await asyncio.gather(*self._watchers.values(), return_exceptions=True)
        await asyncio.gather(*(model.detach() for model in self._models.values()))
        if self._link is not None:
            await self._link.close()

    def _in_use(self, model: str, asker: str) -> set[str]:
        """Versions of a model that names other than the asker's stand for."""
        others = (remote for name, remote in self._models.items() if name != asker)
        return {remote.pinned for remote in others if remote.model == model and remote.pinned}

    def _get(self, model: str) -> TritonModel:
        try:
            return self._models[model]
        except KeyError:
            raise ModelNotFound(
                f"model {model!r} was not started; started are: {', '.join(self._models) or 'none'}"
            ) from None

    async def _attach_patiently(self, model: TritonModel) -> None:
        """Attach; wait for a server that is not there yet until ``connect_timeout`` has passed."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + self._connect_timeout
        while True:
            try:
                return await model.attach()
            except EngineUnavailable:
                if loop.time() >= give_up:
                    raise
                await asyncio.sleep(0.1)

    async def _watch(self, model: TritonModel) -> None:
        """Look after one model for the engine's life: note that the server went, take it up again when it is back."""
        misses = 0
        while True:
            await model.doubted(self._health_interval)
            try:
                healed = await model.heal(_HEALTH_TIMEOUT_S)
            except EngineError as error:
                if model.problem != error.message:
                    _log.warning("triton does not serve", url=self._url, model=model.name, error=error.message)
                model.lost(error.message)
                if isinstance(error, (EngineUnavailable, InferenceTimeout)):
                    misses += 1
                    if misses % _MISSES_TO_RENEW == 0:
                        await model.link.renew()
            else:
                misses = 0
                if healed:
                    self._metrics.serves(model.name, self.info(model.name))
                    _log.info("triton serves again", url=self._url, model=model.name)
