"""One shot, one event id: from the first revision to the last, and again after a restart."""

from dataclasses import replace

import numpy as np
import pytest

from courtside.court.zones import ZONES
from courtside.events import Event, Shooter
from courtside.names import CameraName
from courtside.plays import Jersey
from courtside.text import event_line
from courtside_server.shots.event_drafts import KnownShot, ShotEvents, shot_id
from courtside_server.shots.state import ShotState
from courtside_server.types import Arm, Lifecycle, ShotForm, ShotResult, Zone
from courtside_server.windows.nms import ShotCandidate

CAMERA = CameraName.parse("games/g/cameras/left")
SHARES = np.array([0.1, 0.0, 0.1, 0.0, 0.0, 0.7, 0.1])


def candidate(key=0, wall=1000.0, lifecycle=Lifecycle.PROVISIONAL, **changes):
    shot = ShotCandidate(key, lifecycle, 0.93, wall - 990, wall, 0.1, SHARES, 0.4, 3, 5, "shot_clip:1", 12.0)
    return replace(shot, **changes)


def known(draft):
    shot = draft.payload
    return KnownShot(
        draft.event_id, draft.event_time, draft.media_offset, draft.media_segment, draft.lifecycle, shot.interrupted,
        shot.result,
    )  # fmt: skip


def restarted(*drafts):
    events = ShotEvents(CAMERA)
    events.restore(map(known, drafts))
    return events


def test_all_revisions_of_a_shot_share_an_id_though_the_release_moves():
    events = ShotEvents(CAMERA)
    first = events.draft(0, candidate())
    moved = events.draft(0, candidate(wall=1000.12))
    final = events.draft(0, candidate(wall=1000.1, lifecycle=Lifecycle.CONFIRMED))
    assert first.event_id == moved.event_id == final.event_id == shot_id(CAMERA.name, 1000.0, media=10.0)
    assert (first.lifecycle, final.lifecycle) == (Lifecycle.PROVISIONAL, Lifecycle.CONFIRMED)
    assert final.event_time == 1000.1 and final.media_offset == pytest.approx(10.1)


def test_a_revision_tells_what_a_viewer_would_notice():
    events = ShotEvents(CAMERA)
    assert events.draft(0, candidate()) is not None
    assert events.draft(0, candidate(wall=1000.01, agreeing=4)) is None
    assert events.draft(0, candidate(zone=SHARES[::-1])) is not None
    assert events.draft(0, candidate(zone=SHARES[::-1], make=0.6)) is not None
    assert events.draft(0, candidate(zone=SHARES[::-1], make=0.6, lifecycle=Lifecycle.CONFIRMED)) is not None


def test_the_windows_announce_a_shot_and_in_the_end_all_that_was_measured_counts():
    events, measured = ShotEvents(CAMERA), ShotState(probability=0.99)
    assert events.draft(0, candidate(), measured).payload.probability == 0.93
    assert events.draft(0, candidate(lifecycle=Lifecycle.CONFIRMED), measured).payload.probability == 0.99


def test_the_event_says_zone_and_points():
    shot = ShotEvents(CAMERA).draft(0, candidate()).payload
    assert shot.zone is Zone.MIDDLE_THREE_POINTER and shot.zone.points == 3
    assert shot.zone_probabilities[ZONES.index(Zone.MIDDLE_THREE_POINTER)] == pytest.approx(0.7)
    assert (shot.windows_agreeing, shot.windows_covering) == (3, 5)


def test_two_shots_have_two_ids_and_cameras_do_not_share():
    events = ShotEvents(CAMERA)
    ids = {
        events.draft(0, candidate()).event_id,
        events.draft(0, candidate(key=1, wall=1003.0)).event_id,
        ShotEvents(CameraName.parse("games/g/cameras/right")).draft(0, candidate()).event_id,
    }
    assert len(ids) == 3


def test_a_shot_seen_again_after_a_restart_keeps_its_id():
    before = ShotEvents(CAMERA).draft(0, candidate(wall=1000.0))
    after = ShotEvents(CAMERA)
    after.restore([known(before)])
    assert after.draft(0, candidate(wall=1000.4)).event_id == before.event_id
    assert after.draft(0, candidate(key=1, wall=1003.0)).event_id != before.event_id


