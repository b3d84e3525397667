from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from courtside_server.errors import (
    EngineError,
    EngineUnavailable,
    InferenceTimeout,
    ModelInvalid,
    ModelNotFound,
    SettingsError,
    TensorMismatch,
)
from courtside_server.inference.onnx.engine import EmbeddedEngine
from courtside_server.telemetry.metrics import Metrics

Make = Callable[..., Path]


@asynccontextmanager
async def engine(repository: Path, *models: str, **options: Any) -> AsyncIterator[EmbeddedEngine]:
    made = EmbeddedEngine(repository, **options)
    try:
        await made.start(models)
        yield made
    finally:
        await made.close()


def x(*rows: tuple[float, ...]) -> dict[str, np.ndarray]:
    return {"x": np.array(rows, np.float32)}


async def test_it_answers_what_onnx_runtime_answers(make_model: Make, repository: Path) -> None:
    folder = make_model("double", dims=(3, 5))
    inputs = {"x": np.random.default_rng(3).normal(size=(4, 3, 5)).astype(np.float32)}
    async with engine(repository, "double") as to:
        answer = await to.infer("double", inputs, timeout=5)
        assert to.ready("double") and not to.ready("other")
        assert to.info("double").labels == ("a", "b", "c", "d")
    session = onnxruntime.InferenceSession(folder / "1" / "model.onnx", providers=["CPUExecutionProvider"])
    np.testing.assert_array_equal(answer["y"], session.run(["y"], inputs)[0])
    assert not to.ready("double")


async def test_callers_share_batches_and_are_counted(make_model: Make, repository: Path) -> None:
    make_model("double", extra="dynamic_batching { max_queue_delay_microseconds: 10000000 }", batch=6)
    metrics = Metrics()
    async with engine(repository, "double", metrics=metrics) as to:
        answers = await asyncio.gather(*(to.infer("double", x((i, 0, 0, 0)), timeout=9) for i in range(6)))
        with pytest.raises(TensorMismatch):
            await to.infer("double", {}, timeout=1)
        with pytest.raises(InferenceTimeout):
            await to.infer("double", x((1, 2, 3, 4)), timeout=0.01)
        task = asyncio.ensure_future(to.infer("double", x((1, 2, 3, 4)), timeout=5))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    assert [answer["y"][0, 0] for answer in answers] == [0, 2, 4, 6, 8, 10]

    def value(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(f"courtside_{name}", labels)

    counted = {
        code: value("inference_requests_total", model="double", engine="embedded", code=code)
        for code in ("OK", "TENSOR_MISMATCH", "INFERENCE_TIMEOUT", "CANCELLED")
    }
    assert counted == {"OK": 6, "TENSOR_MISMATCH": 1, "INFERENCE_TIMEOUT": 1, "CANCELLED": 1}
    assert value("inference_batch_size_sum", model="double") == 6
    assert value("inference_batch_size_count", model="double") == 1
    assert value("stage_duration_seconds_count", stage="inference") == 6


async def test_config_s_instances_become_sessions(make_model: Make, repository: Path) -> None:
    make_model("double", extra="instance_group [ { count: 2 kind: KIND_CPU }, { count: 1 kind: KIND_CPU } ]")
    async with engine(repository, "double", threads=1) as to:
        answers = await asyncio.gather(*(to.infer("double", x((i,) * 4), timeout=5) for i in range(9)))
    assert [answer["y"][0, 3] for answer in answers] == [2 * i for i in range(9)]


async def test_a_model_without_batch_dimension(make_model: Make, repository: Path) -> None:
    make_model("double", batch=0, dims=(2, 3), shape=(3,), extra="")
    async with engine(repository, "double") as to:
        answer = await to.infer("double", {"x": np.ones((2, 3), np.float32)}, timeout=5)
        assert answer["y"].tolist() == [[2, 2, 2], [2, 2, 2]]
        with pytest.raises(TensorMismatch, match=re.escape("is float32 [1, 2, 3], it must be float32 [2, 3]")):
            await to.infer("double", {"x": np.ones((1, 2, 3), np.float32)}, timeout=5)


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({}, "model 'double' needs input 'x' (float32 [4])"),
        ({"z": np.ones((1, 4), np.float32)}, "model 'double' has no input 'z'; it takes x"),
        ({"x": np.ones((1, 4))}, "input 'x' of model 'double' is float64 [1, 4], it must be float32 [rows, 4]"),
        ({"x": np.ones((1, 5), np.float32)}, "is float32 [1, 5], it must be float32 [rows, 4]"),
        ({"x": np.ones((4,), np.float32)}, "is float32 [4], it must be float32 [rows, 4]"),
        ({"x": np.ones((9, 4), np.float32)}, "input 'x' of model 'double' has 9 rows; send 1 to 8"),
        ({"x": np.ones((0, 4), np.float32)}, "has 0 rows; send 1 to 8"),
    ],
)
async def test_a_wrong_request_is_named(
    inputs: dict[str, np.ndarray], says: str, make_model: Make, repository: Path
) -> None:
    make_model("double")
    async with engine(repository, "double") as to:
        with pytest.raises(TensorMismatch, match=re.escape(says)):
            await to.infer("double", inputs, timeout=5)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"dims": (5,), "shape": (4,)}, r"'x' is float32 \[\?, 4\] in .*onnx, but float32 \[\?, 5\] in .*pbtxt"),
        (
            {"config": 'backend: "onnxruntime" max_batch_size: 8 input { name: "q" data_type: TYPE_FP32 dims: 4 }'
             'output { name: "y" data_type: TYPE_FP32 dims: 4 }'},
            r"model.onnx has no input 'q' \(it has x\), but .*config.pbtxt names it",
        ),
        (
            {"config": 'backend: "onnxruntime" max_batch_size: 8 input { name: "x" data_type: TYPE_INT64 dims: 4 }'
             'output { name: "y" data_type: TYPE_FP32 dims: 4 }'},
            r"input 'x' is float32 \[\?, 4\] in .*model.onnx, but int64 \[\?, 4\] in .*config.pbtxt",
        ),
        ({"op": "Gather", "scale": 1.0, "dims": (4,), "batch": 0, "extra": ""}, r"\[\?, 4\].*but float32 \[4\]"),
        (
            {"config": 'backend: "tensorrt" max_batch_size: 8 input { name: "x" data_type: TYPE_FP32 dims: 4 }'
             'output { name: "y" data_type: TYPE_FP32 dims: 4 }'},
            r"names the backend 'tensorrt'; the embedded engine runs 'onnxruntime' only",
        ),
    ],
)  # fmt: skip
async def test_a_file_that_is_not_what_the_config_says_is_refused(
    options: dict[str, Any], says: str, make_model: Make, repository: Path
) -> None:
    make_model("double", **options)
    with pytest.raises(ModelInvalid, match=says):
        async with engine(repository, "double"):
            pass


