"""The shot fingerprint: cutting, normalisation, training, evaluation, and errors for bad input."""

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from scipy.ndimage import gaussian_filter1d
from shooter_support import shots_of

from courtside.shooting_motion import STEPS, Motion, NoShotError, cut, find_motion, find_shot, resample, smooth
from courtside.shot_poses import write_poses
from courtside_sim.keypoints import CameraView, PoseNoise, noisy_keypoints
from courtside_sim.sequences import shot_sequences
from courtside_training.cli import cli
from courtside_training.common.measures import roc_auc
from courtside_training.errors import TrainingInputError
from courtside_training.fingerprint import evaluate, filmed, freethrows, published, train
from courtside_training.fingerprint.augment import augment, trunk_length
from courtside_training.fingerprint.losses import nt_xent, triplet
from courtside_training.fingerprint.network import Encoder, EncoderConfig, load_encoder, normalise
from courtside_training.fingerprint.pose_errors import ServedNoise, served_keypoints
from courtside_training.fingerprint.simulated import draw_shots, form_of, simulate_shots

SIDE = CameraView(-1.2, 0.1, 9.0, 210.0)
TINY = EncoderConfig(channels=16, hidden=16, layers=1, who=12, kind=6)


@pytest.fixture(scope="module")
def shots():
    return simulate_shots(range(20_000, 20_006), 3, np.random.default_rng(1), [SIDE], ServedNoise().scaled(0.3))


