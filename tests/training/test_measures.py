"""Figures of merit on cases worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("sklearn")

from courtside_training.common import measures
from courtside_training.common.tables import confusion_table, markdown


def test_calibration_error_is_the_gap_between_predicted_and_observed():
    predicted = np.array([0.9] * 10 + [0.2] * 10)
    seen = np.array([1] * 6 + [0] * 4 + [1] * 2 + [0] * 8)
    assert measures.expected_calibration_error(predicted, seen, bins=10) == pytest.approx(0.5 * 0.3)


def test_the_temperature_undoes_overconfidence():
    rng = np.random.default_rng(0)
    logit = rng.normal(0, 1, 4000)
    truth = rng.random(4000) < 1 / (1 + np.exp(-logit))
    assert measures.fit_temperature(3 * logit, truth) == pytest.approx(3, rel=0.1)
    three = rng.normal(0, 1, (4000, 3))
    chosen = (three + rng.gumbel(size=three.shape)).argmax(1)
    assert measures.fit_temperature(2 * three, chosen) == pytest.approx(2, rel=0.1)


def test_per_class_figures_and_confusion():
    truth, predicted = [0, 0, 1, 1, 1], [0, 1, 1, 1, 0]
    found = measures.per_class(truth, predicted, ["a", "b", "never"])
    assert found["a"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2}
    assert found["never"]["support"] == 0
    assert measures.confusion(truth, predicted, 3).tolist() == [[1, 1, 0], [1, 2, 0], [0, 0, 0]]


def test_figures_without_cases_are_missing_not_wrong():
    assert math.isnan(measures.roc_auc([1, 1], [0.2, 0.3]))
    assert math.isnan(measures.brier([], []))
    assert math.isnan(measures.accuracy([], []))
    assert measures.confusion([], [], 2).sum() == 0


def test_tables():
    assert markdown(["a", "b"], [["x", 0.12345], [1, math.nan]]) == "| a | b |\n|---|---|\n| x | 0.123 |\n| 1 | - |"
    assert "| b | 0 | 3 |" in confusion_table(np.array([[1, 2], [0, 3]]), ["a", "b"])
