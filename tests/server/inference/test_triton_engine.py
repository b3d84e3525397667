"""The Triton engine against a real Triton server."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from courtside_server.errors import (
    EngineError,
    EngineUnavailable,
    InferenceTimeout,
    ModelInvalid,
    ModelNotFound,
    TensorMismatch,
)
from courtside_server.inference.onnx.engine import EmbeddedEngine
from courtside_server.inference.triton.engine import TritonEngine
from courtside_server.inference.triton.process import TritonProcess
from courtside_server.inference.triton.shared_memory import Slot
from courtside_server.telemetry.metrics import Metrics

from .conftest import add_model, write_onnx

ONE = {"x": np.array([[1, 2, 3, 4]], np.float32)}


@asynccontextmanager
async def engine(triton: TritonProcess, *models: str, url: str = "", **options: Any) -> AsyncIterator[TritonEngine]:
    made = TritonEngine(url or triton.url, **{"health_interval": 0.05, "connect_timeout": 5.0, **options})
    try:
        await made.start(models)
        yield made
    finally:
        await made.close()


async def until(condition: Any, seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def regions() -> set[str]:
    return {path.name for path in Path("/dev/shm").glob("courtside-*")}


async def test_both_engines_and_both_ways_give_the_same_bits(triton: TritonProcess) -> None:
    inputs = {"x": np.random.default_rng(5).normal(size=(3, 16, 3, 18, 32)).astype(np.float32)}
    embedded = EmbeddedEngine(triton.repository)
    await embedded.start(["clip"])
    wanted = await embedded.infer("clip", inputs, timeout=5)
    await embedded.close()
    before = regions()
    async with (
        engine(triton, "clip", repository=triton.repository) as plain,
        engine(triton, "clip", shared_memory=True) as shared,
    ):
        assert regions() - before, "shared memory is in use"
        for to in (plain, shared):
            for _ in range(3):
                answer = await to.infer("clip", inputs, timeout=5)
                assert answer["y"].dtype == np.float32
                np.testing.assert_array_equal(answer["y"], wanted["y"])
        assert plain.info("clip").labels == ("a", "b", "c", "d")
        assert plain.info("clip").inputs == shared.info("clip").inputs == embedded.info("clip").inputs
        many = await asyncio.gather(*(shared.infer("clip", {"x": inputs["x"] * i}, timeout=5) for i in range(20)))
        for i, answer in enumerate(many):
            np.testing.assert_array_equal(answer["y"], inputs["x"] * i * np.float32(0.5))
    assert regions() == before, "and all of it was given back"


async def test_requests_and_failures_are_counted(triton: TritonProcess) -> None:
    metrics = Metrics()
    async with engine(triton, "double", metrics=metrics) as to:
        answer = await to.infer("double", ONE, timeout=5)
        assert answer["y"].tolist() == [[3, 6, 9, 12]]
        with pytest.raises(TensorMismatch, match=r"is float32 \[1, 5\], it must be float32 \[rows, 4\]"):
            await to.infer("double", {"x": np.ones((1, 5), np.float32)}, timeout=5)
    value = metrics.registry.get_sample_value
    labels = {"model": "double", "engine": "triton"}
    assert value("courtside_inference_requests_total", {**labels, "code": "OK"}) == 1
    assert value("courtside_inference_requests_total", {**labels, "code": "TENSOR_MISMATCH"}) == 1
    assert value("courtside_stage_duration_seconds_count", {"stage": "inference"}) == 1


async def test_a_bad_request_in_a_batch_fails_alone(triton: TritonProcess) -> None:
    async with engine(triton, "lookup") as to:
        request = (to.infer("lookup", {"x": np.full((1, 4), i, np.float32)}, timeout=9) for i in (1, 99, 3))
        good, bad, fine = await asyncio.gather(*request, return_exceptions=True)
        assert isinstance(bad, EngineError) and "ONNX Runtime" in str(bad), bad
        assert isinstance(good, dict) and isinstance(fine, dict)
        assert (good["y"][0, 0], fine["y"][0, 0]) == (2, 6)


@pytest.mark.parametrize("shared_memory", [False, True])
async def test_a_late_or_cancelled_request_harms_nobody(triton: TritonProcess, shared_memory: bool) -> None:
    async with engine(triton, "lookup", shared_memory=shared_memory, slots=2) as to:  # it waits 200 ms for company
        with pytest.raises(InferenceTimeout, match=r"did not answer within 0.05 s"):
            await to.infer("lookup", {"x": np.full((1, 4), 5, np.float32)}, timeout=0.05)
        cancelled = asyncio.ensure_future(to.infer("lookup", {"x": np.full((1, 4), 6, np.float32)}, timeout=5))
        await asyncio.sleep(0.02)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        answer = await to.infer("lookup", {"x": np.full((1, 4), 7, np.float32)}, timeout=5)
        assert answer["y"].tolist() == [[14, 14, 14, 14]]
        assert to.ready("lookup")


async def test_a_model_of_the_wrong_shape_is_refused(triton: TritonProcess, tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match=r"input 'x' is tensor\(float\) .*-1, 4\].* but TYPE_FP32 \[-1, 5\]"):
        async with engine(triton, "wrong", load_timeout=30.0):
            pass
    add_model(tmp_path, "double", dims=(9,))
    says = r"'x' of model 'double' is float32 \[4\], the service needs float32 \[9\]"
    with pytest.raises(ModelInvalid, match=says) as caught:
        async with engine(triton, "double", repository=tmp_path):
            pass
    assert str(tmp_path / "double" / "config.pbtxt") in str(caught.value)
    with pytest.raises(ModelNotFound, match="no model 'gone'"):
        async with engine(triton, "gone"):
            pass


async def test_a_new_version_takes_over_without_a_gap(triton: TritonProcess) -> None:
    add_model(triton.repository, "renewed", scale=1.0)
    async with engine(triton, "renewed", health_interval=10.0) as to:
        stop = asyncio.Event()
        seen = []

        async def stream() -> None:
            while not stop.is_set():
                seen.append(float((await to.infer("renewed", ONE, timeout=5))["y"][0, 0]))

        streaming = asyncio.ensure_future(stream())
        write_onnx(triton.repository / "renewed" / "2" / "model.onnx", scale=7.0)
        await to.start(["renewed"])
        assert to.info("renewed").version == "2"
        await until(lambda: seen[-1] == 7)
        stop.set()
        await streaming
        assert set(seen) == {1, 7}


async def test_a_version_that_the_server_took_up_itself_is_followed(triton: TritonProcess) -> None:
    add_model(triton.repository, "followed", scale=1.0)
    async with engine(triton, "followed") as to, engine(triton, "followed", health_interval=10.0) as other:
        write_onnx(triton.repository / "followed" / "2" / "model.onnx", scale=7.0)
        await other.start(["followed"])
        assert (await to.infer("followed", ONE, timeout=5))["y"][0, 0] == 7
        await until(lambda: to.info("followed").version == "2")
        assert to.ready("followed")


async def test_without_a_server_start_says_so_and_the_engine_heals_later(triton: TritonProcess) -> None:
    triton.stop()
    to = TritonEngine(triton.url, health_interval=0.05, connect_timeout=0.2, repository=triton.repository)
    with pytest.raises(EngineUnavailable, match=f"Triton at {triton.url}"):
        await to.start(["double"])
    assert not to.ready("double")
    assert to.info("double").max_batch_size == 8, "our own repository knows the signature"
    with pytest.raises(EngineUnavailable, match="cannot answer for model 'double' now"):
        await to.infer("double", ONE, timeout=1)
    await asyncio.to_thread(triton.start)
    await until(lambda: to.ready("double"))
    assert (await to.infer("double", ONE, timeout=5))["y"].tolist() == [[3, 6, 9, 12]]
    await to.close()


async def test_killed_and_restarted_in_mid_stream_it_recovers(triton: TritonProcess) -> None:
    """`clip` is not loaded by the server's own start: the engines have to, and to share their memory anew."""
    inputs = {"x": np.ones((1, 16, 3, 18, 32), np.float32)}
    stop = asyncio.Event()

    async def stream(to: TritonEngine, outcomes: list[str]) -> None:
        while not stop.is_set():
            try:
                answer = await to.infer("clip", inputs, timeout=1)
                outcomes.append("right" if (answer["y"] == 0.5).all() else "wrong")
            except (EngineUnavailable, InferenceTimeout) as error:
                outcomes.append(type(error).__name__)
                await asyncio.sleep(0.01)

    async with engine(triton, "clip") as plain, engine(triton, "clip", shared_memory=True) as shared:
        both: list[tuple[TritonEngine, list[str]]] = [(plain, []), (shared, [])]
        streams = [asyncio.ensure_future(stream(*one)) for one in both for _ in range(2)]
        await until(lambda: all(len(outcomes) > 20 for _, outcomes in both))
        await asyncio.to_thread(triton.kill)
        await until(lambda: not any(to.ready("clip") for to, _ in both))
        await asyncio.to_thread(triton.start)
        await until(lambda: all(to.ready("clip") for to, _ in both))
        healed = [len(outcomes) for _, outcomes in both]
        await until(lambda: all(len(both[i][1]) > healed[i] + 20 for i in range(2)))
        stop.set()
        await asyncio.gather(*streams)
    for (_, outcomes), since in zip(both, healed, strict=True):
        assert "wrong" not in outcomes and "EngineUnavailable" in outcomes
        assert set(outcomes[since + 2 :]) == {"right"}  # what was under way when it healed may still fail