def test_two_open_candidates_never_share_an_id():
    events = ShotEvents(CAMERA)
    events.restore([KnownShot("shot-old", 1000.5, 10.5)])
    one = events.draft(0, candidate(key=0, wall=1000.0))
    two = events.draft(0, candidate(key=1, wall=1000.9))
    assert one.event_id == "shot-old" and two.event_id != "shot-old"


def test_the_same_time_in_another_segment_is_another_shot():
    """A camera's clock that is set back shows the same time twice."""
    events = ShotEvents(CAMERA)
    first = events.draft(0, candidate(lifecycle=Lifecycle.CONFIRMED))
    events.media_segment = 1
    again = events.draft(1, candidate(lifecycle=Lifecycle.CONFIRMED))
    assert first.event_id != again.event_id


def test_a_shot_that_is_seen_once_more_right_after_a_cut_keeps_its_id():
    events = ShotEvents(CAMERA)
    first = events.draft(0, candidate(lifecycle=Lifecycle.CONFIRMED))
    again = events.draft(1, candidate(wall=1000.3, lifecycle=Lifecycle.CONFIRMED), ShotState(result=ShotResult.MADE))
    later = events.draft(1, candidate(key=1, wall=1000.9, lifecycle=Lifecycle.CONFIRMED))
    assert first.event_id == again.event_id != later.event_id


def test_after_a_restart_each_segment_finds_its_own_shots_again():
    before, after = ShotEvents(CAMERA), ShotEvents(CAMERA)
    drafts = []
    for segment, wall in enumerate((1000.0, 1000.4)):
        before.media_segment = segment
        drafts.append(before.draft(segment, candidate(wall=wall, lifecycle=Lifecycle.CONFIRMED)))
    after.restore(map(known, drafts))
    for segment, wall in enumerate((1000.0, 1000.4)):
        after.media_segment = segment
        seen = candidate(wall=wall, lifecycle=Lifecycle.CONFIRMED)
        again = after.draft(segment, seen, ShotState(result=ShotResult.MISSED))
        assert again.event_id == drafts[segment].event_id


def test_a_new_segment_starts_new_candidates():
    events = ShotEvents(CAMERA)
    first = events.draft(0, candidate(lifecycle=Lifecycle.CONFIRMED))
    assert events.draft(1, candidate(wall=1100.0)).event_id != first.event_id


def test_a_confirmed_shot_is_never_overwritten_by_one_soon_after_it():
    events = ShotEvents(CAMERA)
    first = events.draft(0, candidate(lifecycle=Lifecycle.CONFIRMED))
    tip_in = events.draft(0, candidate(key=1, wall=1000.9, lifecycle=Lifecycle.CONFIRMED))
    assert tip_in.event_id != first.event_id


def test_a_retracted_shot_that_is_seen_again_keeps_its_id():
    events = ShotEvents(CAMERA)
    first = events.draft(0, candidate(lifecycle=Lifecycle.RETRACTED))
    assert events.draft(0, candidate(key=1, wall=1000.3)).event_id == first.event_id


def test_a_confirmed_shot_stays_confirmed_when_film_is_sent_again():
    first = ShotEvents(CAMERA).draft(0, candidate(lifecycle=Lifecycle.CONFIRMED), ShotState(result=ShotResult.MADE))
    events = restarted(first)
    assert events.draft(0, candidate(wall=1000.2)) is None
    assert events.draft(0, candidate(wall=1000.2, lifecycle=Lifecycle.CONFIRMED)) is None, "no worse view replaces it"
    tip_in = events.draft(0, candidate(key=1, wall=1000.9))
    assert tip_in is not None and tip_in.event_id != first.event_id, "it is found again once"


@pytest.mark.parametrize("after_a_restart", [True, False])
def test_a_confirmed_shot_is_not_retracted_by_what_is_seen_behind_it(after_a_restart):
    events = ShotEvents(CAMERA)
    first = events.draft(0, candidate(lifecycle=Lifecycle.CONFIRMED))
    if after_a_restart:
        events = restarted(first)
    assert events.draft(1, candidate(wall=1000.3)) is None
    assert events.draft(1, candidate(wall=1000.3, lifecycle=Lifecycle.RETRACTED)) is None
    second = events.draft(1, candidate(key=1, wall=1000.8, lifecycle=Lifecycle.CONFIRMED))
    assert second.event_id != first.event_id, "and no other shot takes its event"


