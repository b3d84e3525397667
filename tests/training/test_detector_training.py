"""The detector: start from YOLOX, training, decoding of local peaks, loading and export."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from click.testing import CliRunner
from onnx import TensorProto, helper, numpy_helper

from courtside_training.cli import cli
from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.fit import FitConfig
from courtside_training.detector.classes import BALL, CLASSES, MAX_DETECTIONS, PLAYER, REFEREE, RIM
from courtside_training.detector.decoding import ServedDetector
from courtside_training.detector.export_spec import EXPORT_SPEC
from courtside_training.detector.losses import cell_boxes, giou
from courtside_training.detector.mixture import Mixture
from courtside_training.detector.network import Backbone, Detector, DetectorConfig
from courtside_training.detector.pretrained import focus_kernel, restore_exported, start_from_yolox
from courtside_training.detector.training import DetectorPlan, blend_weights, make_fit
from courtside_training.detector.ultralytics_run import suppress
from courtside_training.errors import TrainingInputError

SMALL = DetectorConfig(width=0.25, head=16)
MIXTURE = Mixture(sizes=((128, 192),), seconds=4.0, games=1, uses=24)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Fixed(torch.nn.Module):
    """Answers with maps given beforehand."""

    def __init__(self, logits, sides):
        super().__init__()
        self.logits, self.sides = logits, sides

    def forward(self, image):
        return self.logits, self.sides


def test_focus_layer_equals_one_convolution():
    generator = torch.Generator().manual_seed(0)
    weight, image = torch.randn(5, 12, 3, 3, generator=generator), torch.randn(1, 3, 16, 16, generator=generator)
    phases = [image[..., row::2, column::2] for row, column in ((0, 0), (1, 0), (0, 1), (1, 1))]
    want = torch.nn.functional.conv2d(torch.cat(phases, 1), weight, padding=1)
    ours = torch.nn.functional.conv2d(image, torch.from_numpy(focus_kernel(weight.numpy())), stride=2, padding=2)
    assert torch.allclose(want, ours, atol=1e-4)


def test_first_weights_come_from_an_onnx_file(tmp_path):
    backbone = Backbone()
    convolutions = [module for module in backbone.modules() if isinstance(module, torch.nn.Conv2d)]
    rng = np.random.default_rng(0)
    shapes = [(16, 12, 3, 3), *(tuple(module.weight.shape) for module in convolutions[1:])]
    held, nodes = [], []
    for index, shape in enumerate(shapes):
        held.append(numpy_helper.from_array(rng.normal(size=shape).astype(np.float32), f"w{index}"))
        held.append(numpy_helper.from_array(rng.normal(size=shape[0]).astype(np.float32), f"b{index}"))
        nodes.append(helper.make_node("Conv", [f"x{index}", f"w{index}", f"b{index}"], [f"x{index + 1}"]))
    value = helper.make_tensor_value_info("x0", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "yolox", [value], [value], held)
    onnx.save(helper.make_model(graph), str(tmp_path / "nano.onnx"))
    assert start_from_yolox(backbone, tmp_path / "nano.onnx") == len(shapes)
    assert np.array_equal(convolutions[-1].weight.detach().numpy(), numpy_helper.to_array(held[-2]))
    with pytest.raises(TrainingInputError, match="not YOLOX-nano"):
        start_from_yolox(Backbone(0.5), tmp_path / "nano.onnx")
    (tmp_path / "torn.onnx").write_bytes(b"\xff\xff\xff")
    with pytest.raises(TrainingInputError):
        start_from_yolox(Backbone(), tmp_path / "torn.onnx")


def test_an_exported_detector_is_restored(tmp_path):
    rng, first, second = np.random.default_rng(1), Detector(SMALL), Detector(SMALL)
    held = [
        numpy_helper.from_array(rng.normal(size=tuple(value.shape)).astype(np.float32), f"detector.{name}")
        for name, value in first.state_dict().items()
    ]
    value = helper.make_tensor_value_info("image", TensorProto.FLOAT, None)
    path = tmp_path / "model.onnx"
    onnx.save(helper.make_model(helper.make_graph([], "detector", [value], [value], held)), str(path))
    fit = make_fit([], tmp_path / "a.pt", FitConfig(epochs=1), DetectorPlan(4, 2), SMALL, MIXTURE, start=path)
    weights = fit.module.state_dict()
    assert all(np.array_equal(weights[one.name.removeprefix("detector.")], numpy_helper.to_array(one)) for one in held)
    assert fit.settings["restored"]
    with pytest.raises(TrainingInputError, match="another shape"):
        restore_exported(Detector(DetectorConfig(width=0.5, head=16)), path)
    onnx.save(helper.make_model(helper.make_graph([], "other", [value], [value])), str(tmp_path / "other.onnx"))
    assert not restore_exported(second, tmp_path / "other.onnx")


def test_a_blend_lies_between_the_weights_before_and_after_a_fit(tmp_path):
    fit = make_fit([], tmp_path / "a.pt", FitConfig(epochs=1), DetectorPlan(4, 2), SMALL, MIXTURE)
    fit.save()
    after = fit.average.state_dict()
    held = [numpy_helper.from_array(np.zeros(tuple(v.shape), np.float32), f"detector.{n}") for n, v in after.items()]
    value = helper.make_tensor_value_info("image", TensorProto.FLOAT, None)
    path = tmp_path / "model.onnx"
    onnx.save(helper.make_model(helper.make_graph([], "detector", [value], [value], held)), str(path))
    blend_weights(path, tmp_path / "a.pt", 0.25, tmp_path / "b.pt")
    found = checkpoints.load(tmp_path / "b.pt", "court_detector")
    assert all(torch.allclose(found["average"][name], 0.25 * after[name]) for name in after)
    assert found["settings"]["share"] == 0.25


def test_frozen_layers_stay_as_they_are(tmp_path):
    fit = make_fit([], tmp_path / "a.pt", FitConfig(epochs=1), DetectorPlan(4, 2), SMALL, MIXTURE, frozen=True)
    before = {name: value.clone() for name, value in fit.module.state_dict().items()}
    fit.run()
    changed = {name for name, value in fit.module.state_dict().items() if not torch.equal(value, before[name])}
    assert changed and not any(name.startswith(("backbone.stem", "backbone.stage4")) for name in changed)


def test_decoding_gives_local_peaks_best_first():
    logits, sides = torch.full((1, len(CLASSES), 24, 32), -9.0), torch.full((1, len(CLASSES), 4, 24, 32), 6.0)
    logits[0, RIM, 10, 5], logits[0, RIM, 10, 6], logits[0, BALL, 3, 20] = 2.0, 1.0, 3.0
    sides[0, BALL] = 3.0
    boxes, scores, classes = ServedDetector(Fixed(logits, sides))(torch.zeros(1, 3, 96, 128, dtype=torch.uint8))
    assert boxes.shape == (1, MAX_DETECTIONS, 4)
    assert (scores[0] > 0).sum() == 2 and scores[0, 0] > scores[0, 1]
    assert classes[0, :2].tolist() == [BALL, RIM]
    assert boxes[0, 1].tolist() == pytest.approx([22 - 6, 42 - 6, 22 + 6, 42 + 6])
    assert boxes[0, 0].tolist() == pytest.approx([82 - 3, 14 - 3, 82 + 3, 14 + 3])
    assert not boxes[0, 2:].any()


def people(player, referee, widths):
    """Logits and sides of maps in which cell (10, 20) may be a player or a referee; the player's widths by offset."""
    logits, sides = torch.full((1, len(CLASSES), 24, 32), -12.0), torch.full((1, len(CLASSES), 4, 24, 32), 8.0)
    for offset, (score, wide) in enumerate(zip(player, widths, strict=True)):
        logits[0, PLAYER, 10, 20 + offset] = score
        sides[0, PLAYER, 0::2, 10, 20 + offset] = wide
    logits[0, REFEREE, 10, 20] = referee
    return ServedDetector(Fixed(logits, sides))(torch.zeros(1, 3, 96, 128, dtype=torch.uint8))


