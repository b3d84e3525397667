"""The make probability before the rim decides, and what it learns from a game."""

from __future__ import annotations

import numpy as np
import pytest
from shot_scenes import play

from courtside_server.rings.tracks import TrackRing
from courtside_server.shots.context import ShotContext
from courtside_server.shots.criteria import ShotCriteria
from courtside_server.shots.event_drafts import ShotEvents
from courtside_server.shots.make_chance import ShootingRecord, make_log_odds
from courtside_server.shots.shot_type import type_probabilities
from courtside_server.shots.state import ShotState, ShotStateMachine
from courtside_server.types import CameraName, Lifecycle, ShotResult
from courtside_server.windows.nms import ShotCandidate

CRITERIA = ShotCriteria()


def chance(context: ShotContext, angle: float | None = None) -> float:
    """The probability that a first shot of a game goes in."""
    odds = make_log_odds(context, angle, type_probabilities(context, CRITERIA.type), CRITERIA.make)
    return ShootingRecord(CRITERIA.make).probability(odds, None)


def candidate(lifecycle: Lifecycle = Lifecycle.PROVISIONAL) -> ShotCandidate:
    return ShotCandidate(0, lifecycle, 0.9, 1.0, 1.0, 0.02, None, 0.9, 5, 9, "m:1", 1.0, tracks=(1,))


def test_near_shots_go_in_more_often_than_far_ones_and_guarded_ones_less_often():
    layup = ShotContext(distance=1.0, speed=3.0, flight=0.4, angle=20.0)
    middle, far = (ShotContext(distance=metres, defender=3.0, watched=3.0) for metres in (4.5, 8.5))
    guarded = ShotContext(distance=8.5, defender=0.3, watched=3.0)
    assert chance(layup) > chance(middle) > chance(far) > chance(guarded)
    assert 0.2 < chance(guarded) and chance(layup) < 0.85


def test_free_throws_have_a_rate_of_their_own():
    free = ShotContext(distance=4.3, still=2.5, defender=3.0, angle=2.0, watched=2.5)
    assert chance(free) == pytest.approx(CRITERIA.make.free_throw_rate, abs=0.05)


def test_of_what_nothing_is_known_goes_in_as_shots_of_real_games_do():
    assert chance(ShotContext()) == pytest.approx(CRITERIA.make.base_rate, abs=0.12)


def test_a_game_in_which_much_goes_in_raises_the_probability_and_a_shooter_who_misses_lowers_his_own():
    record = ShootingRecord(CRITERIA.make)
    fresh = record.probability(0.0, 7)
    for _ in range(12):
        record.add(0.0, 7, True)
        record.add(0.0, 8, False)
    assert record.probability(0.0, 9) == pytest.approx(fresh, abs=0.01)
    assert record.probability(0.0, 7) > fresh > record.probability(0.0, 8)
    for _ in range(12):
        record.add(0.0, 9, True)
    assert record.probability(0.0, None) > fresh
    assert record.probability(0.0, 7) < 0.8, "twelve shots do not make a certainty"


def test_only_so_many_shooters_are_remembered():
    record = ShootingRecord(CRITERIA.make, remember=2)
    for shooter in (1, 2, 3):
        for _ in range(10):
            record.add(0.0, shooter, shooter == 1)
    assert record.probability(0.0, 1) == record.probability(0.0, None)


def test_a_shot_has_a_make_probability_from_its_first_update_on():
    ring, machine = TrackRing(10), ShotStateMachine(candidate(), None, None, None, 1.0, CRITERIA)
    seen = [one for one in play() if one.media <= 1.2]
    for one in seen:
        ring.append(one)
    state = machine.update(ring, seen[-1].media, lambda request: None)
    assert state.expected_make is not None and 0.2 < state.expected_make < 0.7
    draft = ShotEvents(CameraName.parse("games/g/cameras/c")).draft(0, candidate(), state)
    assert draft.payload.make_probability == pytest.approx(state.expected_make, abs=1e-6)


def test_once_the_rim_decided_its_answer_counts():
    events = ShotEvents(CameraName.parse("games/g/cameras/c"))
    decided = ShotState(expected_make=0.3, make=0.97, result=ShotResult.MADE)
    assert events.draft(0, candidate(Lifecycle.CONFIRMED), decided).payload.make_probability == 0.97
    air_ball = ShotState(expected_make=0.6, result=ShotResult.MISSED)
    other = ShotEvents(CameraName.parse("games/g/cameras/d"))
    assert other.draft(0, candidate(Lifecycle.CONFIRMED), air_ball).payload.make_probability < 0.1


def test_the_curve_is_smooth_in_the_distance():
    chances = [chance(ShotContext(distance=float(metres), watched=3.0)) for metres in np.arange(0.2, 14, 0.2)]
    assert np.abs(np.diff(chances)).max() < 0.06
