"""One model on a Triton server: loading, checking and warming it, asking it, with shared memory where that works."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import structlog
from google.protobuf import json_format
from numpy.typing import NDArray
from tritonclient.grpc import InferInput, InferRequestedOutput, model_config_pb2
from tritonclient.utils import np_to_triton_dtype
from tritonclient.utils.shared_memory import SharedMemoryException

from courtside_server.errors import EngineError, EngineUnavailable, ModelInvalid, ModelNotFound, TensorMismatch
from courtside_server.inference.engine import ModelInfo, Tensors, check_outputs, check_same_signature, check_signature
from courtside_server.inference.repository import ModelEntry, ModelRepository, read_info
from courtside_server.inference.triton.circuit_breaker import CircuitBreaker
from courtside_server.inference.triton.client import NotServed, TritonClient
from courtside_server.inference.triton.shared_memory import Slot, SlotPool

_log = structlog.get_logger(__name__)
_ADMIN_TIMEOUT_S = 5.0
_DRAIN_S = 10.0
"""How long a version that was replaced may take to end the requests it has, before it is unloaded."""


class TritonModel:
    """What the engine knows of one model on the server.

    The server holds what the engine's names stand for and nothing else: where aliases.toml names a version, the model
    is loaded with its config overridden to exactly the versions in use. While one version takes over from another that
    is both, so the old one answers until the new one has been checked and warmed.

    Args:
        name: what callers say: a model of the server, or an alias.
        in_use: versions of a model that the engine's other names stand for, and the lock to hold while loading it.

    Attributes:
        info: the face of the version that answers; ``None`` until it is known.
        attached: the server was last seen to serve exactly that.
        problem: why not, one sentence.
    """

    def __init__(
        self,
        name: str,
        link: TritonClient,
        breaker: CircuitBreaker,
        repository: ModelRepository | None,
        *,
        in_use: Callable[[str], set[str]],
        loading: asyncio.Lock,
        slots: int,
        load_timeout: float,
    ) -> None:
        self.name = name
        self.link = link
        self.breaker = breaker
        self._repository = repository
        self._in_use, self._loading = in_use, loading
        self._entry: ModelEntry | None = None
        self._asking: Counter[tuple[str, str]] = Counter()
        self.info: ModelInfo | None = None
        self.attached = False
        self.problem = "it has not answered yet"
        self._explicit = True
        self._slots = slots
        self._pool: SlotPool | None = None
        self._memory_forgotten = False
        self._load_timeout = load_timeout
        self._doubt = asyncio.Event()
        self._attaching = asyncio.Lock()

    async def attach(self) -> None:
        """Load what the name stands for, check and warm it, then let it answer; the one in use answers until then.

        Raises:
            ModelNotFound: the server's repository has no such model.
            ModelInvalid: it does not load, does not work, or has other tensors than ours.
            EngineUnavailable: the server does not answer.
        """
        async with self._attaching:
            entry = await asyncio.to_thread(self._read_own)
            if self.info is None and entry is not None:
                self._entry, self.info = entry, entry.info
            await self._move(entry)

    async def heal(self, timeout: float) -> bool:
        """Look whether the server serves the version in use, and take the model up again where it does not.

        Returns:
            Whether anything had to be done.

        Raises:
            EngineUnavailable: the server does not answer.
            EngineError: as `attach`.
        """
        async with self._attaching:
            version = self.info.version if self.info is not None and self.attached else ""
            served = bool(await self.link.call(timeout, lambda client: client.is_model_ready(self.model, version)))
            if served and self.attached and not self._memory_forgotten:
                return False
            if served:
                await self._take_up(self._entry)
                return True
            try:
                await self._move(await asyncio.to_thread(self._read_own))
            except ModelInvalid:
                if self._entry is None or not self._entry.pinned:
                    raise
                await self._move(self._entry)  # the alias names a version that is no good: what answered before does
            return True

    @property
    def pinned(self) -> str:
        """The version that must stay loaded on the server; empty when its own policy decides."""
        if self._entry is None or not self._entry.pinned or self.info is None:
            return ""
        return self.info.version

    @property
    def model(self) -> str:
        """The model's name on the server."""
        return self.info.name if self.info is not None else self.name

    def lost(self, problem: str) -> None:
        """Let the model answer no more, until it is attached again."""
        self.attached, self.problem = False, problem

    async def doubted(self, seconds: float) -> None:
        """Wait until a request met something odd, at most ``seconds``."""
        try:
            async with asyncio.timeout(seconds):
                await self._doubt.wait()
        except TimeoutError:
            pass
        self._doubt.clear()

    async def ask(self, inputs: Tensors, rows: int, timeout: float) -> dict[str, NDArray[Any]]:
        """Answer checked inputs; see `Engine.infer`."""
        info = self.info
        assert info is not None, "the engine asks attached models only"
        version = info.name, info.version
        self._asking[version] += 1
        try:
            return await self._ask(info, inputs, rows, timeout)
        finally:
            self._asking[version] -= 1

    async def _ask(self, info: ModelInfo, inputs: Tensors, rows: int, timeout: float) -> dict[str, NDArray[Any]]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        try:
            pool = self._pool
            slot = pool.take() if pool is not None and not self._memory_forgotten else None
            if pool is not None and slot is not None:
                try:
                    return await self._through_memory(pool, slot, info, inputs, rows, timeout)
                except NotServed:  # restarted: it does not know our memory any more; or the version went
                    self._memory_forgotten = True
                    self._doubt.set()
            try:
                return await self._through_grpc(info, inputs, deadline - loop.time())
            except NotServed:  # the server took up another version by itself; `heal` will check it
                self._doubt.set()
                return await self._through_grpc(replace(info, version=""), inputs, deadline - loop.time())
        except NotServed as error:
            self.lost(error.message)
            raise
        except EngineUnavailable:
            self._doubt.set()
            raise

    async def detach(self) -> None:
        """Free the shared memory here and at the server."""
        self.lost("the engine is closed")
        await self._unshare()

    def _read_own(self) -> ModelEntry | None:
        try:
            return self._repository.find(self.name) if self._repository is not None else None
        except ModelNotFound:
            return None  # a model only the server has

    async def _move(self, entry: ModelEntry | None) -> None:
        """Load, check, warm, flip, then let go of what answered before."""
        model = entry.info.name if entry is not None else self.name
        before = self.info if self.attached else None
        async with self._loading:
            wanted = set()
            if entry is not None and entry.pinned:
                wanted = {entry.info.version} | self._in_use(model)
                if before is not None and before.name == model:
                    wanted.add(before.version)
            await self._load(model, entry, wanted)
            try:
                await self._take_up(entry)
            except EngineError:
                if wanted and before is not None and before.name == model:
                    with contextlib.suppress(EngineError):  # else it only takes memory
                        await self._load(model, entry, {before.version} | self._in_use(model))
                raise
            if before is not None and self.info is not None and entry is not None and entry.pinned:
                await self._let_go(before, self.info, entry)

    async def _let_go(self, before: ModelInfo, after: ModelInfo, entry: ModelEntry) -> None:
        """Unload the version that answered before, once its requests have ended."""
        if (before.name, before.version) == (after.name, after.version):
            return
        loop = asyncio.get_running_loop()
        give_up = loop.time() + _DRAIN_S
        while self._asking[before.name, before.version] > 0 and loop.time() < give_up:
            await asyncio.sleep(0.01)
        kept = self._in_use(before.name) | ({after.version} if before.name == after.name else set())
        try:
            if kept:
                await self._load(before.name, entry, kept)
            else:
                await self.link.call(self._load_timeout, lambda client: client.unload_model(before.name))
        except EngineError as error:  # the new version answers all the same; the old one only takes memory
            _log.warning("the old version stays loaded", model=before.name, error=error.message)

    async def _take_up(self, entry: ModelEntry | None) -> None:
        """Check and warm what the server has loaded, then flip to it."""
        model = entry.info.name if entry is not None else self.name
        try:
            index = await self.link.call(_ADMIN_TIMEOUT_S, lambda client: client.get_model_metadata(model))
            answer = await self.link.call(_ADMIN_TIMEOUT_S, lambda client: client.get_model_config(model))
        except NotServed as error:
            raise ModelNotFound(f"model {model!r} is not loaded: {error.message}", model=model) from None
        source = f"Triton at {self.link.url}"
        if entry is not None:
            source += f"; the gateway's own is {entry.info.source}"
        version = entry.info.version if entry is not None and entry.pinned else max(index.versions, key=int)
        if version not in index.versions:
            raise ModelInvalid(
                f"{source}: version {version} of {model!r} is not there, only {', '.join(index.versions)}", model=model
            )
        info = read_info(answer.config, version, source, entry.info.labels if entry is not None else ())
        if entry is not None:
            check_signature(info, inputs=entry.info.inputs.values(), outputs=entry.info.outputs.values())
        elif self.info is not None:
            check_signature(info, inputs=self.info.inputs.values(), outputs=self.info.outputs.values())
        if self.info is not None and self.attached:
            check_same_signature(info, self.info)
        await self._warm(info)
        if not self._keeps_memory(info):
            await self._share(info)
        self.info, self._entry, self.attached, self.problem = info, entry, True, ""
        self.breaker.reset()
        shared = self._pool is not None
        serves = f"{info.name}:{info.version}"
        _log.info("model started", engine="triton", model=self.name, serves=serves, shared_memory=shared)

    def _keeps_memory(self, info: ModelInfo) -> bool:
        """Whether the shared memory at hand serves this version too: requests under way are in it."""
        return (
            self._pool is not None
            and self.attached
            and not self._memory_forgotten
            and self.info is not None
            and self.info.max_batch_size == info.max_batch_size
        )

    async def _load(self, model: str, entry: ModelEntry | None, versions: set[str]) -> None:
        """Load a model, with exactly these versions where there are any."""
        if not self._explicit:
            return
        try:
            config = await self._config(model, entry, versions) if versions else None
            await self.link.call(self._load_timeout, lambda client: client.load_model(model, config=config))
        except (EngineUnavailable, TensorMismatch, EngineError) as error:
            if "explicit model load" in error.message:  # the server watches its repository by itself
                self._explicit = False
                return
            if type(error) is EngineError and "failed to poll" in error.message and not await self._listed(model):
                raise ModelNotFound(f"no model {model!r} in the repository of {error.message}") from None
            if type(error) in (EngineError, TensorMismatch):
                raise ModelInvalid(error.message, model=model) from None
            raise

    async def _config(self, model: str, entry: ModelEntry | None, versions: set[str]) -> str:
        """The server's config of a model, or our own where it has none loaded, with these versions alone."""
        config = model_config_pb2.ModelConfig()
        try:
            answer = await self.link.call(_ADMIN_TIMEOUT_S, lambda client: client.get_model_config(model))
            config.CopyFrom(answer.config)
        except (NotServed, TensorMismatch):
            if entry is None or entry.info.name != model:
                raise
            config.CopyFrom(entry.config)
        config.version_policy.Clear()
        config.version_policy.specific.versions.extend(sorted(int(version) for version in versions))
        text: str = json_format.MessageToJson(config, preserving_proto_field_name=True)
        return text

    async def _listed(self, model: str) -> bool:
        index = await self.link.call(_ADMIN_TIMEOUT_S, lambda client: client.get_model_repository_index())
        return any(found.name == model for found in index.models)

    async def _warm(self, info: ModelInfo) -> None:
        """One request of zeros: the first real one pays for no set-up, and a model that cannot answer is found now."""
        if not all(spec.fixed for spec in info.inputs.values()):
            return
        front = (1,) if info.max_batch_size else ()
        zeros = {name: np.zeros(front + spec.shape, spec.dtype) for name, spec in info.inputs.items()}
        try:
            check_outputs(info, await self._through_grpc(info, zeros, self._load_timeout), 1)
        except EngineUnavailable:
            raise
        except EngineError as error:
            raise ModelInvalid(f"model {self.name!r} fails on zeros: {error.message}", model=self.name) from None

    async def _share(self, info: ModelInfo) -> None:
        """Set shared memory up for this version; without it where sizes are free or the server refuses."""
        await self._unshare()
        specs = [*info.inputs.values(), *info.outputs.values()]
        if not self._slots or not all(spec.fixed for spec in specs):
            return
        try:
            pool = SlotPool(info, {spec.name: np_to_triton_dtype(spec.dtype) for spec in specs}, self._slots)
        except (SharedMemoryException, OSError) as error:
            _log.warning("no shared memory, gRPC carries the tensors", model=self.name, error=str(error))
            return
        self._pool, self._memory_forgotten = pool, False
        try:
            for slot in pool.slots:
                await self._register(slot)
        except EngineError as error:
            _log.warning("Triton refuses shared memory, gRPC carries the tensors", model=self.name, error=error.message)
            await self._unshare()
        except BaseException:
            pool.destroy()
            self._pool = None
            raise

    async def _register(self, slot: Slot) -> None:
        await self.link.call(
            _ADMIN_TIMEOUT_S, lambda client: client.register_system_shared_memory(slot.name, slot.key, slot.size)
        )

    async def _unshare(self) -> None:
        pool, self._pool = self._pool, None
        self._memory_forgotten = False
        if pool is None:
            return
        try:
            for slot in pool.slots:
                await self._unregister(slot)
        except EngineError:
            pass  # the server is gone, and its mappings with it
        finally:
            pool.destroy()

    async def _unregister(self, slot: Slot) -> None:
        await self.link.call(1.0, lambda client: client.unregister_system_shared_memory(slot.name))

    async def _through_memory(
        self, pool: SlotPool, slot: Slot, info: ModelInfo, inputs: Tensors, rows: int, timeout: float
    ) -> dict[str, NDArray[Any]]:
        answered = True
        try:
            tensors, wanted = slot.write(inputs, rows)
            answered = False
            await self._send(info, tensors, wanted, timeout)
            answered = True
            return slot.read(rows)
        except (NotServed, TensorMismatch):
            answered = True  # refused before it ran
            raise
        finally:
            pool.give(slot) if answered else pool.rest(slot)

    async def _through_grpc(self, info: ModelInfo, inputs: Tensors, timeout: float) -> dict[str, NDArray[Any]]:
        tensors = []
        for name, array in inputs.items():
            tensor = InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
            tensor.set_data_from_numpy(array)
            tensors.append(tensor)
        wanted = [InferRequestedOutput(name) for name in info.outputs]
        result = await self._send(info, tensors, wanted, timeout)
        return {name: result.as_numpy(name) for name in info.outputs}

    async def _send(self, info: ModelInfo, tensors: list[Any], wanted: list[Any], timeout: float) -> Any:
        def ask(client: Any) -> Any:
            return client.infer(
                info.name,
                tensors,
                model_version=info.version,
                outputs=wanted,
                client_timeout=timeout,
                timeout=max(1, int(timeout * 1e6)),
            )

        return await self.link.call(timeout, ask)
