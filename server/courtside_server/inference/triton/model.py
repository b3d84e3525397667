"""One model on a Triton server: attaches it, switches its versions, and sends it requests."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from courtside_server.errors import EngineError, EngineUnavailable, ModelInvalid, ModelNotFound
from courtside_server.inference.engine import ModelInfo, Tensors, check_outputs, check_same_signature, check_signature
from courtside_server.inference.repository import ModelEntry, ModelRepository, read_info
from courtside_server.inference.triton.circuit_breaker import CircuitBreaker
from courtside_server.inference.triton.client import NotServed, TritonClient
from courtside_server.inference.triton.model_control import ADMIN_TIMEOUT_S, ModelControl
from courtside_server.inference.triton.transport import TensorTransport

_log = structlog.get_logger(__name__)
_DRAIN_S = 10.0
"""Seconds that a replaced version may take to end its requests before it is unloaded."""


class TritonModel:
    """The engine's view of one model on the server.

    The server holds the versions that the engine's names stand for, and no others. Where aliases.toml names a version,
    the model is loaded with a config that lists exactly the versions in use. While one version replaces another these
    are both, so the old version answers until the new one has been checked and warmed up.

    Args:
        name: the name that callers use: a model of the server, or an alias.
        client: the server.
        breaker: guards the requests.
        repository: our own copy of the repository, if there is one.
        in_use: returns the versions of a model that the engine's other names stand for.
        loading: lock to hold while a model is loaded.
        slots: requests that may use shared memory at once; 0: none.
        load_timeout: seconds that loading may take.

    Attributes:
        info: the signature of the version that answers; ``None`` until it is known.
        attached: the server was last seen to serve exactly that version.
        problem: why it does not, one sentence.
    """

    def __init__(
        self,
        name: str,
        client: TritonClient,
        breaker: CircuitBreaker,
        repository: ModelRepository | None,
        *,
        in_use: Callable[[str], set[str]],
        loading: asyncio.Lock,
        slots: int,
        load_timeout: float,
    ) -> None:
        self.name = name
        self.client = client
        self.breaker = breaker
        self._repository = repository
        self._in_use, self._loading = in_use, loading
        self._entry: ModelEntry | None = None
        self._requests: Counter[tuple[str, str]] = Counter()  # under way, by model and version
        self.info: ModelInfo | None = None
        self.attached = False
        self.problem = "it has not answered yet"
        self._load_timeout = load_timeout
        self._control = ModelControl(client, load_timeout)
        self._doubt = asyncio.Event()
        self._attaching = asyncio.Lock()
        self._transport = TensorTransport(name, client, slots, self._doubt.set)

    async def attach(self) -> None:
        """Load the version that the name stands for, check it, warm it up and switch to it.

        The version in use answers until then.

        Raises:
            ModelNotFound: the server's repository has no such model.
            ModelInvalid: it does not load, does not work, or has other tensors than our own copy.
            EngineUnavailable: the server does not answer.
        """
        async with self._attaching:
            entry = await asyncio.to_thread(self._read_own)
            if self.info is None and entry is not None:
                self._entry, self.info = entry, entry.info
            await self._replace(entry)

    async def heal(self, timeout: float) -> bool:
        """Check that the server serves the version in use, and attach the model again where it does not.

        Returns:
            Whether anything had to be done.

        Raises:
            EngineUnavailable: the server does not answer.
            EngineError: as `attach`.
        """
        async with self._attaching:
            version = self.info.version if self.info is not None and self.attached else ""
            served = bool(await self.client.call(timeout, lambda client: client.is_model_ready(self.model, version)))
            if served and self.attached and not self._transport.outdated:
                return False
            if served:
                await self._switch(self._entry)
                return True
            try:
                await self._replace(await asyncio.to_thread(self._read_own))
            except ModelInvalid:
                if self._entry is None or not self._entry.pinned:
                    raise
                await self._replace(self._entry)  # the alias names an unusable version: back to the one before
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
        """Refuse requests until the model is attached again."""
        self.attached, self.problem = False, problem

    async def doubted(self, seconds: float) -> None:
        """Wait until a request met something unexpected, at most ``seconds``."""
        try:
            async with asyncio.timeout(seconds):
                await self._doubt.wait()
        except TimeoutError:
            pass
        self._doubt.clear()

    async def infer(self, inputs: Tensors, rows: int, timeout: float) -> dict[str, NDArray[Any]]:
        """Answer checked inputs; see `Engine.infer`."""
        info = self.info
        assert info is not None, "only attached models get requests"
        version = info.name, info.version
        self._requests[version] += 1
        try:
            return await self._infer(info, inputs, rows, timeout)
        finally:
            self._requests[version] -= 1

    async def _infer(self, info: ModelInfo, inputs: Tensors, rows: int, timeout: float) -> dict[str, NDArray[Any]]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        try:
            outputs = await self._transport.send_shared(info, inputs, rows, timeout)
            if outputs is not None:
                return outputs
            try:
                return await self._transport.send_grpc(info, inputs, deadline - loop.time())
            except NotServed:  # the server switched to another version by itself; `heal` will check it
                self._doubt.set()
                return await self._transport.send_grpc(replace(info, version=""), inputs, deadline - loop.time())
        except NotServed as error:
            self.lost(error.message)
            raise
        except EngineUnavailable:
            self._doubt.set()
            raise

    async def detach(self) -> None:
        """Free the shared memory here and on the server."""
        self.lost("the engine is closed")
        await self._transport.unshare()

    def _read_own(self) -> ModelEntry | None:
        try:
            return self._repository.find(self.name) if self._repository is not None else None
        except ModelNotFound:
            return None  # a model that only the server has

    async def _replace(self, entry: ModelEntry | None) -> None:
        """Load a version, check it, warm it up, switch to it, then unload the one that answered before."""
        model = entry.info.name if entry is not None else self.name
        before = self.info if self.attached else None
        async with self._loading:
            wanted = set()
            if entry is not None and entry.pinned:
                wanted = {entry.info.version} | self._in_use(model)
                if before is not None and before.name == model:
                    wanted.add(before.version)
            await self._control.load(model, entry, wanted)
            try:
                await self._switch(entry)
            except EngineError:
                if wanted and before is not None and before.name == model:
                    with contextlib.suppress(EngineError):  # else the refused version only takes memory
                        await self._control.load(model, entry, {before.version} | self._in_use(model))
                raise
            if before is not None and self.info is not None and entry is not None and entry.pinned:
                await self._unload(before, self.info, entry)

    async def _unload(self, before: ModelInfo, after: ModelInfo, entry: ModelEntry) -> None:
        """Unload the version that answered before, once its requests have ended."""
        if (before.name, before.version) == (after.name, after.version):
            return
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _DRAIN_S
        while self._requests[before.name, before.version] > 0 and loop.time() < deadline:
            await asyncio.sleep(0.01)
        kept = self._in_use(before.name) | ({after.version} if before.name == after.name else set())
        try:
            if kept:
                await self._control.load(before.name, entry, kept)
            else:
                await self._control.unload(before.name)
        except EngineError as error:  # the new version answers either way; the old one only takes memory
            _log.warning(
                "unloading the old version failed", model=before.name, version=before.version, error=error.message
            )

    async def _switch(self, entry: ModelEntry | None) -> None:
        """Check and warm up what the server has loaded, then let it answer."""
        model = entry.info.name if entry is not None else self.name
        try:
            index = await self.client.call(ADMIN_TIMEOUT_S, lambda client: client.get_model_metadata(model))
            answer = await self.client.call(ADMIN_TIMEOUT_S, lambda client: client.get_model_config(model))
        except NotServed as error:
            raise ModelNotFound(f"model {model!r} is not loaded: {error.message}", model=model) from None
        source = f"Triton at {self.client.url}"
        if entry is not None:
            source += f"; the gateway's own is {entry.info.source}"
        version = entry.info.version if entry is not None and entry.pinned else max(index.versions, key=int)
        if version not in index.versions:
            raise ModelInvalid(
                f"{source}: version {version} of {model!r} is not loaded, only {', '.join(index.versions)}", model=model
            )
        info = read_info(answer.config, version, source, entry.info.labels if entry is not None else ())
        if entry is not None:
            check_signature(info, inputs=entry.info.inputs.values(), outputs=entry.info.outputs.values())
        elif self.info is not None:
            check_signature(info, inputs=self.info.inputs.values(), outputs=self.info.outputs.values())
        if self.info is not None and self.attached:
            check_same_signature(info, self.info)
        await self._warm_up(info)
        # Shared memory that fits the new version stays: requests under way are in it.
        if not (self.attached and self.info is not None and self._transport.fits(info)):
            await self._transport.share(info)
        self.info, self._entry, self.attached, self.problem = info, entry, True, ""
        self.breaker.reset()
        _log.info(
            "model started",
            engine="triton",
            model=self.name,
            serves=f"{info.name}:{info.version}",
            shared_memory=self._transport.sharing,
        )

    async def _warm_up(self, info: ModelInfo) -> None:
        """Send one request of zeros: it pays for set-up, and a model that cannot answer is found now."""
        shapes = info.usual_shapes()
        if shapes is None:
            return
        front = (1,) if info.max_batch_size else ()
        zeros = {name: np.zeros(front + shapes[name], spec.dtype) for name, spec in info.inputs.items()}
        try:
            check_outputs(info, await self._transport.send_grpc(info, zeros, self._load_timeout), 1)
        except EngineUnavailable:
            raise
        except EngineError as error:
            raise ModelInvalid(f"model {self.name!r} fails on zeros: {error.message}", model=self.name) from None
