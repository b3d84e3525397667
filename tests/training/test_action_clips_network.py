"""The action network, its training, its evaluation and its export."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner

from courtside_training.action_clips import evaluate, gallery, network, train
from courtside_training.action_clips.batches import batches, examples
from courtside_training.action_clips.classes import FRAMES, HEIGHT, LABELS, WIDTH
from courtside_training.action_clips.clips import StoredClips, pack
from courtside_training.action_clips.export_spec import EXPORT_SPEC
from courtside_training.cli import cli
from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.fit import FitConfig
from courtside_training.common.running import torch_run
from courtside_training.errors import TrainingInputError


def toy(count: int = 16) -> StoredClips:
    """Two actions that differ in which half of the crop is bright."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 2 * 4
    sheets = []
    for label in labels:
        clip = rng.integers(0, 60, (FRAMES, HEIGHT, WIDTH, 3), dtype=np.uint8)
        half = slice(0, HEIGHT // 2) if label else slice(HEIGHT // 2, HEIGHT)
        clip[:, half] += 120
        sheets.append(pack(clip))
    return StoredClips(labels, np.arange(count), np.array([f"clip{index}" for index in range(count)]), sheets)


def toy_fit(clips: StoredClips, checkpoint: Path, epochs: int = 6):
    config = train.ActionsConfig(FitConfig(epochs=epochs, rate=5e-3, average=0.8), "tiny", 4, varied=False)
    return train.make_fit(clips, examples(clips.labels, np.arange(len(clips.labels)), False), clips.labels, config,
                          checkpoint)  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[StoredClips, Path]:
    torch.manual_seed(0)
    checkpoint = tmp_path_factory.mktemp("actions") / "last.pt"
    clips = toy()
    toy_fit(clips, checkpoint).run()
    return clips, checkpoint


def test_the_full_network_is_the_published_one_tensor_by_tensor():
    full = network.R2Plus1D(network.R18, classes=400)
    assert sum(value.numel() for value in full.parameters()) == 31_505_325
    shapes = {name: tuple(value.shape) for name, value in full.state_dict().items()}
    assert shapes["stem.0.weight"] == (45, 3, 1, 7, 7) and shapes["stem.3.weight"] == (64, 45, 3, 1, 1)
    assert shapes["layer1.0.conv1.0.0.weight"] == (144, 64, 1, 3, 3)
    assert shapes["layer2.0.conv1.0.0.weight"] == (230, 64, 1, 3, 3)
    assert shapes["layer2.0.conv2.0.0.weight"] == (230, 128, 1, 3, 3)
    assert shapes["layer2.0.downsample.0.weight"] == (128, 64, 1, 1, 1)
    assert shapes["layer4.1.conv2.1.running_var"] == (512,) and shapes["fc.weight"] == (400, 512)


def test_published_weights_load_but_for_the_classifier(tmp_path: Path):
    source, target = network.R2Plus1D(network.TINY, classes=400), network.R2Plus1D(network.TINY)
    own = target.fc.weight.clone()
    torch.save({"state_dict": source.state_dict()}, tmp_path / "kinetics.pth")
    assert network.load_published(target, tmp_path / "kinetics.pth") == ["fc.weight", "fc.bias"]
    assert torch.equal(target.layer3[0].conv1[0][0].weight, source.layer3[0].conv1[0][0].weight)
    assert torch.equal(target.fc.weight, own)


def test_point_targets_are_a_blob_at_the_point_or_nowhere():
    known = torch.zeros(1, FRAMES, 18, 3)
    known[0, :, 17] = torch.tensor([41.5, 61.5, 1.0])
    known[0, 0, 17, 2] = 0
    known[0, 2, 17, 0] = WIDTH + 30
    found = train.point_targets(known, 8, (28, 20), (HEIGHT, WIDTH))
    assert found.shape == (1, 8, 18, 28 * 20 + 1)
    assert torch.allclose(found.sum(-1), torch.ones(1, 8, 18), atol=1e-4)
    nowhere = found[0, :, 17, -1]
    assert nowhere.tolist() == [1, 1, 0, 0, 0, 0, 0, 0]
    best = found[0, 2:, 17].argmax(-1)
    assert (best == 15 * 20 + 10).all()


def test_the_light_network_learns_to_locate_the_ball():
    torch.manual_seed(0)
    light = network.R2Plus1D(network.LIGHT)
    light.train()
    clip = torch.zeros(4, FRAMES, 3, HEIGHT, WIDTH, dtype=torch.uint8)
    known = torch.zeros(4, FRAMES, 18, 3)
    for index in range(4):
        x, y = 12 + 16 * index, 20 + 22 * index
        clip[index, :, :, y - 4 : y + 4, x - 4 : x + 4] = 255
        known[index, :, 17] = torch.tensor([x, y, 1.0])
    optimizer = torch.optim.AdamW(light.parameters(), 3e-3)
    balls = []
    for _ in range(12):
        losses = train.loss(light, (clip, torch.zeros(4, dtype=torch.int64), known))
        optimizer.zero_grad()
        losses["total"].backward()
        optimizer.step()
        balls.append(float(losses["ball"].detach()))
    assert balls[-1] < 0.8 * balls[0]


def test_weights_of_another_network_are_refused_by_name(tmp_path: Path):
    path = tmp_path / "w.pth"
    torch.save(network.R2Plus1D(network.LIGHT).state_dict(), path)
    with pytest.raises(TrainingInputError, match=r"stem\.0\.weight has shape \(20, 4, 1, 7, 7\), expected"):
        network.load_published(network.R2Plus1D(network.TINY), path)
    torch.save({"w": torch.zeros(1)}, path)
    with pytest.raises(TrainingInputError, match=r"has no stem\.0\.weight"):
        network.load_published(network.R2Plus1D(network.TINY), path)
    path.write_bytes(b"nothing")
    with pytest.raises(TrainingInputError, match="not a file of saved weights"):
        network.load_published(network.R2Plus1D(network.TINY), path)
    with pytest.raises(TrainingInputError, match="no weights at"):
        network.load_published(network.R2Plus1D(network.TINY), tmp_path / "absent.pth")


def test_any_crop_size_gives_one_logit_a_class():
    light = network.R2Plus1D(network.LIGHT).eval()
    for height, width in ((112, 80), (176, 128)):
        clip = torch.zeros(1, FRAMES, 3, height, width, dtype=torch.uint8)
        assert light(clip).shape == (1, len(LABELS))


def test_two_toy_actions_are_learned_and_classified_as_served(trained):
    clips, checkpoint = trained
    chosen = examples(clips.labels, np.arange(16), False)
    probabilities = evaluate.predict(torch_run(EXPORT_SPEC.load(checkpoint)), clips, chosen)
    assert probabilities.shape == (16, len(LABELS)) and np.allclose(probabilities.sum(1), 1, atol=1e-5)
    assert (probabilities.argmax(1) == clips.labels).mean() > 0.9


def test_a_resumed_run_equals_one_that_never_stopped(tmp_path: Path, trained):
    clips, checkpoint = trained
    torch.manual_seed(0)
    toy_fit(clips, tmp_path / "half.pt").run(until=3)
    resumed = toy_fit(clips, tmp_path / "half.pt")
    resumed.resume()
    resumed.run()
    whole = checkpoints.load(checkpoint, train.MODEL)["weights"]
    assert all(torch.allclose(value, whole[name], atol=1e-5) for name, value in resumed.module.state_dict().items())


def test_batches_are_the_same_for_the_same_generator():
    clips = toy(6)
    chosen = examples(clips.labels, np.arange(6), False)
    pairs = [list(batches(clips, chosen, 4, np.random.default_rng(5), varied=True)) for _ in range(2)]
    assert [len(truth) for _, truth, _ in pairs[0]] == [4, 2]
    assert all(torch.equal(a[0], b[0]) for a, b in zip(*pairs, strict=True))
    plain = next(batches(clips, chosen, 4, np.random.default_rng(5), varied=False))[0]
    assert not torch.equal(plain, pairs[0][0][0])


def test_the_prior_shift_restores_the_shares_of_real_play():
    natural = np.repeat(np.arange(10), [0, 10, 40, 8, 2, 5, 30, 0, 15, 20])
    shift = np.array(train.prior_shift(np.full(10, 0.1), natural))
    restored = np.exp(shift) / np.exp(shift).sum()
    counts = np.bincount(natural, minlength=10) + 1
    assert np.allclose(restored, counts / counts.sum(), atol=1e-6)


def test_a_class_that_is_never_drawn_is_not_shifted():
    drawn = np.array([0.0, *[1 / 9] * 9])
    shift = np.array(train.prior_shift(drawn, np.repeat(np.arange(1, 10), 50)))
    assert np.allclose(shift, 0, atol=0.02)


def test_figures_match_values_computed_by_hand():
    truth = np.array([2, 2, 2, 4])
    probabilities = np.zeros((4, 10), np.float32)
    probabilities[[0, 1, 2, 3], [2, 2, 4, 4]] = 0.9
    found = evaluate.report(truth, probabilities, probabilities)
    assert found["accuracy"] == 0.75 and found["majority"] == 0.75
    assert found["per class"]["shoot"] == {"precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "support": 1}
    assert found["macro F1"] == pytest.approx((0.8 + 2 / 3) / 2)
    assert found["confusion"][2][4] == 1
    text = evaluate.tables(found)
    assert "0.850" in text and "| shoot | 0.500 | 1.000 | 0.667 | 1 |" in text


def test_the_gallery_shows_the_most_confident_mistakes_first(tmp_path: Path):
    clips = toy(4)
    probabilities = np.full((4, 10), 0.01, np.float32)
    probabilities[0, 9], probabilities[1, 9], probabilities[2, 0], probabilities[3, 1] = 0.6, 0.9, 0.9, 0.7
    wrong = gallery.mistakes(clips.labels, probabilities, 2)
    assert wrong.tolist() == [1, 3]
    gallery.write(tmp_path / "a" / "sheet.png", gallery.sheet(clips, wrong, probabilities[wrong]))
    assert cv2.imread(str(tmp_path / "a" / "sheet.png")).shape[0] == 2 * (HEIGHT + 16)
    with pytest.raises(TrainingInputError, match="cannot write"):
        gallery.write(tmp_path / "sheet.nothing", gallery.sheet(clips, wrong, None))


def test_the_export_refuses_crops_of_another_size(tmp_path: Path, trained):
    found = checkpoints.load(trained[1], train.MODEL)
    found["settings"]["network"]["height"] = 176
    checkpoints.save(tmp_path / "other.pt", train.MODEL, found)
    with pytest.raises(TrainingInputError, match="train with --network light"):
        EXPORT_SPEC.load(tmp_path / "other.pt")


def test_the_card_names_data_figures_and_limits(trained):
    truth = np.array([2, 4])
    probabilities = np.eye(10, dtype=np.float32)[[2, 4]]
    text = EXPORT_SPEC.card(trained[1], evaluate.report(truth, probabilities, probabilities))
    assert "16 clips" in text and "SpaceJam itself was not used" in text and "## Limits" in text


def test_init_is_for_the_full_network(tmp_path: Path):
    result = CliRunner().invoke(cli, ["action_clips", "fit", "--init", str(tmp_path / "w.pth")])
    assert isinstance(result.exception, TrainingInputError) and "r2plus1d_18" in str(result.exception)


@pytest.mark.timeout(180)
def test_the_smoke_run_ends_well():
    result = CliRunner().invoke(cli, ["action_clips", "--smoke"])
    assert result.exit_code == 0, result.output
    assert "resumed at 2, exported" in result.output
