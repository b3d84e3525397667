"""The shot model's graph, and the committed models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from courtside_export.graph import to_onnx  # noqa: E402
from courtside_export.model_config import config, versions  # noqa: E402
from courtside_export.running import onnx_run, torch_run  # noqa: E402
from courtside_training.common import registry  # noqa: E402
from courtside_training.common.export_spec import ModelSignature, TensorSpec  # noqa: E402
from courtside_training.shots.network import NetworkConfig, ShotNetwork  # noqa: E402
from courtside_training.shots.result import ResultNetwork  # noqa: E402
from courtside_training.shots.served import ServedShotModel  # noqa: E402
from courtside_training.shots.zone_head import ZoneNetwork, ZoneNetworkConfig  # noqa: E402

REPOSITORY = Path(__file__).parents[2] / "model_repository"
COMMITTED = sorted(path.parent.name for path in REPOSITORY.glob("*/config.pbtxt"))
SIZES = {"shot": 1, "release": 16, "zone": 7, "make": 1}
SPEC = ModelSignature(
    "shot_clip", (TensorSpec("clip", "uint8", (16, 3, 144, 256)),),
    tuple(TensorSpec(name, "float32", (size,)) for name, size in SIZES.items()),
)


@pytest.fixture(scope="module")
def served() -> ServedShotModel:
    torch.manual_seed(1)
    network, zone_network = ShotNetwork(NetworkConfig(8, 8, 16, 16)), ZoneNetwork(ZoneNetworkConfig(8, 8, 8, 16))
    result = ResultNetwork()
    for module in (network, zone_network, result):
        for layer in module.modules():
            if isinstance(layer, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
                layer.running_mean.uniform_(-0.2, 0.2)
                layer.running_var.uniform_(0.3, 1.0)
    return ServedShotModel(network, zone_network, result, scale=1.7, bias=0.4).eval()


@pytest.fixture(scope="module")
def clips() -> np.ndarray:
    coarse = np.random.default_rng(4).integers(0, 256, (4, 16, 3, 18, 32), np.uint8)
    return coarse.repeat(8, 3).repeat(8, 4)


@pytest.fixture(scope="module")
def exported(served: ServedShotModel, clips: np.ndarray):
    return onnx_run(to_onnx(served, SPEC, (clips,)))


def test_outputs_are_the_checkpoint_s_and_batches_change_nothing(served, exported, clips):
    together = exported((clips,))
    for ours, theirs in zip(torch_run(served)((clips,)), together, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
    shot, release, zone, make = together
    assert np.allclose(release.sum(1), 1, atol=1e-5) and np.allclose(zone.sum(1), 1, atol=1e-5)
    assert ((shot > 0) & (shot < 1) & (make > 0) & (make < 1)).all()
    for index in range(len(clips)):
        for whole, single in zip(together, exported((clips[index : index + 1],)), strict=True):
            assert np.allclose(whole[index], single[0], atol=1e-5)


def test_calibration_is_inside_the_graph(served, clips):
    plain = ServedShotModel(served.network, served.zone_network, served.result).eval()
    before, after = torch_run(plain)((clips,))[0], torch_run(served)((clips,))[0]
    logit = np.log(before / (1 - before))
    assert np.allclose(after, 1 / (1 + np.exp(-(1.7 * logit + 0.4))), atol=1e-5)


def test_zones_are_read_around_the_release(served, clips):
    release, zone = torch_run(served)((clips[:1],))[1:3]
    at = int(release[0].argmax())
    seen = np.clip([at - 1, at, at + 1], 0, 15)
    expected = torch.softmax(served.zone_network(torch.from_numpy(clips[:1, seen]))["zone"], 1).detach().numpy()
    assert np.allclose(zone, expected, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in COMMITTED if name in registry.model_names()])
def test_a_committed_config_is_the_one_this_code_writes(name):
    assert (REPOSITORY / name / "config.pbtxt").read_text() == config(registry.export_spec(name).signature)


@pytest.mark.parametrize("name", COMMITTED)
def test_a_committed_model_keeps_the_contract(name):
    found = versions(REPOSITORY / name)
    assert found
    for version in found:
        path = REPOSITORY / name / str(version) / "model.onnx"
        assert path.stat().st_size < 30e6
        onnx.checker.check_model(str(path), full_check=True)


def test_a_still_grey_clip_is_no_shot():
    newest = versions(REPOSITORY / "shot_clip")[-1]
    grey = np.full((2, 16, 3, 144, 256), 90, np.uint8)
    out = onnx_run(REPOSITORY / "shot_clip" / str(newest) / "model.onnx")((grey,))
    assert [array.shape for array in out] == [(2, size) for size in SIZES.values()]
    assert all(np.isfinite(array).all() for array in out) and (out[0] < 0.8).all()