async def test_shared_memory_that_the_server_refuses_is_done_without(
    triton: TritonProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Slot, "key", "/not-there-as-on-another-machine")
    before = regions()
    async with engine(triton, "double", shared_memory=True) as to:
        assert regions() == before, "nothing is kept for nothing"
        assert (await to.infer("double", ONE, timeout=5))["y"].tolist() == [[3, 6, 9, 12]]


async def test_a_server_that_hangs_opens_the_circuit(triton: TritonProcess) -> None:
    """Frozen, not dead: calls end at their deadlines, then at once; when it thaws, everything goes on."""
    async with engine(triton, "double", failures=2, open_s=0.1) as to:
        await to.infer("double", ONE, timeout=5)
        pid = triton.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            for _ in range(2):
                with pytest.raises((InferenceTimeout, EngineUnavailable)):
                    await to.infer("double", ONE, timeout=0.1)
            assert not to.ready("double")
            begin = asyncio.get_running_loop().time()
            with pytest.raises(EngineUnavailable):
                await to.infer("double", ONE, timeout=5)
            assert asyncio.get_running_loop().time() - begin < 0.05
        finally:
            os.kill(pid, signal.SIGCONT)
        await until(lambda: to.ready("double"))
        await until_answered(to)


async def until_answered(to: TritonEngine) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                await to.infer("double", ONE, timeout=2)
                return
            except (EngineUnavailable, InferenceTimeout):
                await asyncio.sleep(0.02)


async def test_closing_ends_requests_and_leaves_nothing(triton: TritonProcess) -> None:
    before = regions()
    async with engine(triton, "lookup", shared_memory=True) as to:
        request = asyncio.ensure_future(to.infer("lookup", {"x": np.ones((1, 4), np.float32)}, timeout=5))
        await asyncio.sleep(0.02)
    with pytest.raises(EngineUnavailable):
        await request
    with pytest.raises(EngineUnavailable):
        await to.infer("lookup", {"x": np.ones((1, 4), np.float32)}, timeout=5)
    with pytest.raises(EngineUnavailable, match="closed"):
        await to.start(["lookup"])
    await to.close()
    assert regions() == before