def test_gather_and_release_are_found_without_knowing_them() -> None:
    rng = np.random.default_rng(2)
    gathers, releases = [], []
    for shot in draw_shots([20_000 + index // 3 for index in range(60)], [0, 1, 2] * 20, rng):
        found = find_shot(noisy_keypoints(shot.joints, SIDE, PoseNoise(), rng), shot.times)
        gathers.append(found.gather - shot.gather_time)
        releases.append(found.release - shot.release_time)
    assert np.median(np.abs(releases)) < 0.05
    assert np.median(np.abs(gathers)) < 0.15


def test_a_track_without_a_shot_has_none() -> None:
    rng = np.random.default_rng(0)
    (shot,) = draw_shots([20_000], [0], rng)
    still = np.repeat(noisy_keypoints(shot.joints, SIDE, PoseNoise(), rng)[:1], 40, 0)
    with pytest.raises(NoShotError):
        find_shot(still, np.arange(40) / 30)
    with pytest.raises(ValueError, match="finite and ascending"):
        find_shot(still, np.zeros(40))
    with pytest.raises(ValueError, match="outside its track"):
        cut(still, np.arange(40) / 30, Motion(1.0, 2.0))


def test_resampling_bridges_short_gaps_only_and_reads_any_rate() -> None:
    times = np.cumsum(np.random.default_rng(0).uniform(0.01, 0.05, 60))
    track = np.ones((60, 17, 3), np.float32)
    track[..., 0] = 100 * times[:, None]
    track[10:13, 4] = np.nan
    track[20:50, 6, 2] = 0.0
    at = np.linspace(times[0], times[-1], STEPS)
    found = resample(track, times, at)
    assert found[:, 4, 0] == pytest.approx(100 * at, abs=1e-3)
    hidden = (at > times[19] + 0.26) & (at < times[50] - 0.26)
    assert hidden.any() and not found[hidden, 6].any()
    assert np.isfinite(found).all()


def test_the_graph_ignores_position_and_scale_and_undetected_joints(shots) -> None:
    inputs = torch.from_numpy(shots.inputs[:, 0])
    moved = inputs * torch.tensor([2.5, 2.5, 1.0]) + torch.tensor([300.0, -40.0, 0.0])
    seen = inputs[..., 2:] > 0.05
    assert torch.allclose(normalise(inputs), normalise(torch.where(seen, moved, inputs)), atol=2e-3)
    wild = torch.where(seen, inputs, torch.tensor([float("nan"), 1e6, 0.0]))
    assert torch.allclose(normalise(inputs), normalise(wild))
    assert torch.isfinite(normalise(torch.zeros(2, STEPS, 17, 3))).all()
    embedding = Encoder(TINY).eval()(inputs)
    assert torch.allclose(embedding.norm(dim=-1), torch.ones(len(inputs)), atol=1e-5)


def test_augmentations_stay_near_and_mask(shots) -> None:
    inputs = shots.inputs[:, 0]
    changed = augment(inputs, np.random.default_rng(0))
    kept = changed[..., 2] > 0
    assert 0.05 < ((inputs[..., 2] > 0) & ~kept).mean() < 0.25
    moved = np.linalg.norm((changed - inputs)[..., :2], axis=-1)[kept]
    assert 0 < moved.mean() < 0.1 * trunk_length(inputs).mean()


def test_both_losses_are_lower_for_correct_pairs() -> None:
    points = torch.nn.functional.normalize(torch.randn(8, 5, generator=torch.Generator().manual_seed(0)), dim=-1)
    assert nt_xent(points, points) < nt_xent(points, points.roll(1, 0))
    labels = torch.arange(8) // 2
    grouped = points[labels]
    assert triplet(grouped, labels, 0.0) < triplet(points, labels, 0.0)
    assert triplet(torch.eye(4).repeat_interleave(2, 0), labels) == 0


def test_perfect_vectors_give_perfect_trials_and_noise_gives_chance() -> None:
    rng = np.random.default_rng(0)
    players, kinds = np.repeat(np.arange(14), 30), np.tile(np.arange(3), 140)
    perfect = np.concatenate([np.eye(14)[players], np.eye(3)[kinds]], 1)
    blind = rng.normal(size=(420, 17))
    for vectors, low, high in ((perfect, 1.0, 1.0), (blind, 0.02, 0.16)):
        found = evaluate.Space(vectors, players, kinds, slice(0, 14), slice(14, None))
        result = evaluate.trials(found, found, rng, 10, cast=True)
        assert low <= result["who"] <= high
        assert np.sum(result["who_confusion"]) == 10 * round(0.3 * 360)


def test_a_form_that_leaves_its_gallery_raises_the_alert_and_a_usual_one_does_not() -> None:
    rng = np.random.default_rng(1)
    gallery = rng.normal(size=(60, 8))
    assert evaluate.drift_statistic(gallery, rng.normal(size=(10, 8))) < evaluate.ALERT
    assert evaluate.drift_statistic(gallery, rng.normal(size=(10, 8)) + 1.5) > evaluate.ALERT
    space = [
        evaluate.Space(rng.normal(size=(60, 8)) + shift, np.repeat([0, 1], 30), np.zeros(60), slice(None), slice(0))
        for shift in (0, 0, 3.0)
    ]
    result = evaluate.separation(*space)
    assert result["roc_auc"] > 0.95
    assert result["alerts_bad"] == 1.0


def test_training_separates_players_that_were_not_used_for_training(tmp_path, shots) -> None:
    torch.manual_seed(0)
    config = train.TrainConfig(
        triplet_epochs=3, players=14, per_kind=2, steps=16, batch=14, views=1, rate=4e-3, errors=0.3
    )
    run = train.triplet_fit(Encoder(TINY), config, tmp_path / "last.pt")
    run.run()
    totals = [line["total"] for line in run.history.losses]
    assert totals[-1] < 0.9 * totals[0]
    encoder = load_encoder(tmp_path / "last.pt")
    with torch.no_grad():
        who = encoder(torch.from_numpy(shots.inputs[:, 0])).numpy()[:, :12]
    first, second = np.triu_indices(len(who), 1)
    same = shots.players[first] == shots.players[second]
    assert roc_auc(same, (who @ who.T)[first, second]) > 0.6


def write_shots(folder, shots=8, **columns) -> None:
    rng = np.random.default_rng(4)
    lines = ["file,shooter,type,gather,release"]
    seeds, kinds = [20_000 + index // 2 for index in range(shots)], [index % 3 for index in range(shots)]
    sequences = draw_shots(seeds, kinds, rng)
    for index, shot in enumerate(sequences):
        keypoints = noisy_keypoints(shot.joints, SIDE, PoseNoise(), rng)
        np.savez(folder / f"{index}.npz", keypoints=keypoints, times=shot.times)
        row = {"gather": f"{shot.gather_time:.3f}", "release": f"{shot.release_time:.3f}", "type": "step-back"}
        row |= columns
        lines.append(f"{index}.npz,p{index // 2},{row['type']},{row['gather']},{row['release']}")
    (folder / "shots.csv").write_text("\n".join(lines) + "\n")


def test_a_published_folder_is_read_and_split_by_shooter(tmp_path) -> None:
    write_shots(tmp_path)
    found = published.read_shots(tmp_path)
    assert found.inputs.shape == (8, 1, STEPS, 17, 3)
    assert found.kinds.tolist() == [1] * 8
    first, second = published.split(found)
    assert not set(first.players) & set(second.players)
    assert len(first) + len(second) == 8


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "shots.csv").unlink(), "needs a shots.csv"),
        (lambda folder: (folder / "shots.csv").write_text("file,type\n"), "no column 'shooter'"),
        (lambda folder: (folder / "3.npz").write_bytes(b"PK\x03\x04 torn"), "3.npz is not a readable keypoint file"),
        (lambda folder: (folder / "2.npz").unlink(), "no keypoint file"),
        (lambda folder: np.savez(folder / "1.npz", keypoints=np.zeros((9, 5, 3)), fps=30), "expected"),
        (lambda folder: write_shots(folder, type="hook"), "unknown type 'hook'"),
        (lambda folder: write_shots(folder, release="99"), "line 2: the shot .* is outside its track"),
        (lambda folder: write_shots(folder, gather="soon"), "gather is 'soon', expected seconds"),
    ],
)
def test_bad_recorded_data_is_one_clear_error(tmp_path, spoil, message) -> None:
    write_shots(tmp_path)
    spoil(tmp_path)
    with pytest.raises(TrainingInputError, match=message):
        published.read_shots(tmp_path)