def test_a_players_box_is_the_mean_over_the_cells_around_the_peak():
    alone, _, _ = people((2.0,), -12.0, (8.0,))
    voted, scores, _ = people((2.0, 1.5), -12.0, (8.0, 16.0))
    assert float(alone[0, 0, 2] - alone[0, 0, 0]) == pytest.approx(16.0, abs=0.05)
    assert 16.5 < float(voted[0, 0, 2] - voted[0, 0, 0]) < 28.0
    assert int((scores[0] > 0).sum()) == 1


def test_a_referee_reduces_the_score_of_a_player_at_the_same_position_only():
    _, scores, classes = people((0.0,), 2.0, (8.0,))
    assert classes[0, :2].tolist() == [REFEREE, PLAYER]
    assert scores[0, :2].tolist() == pytest.approx([0.8808, 0.5 * (1 - 0.8808)], abs=1e-3)
    _, unsure, _ = people((0.0,), -2.0, (8.0,))
    assert unsure[0, 0] == pytest.approx(0.5 * (1 - 0.1192), abs=1e-3)


def test_generalised_overlap_falls_with_distance():
    a = torch.tensor([[0.0, 0.0, 10.0, 10.0]]).T
    near, far = (torch.tensor([[x, 0.0, x + 10.0, 10.0]]).T for x in (12.0, 40.0))
    assert giou(a, a).item() == pytest.approx(1.0)
    assert 0 > giou(a, near).item() > giou(a, far).item() > -1
    assert cell_boxes(torch.ones(1, 1, 4, 2, 2))[0, 0, :, 0, 1].tolist() == [5.0, 1.0, 7.0, 3.0]


