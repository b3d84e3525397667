"""Shooting forms: within range, different between players, distorted by the given amount."""

import numpy as np
import pytest

from courtside_sim.forms import RANGES, distort, draw_form
from courtside_sim.roster import draw_roster
from courtside_sim.shooting import fake_length, fake_pose, gather_length, motion_length, shot_pose, take_off_time


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_a_form_lies_within_its_ranges_and_players_differ(rng) -> None:
    forms = [draw_form(rng) for _ in range(300)]
    vectors = np.stack([form.vector() for form in forms])
    assert vectors.shape == (300, len(RANGES))
    assert vectors.min() >= 0 and vectors.max() <= 1
    assert vectors.std(0).min() > 0.2
    assert 0.78 < np.mean([form.handed > 0 for form in forms]) < 0.92


def test_a_distorted_form_changes_by_the_amount_and_keeps_its_hand(rng) -> None:
    form = draw_form(rng)
    assert distort(form, rng, 0.0) == form
    moved = [
        np.mean([np.abs(distort(form, rng, amount).vector() - form.vector()).mean() for _ in range(40)])
        for amount in (0.03, 0.1, 0.3)
    ]
    assert moved[0] == pytest.approx(0.03 * np.sqrt(2 / np.pi), rel=0.15)
    assert moved[0] < moved[1] < moved[2]
    wild = [distort(form, rng, 3.0) for _ in range(40)]
    assert {other.handed for other in wild} == {form.handed}
    assert max(np.abs(other.vector() - 0.5).max() for other in wild) < 0.7 + 1e-9


def test_the_motion_starts_at_hold_passes_the_set_point_and_ends_at_the_release(rng) -> None:
    for _ in range(20):
        form = draw_form(rng)
        length = motion_length(form)
        start, end = shot_pose(0.0, form), shot_pose(length, form)
        top = shot_pose(length - form.push / form.tempo, form)
        assert start.ball == pytest.approx([0.30, 0.03, 0.60])
        assert top.ball == pytest.approx([form.set_ahead, form.set_side, form.set_height], abs=1e-6)
        assert end.ball == pytest.approx([form.release_ahead, form.release_side, form.release_height], abs=1e-6)
        assert 0 < gather_length(form) < take_off_time(form) < length


def test_the_motion_has_no_jumps_and_one_call_serves_many_moments(rng) -> None:
    for _ in range(20):
        form = draw_form(rng)
        times = np.linspace(0, motion_length(form), 200)
        pose = shot_pose(times, form)
        assert np.abs(np.diff(pose.ball, axis=0)).max() < 0.03
        assert np.abs(np.diff(pose.crouch)).max() < 0.02
        assert pose.ball[77] == pytest.approx(shot_pose(float(times[77]), form).ball)


def test_a_fake_comes_back_down(rng) -> None:
    form = draw_form(rng)
    assert fake_pose(fake_length(form), form).ball == pytest.approx([0.30, 0.03, 0.60])
    highest = max(fake_pose(t, form).ball[2] for t in np.linspace(0, fake_length(form), 60))
    assert highest > 0.9 * form.set_height


def test_a_rosters_forms_agree_with_its_arrays(rng) -> None:
    roster = draw_roster(9, rng)
    assert [form.handed for form in roster.forms] == roster.handed.tolist()
    assert [form.tempo for form in roster.forms] == roster.tempo.tolist()
    assert [form.leap for form in roster.forms] == roster.leap.tolist()
