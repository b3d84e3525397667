"""Exporting the shot model: the file says what the checkpoint says, the entry is what the server expects."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from google.protobuf import text_format  # noqa: E402
from tritonclient.grpc import model_config_pb2  # noqa: E402

from courtside_export import cli  # noqa: E402
from courtside_export.card import write_card  # noqa: E402
from courtside_export.clips import simulated_clips  # noqa: E402
from courtside_export.entry import config, write_entry  # noqa: E402
from courtside_export.errors import ExportInputError  # noqa: E402
from courtside_export.onnx_export import export_onnx  # noqa: E402
from courtside_export.parity import compare  # noqa: E402
from courtside_training.shots.evaluate import torch_model  # noqa: E402
from courtside_training.shots.geometry import ZONE_LABELS  # noqa: E402
from courtside_training.shots.network import NetworkConfig, ShotNetwork  # noqa: E402
from courtside_training.shots.onnx_model import onnx_model  # noqa: E402
from courtside_training.shots.placing import PlacerConfig, PlacingNetwork  # noqa: E402
from courtside_training.shots.served import ServedShotModel  # noqa: E402
from courtside_training.shots.train import FORMAT  # noqa: E402

REPOSITORY = Path(__file__).parents[2] / "model_repository"
SMALL, PLACER = NetworkConfig(8, 8, 16, 16), PlacerConfig(8, 8, 8, 16)


@pytest.fixture(scope="module")
def served() -> ServedShotModel:
    torch.manual_seed(1)
    network, placer = ShotNetwork(SMALL), PlacingNetwork(PLACER)
    for module in (network, placer):
        for layer in module.modules():
            if isinstance(layer, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
                layer.running_mean.uniform_(-0.2, 0.2)
                layer.running_var.uniform_(0.3, 1.0)
    return ServedShotModel(network, placer, scale=1.7, bias=0.4).eval()


@pytest.fixture(scope="module")
def exported(served: ServedShotModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "1" / "model.onnx"
    assert export_onnx(served, path) == path.stat().st_size
    return path


@pytest.fixture(scope="module")
def clips() -> np.ndarray:
    return simulated_clips((20_000,), 5, duration=8.0)


def test_the_file_says_what_the_checkpoint_says(served: ServedShotModel, exported: Path, clips: np.ndarray):
    ours, theirs = torch_model(served)(clips), onnx_model(exported)(clips)
    parity = compare(ours, theirs)
    assert parity.clips == 5 and parity.agreement == 1.0
    assert max(parity.largest.values()) < 1e-4
    assert [out.shape for out in theirs] == [(5, 1), (5, 16), (5, 7), (5, 1)]


def test_outputs_are_probabilities_and_batches_change_nothing(exported: Path, clips: np.ndarray):
    model = onnx_model(exported)
    together = model(clips)
    shot, release, zone, make = together
    assert np.allclose(release.sum(1), 1, atol=1e-5) and np.allclose(zone.sum(1), 1, atol=1e-5)
    assert ((shot > 0) & (shot < 1) & (make > 0) & (make < 1)).all()
    for index in range(len(clips)):
        for whole, single in zip(together, model(clips[index : index + 1]), strict=True):
            assert np.allclose(whole[index], single[0], atol=1e-5)


def test_calibration_is_inside_the_graph(served: ServedShotModel, clips: np.ndarray):
    plain = ServedShotModel(served.network, served.placer)
    before, after = torch_model(plain)(clips)[0], torch_model(served)(clips)[0]
    logit = np.log(before / (1 - before))
    assert np.allclose(after, 1 / (1 + np.exp(-(1.7 * logit + 0.4))), atol=1e-5)


def test_zones_are_read_around_the_release(served: ServedShotModel, clips: np.ndarray):
    model = torch_model(served)
    release, zone = model(clips[:1])[1:3]
    at = int(release[0].argmax())
    seen = np.clip([at - 1, at, at + 1], 0, 15)
    expected = torch.softmax(served.placer(torch.from_numpy(clips[:1, seen]))[0], 1).detach().numpy()
    assert np.allclose(zone, expected, atol=1e-6)


def test_parity_measures_differences():
    same = [np.full((2, 1), 0.9), np.eye(16)[:2], np.eye(7)[:2], np.full((2, 1), 0.2)]
    other = [array.copy() for array in same]
    other[0][1] = 0.7
    parity = compare(same, other)
    assert parity.largest["shot"] == pytest.approx(0.2) and parity.mean["shot"] == pytest.approx(0.1)
    assert parity.agreement == 0.5


def test_the_config_parses_and_names_every_tensor(tmp_path: Path):
    write_entry(tmp_path)
    parsed = text_format.Parse((tmp_path / "config.pbtxt").read_text(), model_config_pb2.ModelConfig())
    assert (parsed.name, parsed.backend, parsed.max_batch_size) == ("shot_clip", "onnxruntime", 8)
    assert list(parsed.input[0].dims) == [16, 3, 144, 256]
    sizes = {out.name: list(out.dims) for out in parsed.output}
    assert sizes == {"shot": [1], "release": [16], "zone": [7], "make": [1]}
    assert {key: value.string_value for key, value in parsed.parameters.items()} == {
        "input_kind": "clip", "stride_s": "0.3", "window_samples": "16",
    }
    labels = next(out.label_filename for out in parsed.output if out.name == "zone")
    assert (tmp_path / labels).read_text().split() == list(ZONE_LABELS)


def test_the_committed_entry_is_the_one_this_code_writes():
    assert (REPOSITORY / "shot_clip" / "config.pbtxt").read_text() == config()


def test_the_committed_model_keeps_the_contract():
    path = REPOSITORY / "shot_clip" / "1" / "model.onnx"
    assert path.stat().st_size < 10e6
    onnx.checker.check_model(str(path), full_check=True)
    out = onnx_model(path)(np.full((2, 16, 3, 144, 256), 90, np.uint8))
    assert [array.shape for array in out] == [(2, 1), (2, 16), (2, 7), (2, 1)]
    assert all(np.isfinite(array).all() for array in out)
    assert (out[0] < 0.8).all(), "a still grey picture is no shot"


def save(path: Path, **changes: object) -> Path:
    network, placer = ShotNetwork(SMALL), PlacingNetwork(PLACER)
    whole = {
        "format": FORMAT,
        "config": {"network": SMALL.to_dict(), "positives": 4, "batch": 2, "rate": 1e-3},
        "progress": {"epoch": 1, "windows": 12, "seconds": 60.0, "step": 6, "history": []},
        "average": network.state_dict(),
        "placer": {"config": PLACER.to_dict(), "weights": placer.state_dict(), "summary": {"moments": 8}},
    }
    torch.save({**whole, **changes}, path)
    return path


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["courtside-export", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code)


def test_the_command_writes_an_entry(tmp_path, monkeypatch, capsys):
    checkpoint = save(tmp_path / "small.pt")
    arguments = ["shots", "--checkpoint", str(checkpoint), "--repository", str(tmp_path / "r"), "--windows", "2"]
    code = run(arguments, monkeypatch)
    assert code == 0 and "decisions agree on 100.0%" in capsys.readouterr().out
    assert sorted(p.name for p in (tmp_path / "r" / "shot_clip").rglob("*") if p.is_file()) == [
        "config.pbtxt", "labels.txt", "model.onnx",
    ]


@pytest.mark.parametrize(
    ("make", "extra", "message"),
    [
        (lambda p: p, [], "no file at"),
        (lambda p: save(p, config={"network": NetworkConfig(16, 8, 16, 16).to_dict()}), [], "network of another shape"),
        (lambda p: save(p, placer=None), [], "no placing network"),
        (lambda p: save(p), ["--opset", "7"], "opset 7 is not supported: use 17 to 20"),
        (lambda p: save(p), ["--to", "tensorrt"], "tensorrt"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(make, extra, message, tmp_path, monkeypatch, capsys):
    path = make(tmp_path / "checkpoint.pt")
    assert run(["shots", "--checkpoint", str(path), "--repository", str(tmp_path / "r"), *extra], monkeypatch) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


def test_an_unsupported_opset_writes_nothing(served: ServedShotModel, tmp_path: Path):
    with pytest.raises(ExportInputError, match="opset 99"):
        export_onnx(served, tmp_path / "model.onnx", 99)
    assert not list(tmp_path.iterdir())


def test_the_card_holds_what_was_measured(tmp_path: Path):
    checkpoint = torch.load(save(tmp_path / "c.pt"), weights_only=True)
    figures = {"F1": 0.912, "missing": math.nan}
    result = {
        "seeds": [20_000, 20_019], "windows, a": figures, "shots, a": figures, "shots by camera": {"behind": figures},
        "zone confusion": [[0] * 7] * 7,
    }
    same = [np.full((2, 1), 0.9), np.eye(16)[:2], np.eye(7)[:2], np.full((2, 1), 0.2)]
    speed = {"1 thread, ms": 31.4, "2 threads, ms": 19.6, "cores": 2}
    write_card(tmp_path, checkpoint, result, compare(same, same), speed, 3_200_000, 17, "Measured on clips.")
    text = (tmp_path / "MODEL_CARD.md").read_text()
    for part in ("Apache-2.0", "3.20 MB", "20 ms a window with 2 threads", "| F1 | 0.912 |", "seeds 20000 to 20019",
                 "Measured on clips.", "agree on 100.0%"):
        assert part in text, part
