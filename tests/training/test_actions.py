"""Actions from keypoints: what the network may not depend on, real labels, clips through cameras, and the commands."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner

from courtside_training.actions import broadcast, motion, spacejam, views, windows
from courtside_training.actions.classes import CONTEXT, JOINTS, LABELS, NO_LABEL, STEPS
from courtside_training.actions.export_spec import EXPORT_SPEC
from courtside_training.actions.games import game_windows
from courtside_training.actions.network import ActionsNetwork, ActionsNetworkConfig, ServedActions
from courtside_training.actions.pool import Sources, make_pool, shares
from courtside_training.actions.stored import cut_all
from courtside_training.actions.windows import Window
from courtside_training.cli import cli
from courtside_training.errors import TrainingInputError
from courtside_training.pose.skeleton import MIRRORED


@pytest.fixture(scope="module")
def tracks():
    return broadcast.load_tracks()


@pytest.fixture(scope="module")
def real(tracks):
    """Four fully seen clips of each of five classes."""
    known = broadcast.moments(tracks)
    window = broadcast.clips(tracks, known)
    full = np.isfinite(window.keypoints).all((1, 2, 3))
    names = ("run", "shoot", "defence", "no action", "walk")
    chosen = np.concatenate([np.flatnonzero(full & (known.labels == LABELS.index(name)))[:4] for name in names])
    return Window(window.keypoints[chosen], window.context[chosen])


@pytest.fixture(scope="module")
def served():
    torch.manual_seed(0)
    return ServedActions(ActionsNetwork(ActionsNetworkConfig(16, 0.0, 2)).eval()).eval()


def classify(served: ServedActions, window: Window) -> np.ndarray:
    with torch.inference_mode():
        return served(torch.from_numpy(window.keypoints), torch.from_numpy(window.context))[0].numpy()


def test_neither_place_nor_size_nor_side_of_a_player_matters(served, real):
    first = classify(served, real)
    moved = real.keypoints.copy()
    moved[..., :3] *= 2.5
    moved[..., :2] += (300.0, -40.0)
    np.testing.assert_allclose(classify(served, Window(moved, real.context)), first, atol=1e-4)
    exchanged = real.keypoints[:, :, list(MIRRORED)]
    np.testing.assert_allclose(classify(served, Window(exchanged, real.context)), first, atol=1e-4)
    np.testing.assert_allclose(classify(served, windows.mirrored(real)), first, atol=1e-4)


def test_what_was_not_seen_leaves_finite_probabilities(served, real):
    nothing = Window(np.full((2, STEPS, JOINTS, 4), np.nan, np.float32), np.full((2, STEPS, 7), np.nan, np.float32))
    part = real.keypoints.copy()
    part[:, :6], part[:, :, 9] = np.nan, np.nan
    part[0, 3] = np.inf
    for window in (nothing, Window(part, real.context)):
        found = classify(served, window)
        assert np.isfinite(found).all()
        np.testing.assert_allclose(found.sum(1), 1.0, atol=1e-5)
    np.testing.assert_allclose(classify(served, nothing), 0.1, atol=1e-5)


def test_the_labels_fit_the_tracks_and_stand_in_every_film(tracks):
    known = broadcast.moments(tracks)
    assert len(known) > 2500 and len(np.unique(known.films)) == 17
    assert {LABELS[label] for label in np.unique(known.labels)} >= {"block", "run", "shoot", "defence", "walk"}
    speed = {}
    for name in ("no action", "walk", "run"):
        chosen = known.where(known.labels == LABELS.index(name))
        context = broadcast.clips(tracks, chosen).context
        speed[name] = np.median(np.linalg.norm(context[:, 6:10, 4:6], axis=-1))
    assert speed["no action"] < 0.3 < speed["walk"] < 0.9 < speed["run"]
    assert shares(known, tracks).sum() == pytest.approx(1.0)
    stills = broadcast.load_stills()
    assert {LABELS[still.label] for still in stills} == {"dribble", "ball in hand"}


def test_a_table_of_another_version_is_one_clear_error(tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text("track,first,last,action\n9999,0,3,walk\n")
    with pytest.raises(TrainingInputError, match="take both files of one version"):
        broadcast.load_tracks(table=table)


def test_a_clip_is_interpolated_between_seen_steps_and_unknown_elsewhere():
    track = np.arange(30, dtype=np.float32)[:, None] * 2
    track[10:14] = np.nan
    clip = windows.cut(track, 7.5)[:, 0]
    np.testing.assert_allclose(clip[:10], np.arange(10) * 2)
    assert np.isnan(clip[10:14]).all() and clip[14] == 28
    half = windows.cut(track, 20.0, 0.5)[:, 0]
    np.testing.assert_allclose(np.diff(half), 1.0)
    assert np.isnan(windows.cut(track, -20.0)).all()


def test_a_runner_has_his_speed_whatever_the_step(tracks):
    keypoints = np.zeros((2, STEPS, JOINTS, 4), np.float32)
    keypoints[..., [5, 6], 1], keypoints[..., [11, 12], 1], keypoints[..., [15, 16], 1] = -60.0, 0.0, 90.0
    height = windows.height_of(keypoints)[0]
    for row, step in enumerate((0.1, 0.05)):
        keypoints[row, ..., 0] += (np.arange(STEPS) * step * 2 * height)[:, None]
    context = windows.context_of(keypoints, None, step=np.array([0.1, 0.05], np.float32))
    np.testing.assert_allclose(context[..., 4], 2.0, atol=1e-3)
    assert context[..., CONTEXT.index("speed_known")].all() and not context[..., :3].any()


def test_games_give_every_common_class_and_cameras_see_them():
    stored = game_windows(3, 8.0)
    there = {LABELS[label] for label in np.unique(stored.labels)}
    assert there >= {"run", "dribble", "defence", "no action"}
    rng = np.random.default_rng(0)
    window = views.seen(stored.joints[:40].astype(np.float32), stored.ball[:40].astype(np.float32), rng)
    assert window.keypoints.shape == (40, STEPS, JOINTS, 4) and np.isfinite(window.keypoints).all()
    assert (window.keypoints[..., 15:17, 1].mean() > window.keypoints[..., 5:7, 1].mean())
    for changed in (windows.varied(window, rng), windows.mirrored(window)):
        assert changed.keypoints.shape == window.keypoints.shape and np.isfinite(changed.context).all()


def test_captured_motion_is_labelled_by_its_contacts():
    contact = np.ones(120, bool)
    contact[70:] = False
    labels = motion.labelled("shot_style1__x", np.zeros((120, 17, 3), np.float32), contact)
    assert labels[69] == LABELS.index("shoot") and labels[10] == LABELS.index("ball in hand")
    assert labels[119] == NO_LABEL
    assert not len(cut_all(np.zeros((60, 17, 3), np.float32), np.zeros((60, 3), np.float32), np.full(60, -1), 2))


def test_a_pool_draws_from_film_and_games(tracks):
    sources = Sources(tracks, broadcast.moments(tracks), [], [game_windows(1, 5.0)])
    made = make_pool(sources, 60, np.random.default_rng(0))
    assert (made.source == 0).sum() == 60 and (made.source == 2).sum() == 30 and np.isfinite(made.summaries).all()
    assert made.open_classes[LABELS.index("pick")] and not made.open_classes[LABELS.index("walk")]


def test_spacejam_clips_are_read_in_order_and_errors_say_what_to_do(tmp_path):
    sheet = np.zeros((176, 16 * 128, 3), np.uint8)
    for step in range(16):
        sheet[:, step * 128 : (step + 1) * 128] = step * 10
    cv2.imwrite(str(tmp_path / "a.png"), sheet)
    (tmp_path / "labels.csv").write_text("file,label,hard\na.png,ball_in_hand,1\n")

    def pose(crops):
        out = np.zeros((len(crops), 17, 4), np.float32)
        out[..., 0] = crops[:, 0, 128, 128, None]
        return out

    found = spacejam.read(tmp_path, pose)
    assert found.labels.tolist() == [LABELS.index("ball in hand")] and found.hard.tolist() == [True]
    assert (np.diff(found.window.keypoints[0, :, 0, 0]) > 0).all()
    cv2.imwrite(str(tmp_path / "a.png"), sheet[:, :-128])
    with pytest.raises(TrainingInputError, match="16 crops of 128 x 176"):
        spacejam.read(tmp_path, pose)
    with pytest.raises(TrainingInputError, match="name another folder"):
        spacejam.read(tmp_path / "missing", pose)
    with pytest.raises(TrainingInputError, match="player_pose 2"):
        spacejam.pose_model(tmp_path / "model.onnx")


def test_the_contract_of_the_served_model():
    signature = EXPORT_SPEC.signature
    assert [(spec.name, spec.dims) for spec in signature.inputs] == [("keypoints", (16, 17, 4)), ("context", (16, 7))]
    assert CONTEXT == ("ball_x", "ball_y", "ball_known", "ball_score", "speed_x", "speed_y", "speed_known")
    assert signature.outputs[0].labels == LABELS and signature.name == "player_actions"


def test_the_smoke_run_trains_resumes_exports_and_compares():
    result = CliRunner().invoke(cli, ["actions", "--smoke"])
    assert result.exit_code == 0, result.output
    assert "player_actions: loss" in result.output
