"""Sweeps: every number with a search range can be swept, and a left-out source has no say in what is chosen."""

from __future__ import annotations

from pathlib import Path

import pytest
from accuracy.labels import Clip, ClipScore
from accuracy.report import interval
from accuracy.scores import ShotScores
from accuracy.sweep import chosen_on_real_film, left_out_table, swept, values

from courtside_server.settings import load_settings


def test_every_swept_value_is_a_setting_that_is_accepted():
    known = swept()
    assert len(known) > 90
    for name, parameter in known.items():
        tried = values(parameter, 3)
        assert parameter.default in tried and tried == sorted(set(tried)), name
        for value in tried:
            load_settings(flags={name: value})


def test_numbers_chosen_on_real_film_are_known_by_their_evidence():
    chosen = chosen_on_real_film()
    assert "shots.flight.visible_delay" in chosen and "tracking.balls.flying_speed" in chosen
    assert "shots.views.max_time_difference" not in chosen, "simulated games only"
    assert "shots.result.interval" not in chosen, "set by hand"


def score(right: int, found: int, actual: int) -> ClipScore:
    return ClipScore(ShotScores(right, found, actual, (0.0,) * right))


def test_the_source_left_out_does_not_choose_its_own_value():
    parameter = swept()["shots.flight.threshold"]
    clips = [Clip(Path(name), 1.0, (), True, name) for name in "abc"]
    good, bad, other, default = score(5, 5, 5), score(0, 5, 5), 0.9, parameter.default
    table = {clip.path: {other: good if clip.source == "a" else bad, default: bad if clip.source == "a" else good}
             for clip in clips}  # fmt: skip
    _, total = left_out_table(clips, parameter, [other, default], table)
    # Without "a" the others choose the default, which is bad on "a". Without "b" or "c" it is a tie: the default.
    assert total.scores.true_positives == 10 and total.scores.actual == 15


def test_the_confidence_interval_narrows_with_more_clips():
    few = interval([score(1, 2, 2), score(2, 2, 2)])
    many = interval([score(1, 2, 2), score(2, 2, 2)] * 20)
    assert few[0] <= many[0] < many[1] <= few[1]
    assert interval([score(2, 2, 2)] * 3) == pytest.approx((1.0, 1.0))