def test_a_csv_track_reads_like_an_npz_one(tmp_path) -> None:
    track = np.random.default_rng(0).uniform(1, 2, (9, 52))
    text = ",".join(published.TRACK_COLUMNS) + "\n" + "\n".join(",".join(map(str, row)) for row in track)
    (tmp_path / "a.csv").write_text(text.replace(str(track[3, 1]), "", 1))
    keypoints, times = published.read_track(tmp_path / "a.csv")
    assert keypoints.shape == (9, 17, 3)
    assert times == pytest.approx(track[:, 0])
    assert np.isnan(keypoints[3, 0, 0])


def test_real_throws_are_turned_to_the_basket_and_measured(tmp_path) -> None:
    rng = np.random.default_rng(0)
    joints, balls, length = [], [], 52
    for shot in shot_sequences([form_of(20_000)[0]] * 30, [0] * 30, rng, 25.0):
        turned = shot.joints[:length, :, [1, 0, 2]] * [-1, 1, 1] / freethrows.FOOT
        joints.append(turned)
        balls.append(np.linspace([0, 0, 6], [0, 15, 10], length))
    arrays = {
        "keypoints_ft": np.stack(joints), "ball_ft": np.stack(balls), "made": rng.random(30) < 0.6, "fps": 25.0,
        "keypoint_names": np.array(freethrows.NAMES),
    }  # fmt: skip
    np.savez(tmp_path / "throws.npz", **arrays)
    faced, made, fps = freethrows.read(tmp_path / "throws.npz")
    assert (made.shape, fps) == ((30,), 25.0)
    assert (faced[:, 20, 0, 0] > faced[:, 20, (3, 4), 0].mean(-1)).all()
    result = freethrows.measure(tmp_path / "throws.npz", lambda x: x[:, ::16, :, 0].reshape(len(x), -1), shuffles=20)
    assert set(result["cameras"]["side"]["made"]) == {"auc k=3", "p k=3", "auc k=15", "p k=15"}
    assert "Made against missed:" in freethrows.tables(result)
    np.savez(tmp_path / "bad.npz", **{name: value for name, value in arrays.items() if name != "made"})
    with pytest.raises(TrainingInputError, match="no array 'made'"):
        freethrows.read(tmp_path / "bad.npz")


