"""The state of a shot: shooter, zone, filters, and which of several balls was shot."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from shot_scenes import BALL, around, play

from courtside.court.homography import Calibration
from courtside.court.measures import FIBA
from courtside_server.court.config import CourtConfig
from courtside_server.court.court_place import CourtPlace
from courtside_server.court.scene_court import SceneCourt
from courtside_server.rings.tracks import TrackRing
from courtside_server.shots import state
from courtside_server.shots.criteria import ShotCriteria
from courtside_server.shots.state import Rejection, ShotStateMachine
from courtside_server.types import Lifecycle, PlayerEvidence, ShotResult, ZoneSource
from courtside_server.windows.nms import ShotCandidate


def candidate(*tracks: int, media: float = 1.0) -> ShotCandidate:
    return ShotCandidate(
        0, Lifecycle.PROVISIONAL, 0.9, media, media, 0.02, None, 0.5, 5, 9, "m:1", media, tracks=tracks or (1,)
    )


def followed(observations, calibration=None, voted=()):
    ring = TrackRing(10)
    machine = ShotStateMachine(candidate(*voted), None, None, calibration, 1.0, ShotCriteria())
    for one in observations:
        ring.append(one)
        if one.media >= 1.4:
            state = machine.update(ring, one.media, lambda request: None)
    return state


def test_a_shot_is_placed_on_a_calibrated_court():
    corners = np.array([[0.0, -7.5], [0.0, 7.5], [14.0, -7.5], [14.0, 7.5]])
    pixels = np.array([[0.0, 500.0], [0.0, 100.0], [960.0, 500.0], [960.0, 100.0]])
    state = followed(play(), Calibration.fit(FIBA, pixels, corners))
    feet = (120 / 960 * 14, 7.5 - (310 - 100) / 400 * 15)
    assert state.shooter == 7 and state.court == pytest.approx(feet, abs=0.05)
    assert state.zone_source is ZoneSource.CALIBRATION and sum(state.zone) == pytest.approx(1)


class LateEvidence:
    """The other player turns out to have had the ball, one and a half seconds after the release."""

    def __init__(self) -> None:
        self.now = 0.0

    def progress(self, release: float) -> int:
        return int(self.now > release + 1.5)

    def at(self, media, balls, seen, release):
        return {8: PlayerEvidence(held=1.0, shoots=1.0, hands=0.0)} if self.progress(release) else {}


def test_the_shooter_is_revised_when_more_becomes_known_of_the_players():
    evidence, ring, shooters = LateEvidence(), TrackRing(10), []
    machine = ShotStateMachine(candidate(), None, None, None, 1.0, ShotCriteria(), evidence=evidence)
    for one in play(end=3.0):
        ring.append(one)
        evidence.now = one.media
        if one.media >= 1.4:
            shooters.append(machine.update(ring, one.media, lambda request: None).shooter)
    assert shooters[0] == 7 and shooters[-1] == 8 and set(shooters) == {7, 8}


class RecognisedCourt:
    """A court that becomes known some requests later."""

    is_certain = SceneCourt.is_certain
    with_model = SceneCourt.with_model

    def __init__(self, after: int, zone=(0, 0, 0, 0, 0, 1, 0)) -> None:
        self.requests, self._after, self._zone, self._config = 0, after, zone, CourtConfig()

    def request(self, pan) -> None:
        self.requests += 1

    def at(self, people, rim, pan):
        return CourtPlace((3.0, 1.0), self._zone) if self.requests >= self._after else None

    def calibration(self, pan):
        return None


def test_a_shot_is_placed_on_a_court_that_is_recognised_while_it_is_followed():
    for after, source in ((1, ZoneSource.COURT_ESTIMATE), (3, ZoneSource.COURT_ESTIMATE), (10**9, ZoneSource.MODEL)):
        court, ring = RecognisedCourt(after), TrackRing(10)
        machine = ShotStateMachine(candidate(), None, None, None, 1.0, ShotCriteria(), court)
        machine.set_zone((1, 0, 0, 0, 0, 0, 0))
        for one in play():
            ring.append(one)
            if one.media >= 1.4:
                machine.update(ring, one.media, lambda request: None)
        assert court.requests and machine.state.zone_source is source
        assert (machine.state.court == (3.0, 1.0)) is (source is ZoneSource.COURT_ESTIMATE)


def test_the_clip_model_helps_to_choose_between_the_zones_that_uncertain_feet_allow():
    uncertain = (0, 0.52, 0, 0, 0.48, 0, 0)
    for model, source, zone in (
        ((0, 0.02, 0, 0, 0.98, 0, 0), ZoneSource.COURT_ESTIMATE, 4),
        ((0, 0.6, 0, 0, 0.4, 0, 0), ZoneSource.MODEL, 1),
        ((0, 0, 0, 1, 0, 0, 0), ZoneSource.MODEL, 1),
    ):
        ring = TrackRing(10)
        machine = ShotStateMachine(
            candidate(), None, None, None, 1.0, ShotCriteria(), RecognisedCourt(1, uncertain)
        )
        for one in play():
            ring.append(one)
            if one.media >= 1.4:
                machine.update(ring, one.media, lambda request: None)
        assert machine.state.zone is None and machine.state.court is None
        machine.set_zone(model)
        assert machine.state.zone_source is source and int(np.argmax(machine.state.zone)) == zone
        assert (machine.state.court is not None) is (source is ZoneSource.COURT_ESTIMATE)
        assert sum(machine.state.zone) == pytest.approx(1)


def ball_moves(observations, place):
    """The same film with its shot ball at ``place(media)``."""
    out = []
    for o in observations:
        boxes = o.boxes.copy()
        boxes[(o.classes == BALL) & (o.tracks == 1)] = around(*place(o.media))
        out.append(replace(o, boxes=boxes))
    return out


def likely(by_track):
    """A candidate model that knows how likely each ball's shot is, and what runs it."""
    return SimpleNamespace(request=lambda features: by_track[features])


