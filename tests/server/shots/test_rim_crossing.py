"""Where a ball comes down at the rim, from flights whose physics is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from shot_scenes import BALL, around, by_track, observed, play

from courtside_server.events.sqlite.codec import decode_payload, encode_payload
from courtside_server.rings.tracks import TrackRing
from courtside_server.shots.context import RIM_M, ShotContext
from courtside_server.shots.criteria import ShotCriteria
from courtside_server.shots.event_drafts import ShotEvents
from courtside_server.shots.rim_crossing import INCHES, rim_crossing
from courtside_server.shots.state import ShotState, ShotStateMachine
from courtside_server.types import CameraName, Lifecycle, RimCrossing, ShotType
from courtside_server.windows.nms import ShotCandidate

CONFIG = ShotCriteria().rim_crossing
RIM = np.array([600.0, 100.0, 618.8, 106.0, 0.9])
METRE, SECONDS = 18.8 / RIM_M, 1.0


def crossing(across=4.0, off=0.0, towards=1.0, context=None, end=1.05) -> RimCrossing | None:
    """A flight of one second that comes down ``off`` metres right of the rim's middle in the picture.

    Args:
        across: metres that it flies across the picture.
        off: metres.
        towards: 1 to the right, -1 to the left.
        context: of the shot; default: 4.2 m over the floor.
        end: seconds since the release at which it is seen last.
    """
    rows = []
    for since in np.arange(0.0, end, 1 / 15):
        x = 609.4 + (off - towards * across * (SECONDS - since)) * METRE
        up = 0.55 - (0.55 + 4.905) * since + 4.905 * since**2
        rows.append(observed(1.0 + float(since), [(around(x, 103.0 + up * METRE, 9.0), BALL, 1)]))
    context = context or ShotContext(distance=4.2)
    return rim_crossing(by_track(rows)[1], RIM, 1.0, 1.0, context, None, CONFIG)


def test_a_flight_across_the_picture_shows_how_deep_the_ball_comes_down():
    for towards in (1.0, -1.0):
        for inches in (-4.0, 0.0, 5.0):
            found = crossing(off=towards * inches / INCHES, towards=towards)
            assert found.depth == pytest.approx(9 + inches, abs=0.4) and found.side is None
            assert 0 < found.uncertainty < 4


def test_the_entry_angle_is_that_of_the_fall():
    down, across = 9.81 - (0.55 + 4.905), 4.0
    truth = math.degrees(math.atan2(down, across))
    assert crossing().entry_angle == pytest.approx(truth, abs=3.5)


def test_a_flight_away_from_the_camera_shows_left_and_right_as_the_shooter_sees_them():
    for deeper, sign in ((0.5, 1.0), (-0.5, -1.0)):
        found = crossing(across=0.5, off=0.1, context=ShotContext(distance=4.2, deeper=deeper))
        assert found.depth is None and found.side == pytest.approx(sign * 0.1 * INCHES, abs=0.5)


def test_what_the_view_does_not_show_is_left_out():
    oblique = crossing(across=2.8)
    assert oblique is None or (oblique.depth is None and oblique.side is None)
    assert crossing(across=0.5, context=ShotContext(distance=4.2, deeper=0.05)) is None
    assert crossing(end=0.5) is None, "the ball was lost long before the rim"


def test_a_shot_from_the_side_has_its_crossing_in_its_state():
    candidate = ShotCandidate(
        0, Lifecycle.PROVISIONAL, 0.9, 1.0, 1.0, 0.02, None, 0.5, 5, 9, "m:1", 1.0, tracks=(1,)
    )
    ring, machine = TrackRing(10), ShotStateMachine(candidate, None, None, None, 1.0, ShotCriteria())
    for one in play(rate=15.0, end=3.0):
        ring.append(one)
        state = machine.update(ring, one.media, lambda request: None)
    assert state.rim_crossing is not None and state.rim_crossing.depth == pytest.approx(9, abs=2)


def test_the_event_log_keeps_type_and_crossing_and_reads_a_later_type_as_unknown():
    state = ShotState(type=ShotType.DUNK, type_probability=0.9, rim_crossing=RimCrossing(depth=9.5, uncertainty=1.5))
    candidate = ShotCandidate(
        0, Lifecycle.CONFIRMED, 0.9, 1.0, 1.0, 0.02, None, 0.5, 5, 9, "m:1", 1.0, tracks=(1,)
    )
    draft = ShotEvents(CameraName.parse("games/g/cameras/c")).draft(0, candidate, state)
    text = encode_payload(draft)
    assert decode_payload("shot", text).payload == draft.payload
    later = decode_payload("shot", text.replace(f'"type":{int(ShotType.DUNK)}', '"type":99')).payload
    assert later.type is ShotType.UNKNOWN and later.type_probability == 0.0
