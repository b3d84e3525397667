"""The pose network: decoding of heatmaps, training, evaluation and the smoke run."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch")

from courtside_training.cli import cli  # noqa: E402
from courtside_training.common import checkpoint as checkpoints  # noqa: E402
from courtside_training.common.fit import FitConfig  # noqa: E402
from courtside_training.errors import TrainingInputError  # noqa: E402
from courtside_training.pose import measures  # noqa: E402
from courtside_training.pose.augment import AugmentConfig  # noqa: E402
from courtside_training.pose.crops import HEIGHT, WIDTH, crop_matrix  # noqa: E402
from courtside_training.pose.evaluate import crop_run, figures, tables  # noqa: E402
from courtside_training.pose.export_spec import EXPORT_SPEC  # noqa: E402
from courtside_training.pose.losses import losses, target  # noqa: E402
from courtside_training.pose.network import COLUMNS, ROWS, NetworkConfig, PoseNetwork, ServedPose  # noqa: E402
from courtside_training.pose.simulated import game_people  # noqa: E402
from courtside_training.pose.steadiness import Shot, residual, steadiness  # noqa: E402
from courtside_training.pose.train import draw_batches, load_network, make_fit  # noqa: E402

TINY = NetworkConfig((8, 16, 24, 32), (1, 1, 1))
GENTLE = AugmentConfig(mirror=0, background=0, cover=0, truncate=0, motion=0, small=0, noise=0, jpeg=0, turn=0, scale=0,
                 move=0)  # fmt: skip


@pytest.fixture(scope="module")
def people():
    return list(game_people(2, 1))[:4]


def test_positions_are_decoded_finer_than_a_cell():
    positions = torch.rand(2, 17, 2) * torch.tensor([WIDTH - 30.0, HEIGHT - 30.0]) + 15
    logits = torch.log(target(positions).clamp(min=1e-9)).reshape(2, 17, ROWS, COLUMNS)
    found, _ = PoseNetwork(TINY).decode(logits, torch.zeros(2, 16, ROWS, COLUMNS))
    assert (found - positions).abs().max() < 0.25


def test_a_second_candidate_does_not_shift_the_position():
    near, far = torch.full((1, 17, 2), 40.0), torch.full((1, 17, 2), 120.0)
    both = (0.6 * target(near) + 0.4 * target(far)).clamp(min=1e-9)
    features = torch.zeros(1, 16, ROWS, COLUMNS)
    network = PoseNetwork(TINY)
    found, trust = network.decode(torch.log(both).reshape(1, 17, ROWS, COLUMNS), features)
    assert (found - near).abs().max() < 0.25
    _, alone = network.decode(torch.log(target(near).clamp(min=1e-9)).reshape(1, 17, ROWS, COLUMNS), features)
    assert (trust < alone).all()


def test_unknown_keypoints_cost_nothing():
    network = PoseNetwork(TINY)
    crop = torch.randint(0, 255, (2, 3, HEIGHT, WIDTH), dtype=torch.uint8)
    batch = {"crop": crop, "positions": torch.full((2, 17, 2), 50.0), "weight": torch.ones(2, 17),
             "known": torch.ones(2, 17), "area": torch.full((2,), 8000.0)}  # fmt: skip
    batch["weight"][:, 5:] = 0
    moved = {**batch, "positions": batch["positions"].clone()}
    moved["positions"][:, 5:] = 120.0
    assert float(losses(network, batch)["heat"]) == pytest.approx(float(losses(network, moved)["heat"]))


def test_a_few_players_are_learned_and_the_network_loads_from_the_checkpoint(people, tmp_path):
    run = make_fit(people, FitConfig(epochs=3, rate=1e-2, average=0.8), tmp_path / "p.pt", steps=14, batch=4,
                   network=TINY, augmentation=GENTLE)  # fmt: skip
    history = run.run()
    assert history.losses[-1]["total"] < 0.75 * history.losses[0]["total"]
    network, found = load_network(tmp_path / "p.pt")
    assert found["settings"]["people"] == {"simulated": 4, "real": 0}
    result = figures(crop_run(ServedPose(network).eval()), people)
    assert result["people"] == 4 and result["pck"]["all"] > 0.3
    text = tables({"simulated": result})
    assert "OKS AP" in text and "left_wrist" in text
    crops = EXPORT_SPEC.samples(2, 3)
    answers = EXPORT_SPEC.load(tmp_path / "p.pt")(torch.from_numpy(crops[0]))
    assert answers[0].shape == (2, *EXPORT_SPEC.signature.outputs[0].dims)
    assert ((answers[0][..., 2] >= 0) & (answers[0][..., 2] <= 1)).all()
    card = EXPORT_SPEC.card(tmp_path / "p.pt", {"simulated": result})
    assert "## Limits" in card and "OKS AP" in card and "MoveNet" not in card


def test_simulated_and_real_people_share_a_batch(people):
    from dataclasses import replace

    mixed = [*people, replace(people[0], source="real", outside=False)]
    batch = next(draw_batches(mixed, 1, 4, np.random.default_rng(0), GENTLE))
    assert batch["crop"].shape == (4, 3, HEIGHT, WIDTH)
    same = (batch["crop"][2] == batch["crop"][3]).float().mean()
    assert same < 1 and torch.equal(batch["positions"][2], batch["positions"][3])


def test_a_checkpoint_of_another_shape_is_named(people, tmp_path):
    path = tmp_path / "p.pt"
    make_fit(people, FitConfig(epochs=1), path, network=TINY).save()
    wrong = checkpoints.load(path, "player_pose_small")["settings"]
    wrong["network"] = {"channels": (8, 16, 24, 40), "blocks": (1, 1, 1)}
    checkpoints.update(path, "player_pose_small", settings=wrong)
    with pytest.raises(TrainingInputError, match="another shape"):
        load_network(path)


def test_similarity_falls_with_distance_and_grows_with_size():
    truth = np.tile(np.array([50.0, 60.0, 2.0]), (1, 17, 1))
    near, far = truth.copy(), truth.copy()
    near[..., 0] += 3
    far[..., 0] += 12
    small, large = np.array([[0.0, 0, 40, 80]]), np.array([[0.0, 0, 100, 200]])
    assert measures.oks(truth, truth, small) == pytest.approx(1)
    assert measures.oks(near, truth, small) > measures.oks(far, truth, small)
    assert measures.oks(far, truth, large) > measures.oks(far, truth, small)
    # One sigma-scaled step: exp(-1/2) by definition.
    step = truth.copy()
    step[0, 0, 0] += np.sqrt(0.53 * 40 * 80) * 2 * 0.026
    assert measures.similarities(step, truth, small)[0, 0] == pytest.approx(np.exp(-0.5))


def test_average_precision_of_known_answers():
    assert measures.average_precision(np.ones(10), np.arange(10.0)) == {"AP": 1.0, "AP50": 1.0, "AP75": 1.0}
    # The five best ranked are right, the others wrong: recall stops at a half, reached by 51 of 101 readings.
    found = measures.average_precision(np.r_[np.ones(5), np.zeros(5)], np.arange(10.0)[::-1])
    assert found["AP"] == pytest.approx(51 / 101)
    worse = measures.average_precision(np.r_[np.ones(5), np.zeros(5)], np.arange(10.0))
    assert worse["AP"] < found["AP"]


def test_pck_counts_a_fifth_of_the_torso():
    truth = np.zeros((1, 17, 3))
    truth[..., 2] = 2
    truth[0, [5, 6], :2], truth[0, [11, 12], :2] = (0, 0), (0, 50)
    found = truth.copy()
    found[0, 9, 0], found[0, 10, 0] = 9.9, 10.1
    truth[0, 16, 2] = 0
    result = measures.pck(found, truth)
    assert result["left_wrist"] == 1 and result["right_wrist"] == 0 and np.isnan(result["right_ankle"])
    assert result["all"] == pytest.approx(15 / 16)


def test_steadiness_ignores_smooth_motion_and_measures_jitter():
    time = np.linspace(0, 1, 64)
    track = np.stack([100 * time**3, 40 * time**2], -1)[:, None].repeat(17, 1)
    assert np.abs(residual(track)).max() < 1e-9
    truth = np.concatenate([track + 30, np.full((64, 17, 1), 2.0)], -1).astype(np.float32)
    truth[:, [11, 12], 1] += 40
    box = np.array([0.0, 0, 144 / 1.25, 192 / 1.25])
    matrices = np.repeat(crop_matrix(box)[None], 64, 0)
    crops = np.arange(64, dtype=np.uint8)[:, None, None, None]
    rng = np.random.default_rng(0)
    shake = rng.normal(0, 1, (64, 17, 2))

    def run(some: np.ndarray) -> np.ndarray:
        index = some[:, 0, 0, 0]
        positions = truth[index, :, :2] + shake[index] @ np.eye(2) + matrices[0, :, 2]
        return np.concatenate([positions, np.ones((len(index), 17, 1))], -1)

    result = steadiness(run, iter([Shot(crops, truth, matrices)]))
    assert result["shots"] == 1 and result["truth"]["all"] < 1e-3
    assert 0.9 < result["pixels"]["all"] < 1.4
    assert result["torso"]["all"] == pytest.approx(result["pixels"]["all"] / 40, rel=0.05)


def test_training_without_people_is_one_clear_error():
    found = CliRunner().invoke(cli, ["pose", "fit", "--games", "0"])
    assert isinstance(found.exception, TrainingInputError) and "--data" in str(found.exception)


def test_the_smoke_run_learns_resumes_exports_and_agrees():
    found = CliRunner().invoke(cli, ["pose", "--smoke"], catch_exceptions=False)
    assert found.exit_code == 0 and "resumed at 2" in found.output
