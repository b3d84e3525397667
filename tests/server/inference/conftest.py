"""Tiny models made on the spot, and one real Triton server for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from courtside_server.errors import EngineUnavailable
from courtside_server.inference.triton.environment import default_environment, prepare_environment
from courtside_server.inference.triton.process import TritonProcess

CONFIG = """backend: "onnxruntime"
max_batch_size: {batch}
input {{ name: "x" data_type: TYPE_FP32 dims: [{dims}] }}
output {{ name: "y" data_type: TYPE_FP32 dims: [{dims}] label_filename: "labels.txt" }}
{extra}
"""

WAITS = "dynamic_batching { max_queue_delay_microseconds: 200000 } instance_group { count: 1 kind: KIND_CPU }"


def write_onnx(path: Path, *, scale: float = 2.0, shape: tuple[int | str, ...] = (4,), op: str = "Mul") -> Path:
    """`y = x op scale`, any number of rows; `Gather` (op) looks rows up and so fails for indices that are too big."""
    onnx = pytest.importorskip("onnx", reason="the onnx package makes the test models; install courtside[export]")
    helper, kinds = onnx.helper, onnx.TensorProto
    x = helper.make_tensor_value_info("x", kinds.FLOAT, ["rows", *shape])
    y = helper.make_tensor_value_info("y", kinds.FLOAT, ["rows", *shape])
    if op == "Gather":
        table = helper.make_tensor("table", kinds.FLOAT, [10], [scale * i for i in range(10)])
        nodes = [
            helper.make_node("Cast", ["x"], ["index"], to=kinds.INT64),
            helper.make_node("Gather", ["table", "index"], ["y"]),
        ]
        constants = [table]
    else:
        nodes = [helper.make_node(op, ["x", "scale"], ["y"])]
        constants = [helper.make_tensor("scale", kinds.FLOAT, [], [scale])]
    graph = helper.make_graph(nodes, "tiny", [x], [y], constants)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


def add_model(
    root: Path,
    name: str,
    *,
    config: str | None = None,
    batch: int = 8,
    dims: tuple[int, ...] = (4,),
    extra: str = "dynamic_batching { max_queue_delay_microseconds: 500 } instance_group { count: 1 kind: KIND_CPU }",
    versions: tuple[int, ...] = (1,),
    **onnx: Any,
) -> Path:
    """One repository entry; version v multiplies by v times the scale."""
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    text = config if config is not None else CONFIG.format(batch=batch, dims=", ".join(map(str, dims)), extra=extra)
    (folder / "config.pbtxt").write_text(text)
    (folder / "labels.txt").write_text("a\nb\nc\nd\n")
    scale = onnx.pop("scale", 2.0)
    for version in versions:
        write_onnx(folder / str(version) / "model.onnx", scale=scale * version, **{"shape": dims, **onnx})
    return folder


@pytest.fixture
def make_model(tmp_path: Path) -> Callable[..., Path]:
    """`make_model(name, ...)` adds an entry to the repository `tmp_path / "repository"`."""
    root = tmp_path / "repository"
    root.mkdir()
    return lambda name, **options: add_model(root, name, **options)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir(exist_ok=True)
    return root


@pytest.fixture(scope="session")
def triton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TritonProcess]:
    """A real Triton with the models `double`, `lookup`, `clip`, and the broken `wrong` not loaded."""
    try:
        prepare_environment(default_environment())
    except EngineUnavailable as error:
        pytest.skip(f"no Triton environment on this machine: {error.message}")
    root = tmp_path_factory.mktemp("triton")
    models = root / "repository"
    add_model(models, "double", versions=(1,), scale=3.0)
    add_model(models, "lookup", op="Gather", extra=WAITS)
    add_model(models, "clip", dims=(16, 3, 18, 32), scale=0.5)
    add_model(models, "wrong", dims=(5,), shape=(4,))
    process = TritonProcess(models, state=root / "state", models=["double"], grpc_port=0)
    with process:
        yield process
