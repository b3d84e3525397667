"""Figures of merit against cases worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from courtside_training.shots import metrics
from courtside_training.shots.ablate import stagger
from courtside_training.shots.calibrate import calibrate, fit_scale, make_temperature
from courtside_training.shots.evaluate import make_figures, reliability, retempered, window_figures
from courtside_training.shots.footage import SPOTS, Footage
from courtside_training.shots.labels import label, spread
from courtside_training.shots.predictions import Predictions, every
from courtside_training.shots.tables import reliability_plot, tables
from courtside_training.shots.whole_games import find_shots, shot_figures


def test_detection_by_hand():
    found = metrics.detection([1, 1, 1, 0, 0], [1, 1, 0, 1, 0])
    assert (found.precision, found.recall) == (2 / 3, 2 / 3)
    assert found.f1 == pytest.approx(2 / 3) and found.accuracy == 0.6
    nothing = metrics.detection([0, 0], [0, 0])
    assert math.isnan(nothing.precision) and nothing.accuracy == 1.0


def test_best_threshold_lies_between_the_scores_it_parts():
    threshold, f1 = metrics.best_threshold([1, 0, 1, 0], [0.9, 0.2, 0.6, 0.5])
    assert 0.5 < threshold < 0.6 and f1 == 1.0


def test_best_threshold_never_parts_equal_scores():
    threshold, f1 = metrics.best_threshold([1, 0, 0], [0.5, 0.5, 0.5])
    assert threshold < 0.5 and f1 == 0.5


def test_release_position_ignores_a_second_release_far_away():
    release = (0.6 * spread(5.25) + 0.4 * spread(12.0))[None]
    assert metrics.release_position(release)[0] == pytest.approx(5.25)


def test_matching_is_one_to_one_and_nearest_first():
    assert metrics.match_times([1.0, 1.2, 9.0], [1.25, 5.0], 0.3) == [(1, 0)]


def answers_for(game: Footage, offset: float = 0.0, shot: float = 0.95) -> Predictions:
    """What a model would report that is always right, but `offset` samples late."""
    starts = np.arange(-1.2, game.duration - 3.3, 0.3)
    truth = [label(start, game.releases, game.zones, game.made) for start in starts]
    zone = np.full((len(truth), 7), 0.01, np.float32)
    release = np.full((len(truth), 16), 1 / 16, np.float32)
    for index, one in enumerate(truth):
        if one.shot:
            zone[index, one.zone] = 0.94
            release[index] = spread(min(one.position + offset, 15.0))
    return Predictions(
        np.zeros(len(truth), int), starts, np.array([shot if one.shot else 0.05 for one in truth], np.float32), release,
        zone, np.array([0.9 if one.made > 0 else 0.1 for one in truth], np.float32),
        np.array([one.shot > 0 for one in truth]), np.array([one.middle for one in truth]),
        np.array([one.position for one in truth]), np.array([one.zone for one in truth]),
        np.array([int(one.made) for one in truth]),
    )


@pytest.fixture
def game() -> Footage:
    count = 400
    return Footage(
        0, "behind", np.zeros((count, 1, 1, 3), np.uint8), np.zeros((count, 3, 3), np.float32), np.full(count, -1),
        np.array([6.1, 14.7, 20.0, 31.3]), np.array([0, 3, 4, 6]), np.array([True, False, True, True]),
        np.zeros((count, SPOTS, 3), np.float32), np.zeros((count, SPOTS, 3), np.float32), np.zeros(count, bool),
        np.ones(4, bool),
    )


def test_a_perfect_model_is_measured_as_perfect(game: Footage):
    predictions = answers_for(game)
    for middle in (False, True):
        figures = window_figures(predictions, middle_only=middle)
        assert figures["F1"] == figures["ROC-AUC"] == figures["zone accuracy"] == 1.0
        assert figures["release error, mean s"] == pytest.approx(0.0, abs=1e-6)
    figures = shot_figures(predictions, [game])
    assert (figures["true"], figures["found"], figures["right"]) == (4, 4, 4)
    assert figures["F1"] == figures["zone accuracy"] == figures["make ROC-AUC"] == 1.0


def test_a_late_model_has_that_release_error_and_then_misses(game: Footage):
    assert shot_figures(answers_for(game, 0.5), [game])["release error, mean s"] == pytest.approx(0.15, abs=0.01)
    assert shot_figures(answers_for(game, 1.5), [game])["right"] == 0


def test_a_lone_window_does_not_make_a_shot(game: Footage):
    predictions = answers_for(game)
    lone = np.full_like(predictions.shot, 0.05)
    lone[np.argmax(predictions.true_middle)] = 0.99
    assert find_shots(predictions.with_shot(lone), 0) == []
    assert len(find_shots(predictions.with_shot(lone), 0, support=0.0)) == 1


def test_calibration_puts_the_best_threshold_at_the_services(game: Footage):
    rng = np.random.default_rng(0)
    timid = answers_for(game, shot=0.4)
    noisy = np.clip(timid.shot + rng.normal(0, 0.05, len(timid.shot)), 0.01, 0.99).astype(np.float32)
    timid = timid.with_shot(noisy)
    assert shot_figures(timid, [game])["recall"] == 0.0
    scale, bias = calibrate(timid, [game])
    logits = np.log(noisy / (1 - noisy))
    mended = timid.with_shot((1 / (1 + np.exp(-(scale * logits + bias)))).astype(np.float32))
    assert shot_figures(mended, [game])["F1"] == 1.0


def test_scale_of_a_logistic_fit():
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, 20_000)
    truth = rng.random(20_000) < 1 / (1 + np.exp(-(0.5 * logits - 1)))
    assert fit_scale(truth.astype(float), logits) == pytest.approx(0.5, abs=0.03)


def report(predictions: Predictions, game: Footage) -> dict:
    figures = shot_figures(predictions, [game])
    made = make_figures(predictions, predictions.true_middle)
    return {
        "windows, a": {"F1": float("nan"), "ROC-AUC": 0.5}, "shots, a": figures, "shots by camera": {"behind": figures},
        "zone confusion": [[0] * 7] * 7,
        "make": {"temperature": 2.0, "as trained": made, "with temperature": made},
        "reliability": {"as trained": reliability(predictions), "with temperature": reliability(predictions)},
    }


def test_tables_show_every_zone_dash_what_is_missing_and_stand_beside_the_published_figures(game: Footage):
    text = tables(report(answers_for(game), game))
    assert "| F1 | - | - |" in text and "| right | 4 | 4 |" in text and text.count("wing_three_pointer") == 4
    assert "| ROC-AUC | 0.960 | 0.500 |" in text and "about 0.86" in text


def test_the_reliability_plot_is_a_picture(game: Footage, tmp_path):
    reliability_plot(report(answers_for(game), game), tmp_path / "plots" / "make.png")
    assert (tmp_path / "plots" / "make.png").read_bytes().startswith(b"\x89PNG")


def test_an_overconfident_make_probability_is_tempered(game: Footage):
    predictions = answers_for(game)
    rng = np.random.default_rng(0)
    made = rng.random(len(predictions.make)) < 0.7
    truth = np.where(predictions.true_middle, made, -1)
    sure = Predictions(**{**predictions.__dict__, "make": np.full(len(made), 0.99), "true_made": truth})
    temperature = make_temperature(sure)
    assert temperature > 2
    mended = retempered(sure, 1 / temperature)
    share = made[predictions.true_middle].mean()
    assert mended.make[0] == pytest.approx(share, abs=0.02)
    middle = predictions.true_middle
    assert make_figures(mended, middle)["make ECE"] < make_figures(sure, middle)["make ECE"]


def test_unknown_results_and_zones_are_not_measured(game: Footage):
    predictions = answers_for(game)
    unknown = Predictions(**{
        **predictions.__dict__,
        "true_made": np.full(len(predictions.shot), -1), "true_zone": np.full(len(predictions.shot), -1),
    })
    figures = window_figures(unknown, middle_only=True)
    assert math.isnan(figures["zone accuracy"]) and math.isnan(figures["make Brier"]) and figures["F1"] == 1.0


def test_stagger_finds_what_windows_end_to_end_cut_in_two(game: Footage):
    predictions = answers_for(game)
    rows = stagger(predictions, [game])
    assert rows["on: every 0.3 s"]["recall"] == 1.0 > rows["off: windows end to end"]["recall"]
    assert rows["off: windows end to end"]["windows"] == len(every(predictions, 16).shot)
