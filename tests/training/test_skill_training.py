"""Skill estimation: frame sampling, training, evaluation and the smoke run."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from courtside_sim.skills import GROUPS, SKILLS
from courtside_training.cli import cli
from courtside_training.common.fit import FitConfig
from courtside_training.detector.network import DetectorConfig
from courtside_training.detector.training import DetectorPlan, make_fit
from courtside_training.errors import TrainingInputError
from courtside_training.skills.baselines import counts_oracle, majority
from courtside_training.skills.evaluate import figures, from_features, report, tables, top1
from courtside_training.skills.films import PLAY_LABELS, UNKNOWN, Film, encode, load, mirrored, save
from courtside_training.skills.geometry import SPLITS, worlds
from courtside_training.skills.network import FrameEncoder, SkillConfig, SkillNetwork
from courtside_training.skills.sampling import choose, views
from courtside_training.skills.train import (
    FilmConfig,
    fit_frames,
    fit_skills,
    frame_config,
    load_backbone,
    load_network,
)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


TINY = SkillConfig(channels=(8, 8, 8), detector=False, feature=24, width=16, layers=1, heads=2, dropout=0.0, frames=8)


def film(levels: np.ndarray, counts: int = 0) -> Film:
    plays = np.full((16, len(PLAY_LABELS)), UNKNOWN)
    return Film("1", tuple([b""] * 16), levels, plays, np.repeat(levels.astype(float), counts))


def test_uniform_frames_are_one_of_each_part():
    assert choose(128, 64, "uniform").tolist() == list(range(1, 128, 2))
    drawn = choose(128, 64, "uniform", np.random.default_rng(0))
    assert (drawn // 2).tolist() == list(range(64))


def test_first_and_random_frames():
    assert choose(128, 16, "first").tolist() == list(range(16))
    drawn = choose(128, 16, "random", np.random.default_rng(0))
    assert len(set(drawn.tolist())) == 16 and np.all(np.diff(drawn) > 0)


def test_views_share_no_frame():
    found = np.concatenate(views(128, 32, 4))
    assert sorted(found.tolist()) == list(range(128))


def test_no_player_and_no_world_is_trained_on_and_tested():
    spans = sorted(SPLITS.values())
    assert all(low[1] <= high[0] for low, high in itertools.pairwise(spans))
    seasons, leagues = (set(names) for names in zip(*worlds("train"), strict=True))
    assert not seasons & {season for season, _ in worlds("unseen-season")}
    assert not leagues & {league for _, league in worlds("unseen-league")}
    assert set(worlds("test")) == set(worlds("train"))


def test_flipping_labels_twice_changes_nothing():
    rng = np.random.default_rng(0)
    labels = np.stack([rng.integers(-1 if "cell" in name else 0, size, 50) for name, size in PLAY_LABELS.items()], 1)
    assert np.array_equal(mirrored(mirrored(labels)), labels)
    assert not np.array_equal(mirrored(labels), labels)


def test_levels_are_learned_from_features(tmp_path: Path):
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 5, (96, 20))
    features = rng.normal(0, 0.3, (96, 16, 24)).astype(np.float32)
    features[:, :, :20] += levels[:, None] / 2
    films = [film(row) for row in levels]
    torch.manual_seed(0)
    network = SkillNetwork(replace(TINY, width=32))
    config = FilmConfig(FitConfig(epochs=60, rate=2e-2, average=0.9), batch=16)
    fit = fit_skills(films[:64], features[:64], network, config, tmp_path / "skills.pt")
    fit.run()
    measured = figures(levels[64:], from_features(fit.average, features[64:]))
    assert measured["Mean"] > 0.4
    again, found = load_network(tmp_path / "skills.pt")
    assert np.allclose(from_features(again, features), from_features(fit.average, features), atol=1e-6)
    assert found["settings"]["films"] == 64


def labelled_film(seed: int) -> Film:
    rng = np.random.default_rng(seed)
    frames = rng.integers(0, 255, (16, 112, 192, 3), np.uint8)
    plays = np.stack([rng.integers(0, size, 16) for size in PLAY_LABELS.values()], 1)
    return Film(str(seed), encode(frames), rng.integers(0, 5, 20), plays, np.zeros(3))


def test_fit_trains_the_encoder_first_and_resumes_levels_only_with_the_same_encoder(tmp_path: Path, monkeypatch):
    films = [labelled_film(seed) for seed in range(4)]
    monkeypatch.setattr("courtside_training.skills.system._films", lambda *_: films)
    monkeypatch.setattr("courtside_training.skills.network.SkillConfig", lambda: TINY)
    last = tmp_path / "last.pt"

    def fit(*options: str) -> list[str]:
        arguments = ["skills", "fit", "--checkpoint", str(last), "--batch", "2", "--encoder-films", "2", *options]
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == 0, result.output
        return [line for line in result.output.splitlines() if line.startswith("trained")]

    frames, levels = fit("--frame-epochs", "1", "--epochs", "2")
    assert "last-frames.pt" in frames and "trained 2 epochs" in levels
    assert load_network(last)[1]["frames"]["films"] == 2 and load_network(last)[1]["settings"]["films"] == 2
    # Two epochs are already done, so the resumed run reports two, not one.
    frames, levels = fit("--frame-epochs", "1", "--epochs", "1", "--resume")
    assert "trained 1 epochs" in frames and "trained 2 epochs" in levels
    # An encoder that was trained longer gives other features, so the levels are learned from the start.
    frames, levels = fit("--frame-epochs", "2", "--epochs", "1", "--resume")
    assert "trained 2 epochs" in frames and "trained 1 epochs" in levels


def test_a_checkpoint_of_another_shape_is_refused(tmp_path: Path):
    config = FilmConfig(FitConfig(epochs=1), batch=4)
    films, features = [film(np.zeros(20, np.int64))] * 4, np.zeros((4, 16, 24), np.float32)
    fit_skills(films, features, SkillNetwork(TINY), config, tmp_path / "skills.pt").run()
    wider = fit_skills(films, features, SkillNetwork(replace(TINY, width=32)), config, tmp_path / "skills.pt")
    with pytest.raises(TrainingInputError, match="another shape"):
        wider.resume()


def test_the_encoder_starts_with_a_detectors_backbone_or_gives_the_reason_why_not(tmp_path: Path):
    detector = make_fit([], tmp_path / "detector.pt", FitConfig(epochs=1), DetectorPlan(8, 4))
    detector.save()
    small = FrameEncoder(SkillConfig())
    load_backbone(small, tmp_path / "detector.pt")
    theirs = detector.average.backbone.state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in small.backbone.state_dict().items())
    with pytest.raises(TrainingInputError, match="for the small size"):
        load_backbone(FrameEncoder(TINY), tmp_path / "detector.pt")
    make_fit([], tmp_path / "narrow.pt", FitConfig(epochs=1), DetectorPlan(8, 4), DetectorConfig(width=0.5)).save()
    with pytest.raises(TrainingInputError):
        load_backbone(small, tmp_path / "narrow.pt")


def test_the_encoder_takes_frames_of_any_multiple_of_sixteen():
    encoder = FrameEncoder(SkillConfig()).eval()
    with torch.inference_mode():
        assert encoder.feature_map(torch.zeros(1, 3, 112, 192, dtype=torch.uint8)).shape[2:] == (7, 12)
        assert encoder.feature_map(torch.zeros(1, 3, 96, 176, dtype=torch.uint8)).shape[2:] == (6, 11)


def test_films_without_play_labels_cannot_teach_frames(tmp_path: Path):
    with pytest.raises(TrainingInputError, match="end to end"):
        fit_frames([film(np.zeros(20, np.int64))], TINY, frame_config(0, 1), tmp_path / "frames.pt")


def test_a_film_is_stored_without_loss_and_a_damaged_one_is_refused(tmp_path: Path):
    path = tmp_path / "1.npz"
    kept = replace(film(np.arange(20) % 5), jpeg=(b"ab", b"", b"cde"))
    save(kept, path)
    assert load(path).jpeg == kept.jpeg and np.array_equal(load(path).levels, kept.levels)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(TrainingInputError, match="holds no film"):
        load(path)


def test_accuracy_by_skill_group_and_mean():
    levels = np.tile(np.arange(5)[:, None], (1, 20))
    predicted = levels.copy()
    predicted[:, SKILLS.index("Free Throw")] = (predicted[:, 0] + 1) % 5
    found = top1(levels, predicted)
    assert found["Free Throw"] == 0.0 and found["2-PTs"] == 1.0
    assert found["Shooting"] == pytest.approx(0.8) and found["Rebounding"] == 1.0
    assert found["Mean"] == pytest.approx(0.95)
    assert set(found) == {*SKILLS, *GROUPS, "Mean"}


def test_baselines_and_tables():
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 5, (60, 20))
    levels[:, 0] = 3
    films = [film(row, counts=1) for row in levels]
    assert (majority(levels, 4)[:, 0] == 3).all()
    assert top1(levels, counts_oracle(films, films))["Mean"] > 0.5
    assert counts_oracle([film(row) for row in levels], films) is None
    result = report(films, {"test": (films, np.eye(5)[levels])})
    text = tables(result)
    assert "| **Mean** |  | 100.0 |" in text and "published best on BASKET 28.5" in text
    assert all(name in text for name in (*SKILLS, *GROUPS, "majority", "counts oracle"))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_smoke_learns_resumes_and_exports():
    done = CliRunner().invoke(cli, ["skills", "--smoke"])
    assert done.exit_code == 0, done.output
    assert "player_skills: loss" in done.output