async def test_a_file_that_does_not_load_is_refused(make_model: Make, repository: Path) -> None:
    folder = make_model("double")
    (folder / "1" / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelInvalid, match=r"double/1/model.onnx does not load as ONNX: .*export it again"):
        async with engine(repository, "double"):
            pass
    (folder / "1" / "model.onnx").unlink()
    with pytest.raises(ModelInvalid, match=r"double/1/model.onnx is missing"):
        async with engine(repository, "double"):
            pass


async def test_one_request_s_failure_is_its_own(make_model: Make, repository: Path) -> None:
    make_model("lookup", op="Gather", extra="dynamic_batching { max_queue_delay_microseconds: 10000000 }", batch=3)
    async with engine(repository, "lookup") as to:
        good, bad, fine = await asyncio.gather(
            *(to.infer("lookup", x((i, 0, 0, 0)), timeout=9) for i in (1, 99, 2)), return_exceptions=True
        )
        assert isinstance(bad, EngineError) and "model 'lookup' failed" in str(bad)
        assert isinstance(good, dict) and isinstance(fine, dict)
        assert (good["y"][0, 0], fine["y"][0, 0]) == (2, 4)
        assert to.ready("lookup")


async def test_a_new_version_takes_over_without_a_gap(make_model: Make, repository: Path) -> None:
    folder = make_model("double")
    async with engine(repository, "double") as to:
        before = await to.infer("double", x((1, 1, 1, 1)), timeout=5)
        make_model("double", versions=(1, 2))
        stream = [asyncio.ensure_future(to.infer("double", x((1, 1, 1, 1)), timeout=5)) for _ in range(50)]
        await to.start(["double"])
        after = await to.infer("double", x((1, 1, 1, 1)), timeout=5)
        assert {task.result()["y"][0, 0] for task in stream} <= {2, 4}
        assert (before["y"][0, 0], after["y"][0, 0], to.info("double").version) == (2, 4, "2")
        (folder / "2" / "model.onnx").write_bytes(b"broken")
        with pytest.raises(ModelInvalid):
            await to.start(["double"])
        assert (await to.infer("double", x((1, 1, 1, 1)), timeout=5))["y"][0, 0] == 4


async def test_what_was_not_started_is_not_found(make_model: Make, repository: Path) -> None:
    make_model("double")
    async with engine(repository, "double") as to:
        with pytest.raises(ModelNotFound, match="model 'other' was not started; started models: double"):
            to.info("other")
        with pytest.raises(ModelNotFound, match="no model 'other'"):
            await to.start(["other"])
    with pytest.raises(EngineUnavailable):
        await to.infer("double", x((1, 1, 1, 1)), timeout=5)


async def test_idle_threads_do_not_spin(make_model: Make, repository: Path) -> None:
    """The decoders need the cores: between two requests the engine must use none."""
    make_model("double", dims=(256, 1024))  # big enough for ONNX Runtime to share it out
    spent = {}
    for spin in (True, False):
        async with engine(repository, "double", threads=2, spin=spin) as to:
            rounds = []
            for _ in range(16):
                await to.infer("double", {"x": np.ones((8, 256, 1024), np.float32)}, timeout=5)
                begin = time.process_time()
                await asyncio.sleep(0.02)
                rounds.append(time.process_time() - begin)
            # Work that is still being tidied up when a pause begins spoils single rounds on a busy machine.
            spent[spin] = float(np.median(rounds))
    assert spent[False] < 0.3 * spent[True], spent


def test_missing_cuda_is_refused(repository: Path) -> None:
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime has CUDA")
    with pytest.raises(SettingsError, match="device 'cuda' needs an ONNX Runtime built for CUDA"):
        EmbeddedEngine(repository, device="cuda")
    EmbeddedEngine(repository, device="auto")
