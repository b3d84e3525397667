"""An exported clip model is restored as a checkpoint with the same outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from courtside_export.graph import to_onnx  # noqa: E402
from courtside_export.running import torch_run  # noqa: E402
from courtside_training.errors import TrainingInputError  # noqa: E402
from courtside_training.shots.export_spec import EXPORT_SPEC  # noqa: E402
from courtside_training.shots.network import ShotNetwork  # noqa: E402
from courtside_training.shots.restore import restore, restored_checkpoint, settle_norms  # noqa: E402
from courtside_training.shots.result import ResultNetwork  # noqa: E402
from courtside_training.shots.served import ServedShotModel  # noqa: E402
from courtside_training.shots.train import load_served  # noqa: E402
from courtside_training.shots.zone_head import ZoneNetwork  # noqa: E402


@pytest.fixture(scope="module")
def served() -> ServedShotModel:
    torch.manual_seed(2)
    parts = ShotNetwork(), ZoneNetwork(), ResultNetwork()
    for module in parts:
        for layer in module.modules():
            if isinstance(layer, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
                layer.running_mean.uniform_(-0.2, 0.2)
                layer.running_var.uniform_(0.3, 1.0)
                torch.nn.init.uniform_(layer.weight, 0.5, 1.5)
                torch.nn.init.uniform_(layer.bias, -0.3, 0.3)
    return ServedShotModel(*parts, scale=1.7, bias=0.4, temperature=2.0).eval()


@pytest.fixture(scope="module")
def clips() -> np.ndarray:
    coarse = np.random.default_rng(4).integers(0, 256, (2, 16, 3, 18, 32), np.uint8)
    return coarse.repeat(8, 3).repeat(8, 4)


@pytest.fixture(scope="module")
def exported(served, clips, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("restore") / "model.onnx"
    onnx.save(to_onnx(served, EXPORT_SPEC.signature, (clips,)), str(path))
    return path


def test_the_restored_model_has_the_outputs_of_the_exported_one(served, exported, clips, tmp_path):
    restored_checkpoint(exported, tmp_path / "last.pt")
    again = load_served(tmp_path / "last.pt")
    assert (float(again.scale), float(again.bias), float(again.temperature)) == pytest.approx((1.7, 0.4, 2.0))
    for ours, theirs in zip(torch_run(served)((clips,)), torch_run(again)((clips,)), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_settled_normalisations_change_no_output_and_fit_their_inputs(exported, clips):
    zone_network = restore(exported).zone_network
    images = torch.from_numpy(clips[:, :6].reshape(4, 3, 3, 144, 256))
    before = zone_network(images)["zone"]
    settle_norms(zone_network, [images[:2], images[2:]])
    torch.testing.assert_close(zone_network(images)["zone"], before, atol=1e-4, rtol=0)
    zone_network.head[2].p = 0.0
    trained = zone_network.train()(images)["zone"]
    torch.testing.assert_close(trained, before, atol=1e-3, rtol=0)


def test_what_is_no_clip_model_is_refused_in_one_line(exported, tmp_path):
    with pytest.raises(TrainingInputError, match="cannot be read as an ONNX model"):
        restore(tmp_path / "none.onnx")
    other = onnx.load(str(exported))
    del other.graph.initializer[-1]
    onnx.save(other, str(tmp_path / "cut.onnx"))
    with pytest.raises(TrainingInputError, match=r"cut\.onnx"):
        restore(tmp_path / "cut.onnx")
