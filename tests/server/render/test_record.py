"""A record says at every media time what was seen and known then, and nothing that came later."""

import numpy as np
import pytest

from courtside_server.events.sqlite import SqliteLog
from courtside_server.render.record import MAX_BOXES, FilmRecord, RecordingHub
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import CameraState, CameraStatus, EventDraft, Lifecycle, ObjectClass


def test_a_shot_is_known_from_the_frame_at_which_it_was_emitted(helpers):
    record = FilmRecord()
    record.add_frame(helpers.observations(2.0))
    record.add_draft(helpers.draft())
    record.add_frame(helpers.observations(2.5))
    record.add_draft(helpers.draft(make_probability=0.8))
    record.add_frame(helpers.observations(3.0))
    record.add_draft(helpers.draft(Lifecycle.CONFIRMED, result=helpers.made))
    (shot,) = record.shots
    assert shot.at(1.99) is None
    assert [shot.at(t).payload.make_probability for t in (2.0, 2.49, 2.5)] == [0.4, 0.4, 0.8]
    assert [shot.at(t).lifecycle for t in (2.99, 3.0, 9.0)] == [
        Lifecycle.PROVISIONAL, Lifecycle.CONFIRMED, Lifecycle.CONFIRMED,
    ]
    assert shot.last.payload.result is helpers.made


def test_without_looks_a_shot_is_known_from_its_release(helpers):
    record = FilmRecord()
    record.add_draft(helpers.draft(media=4.2))
    (shot,) = record.shots
    assert shot.at(4.1) is None and shot.at(4.2) is not None


def test_a_retracted_shot_tells_when_it_was_taken_back(helpers):
    record = FilmRecord()
    for media, lifecycle in ((2.0, Lifecycle.PROVISIONAL), (3.0, Lifecycle.RETRACTED)):
        record.add_frame(helpers.observations(media))
        record.add_draft(helpers.draft(lifecycle))
    (shot,) = record.shots
    assert shot.retracted(2.9) is None and shot.retracted(5.0) == 3.0


def test_boxes_move_evenly_between_two_frames_and_hold_a_while_without(helpers):
    record = FilmRecord()
    record.add_frame(helpers.observations(1.0, (helpers.rim, 1, (0, 0, 10, 10))))
    record.add_frame(helpers.observations(1.1, (helpers.rim, 1, (10, 20, 20, 30))))
    assert record.at(1.05).boxes.tolist() == [pytest.approx([5, 10, 15, 20], abs=1e-3)]
    assert record.at(1.2) is not None and record.at(1.4) is None and record.at(0.9) is None


def test_nothing_moves_across_a_cut(helpers):
    record = FilmRecord()
    record.add_frame(helpers.observations(1.0, (helpers.rim, 1, (0, 0, 10, 10))))
    record.add_frame(helpers.observations(1.1, (helpers.rim, 1, (50, 50, 60, 60)), cut=True))
    assert record.at(1.09).boxes.tolist() == [[0, 0, 10, 10]]


def test_a_players_box_does_not_tremble_and_follows_the_camera(helpers):
    record = FilmRecord()
    for number in range(9):
        jitter, pan = (-1) ** number * 3.0, 10.0 * number
        box = (100 + jitter + pan, 50, 140 + jitter + pan, 150)
        record.add_frame(helpers.observations(number / 30, (helpers.player, 4, box), pan=(pan, 0.0)))
    lefts = [record.at(number / 30).player(4)[0] - 10.0 * number for number in range(2, 7)]
    assert np.ptp(lefts) < 1.0 and np.mean(lefts) == pytest.approx(100, abs=0.6)


def test_a_player_who_is_missed_for_a_moment_is_found_in_the_nearest_frame(helpers):
    record = FilmRecord()
    record.add_frame(helpers.observations(1.0, (helpers.player, 4, (10, 10, 20, 40))))
    record.add_frame(helpers.observations(1.2, pan=(5.0, 0.0)))
    assert record.player(4, record.at(1.2), 0.4).tolist() == [15, 10, 25, 40]
    assert record.player(4, record.at(1.2), 0.1) is None


def test_what_is_kept_of_a_frame_is_bounded(helpers):
    record = FilmRecord()
    record.add_frame(helpers.observations(1.0, *[(ObjectClass.PLAYER, n, (0, 0, 1, 1)) for n in range(500)]))
    assert len(record.at(1.0).boxes) == MAX_BOXES


def test_a_frame_from_a_clock_that_went_back_is_left_out(helpers):
    record = FilmRecord()
    record.add_frame(helpers.observations(1.0))
    record.add_frame(helpers.observations(0.5, media_segment=1))
    assert len(record) == 1 and record.newest == 1.0


async def test_the_hub_notes_shots_as_they_are_published_and_no_other_events(helpers):
    record = FilmRecord()
    record.add_frame(helpers.observations(2.0))
    hub = RecordingHub(record, SqliteLog(":memory:"), Metrics())
    await hub.start()
    status = EventDraft("games/g", "games/g/cameras/c", "camera-c", Lifecycle.CONFIRMED, 1.0, 1.0,
                        CameraStatus(CameraState.ONLINE, "here"))
    events = await hub.publish([status, helpers.draft(), helpers.draft()])
    await hub.close()
    (shot,) = record.shots
    assert len(events) == 3 and [when for when, _ in shot.revisions] == [2.0]
