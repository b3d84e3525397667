"""Tensor transport: carries one model's requests to a Triton server, over gRPC or through shared memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from numpy.typing import NDArray
from tritonclient.grpc import InferInput, InferRequestedOutput
from tritonclient.utils import np_to_triton_dtype
from tritonclient.utils.shared_memory import SharedMemoryException

from courtside_server.errors import EngineError, TensorMismatch
from courtside_server.inference.engine import ModelInfo, Tensors
from courtside_server.inference.triton.client import NotServed, TritonClient
from courtside_server.inference.triton.shared_memory import Slot, SlotPool

_log = structlog.get_logger(__name__)
_REGISTER_TIMEOUT_S = 5.0
"""Seconds that registering a memory region may take."""
_UNREGISTER_TIMEOUT_S = 1.0
"""Seconds that unregistering a memory region may take; the server may be gone."""


class TensorTransport:
    """Sends checked tensors to one model and returns its outputs.

    Args:
        name: the model's name, for log lines.
        client: the server.
        slots: requests that may use shared memory at once; 0: always gRPC.
        on_outdated: called when the server turns out not to know our memory regions, or the version, any more.

    Attributes:
        outdated: the server does not know our memory regions any more; requests use gRPC until the next ``share``.
    """

    def __init__(self, name: str, client: TritonClient, slots: int, on_outdated: Callable[[], None]) -> None:
        self._name, self._client, self._slots = name, client, slots
        self._on_outdated = on_outdated
        self._pool: SlotPool | None = None
        self._max_batch_size = 0
        self.outdated = False

    @property
    def sharing(self) -> bool:
        """Whether requests may go through shared memory."""
        return self._pool is not None

    def fits(self, info: ModelInfo) -> bool:
        """Whether the present shared memory can carry another version's requests, too."""
        return self._pool is not None and not self.outdated and self._max_batch_size == info.max_batch_size

    async def share(self, info: ModelInfo) -> None:
        """Set up shared memory for a version. gRPC remains where sizes are not known or the server refuses."""
        await self.unshare()
        specs = [*info.inputs.values(), *info.outputs.values()]
        known = info.usual_shapes() is not None and all(spec.fixed for spec in info.outputs.values())
        if not self._slots or not known:
            return
        try:
            pool = SlotPool(info, {spec.name: np_to_triton_dtype(spec.dtype) for spec in specs}, self._slots)
        except (SharedMemoryException, OSError) as error:
            _log.warning("shared memory unavailable, using gRPC", model=self._name, error=str(error))
            return
        self._pool, self._max_batch_size, self.outdated = pool, info.max_batch_size, False
        try:
            for slot in pool.slots:
                await self._register(slot)
        except EngineError as error:
            _log.warning("Triton refused shared memory, using gRPC", model=self._name, error=error.message)
            await self.unshare()
        except BaseException:
            pool.destroy()
            self._pool = None
            raise

    async def unshare(self) -> None:
        """Free the shared memory here and on the server."""
        pool, self._pool = self._pool, None
        self.outdated = False
        if pool is None:
            return
        try:
            for slot in pool.slots:
                await self._unregister(slot)
        except EngineError:
            pass  # the server is gone, and its mappings with it
        finally:
            pool.destroy()

    async def send_shared(
        self, info: ModelInfo, inputs: Tensors, rows: int, timeout: float
    ) -> dict[str, NDArray[Any]] | None:
        """Send one request through shared memory.

        Args:
            info: signature of the version that is to answer.
            inputs: checked arrays.
            rows: their rows.
            timeout: seconds.

        Returns:
            The outputs; ``None`` when the request must go over gRPC: no slot is free or large enough, or the server was
            restarted.
        """
        pool = self._pool
        slot = pool.take() if pool is not None and not self.outdated else None
        if pool is None or slot is None:
            return None
        if not slot.holds(inputs):
            pool.give(slot)
            return None
        try:
            return await self._through_slot(pool, slot, info, inputs, rows, timeout)
        except NotServed:
            self.outdated = True
            self._on_outdated()
            return None

    async def send_grpc(self, info: ModelInfo, inputs: Tensors, timeout: float) -> dict[str, NDArray[Any]]:
        """Send one request over gRPC."""
        tensors = []
        for name, array in inputs.items():
            tensor = InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
            tensor.set_data_from_numpy(array)
            tensors.append(tensor)
        outputs = [InferRequestedOutput(name) for name in info.outputs]
        result = await self._infer(info, tensors, outputs, timeout)
        return {name: result.as_numpy(name) for name in info.outputs}

    async def _through_slot(
        self, pool: SlotPool, slot: Slot, info: ModelInfo, inputs: Tensors, rows: int, timeout: float
    ) -> dict[str, NDArray[Any]]:
        answered = True
        try:
            tensors, outputs = slot.write(inputs, rows)
            answered = False
            await self._infer(info, tensors, outputs, timeout)
            answered = True
            return slot.read(rows)
        except (NotServed, TensorMismatch):
            answered = True  # refused before it ran
            raise
        finally:
            pool.give(slot) if answered else pool.quarantine(slot)

    async def _infer(self, info: ModelInfo, tensors: list[Any], outputs: list[Any], timeout: float) -> Any:
        def request(client: Any) -> Any:
            return client.infer(
                info.name,
                tensors,
                model_version=info.version,
                outputs=outputs,
                client_timeout=timeout,
                timeout=max(1, int(timeout * 1e6)),
            )

        return await self._client.call(timeout, request)

    async def _register(self, slot: Slot) -> None:
        await self._client.call(
            _REGISTER_TIMEOUT_S,
            lambda client: client.register_system_shared_memory(slot.name, slot.key, slot.size),
        )

    async def _unregister(self, slot: Slot) -> None:
        await self._client.call(
            _UNREGISTER_TIMEOUT_S, lambda client: client.unregister_system_shared_memory(slot.name)
        )