def test_training_learns_and_can_be_served(tmp_path):
    torch.manual_seed(0)
    path = tmp_path / "last.pt"
    fit = make_fit([], path, FitConfig(epochs=8, rate=2e-2, average=0.9), DetectorPlan(12, 4), SMALL, MIXTURE)
    drawn = list(fit.batches(0, np.random.default_rng(0)))
    fit.batches = lambda epoch, rng: drawn
    losses = fit.run().losses
    assert losses[-1]["total"] < 0.9 * losses[0]["total"]
    image = torch.randint(0, 255, (2, 3, 384, 640), dtype=torch.uint8)
    with torch.inference_mode():
        outputs = tuple(output.numpy() for output in EXPORT_SPEC.load(path)(image))
    for spec, output in zip(EXPORT_SPEC.signature.outputs, outputs, strict=True):
        assert output.shape == (2, *spec.dims) and output.dtype == np.float32
    assert EXPORT_SPEC.decisions(outputs).shape == (2, 6)
    card = EXPORT_SPEC.card(path, {})
    assert "CC BY 4.0" in card and "Apache-2.0" not in card.split("Data and")[0]


def test_a_checkpoint_of_another_shape_is_refused(tmp_path):
    path = tmp_path / "last.pt"
    fit = make_fit([], path, FitConfig(epochs=1), DetectorPlan(4, 4), SMALL, MIXTURE)
    fit.settings["network"]["head"] = 32
    fit.save()
    with pytest.raises(TrainingInputError, match="another shape"):
        EXPORT_SPEC.load(path)


def test_batches_are_equal_for_equal_seeds(tmp_path):
    fit = make_fit([], tmp_path / "last.pt", FitConfig(epochs=1), DetectorPlan(4, 4), SMALL, MIXTURE)
    first, second = (next(iter(fit.batches(0, np.random.default_rng(5)))) for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_samples_are_letterboxed_frames():
    (images,) = EXPORT_SPEC.samples(2, 20_000)
    assert images.shape == (2, 3, 384, 640) and images.dtype == np.uint8
    assert (images[:, :, 0] == 114).all() and images[:, :, 192].std() > 5


def test_suppression_keeps_the_best_of_overlapping_boxes():
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [30, 0, 40, 10]])
    assert suppress(boxes, torch.tensor([0.5, 0.9, 0.4]), 0.5).tolist() == [1, 2]


def test_a_missing_ultralytics_package_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ultralytics", None)
    result = CliRunner().invoke(cli, ["detector", "ultralytics"])
    assert isinstance(result.exception, TrainingInputError) and "courtside[ultralytics]" in str(result.exception)
    result = CliRunner().invoke(cli, ["detector", "ultralytics", "--task", "pose", "--data", "/"])
    assert "no keypoints" in str(result.exception)


def test_a_run_may_start_with_the_weights_of_an_earlier_one(tmp_path):
    plan, config = DetectorPlan(8, 4), FitConfig(epochs=1)
    first = make_fit([], tmp_path / "first.pt", config, plan, SMALL, MIXTURE)
    first.run()
    second = make_fit([], tmp_path / "second.pt", config, plan, SMALL, MIXTURE, tmp_path / "first.pt")
    theirs, ours = first.average.state_dict(), second.module.state_dict()
    assert all(torch.equal(theirs[name], ours[name]) for name in theirs)
    assert second.settings["before"]["epochs"] == first.history.epochs and second.history.epochs == 0