def weighed(monkeypatch, by_track, voted=(), until=9.0, end=False):
    """The state of a shot whose balls are as likely as ``by_track`` says."""
    monkeypatch.setattr(state, "candidate_features", lambda candidate, path, *_: path.track)
    machine = ShotStateMachine(candidate(*voted), None, likely(by_track), None, 1.0, ShotCriteria())
    ring = TrackRing(10)
    for one in play(end=4.0):
        if one.media <= until:
            ring.append(one)
            if one.media >= 1.4:
                machine.update(ring, one.media, lambda request: request)
    return machine.update(ring, min(until, one.media), lambda request: request, end=end)


def test_a_shot_that_all_speaks_against_is_rejected_once_its_flight_is_over(monkeypatch):
    assert not weighed(monkeypatch, {1: 0.2}, until=2.0).rejected
    assert weighed(monkeypatch, {1: 0.2}, until=2.0).probability == 0.2
    assert Rejection.UNLIKELY in weighed(monkeypatch, {1: 0.2}, until=2.0, end=True).rejections
    assert Rejection.UNLIKELY in weighed(monkeypatch, {1: 0.2}).rejections
    # Film that ends a moment after the release: what was seen of it decides.
    assert Rejection.UNLIKELY in weighed(monkeypatch, {1: 0.2}, until=1.3, end=True).rejections
    assert not weighed(monkeypatch, {1: 0.8}).rejected


def test_without_a_candidate_model_nothing_but_physics_rejects():
    shot = followed(play())
    assert shot.probability is None and not shot.rejected


def test_of_several_balls_the_most_likely_one_was_shot(monkeypatch):
    resting, unseen = 5, 99
    for voted in ((resting, 1), (1, resting), (unseen, 1)):
        shot = weighed(monkeypatch, {resting: 0.1, 1: 0.9}, voted)
        assert shot.shooter == 7 and shot.ball == 1 and not shot.rejected
    assert weighed(monkeypatch, {resting: 0.1}, (resting,)).rejected


def test_sightings_too_far_apart_for_one_ball_were_no_shot():
    assert Rejection.TOO_FAST not in followed(play()).rejections

    def leaping(media):
        return 135.0 + 12 * 80 * max(media - 1.0, 0.0), 225.0

    state = followed(ball_moves(play(), leaping))
    assert Rejection.TOO_FAST in state.rejections and state.rejected
    slower = followed(ball_moves(play(), lambda media: leaping(1 + (media - 1) / 2)))
    assert Rejection.TOO_FAST not in slower.rejections


@pytest.mark.parametrize(("end", "expected"), [(2.1, ShotResult.UNKNOWN), (2.2, ShotResult.UNKNOWN),
                                               (2.6, ShotResult.MISSED)])  # fmt: skip
def test_a_cut_before_the_rim_decides_leaves_the_result_open(end, expected):
    """The ball is at the rim from 2.0 s on; every answer of the rim model is open and leans to missed a little."""
    rim = SimpleNamespace(request=lambda *_: "rim")
    machine = ShotStateMachine(candidate(), rim, None, None, 1.0, ShotCriteria())
    ring, answers = TrackRing(10), []

    def infer(request):
        answers.append(request)
        return np.array([0.8, 0.02, 0.18])

    for one in play(end=end):
        ring.append(one)
        if one.media >= 1.4:
            machine.update(ring, one.media, infer)
    assert machine.update(ring, one.media, infer, end=True).result is expected and answers