@pytest.mark.parametrize("final", [Lifecycle.CONFIRMED, Lifecycle.RETRACTED])
def test_a_shot_that_was_interrupted_gets_one_final_revision(final):
    events = restarted(ShotEvents(CAMERA).draft(0, candidate(lifecycle=Lifecycle.CONFIRMED, interrupted=True)))
    assert events.draft(0, candidate()) is None, "it never becomes provisional again"
    assert events.draft(0, candidate(lifecycle=final)).lifecycle is final


def test_a_result_is_added_to_a_confirmed_shot():
    events = restarted(ShotEvents(CAMERA).draft(0, candidate(lifecycle=Lifecycle.CONFIRMED)))
    assert events.draft(0, candidate(lifecycle=Lifecycle.CONFIRMED), ShotState(result=ShotResult.MADE)) is not None


def test_two_shots_at_the_very_same_time_have_two_ids():
    events = ShotEvents(CAMERA)
    assert events.draft(0, candidate()).event_id != events.draft(0, candidate(key=1)).event_id


def test_a_clock_that_stands_still_gives_every_shot_its_own_id():
    events = ShotEvents(CAMERA)
    ids = {
        events.draft(0, candidate(key=n, media=10.0 * n, lifecycle=Lifecycle.CONFIRMED)).event_id for n in range(5)
    }
    assert len(ids) == 5


def test_a_client_that_begins_anew_with_the_same_clock_makes_new_shots():
    """The same film sent twice; a camera whose clock begins at the same time with every start."""
    first = ShotEvents(CAMERA, session="a").draft(0, candidate(lifecycle=Lifecycle.CONFIRMED))
    again = ShotEvents(CAMERA, session="b").draft(0, candidate(lifecycle=Lifecycle.CONFIRMED))
    assert first.event_id != again.event_id
    assert (first.session, again.session) == ("a", "b")


def test_a_form_belongs_to_its_shooter_and_leaves_the_shot_with_him():
    events = ShotEvents(CAMERA)
    first = events.draft(0, candidate(), ShotState(shooter=3))
    form = ShotForm(tempo=0.9, arm=Arm.RIGHT, seen=1.0)
    assert events.add_form(first.event_id, 3, form, None).payload.form == form
    other = events.draft(0, candidate(), ShotState(shooter=8))
    assert other.payload.form is None and events.add_form(first.event_id, 3, form, None) is None
    assert events.add_form(first.event_id, 8, form, None).payload.form == form
    assert events.draft(0, candidate(lifecycle=Lifecycle.CONFIRMED), ShotState(shooter=8)).payload.form == form


def test_a_shooters_jersey_comes_later_and_is_withdrawn():
    events, jerseys = ShotEvents(CAMERA), {}
    events.jersey_of = lambda track: jerseys.get(track)
    first = events.draft(0, candidate(lifecycle=Lifecycle.CONFIRMED), ShotState(shooter=7))
    assert first.payload.jersey is None and events.revise_jersey(7) == []
    jerseys[7] = Jersey(number="00", agreement=1.0, readings=4, name="Lea Thom")
    later = events.revise_jersey(7)
    assert [(draft.event_id, draft.lifecycle, str(draft.payload.jersey)) for draft in later] == [
        (first.event_id, Lifecycle.CONFIRMED, "#00 Lea Thom")
    ]
    jerseys[7] = Jersey(number="00", agreement=0.9, readings=9, name="Lea Thom")
    assert events.revise_jersey(7) == [] == events.revise_jersey(8)
    form = events.add_form(first.event_id, 7, ShotForm(tempo=1.0, arm=Arm.RIGHT, seen=1.0), Shooter("Anna", 0.9))
    assert str(form.payload.jersey) == "#00 Lea Thom" and form.payload.identity.name == "Anna"
    line = event_line(Event(**{field: getattr(form, field) for field in (
        "game", "camera", "event_id", "lifecycle", "event_time", "media_offset", "payload", "session", "media_segment"
    )}, sequence=1, revision=1, append_time=0.0))  # fmt: skip
    assert "player 7 (#00 Lea Thom)" in line and "Anna 90% by form" in line
    jerseys.clear()
    assert [draft.payload.jersey for draft in events.revise_jersey(7)] == [None]
