"""TensorRT: the build's calls against a mock of its API, the error on a machine without a GPU, the deploy step."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import onnx
import pytest

from courtside_export import tensorrt_engine
from courtside_export.errors import ExportInputError
from courtside_export.exporting import export_model
from courtside_export.running import onnx_run, torch_run
from courtside_export.settings import ExportSettings
from courtside_export.tensorrt_engine import build, missing, trtexec


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensorrt_engine, "gpus", lambda: 0)
    monkeypatch.setattr(tensorrt_engine.importlib.util, "find_spec", lambda name: None)


def test_the_error_without_a_gpu_names_what_is_missing(no_gpu, tiny, trained, tmp_path, command, capsys):
    repository = tmp_path / "r"
    assert command("tiny", "--checkpoint", trained, "--to", "tensorrt", "--fp16", "--repository", repository) == 2
    error = capsys.readouterr().err
    assert "lacks the Python package tensorrt" in error and "an NVIDIA GPU" in error and "--graph tiny.onnx" in error
    assert (
        f"trtexec --onnx=tiny.onnx --saveEngine={repository}/tiny/1/model.plan --minShapes=picture:1x3x16x20 "
        "--optShapes=picture:2x3x16x20 --maxShapes=picture:4x3x16x20 --fp16"
    ) in error
    assert not repository.exists()


def test_another_major_version_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt", SimpleNamespace(__version__="11.0.1", __spec__=SimpleNamespace()))
    monkeypatch.setattr(tensorrt_engine, "gpus", lambda: 1)
    assert missing() == ["TensorRT 10 (the package here is 11.0.1)"]


def test_the_graph_for_the_deploy_step(tiny, trained, tmp_path, command, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ["tiny", "--checkpoint", trained, "--to", "tensorrt", "--int8", "--calibration", 16]
    assert command(*arguments, "--graph", "tiny.onnx", "--samples", 4) == 0
    out = capsys.readouterr().out
    assert "mkdir -p model_repository_tensorrt/tiny/1 && trtexec" in out and "--int8" in out
    assert 'platform: "tensorrt_plan"' in (tmp_path / "model_repository_tensorrt/tiny/config.pbtxt").read_text()
    model = onnx.load(tmp_path / "tiny.onnx")
    points = {node.input[2] for node in model.graph.node if node.op_type == "QuantizeLinear"}
    zeros = [onnx.numpy_helper.to_array(t) for t in model.graph.initializer if t.name in points]
    assert len(zeros) >= 3 and all(z.dtype == np.int8 and not z.any() for z in zeros), "zero points are symmetric"
    inputs = tiny.samples(40, 7)
    same = tiny.decisions(onnx_run(model)(inputs)) == tiny.decisions(torch_run(tiny.load(trained))(inputs))
    assert same.all(1).mean() > 0.8
    assert command("tiny", "--checkpoint", trained, "--graph", "x.onnx") == 2
    assert "--graph needs --to tensorrt" in capsys.readouterr().err


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Any:
    config = MagicMock(spec=["set_memory_pool_limit", "add_optimization_profile", "set_flag"])
    profile = MagicMock(spec=["set_shape"])
    builder = MagicMock(
        spec=["create_network", "create_builder_config", "create_optimization_profile", "build_serialized_network"]
    )
    builder.create_builder_config.return_value = config
    builder.create_optimization_profile.return_value = profile
    builder.build_serialized_network.return_value = memoryview(b"plan")
    parser = MagicMock(spec=["parse", "num_errors", "get_error"])
    parser.parse.return_value, parser.num_errors = True, 1
    parser.get_error.return_value = "node 3 is not supported"
    trt = SimpleNamespace(
        __version__="10.14.1", Logger=MagicMock(WARNING=1), Builder=MagicMock(return_value=builder),
        OnnxParser=MagicMock(return_value=parser), MemoryPoolType=SimpleNamespace(WORKSPACE="workspace"),
        BuilderFlag=SimpleNamespace(FP16="fp16", INT8="int8"),
        __spec__=SimpleNamespace(),
    )
    monkeypatch.setitem(sys.modules, "tensorrt", trt)
    monkeypatch.setattr(tensorrt_engine, "gpus", lambda: 1)
    return SimpleNamespace(config=config, profile=profile, builder=builder, parser=parser)


def test_the_engine_accepts_every_batch_size_and_has_the_chosen_precisions(fake, tiny):
    assert build(b"graph", tiny.signature, fp16=True, int8=True) == b"plan"
    fake.parser.parse.assert_called_once_with(b"graph")
    fake.profile.set_shape.assert_called_once_with("picture", (1, 3, 16, 20), (2, 3, 16, 20), (4, 3, 16, 20))
    fake.config.add_optimization_profile.assert_called_once_with(fake.profile)
    assert [call.args for call in fake.config.set_flag.call_args_list] == [("fp16",), ("int8",)]


def test_a_failure_of_tensorrt_is_one_error(fake, tiny):
    fake.builder.build_serialized_network.return_value = None
    with pytest.raises(ExportInputError, match="TensorRT built no engine for tiny"):
        build(b"graph", tiny.signature, fp16=False, int8=False)
    fake.parser.parse.return_value = False
    with pytest.raises(ExportInputError, match="TensorRT cannot read tiny: node 3 is not supported"):
        build(b"graph", tiny.signature, fp16=False, int8=False)


def test_a_plan_becomes_a_version(fake, tiny, trained, tmp_path, monkeypatch):
    class Run:
        """Stands in for the GPU: computes the checkpoint's outputs."""

        def __init__(self, plan: bytes, spec: Any) -> None:
            assert plan == b"plan"

        def __call__(self, inputs):
            import torch

            with torch.inference_mode():
                return tuple(out.numpy() for out in tiny.load(trained)(torch.from_numpy(inputs[0])))

    monkeypatch.setattr("courtside_export.job.EngineRun", Run)
    report = export_model("tiny", trained, tmp_path, ExportSettings(target="tensorrt", fp16=True))
    assert (report.folder / "model.plan").read_bytes() == b"plan" and report.parity.agreement == 1.0
    assert 'platform: "tensorrt_plan"' in (tmp_path / "tiny/config.pbtxt").read_text()
    with pytest.raises(ExportInputError, match="run on tensorrt_plan, not onnxruntime"):
        export_model("tiny", trained, tmp_path)


def test_paths_with_spaces_are_quoted(tiny):
    line = trtexec(tiny.signature, Path("a b.onnx"), Path("p.plan"), fp16=False, int8=True)
    assert "--onnx='a b.onnx'" in line and line.count("--int8") == 1 and "--fp16" not in line
