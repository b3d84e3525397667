"""One model on a Triton server: loading, checking and warming it, asking it, with shared memory where that works."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray
from tritonclient.grpc import InferInput, InferRequestedOutput
from tritonclient.utils import np_to_triton_dtype
from tritonclient.utils.shared_memory import SharedMemoryException

from courtside_server.errors import EngineError, EngineUnavailable, ModelInvalid, ModelNotFound, TensorMismatch
from courtside_server.inference.circuit import CircuitBreaker
from courtside_server.inference.engine import ModelInfo, Tensors, check_outputs, expect
from courtside_server.inference.repository import ModelRepository, read_info
from courtside_server.inference.shared_memory import Slot, SlotPool
from courtside_server.inference.triton_link import NotServed, TritonLink

_log = structlog.get_logger(__name__)
_ADMIN_TIMEOUT_S = 5.0


class RemoteModel:
    """What the engine knows of one model on the server.

    Attributes:
        info: the face of the version that answers; ``None`` until it is known.
        attached: the server was last seen to serve exactly that.
        problem: why not, one sentence.
    """

    def __init__(
        self,
        name: str,
        link: TritonLink,
        breaker: CircuitBreaker,
        repository: ModelRepository | None,
        *,
        slots: int,
        load_timeout: float,
    ) -> None:
        self.name = name
        self.link = link
        self.breaker = breaker
        self._repository = repository
        self._own: ModelInfo | None = None
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
        """Load the newest version, check and warm it, then let it answer; the one in use answers until then.

        Raises:
            ModelNotFound: the server's repository has no such model.
            ModelInvalid: it does not load, does not work, or has other tensors than ours.
            EngineUnavailable: the server does not answer.
        """
        async with self._attaching:
            self._own = await asyncio.to_thread(self._read_own)
            self.info = self.info or self._own
            await self._load()
            await self._take_up()

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
            served = bool(await self.link.call(timeout, lambda client: client.is_model_ready(self.name, version)))
            if served and self.attached and not self._memory_forgotten:
                return False
            if not served:
                await self._load()
            await self._take_up()
            return True

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

    def _read_own(self) -> ModelInfo | None:
        try:
            return self._repository.load(self.name).info if self._repository is not None else None
        except ModelNotFound:
            return None  # a model only the server has

    async def _take_up(self) -> None:
        """Check and warm what the server has loaded, then flip to it."""
        try:
            index = await self.link.call(_ADMIN_TIMEOUT_S, lambda client: client.get_model_metadata(self.name))
            answer = await self.link.call(_ADMIN_TIMEOUT_S, lambda client: client.get_model_config(self.name))
        except NotServed as error:
            raise ModelNotFound(f"model {self.name!r} is not loaded: {error.message}", model=self.name) from None
        source = f"Triton at {self.link.url}"
        if self._own is not None:
            source += f"; the gateway's own is {self._own.source}"
        info = read_info(answer.config, max(index.versions, key=int), source, self._own.labels if self._own else ())
        known = self._own or self.info
        if known is not None:
            expect(info, inputs=known.inputs.values(), outputs=known.outputs.values())
        await self._warm(info)
        await self._share(info)
        self.info, self.attached, self.problem = info, True, ""
        self.breaker.reset()
        shared = self._pool is not None
        _log.info("model started", engine="triton", model=self.name, version=info.version, shared_memory=shared)

    async def _load(self) -> None:
        if not self._explicit:
            return
        try:
            await self.link.call(self._load_timeout, lambda client: client.load_model(self.name))
        except (EngineUnavailable, TensorMismatch, EngineError) as error:
            if "explicit model load" in error.message:  # the server watches its repository by itself
                self._explicit = False
                return
            if type(error) is EngineError and "failed to poll" in error.message and not await self._listed():
                raise ModelNotFound(f"no model {self.name!r} in the repository of {error.message}") from None
            if type(error) in (EngineError, TensorMismatch):
                raise ModelInvalid(error.message, model=self.name) from None
            raise

    async def _listed(self) -> bool:
        index = await self.link.call(_ADMIN_TIMEOUT_S, lambda client: client.get_model_repository_index())
        return any(model.name == self.name for model in index.models)

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
            await self._send(info.version, tensors, wanted, timeout)
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
        result = await self._send(info.version, tensors, wanted, timeout)
        return {name: result.as_numpy(name) for name in info.outputs}

    async def _send(self, version: str, tensors: list[Any], wanted: list[Any], timeout: float) -> Any:
        def ask(client: Any) -> Any:
            return client.infer(
                self.name,
                tensors,
                model_version=version,
                outputs=wanted,
                client_timeout=timeout,
                timeout=max(1, int(timeout * 1e6)),
            )

        return await self.link.call(timeout, ask)