def test_a_real_difference_is_significant_and_shuffled_labels_are_not() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(80) % 3 > 0
    blind = rng.normal(size=(80, 6))
    found, none = (freethrows.tested(vectors, labels, 200) for vectors in (blind + 2.0 * labels[:, None], blind))
    assert found["auc k=15"] > 0.95 and found["p k=15"] < 0.01
    assert 0.3 < none["auc k=15"] < 0.7 and none["p k=15"] > 0.05


def test_the_smoke_run_learns_resumes_and_exports() -> None:
    result = CliRunner().invoke(cli, ["fingerprint", "--smoke"])
    assert result.exit_code == 0, result.output
    assert result.output.count("resumed at 2, exported") == 2


def test_the_served_network_s_errors_grow_with_their_factor_and_hidden_joints_are_guessed_not_missed() -> None:
    (shot,) = draw_shots([20_000], [0], np.random.default_rng(0))
    exact = served_keypoints(shot.joints, SIDE, ServedNoise().scaled(0.0), np.random.default_rng(1))
    assert np.isfinite(exact).all() and (exact[..., 2] > 0.05).all()
    sizes = []
    for factor in (0.5, 2.0):
        found = served_keypoints(shot.joints, SIDE, ServedNoise().scaled(factor), np.random.default_rng(1))
        lost = np.isnan(found[..., 0])
        assert (lost.all(1) == lost.any(1)).all()  # a frame has a crop, or it has none
        sizes.append(np.nanmedian(np.linalg.norm((found - exact)[..., :2], axis=-1)) / SIDE.size)
    assert 0.004 < sizes[0] < 0.02 < sizes[1] < 0.07


def test_a_known_release_is_kept_and_another_rise_of_the_hands_is_no_shot() -> None:
    rng = np.random.default_rng(2)
    for shot in draw_shots([20_000, 20_001, 20_002], [0, 1, 2], rng):
        track = served_keypoints(shot.joints, SIDE, ServedNoise(), rng)
        found = find_motion(track, shot.times, shot.release_time)
        assert found.release == shot.release_time
        assert abs(found.gather - shot.gather_time) < 0.45
        with pytest.raises(NoShotError, match="left the picture or was lost"):
            early = shot.times < shot.gather_time
            find_motion(track[early], shot.times[early], shot.release_time)
    with pytest.raises(NoShotError):
        find_motion(track, shot.times, float(shot.times[-1]) + 0.4)


def test_smoothing_needs_no_scipy_and_agrees_with_it() -> None:
    values = np.random.default_rng(0).normal(size=(40, 2))
    np.testing.assert_allclose(smooth(values, 1.8), gaussian_filter1d(values, 1.8, axis=0), atol=1e-12)


def test_filmed_shooters_are_told_apart_and_a_folder_of_one_is_refused(tmp_path) -> None:
    for player in (1, 2):
        (tmp_path / f"p{player}").mkdir()
        for index, poses in enumerate(shots_of(player, 3)):
            write_poses(tmp_path / f"p{player}" / f"{index}.poses.npz", poses)
    shots = filmed.read(tmp_path)
    result = filmed.measure(shots, lambda inputs: inputs[:, ::8, :, 0].reshape(len(inputs), -1), 10_000)
    assert [cells[0] for cells in result["shooters"].values()] == [3, 3]
    assert "shooter 2" in filmed.table(result) and "p1" not in filmed.table(result)
    with pytest.raises(TrainingInputError, match="two shooters with two shots each"):
        filmed.read(tmp_path / "p1")
