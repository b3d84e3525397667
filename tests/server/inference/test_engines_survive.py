"""A fault of our own in an engine costs one request, never a model; and an engine waits for a server that is late."""

from __future__ import annotations

import asyncio
import socket

import numpy as np
import pytest

from courtside_server.errors import EngineError, EngineUnavailable
from courtside_server.inference.batching import BatchingPolicy, MicroBatcher
from courtside_server.inference.triton.engine import TritonEngine


async def test_a_batcher_goes_on_after_a_fault() -> None:
    faults = [RuntimeError("a fault of ours")]

    def on_batch(rows: int) -> None:
        if faults:
            raise faults.pop()

    batcher = MicroBatcher("m", lambda _, inputs: {"y": inputs["x"]}, BatchingPolicy(8, True), on_batch=on_batch)
    deadline = asyncio.get_running_loop().time() + 10
    inputs = {"x": np.ones((1, 2), np.float32)}
    with pytest.raises(EngineError, match="a fault of ours"):
        await batcher.submit(inputs, 1, deadline)
    assert (await batcher.submit(inputs, 1, deadline))["y"].shape == (1, 2)
    await batcher.close()


@pytest.fixture
def nowhere() -> str:
    """An address on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


async def test_every_model_of_a_server_that_is_not_up_yet_is_tried_again(nowhere) -> None:
    """Only the first one was, and the others stayed "not started" until the gateway was restarted."""
    engine = TritonEngine(nowhere, connect_timeout=0.05, health_interval=0.01)
    with pytest.raises(EngineUnavailable):
        await engine.start(["a", "b", "c"])
    healed: set[str] = set()
    for name, model in engine._models.items():

        async def heal(timeout: float, name: str = name, model=model) -> bool:
            if name not in healed:
                healed.add(name)
                raise RuntimeError("a fault of ours")
            model.attached = True
            return False

        model.heal = heal
    async with asyncio.timeout(10):
        while not all(map(engine.ready, ["a", "b", "c"])):
            await asyncio.sleep(0.01)
    assert healed == {"a", "b", "c"}, "and a fault does not end the checks"
    await engine.close()
