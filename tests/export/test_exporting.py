"""Export of a checkpoint to a repository: files, parity, precision, versions, errors."""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from courtside_export import int8, job, version_folder
from courtside_export.errors import ExportInputError
from courtside_export.exporting import export_model
from courtside_export.parity import compare
from courtside_export.running import onnx_run, torch_run
from courtside_export.settings import ExportSettings
from courtside_export.speed import measure
from courtside_training.common import registry
from courtside_training.common.export_spec import ModelSignature, TensorSpec

from .conftest import TinyNetwork, TinySystem, save_tiny


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_version_is_written_whole_and_agrees_with_the_checkpoint(tiny, trained, tmp_path):
    report = export_model("tiny", trained, tmp_path / "r")
    assert files(tmp_path / "r") == ["tiny/1/model.onnx", "tiny/1/report.json", "tiny/config.pbtxt", "tiny/labels.txt"]
    assert report.parity.agreement == 1.0 and max(report.parity.largest.values()) < 1e-5
    onnx.checker.check_model(str(tmp_path / "r/tiny/1/model.onnx"), full_check=True)
    inputs = tiny.samples(5, 1)
    wanted = torch_run(tiny.load(trained))(inputs)
    for ours, theirs in zip(wanted, onnx_run(tmp_path / "r/tiny/1/model.onnx")(inputs), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert json.loads((tmp_path / "r/tiny/1/report.json").read_text())["parity"]["agreement"] == 1.0


def test_the_config_names_every_tensor_batches_warms_and_labels(tiny, trained, tmp_path):
    export_model("tiny", trained, tmp_path)
    config = text_format.Parse((tmp_path / "tiny/config.pbtxt").read_text(), model_config_pb2.ModelConfig())
    assert (config.name, config.backend, config.max_batch_size) == ("tiny", "onnxruntime", 4)
    assert [(t.name, list(t.dims)) for t in config.input] == [("picture", [3, 16, 20])]
    assert [(t.name, list(t.dims), t.label_filename) for t in config.output] == [
        ("colour", [3], "labels.txt"), ("level", [1], ""),
    ]
    assert list(config.dynamic_batching.preferred_batch_size) == [1, 2, 3, 4]
    assert config.model_warmup[0].inputs["picture"].zero_data and config.instance_group[0].count == 1
    assert config.version_policy.latest.num_versions == 1
    assert config.parameters["input_kind"].string_value == "picture"
    assert (tmp_path / "tiny/labels.txt").read_text().split() == ["red", "green", "blue"]


def test_a_new_version_leaves_the_older_ones_unchanged(tiny, trained, tmp_path):
    export_model("tiny", trained, tmp_path / "r")
    before = {name: (tmp_path / "r" / name).read_bytes() for name in files(tmp_path / "r")}
    other = export_model("tiny", save_tiny(tmp_path / "b.pt", seed=4), tmp_path / "r")
    assert other.version == 2 and other.folder.name == "2"
    after = {name: (tmp_path / "r" / name).read_bytes() for name in before}
    assert before == after and (tmp_path / "r/tiny/2/model.onnx").read_bytes() != before["tiny/1/model.onnx"]
    with pytest.raises(ExportInputError, match=r"tiny/2 exists and is never overwritten"):
        export_model("tiny", trained, tmp_path / "r", ExportSettings(version=2))
    assert export_model("tiny", trained, tmp_path / "r", ExportSettings(version=7)).version == 7


def test_versions_of_another_signature_are_kept_apart(tiny, trained, tmp_path, monkeypatch):
    export_model("tiny", trained, tmp_path)
    before = tiny.signature
    wider = (before.outputs[0], TensorSpec("level", "float32", (2,)))
    monkeypatch.setattr(TinySystem, "signature", ModelSignature(
        "tiny", before.inputs, wider, before.max_batch, before.parameters,
    ))
    with pytest.raises(ExportInputError, match="output 'level' differs from that of the versions"):
        export_model("tiny", trained, tmp_path)
    monkeypatch.setattr(TinySystem, "signature", ModelSignature(
        "tiny", before.inputs, (TensorSpec("colour", "float32", (3,), ("blue", "green", "red")), before.outputs[1]), 4,
    ))
    with pytest.raises(ExportInputError, match="the labels differ"):
        export_model("tiny", trained, tmp_path)


def test_a_network_that_breaks_its_signature_is_refused(tiny, trained, tmp_path, monkeypatch):
    wrong = (TensorSpec("colour", "float32", (5,)), tiny.signature.outputs[1])
    monkeypatch.setattr(TinySystem, "signature", ModelSignature("tiny", tiny.signature.inputs, wrong, 4))
    with pytest.raises(ExportInputError, match=r"output 'colour' of tiny is float32 \[3\].* has float32 \[5\]"):
        export_model("tiny", trained, tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_half_precision_keeps_the_signature_and_halves_the_file(tiny, trained, tmp_path):
    whole = export_model("tiny", trained, tmp_path)
    half = export_model("tiny", trained, tmp_path, ExportSettings(fp16=True))
    assert half.precision == "fp16" and any("meant for GPUs" in note for note in half.notes)
    assert 1e-8 < max(half.parity.largest.values()) < 5e-3 and half.parity.agreement > 0.9
    weights = {
        precision: sum(len(tensor.raw_data) for tensor in onnx.load(report.folder / "model.onnx").graph.initializer)
        for precision, report in (("whole", whole), ("half", half))
    }
    assert weights["half"] < 0.6 * weights["whole"]


def test_integers_report_what_they_cost(tiny, trained, tmp_path):
    settings = ExportSettings(int8=True, calibration=16, timed=True, scored=40)
    report = export_model("tiny", trained, tmp_path, settings)
    kinds = {node.op_type for node in onnx.load(report.folder / "model.onnx").graph.node}
    assert "DequantizeLinear" in kinds
    (int8,) = json.loads((report.folder / "report.json").read_text())["variants"]
    assert int8["plan"]["nodes"]["Conv"] == 2 and len(int8["plan"]["kept"]) == 2, "both heads stay as they were"
    assert set(int8["plan"]["tried"]) == {"weights", "stretches"}
    assert set(int8["score"]) == {"onnx", "int8"} and "accuracy" in int8["score"]["int8"]
    assert set(int8["speed"]["median"]) == {"onnx", "int8"}
    assert "ms instead of" in int8["verdict"] and "figures accuracy" in int8["verdict"]
    assert 0 < max(int8["parity"]["largest"].values()) < 0.1


def test_what_is_only_measured_is_not_kept(tiny, trained, tmp_path):
    report = export_model("tiny", trained, tmp_path, ExportSettings(also=("int8", "fp16"), calibration=8))
    assert report.precision == "fp32" and max(report.parity.largest.values()) < 1e-5
    assert [variant.precision for variant in report.variants] == ["int8", "fp16"]
    assert files(report.folder) == ["model.onnx", "report.json"]


def test_a_full_disk_is_one_error_and_leaves_nothing(tiny, trained, tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(job.onnx, "save", full)
    with pytest.raises(ExportInputError, match=r"no space left to write .*tiny: free some and export again"):
        export_model("tiny", trained, tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_a_full_disk_beside_other_versions_changes_none(tiny, trained, tmp_path, monkeypatch):
    export_model("tiny", trained, tmp_path / "r")
    before = files(tmp_path / "r")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(job, "compare", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export_model("tiny", trained, tmp_path / "r")
    assert files(tmp_path / "r") == before
    assert [path.name for path in (tmp_path / "r/tiny").iterdir() if path.is_dir()] == ["1"]


def test_what_a_killed_export_left_is_cleared(tmp_path):
    (tmp_path / ".partial-999999999").mkdir()
    with version_folder.new_version(tmp_path, None) as (version, scratch):
        (scratch / "file").write_text("x")
    assert version == 1 and [path.name for path in tmp_path.iterdir()] == ["1"]


def test_a_repository_that_cannot_be_written_is_named(tiny, trained, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ExportInputError, match=r"cannot write .*file/tiny"):
        export_model("tiny", trained, tmp_path / "file")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nobody", "--checkpoint", "x"], "unknown model 'nobody': use one of shot_clip, "),
        (["tiny", "--checkpoint", "missing.pt"], "no file at missing.pt"),
        (["tiny", "--checkpoint", "wide.pt"], "network of another shape: first.weight is (12, 3, 3, 3), expected (8,"),
        (["tiny", "--checkpoint", "tiny.pt", "--opset", "7"], "opset 7 is not supported: use 17 to 20"),
        (["tiny", "--checkpoint", "tiny.pt", "--fp16", "--int8"], "--fp16 and --int8 together need --to tensorrt"),
        (["tiny", "--checkpoint", "tiny.pt", "--evaluation", "tiny.pt"], "tiny.pt is not an evaluation"),
        (["tiny", "--checkpoint", "tiny.pt", "--to", "coreml"], "'coreml' is not one of 'onnx', 'tensorrt'"),
        (["table", "--repository", "r"], "no model repository at r"),
        (["alias", "tiny", "new"], "'new' is not a version"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments, message, tiny, trained, tmp_path, monkeypatch, command, capsys
):
    monkeypatch.chdir(tmp_path)
    save_tiny(tmp_path / "wide.pt", width=12)
    assert command(*arguments, *(["--repository", "r"] if arguments[0] == "tiny" else [])) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error
    assert not (tmp_path / "r").exists()


def test_the_command_writes_card_report_and_alias(tiny, trained, tmp_path, command, capsys):
    evaluation = tmp_path / "evaluation.json"
    evaluation.write_text('{"accuracy": 0.75}')
    arguments = ["tiny", "--checkpoint", trained, "--repository", tmp_path / "r", "--evaluation", evaluation]
    assert command(*arguments, "--samples", 8, "--score", 10, "--alias", "live") == 0
    out = capsys.readouterr().out
    assert "decisions agree on 100.0%" in out and "score of file: accuracy" in out
    assert "live now serves tiny version 1" in out
    card = (tmp_path / "r/tiny/MODEL_CARD.md").read_text()
    for part in ("# tiny, version 1", "`picture` uint8 [B, 3, 16, 20]", "labels in labels.txt", "accuracy 0.75",
                 "decisions agree on 100.0%", "ms (torch, one thread)"):
        assert part in card, part
    assert command("table", "--repository", tmp_path / "r") == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[2].startswith("| tiny | 1 | 0.0") and "Batch 1, median" in rows[-1]


def test_help_lists_every_model(command, capsys):
    assert command("--help") == 0
    out = capsys.readouterr().out
    assert all(name in out for name in [*registry.model_names(), "alias", "table", "dali"])


def test_parity_measures_differences():
    same = (np.eye(3, dtype=np.float32)[:2], np.full((2, 1), 0.9, np.float32))
    other = (same[0], np.array([[0.9], [0.3]], np.float32))
    parity = compare(["colour", "level"], same, other, TinySystem().decisions)
    assert parity.largest["level"] == pytest.approx(0.6) and parity.mean["level"] == pytest.approx(0.3)
    assert parity.agreement == 0.5 and parity.largest["colour"] == 0


def test_speed_is_the_median_of_what_ran():
    calls = {"quick": 0, "other": 0}

    def count(name: str):
        def run(inputs):
            calls[name] += 1
            return inputs

        return run

    speed = measure({name: count(name) for name in calls}, (np.zeros((3, 1), np.float32),), rounds=6)
    assert speed.rounds == 6 and calls == {"quick": 8, "other": 8}
    assert 0 <= speed.fastest["quick"] <= speed.median["quick"] < 100 and speed.cores >= 1


def test_a_network_that_fails_on_the_served_input_is_named(tiny, trained, tmp_path, monkeypatch):
    narrow = ModelSignature("tiny", (TensorSpec("picture", "uint8", (3, 2, 2)),), tiny.signature.outputs, 4)
    monkeypatch.setattr(TinySystem, "signature", narrow)
    with pytest.raises(ExportInputError, match=r"tiny.pt holds a network of another shape than tiny is served with"):
        export_model("tiny", trained, tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_a_precision_that_fails_is_noted_when_it_was_only_to_be_measured(tiny, trained, tmp_path, monkeypatch):
    monkeypatch.setattr(int8, "WEIGHTED", ())
    report = export_model("tiny", trained, tmp_path, ExportSettings(also=("int8",)))
    assert not report.variants and "No int8: tiny has no convolution" in report.notes[0]
    with pytest.raises(ExportInputError, match="tiny has no convolution or matrix product"):
        export_model("tiny", trained, tmp_path, ExportSettings(int8=True))


def with_free_sides(tiny: TinySystem, monkeypatch) -> None:
    picture = TensorSpec("picture", "uint8", (3, 16, 20), least=(3, 8, 8), most=(3, 64, 64))
    monkeypatch.setattr(TinySystem, "signature", replace(tiny.signature, inputs=(picture,)))


def test_free_sizes_stay_free_and_the_usual_ones_warm_up(tiny, trained, tmp_path, monkeypatch):
    with_free_sides(tiny, monkeypatch)
    export_model("tiny", trained, tmp_path)
    config = text_format.Parse((tmp_path / "tiny/config.pbtxt").read_text(), model_config_pb2.ModelConfig())
    assert list(config.input[0].dims) == [3, -1, -1]
    assert list(config.model_warmup[0].inputs["picture"].dims) == [3, 16, 20]
    tall = (np.random.default_rng(0).integers(0, 255, (2, 3, 40, 12), np.uint8),)
    found, wanted = onnx_run(tmp_path / "tiny/1/model.onnx")(tall), torch_run(tiny.load(trained))(tall)
    np.testing.assert_allclose(found[0], wanted[0], atol=1e-5)


def test_a_graph_that_keeps_its_traced_size_is_refused(tiny, trained, tmp_path, monkeypatch):
    with_free_sides(tiny, monkeypatch)

    def forward(self, image):
        shade = torch.from_numpy(np.linspace(0, 1, int(image.shape[-1]), dtype=np.float32))
        x = torch.relu(self.second(torch.relu(self.first(image.float() / 127.5 - shade)))).mean((2, 3))
        x = torch.relu(self.dense(x))
        return torch.softmax(self.colour(x), 1), torch.sigmoid(self.level(x))

    monkeypatch.setattr(TinyNetwork, "forward", forward)
    with pytest.raises(ExportInputError, match="the graph has the traced size in it"):
        export_model("tiny", trained, tmp_path)
    assert not (tmp_path / "tiny/1").exists()
