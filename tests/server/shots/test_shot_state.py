"""The state of a shot: shooter, zone, filters, and which of several balls was shot."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from shot_scenes import BALL, RIM, RIM_BOX, around, flight, play

from courtside.court.homography import Calibration
from courtside.court.measures import FIBA
from courtside_server.court.court_estimate import CourtPlace
from courtside_server.rings.tracks import TrackRing
from courtside_server.shots.criteria import ShotCriteria
from courtside_server.shots.state import Rejection, ShotStateMachine
from courtside_server.types import UNTRACKED, Lifecycle, ShotResult, ZoneSource
from courtside_server.windows.nms import ShotCandidate


def candidate(*tracks: int, media: float = 1.0) -> ShotCandidate:
    return ShotCandidate(
        0, Lifecycle.PROVISIONAL, 0.9, media, media, 0.02, None, 0.5, 5, 9, "m:1", media, tracks=tracks or (1,)
    )


def followed(observations, calibration=None, voted=()):
    ring = TrackRing(10)
    machine = ShotStateMachine(candidate(*voted), None, calibration, 1.0, ShotCriteria())
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


class RecognisedCourt:
    """A court that becomes known some requests later."""

    def __init__(self, after: int) -> None:
        self.requests, self._after = 0, after

    def request(self) -> None:
        self.requests += 1

    def at(self, feet, rim):
        return CourtPlace((3.0, 1.0), (0, 0, 0, 0, 0, 1, 0)) if self.requests >= self._after else None


def test_a_shot_is_placed_on_a_court_that_is_recognised_while_it_is_followed():
    for after, source in ((1, ZoneSource.COURT_ESTIMATE), (3, ZoneSource.COURT_ESTIMATE), (10**9, ZoneSource.MODEL)):
        court, ring = RecognisedCourt(after), TrackRing(10)
        machine = ShotStateMachine(candidate(), None, None, 1.0, ShotCriteria(), court)
        machine.set_zone((1, 0, 0, 0, 0, 0, 0))
        for one in play():
            ring.append(one)
            if one.media >= 1.4:
                machine.update(ring, one.media, lambda request: None)
        assert court.requests and machine.state.zone_source is source
        assert (machine.state.court == (3.0, 1.0)) is (source is ZoneSource.COURT_ESTIMATE)


def test_a_ball_that_never_comes_near_a_rim_was_no_shot_and_one_that_does_is():
    assert Rejection.NEVER_NEAR_RIM not in followed(play()).rejections
    far = [
        replace(o, boxes=np.where((o.classes == RIM)[:, None], np.float32(300) + o.boxes, o.boxes)) for o in play()
    ]
    assert Rejection.NEVER_NEAR_RIM in (followed(far)).rejections


@pytest.mark.parametrize(("rim", "expected"), [(-210.0, False), (-40.0, True), (900.0, True)])
def test_a_ball_far_from_the_only_rim_may_be_shot_at_another_unless_it_flies_to_this_one(rim, expected):
    moved = np.array([rim - RIM_BOX[0], 0, rim - RIM_BOX[0], 0], np.float32)
    only = [replace(o, boxes=np.where((o.classes == RIM)[:, None], o.boxes + moved, o.boxes)) for o in play()]
    assert (Rejection.NEVER_NEAR_RIM in (followed(only)).rejections) is expected


def test_without_a_rim_in_sight_nothing_speaks_against_a_shot():
    blind = []
    for o in play():
        keep = o.classes != RIM
        kept = {name: getattr(o, name)[keep] for name in ("boxes", "scores", "classes", "tracks")}
        blind.append(replace(o, **kept))
    assert Rejection.NEVER_NEAR_RIM not in (followed(blind)).rejections


def ball_moves(observations, place):
    """The same film with its shot ball at ``place(media)``."""
    out = []
    for o in observations:
        boxes = o.boxes.copy()
        boxes[(o.classes == BALL) & (o.tracks == 1)] = around(*place(o.media))
        out.append(replace(o, boxes=boxes))
    return out


def test_a_ball_that_only_falls_was_no_shot_and_one_that_goes_up_is():
    assert Rejection.NEVER_RISES not in followed(play()).rejections
    dropped = ball_moves(play(), lambda media: (135.0, 225.0 + 60 * max(media - 1.0, 0.0)))
    state = followed(dropped)
    assert Rejection.NEVER_RISES in state.rejections and state.rejected


def test_of_several_balls_the_one_that_nothing_speaks_against_was_shot():
    resting, unseen = 5, 99
    for voted in ((resting, 1), (1, resting), (unseen, 1)):
        state = followed(play(), voted=voted)
        assert state.shooter == 7 and state.ball == 1 and not state.rejected
    assert (followed(play(), voted=(resting,))).rejected
    dropped = ball_moves(play(), lambda media: (135.0, 225.0 + 60 * max(media - 1.0, 0.0)))
    assert (followed(dropped, voted=(resting, 1))).rejected


def test_sightings_too_far_apart_for_one_ball_were_no_shot():
    assert Rejection.TOO_FAST not in followed(play()).rejections

    def leaping(media):
        return 135.0 + 12 * 80 * max(media - 1.0, 0.0), 225.0

    state = followed(ball_moves(play(), leaping))
    assert Rejection.TOO_FAST in state.rejections and state.rejected
    slower = followed(ball_moves(play(), lambda media: leaping(1 + (media - 1) / 2)))
    assert Rejection.TOO_FAST not in slower.rejections


@pytest.mark.parametrize(("shown", "at_the_edge", "expected"), [(0.9, False, False), (0.25, False, True),
                                                               (0.25, True, False)])  # fmt: skip
def test_a_ball_hardly_seen_was_no_shot_unless_it_left_the_picture(shown, at_the_edge, expected):
    some, rng = [], np.random.default_rng(3)
    for o in play():
        hidden = (o.classes == BALL) & (o.tracks == 1) & (o.media >= 1.0) & (rng.random() > shown)
        boxes = o.boxes.copy()
        if at_the_edge and 1.2 < o.media < 1.6:
            boxes[(o.classes == BALL) & (o.tracks == 1)] = around(flight(o.media)[0], 5.0)
        some.append(replace(o, boxes=boxes, tracks=np.where(hidden, UNTRACKED, o.tracks)))
    state = followed(some)
    assert (Rejection.RARELY_SEEN in state.rejections) is expected and (state.rejected or not expected)


@pytest.mark.parametrize(("end", "expected"), [(2.1, ShotResult.UNKNOWN), (2.2, ShotResult.UNKNOWN),
                                               (2.6, ShotResult.MISSED)])  # fmt: skip
def test_a_cut_before_the_rim_decides_leaves_the_result_open(end, expected):
    """The ball is at the rim from 2.0 s on; every answer of the rim model is open and leans to missed a little."""
    rim = SimpleNamespace(request=lambda *_: "rim")
    machine = ShotStateMachine(candidate(), rim, None, 1.0, ShotCriteria())
    ring, answers = TrackRing(10), []

    def infer(request):
        answers.append(request)
        return np.array([0.8, 0.02, 0.18])

    for one in play(end=end):
        ring.append(one)
        if one.media >= 1.4:
            machine.update(ring, one.media, infer)
    assert machine.update(ring, one.media, infer, end=True).result is expected and answers


def test_a_shot_first_seen_in_the_air_still_rises():
    late = []
    for o in play():
        hidden = (o.classes == BALL) & (o.media < 1.25)
        late.append(replace(o, tracks=np.where(hidden, UNTRACKED, o.tracks)))
    assert Rejection.NEVER_RISES not in (followed(late)).rejections
