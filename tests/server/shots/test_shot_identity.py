"""Time alone is no identity: whatever the clocks of sessions and segments show, each shot has one event of its own."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from courtside.events import latest_shots
from courtside.names import CameraName
from courtside_server.events.sqlite import SqliteLog
from courtside_server.shots.event_drafts import KnownShot, ShotEvents
from courtside_server.types import Event, Lifecycle
from courtside_server.windows.nms import ShotCandidate

CAMERAS = [CameraName.parse(f"games/g/cameras/{name}") for name in ("left", "right")]
SHARES = np.eye(7)[0]

steps = st.sampled_from([0.0, 0.4, 1.0, 2.5, 40.0])
"""Seconds from one shot to the next; two players may shoot at the same time."""
clocks = st.sampled_from([0.0, 0.001, 5.0, 1000.0, 1.7e9])
"""What a wall clock shows at a segment's beginning."""
speeds = st.sampled_from([0.0, 1.0])
"""How fast it runs; 0: it stands still."""
segments = st.lists(st.tuples(clocks, speeds, st.lists(steps, min_size=1, max_size=4)), min_size=1, max_size=3)
sessions = st.lists(st.tuples(st.integers(0, 1), segments), min_size=1, max_size=4)


def run(log: SqliteLog, camera: CameraName, session: str, parts: list, events: ShotEvents | None = None) -> list[str]:
    """Draft and log all shots of a session; returns their event ids in order."""
    events = events or ShotEvents(camera, session=session)
    ids, media, key = [], 0.0, 0
    for segment, (clock, speed, gaps) in enumerate(parts):
        events.media_segment, began = segment, media
        for gap in gaps:
            media += gap
            key += 1
            for lifecycle in (Lifecycle.PROVISIONAL, Lifecycle.CONFIRMED):
                shot = ShotCandidate(
                    key, lifecycle, 0.9, media, clock + speed * (media - began), 0.1, SHARES, 0.5, 3, 5, "m:1", 0.0
                )
                draft = events.draft(segment, shot)
                assert draft is not None
                log.append([draft])
            ids.append(draft.event_id)
        media += 1.0  # media time goes on after a jump
    return ids


@given(sessions)
@settings(deadline=None, max_examples=60)
def test_every_shot_of_every_session_has_one_event_and_the_order_is_stable(sessions: list) -> None:
    log = SqliteLog(":memory:")
    ids = [run(log, CAMERAS[camera], f"{number:032x}", parts) for number, (camera, parts) in enumerate(sessions)]
    every = [event_id for own in ids for event_id in own]
    assert len(set(every)) == len(every)
    events = log.read("games/g", 0, 10_000)
    assert {event.revision for event in events} == {1, 2}, "no shot was overwritten by another one"
    assert [event.event_id for event in latest_shots(events)] == every, "in the order of the log, whatever clocks show"


@given(segments, st.data())
@settings(deadline=None, max_examples=60)
def test_shots_that_a_resumed_session_sees_again_keep_their_ids(parts: list, data: st.DataObject) -> None:
    parts = [(1000.0 * (number + 1), 1.0, [max(gap, 2.5) for gap in gaps]) for number, (_, _, gaps) in enumerate(parts)]
    log, camera = SqliteLog(":memory:"), CAMERAS[0]
    ids = run(log, camera, "a", parts)
    end = log.high_water_mark("games/g")
    restarted = ShotEvents(camera, session="a")
    restarted.restore(map(known, log.read("games/g", 0, 10_000)))
    assert run(log, camera, "a", parts, restarted) == ids
    # An identical revision is written once; a restored one says PROVISIONAL and CONFIRMED again.
    assert {event.event_id for event in log.read("games/g", end, 10_000)} <= set(ids)


def known(event: Event) -> KnownShot:
    return KnownShot(event.event_id, event.event_time, event.media_offset, event.media_segment)
