"""Events go over the wire and come back exactly; their JSON line and their table line are what people expect."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import asdict, fields, replace

import pytest
from google.protobuf import json_format
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from courtside.court.zones import Zone
from courtside.errors import BadRequest
from courtside.events import (
    Arc,
    CameraState,
    CameraStatus,
    Event,
    Lifecycle,
    Shot,
    ShotResult,
    ShotView,
    ZoneSource,
    latest_shots,
)
from courtside.records import from_values
from courtside.text import HEADER, event_line
from courtside.timestamps import from_timestamp, to_timestamp
from courtside.v1 import common_pb2, events_pb2

text = st.text(max_size=20)
number = st.floats(allow_nan=False)
# A share; the largest float32 of all is one that protobuf's JSON writes but does not read.
single = st.floats(0, 1, width=32)
count = st.integers(0, 2**32 - 1)
micros = st.integers(-(2**45), 2**52).map(lambda n: n / 1_000_000)
arcs = st.builds(Arc, number, st.none() | number, number, number)
views = st.builds(
    ShotView, camera=text, event_time=micros, media_offset=number, lifecycle=st.sampled_from(Lifecycle),
    probability=number, make_probability=number, result=st.sampled_from(ShotResult), shooter=st.none() | count,
    session=text, media_segment=count,
)
shots = st.builds(
    Shot, number, number, st.sampled_from(Zone), st.lists(single, max_size=7).map(tuple), number, text,
    count, count, st.sampled_from(ShotResult), st.booleans(), st.sampled_from(ZoneSource), st.none() | count,
    st.none() | st.tuples(number, number), st.none() | arcs, st.lists(views, max_size=2).map(tuple),
    st.none() | number, text,
)
statuses = st.builds(CameraStatus, st.sampled_from(CameraState), text)
events = st.builds(
    Event, game=text, camera=text, event_id=text, lifecycle=st.sampled_from(Lifecycle), event_time=micros,
    media_offset=number, payload=shots | statuses, sequence=st.integers(0, 2**63 - 1), revision=count,
    append_time=micros, session=text, media_segment=count,
)
SHOT = Shot(0.5, 0.15, Zone.MIDDLE_THREE_POINTER, (0.0, 0.125, 0.0, 0.0, 0.0, 0.875, 0.0), 0.25, "shot_clip:1")


def event(payload: Shot | CameraStatus = SHOT, **changes: object) -> Event:
    given = {
        "game": "games/final", "camera": "games/final/cameras/left", "event_id": "shot-1",
        "lifecycle": Lifecycle.PROVISIONAL, "event_time": 0.0, "media_offset": 0.0, "payload": payload,
        "sequence": 3, "revision": 1, "append_time": 0.0,
    }  # fmt: skip
    return Event(**given | changes)


@given(events)
def test_there_and_back_is_the_same_event(event: Event) -> None:
    data = event.to_proto().SerializeToString()
    assert Event.from_proto(events_pb2.Event.FromString(data)) == event


@given(events)
def test_the_json_line_parses_to_the_same_message(event: Event) -> None:
    line = event.to_json()
    assert "\n" not in line
    assert json_format.Parse(line, events_pb2.Event()) == event.to_proto()


@given(micros)
def test_times_are_exact_to_the_microsecond(seconds: float) -> None:
    stamp = to_timestamp(seconds)
    assert from_timestamp(stamp) == seconds
    assert stamp.nanos % 1000 == 0 and 0 <= stamp.nanos < 10**9


def test_a_time_is_rounded_not_cut() -> None:
    assert to_timestamp(1_700_000_000.000001) == Timestamp(seconds=1_700_000_000, nanos=1000)
    assert to_timestamp(-0.000001) == Timestamp(seconds=-1, nanos=999_999_000)


@pytest.mark.parametrize("seconds", [math.inf, -math.inf, math.nan, 1e300])
def test_what_is_no_time_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError):
        to_timestamp(seconds)


def test_zeros_are_written_out() -> None:
    line = json.loads(event(replace(SHOT, probability=0.0)).to_json())
    assert line["mediaOffset"] == 0.0
    assert (line["sequence"], line["revision"], line["lifecycle"]) == ("3", 1, "LIFECYCLE_PROVISIONAL")
    shot = line["shot"]
    assert (shot["probability"], shot["interrupted"], shot["result"]) == (0.0, False, "SHOT_RESULT_UNSPECIFIED")
    assert (shot["zone"], shot["points"], shot["zoneSource"]) == ("ZONE_MIDDLE_THREE_POINTER", 3, "SOURCE_MODEL")
    assert "shooterTrackId" not in shot, "what is not known is absent, not zero"


def test_camera_status_line() -> None:
    status = CameraStatus(CameraState.DEGRADED, "the engine is down")
    line = json.loads(event(status, append_time=0.5).to_json())
    assert line["cameraStatus"] == {"state": "CAMERA_STATE_DEGRADED", "detail": "the engine is down"}
    assert line["appendTime"] == "1970-01-01T00:00:00.500Z"


def test_single_precision_of_a_probability_is_the_wire_s() -> None:
    [probability, *_] = event().to_proto().shot.zone_probabilities[1:]
    assert probability == struct.unpack("f", struct.pack("f", 0.125))[0]


@pytest.mark.parametrize("number", [*range(1, 8), 99])
def test_a_zone_of_another_set_is_read_as_unspecified(number) -> None:
    message = event().to_proto()
    message.shot.zone = number
    shot = Event.from_proto(message).shot
    assert (shot.zone, shot.zone_probabilities, shot.zone_source) == (Zone.UNSPECIFIED, (), ZoneSource.UNSPECIFIED)
    assert shot.probability == message.shot.probability


@pytest.mark.parametrize(
    "message",
    [
        events_pb2.Event(lifecycle=1),
        events_pb2.Event(lifecycle=0, shot=events_pb2.Shot()),
        events_pb2.Event(lifecycle=9, shot=events_pb2.Shot()),
        events_pb2.Event(lifecycle=1, shot=events_pb2.Shot(result=99)),
        events_pb2.Event(lifecycle=1, camera_status=events_pb2.CameraStatus()),
    ],
)
def test_a_message_that_makes_no_event_is_refused(message) -> None:
    with pytest.raises(BadRequest):
        Event.from_proto(message)


def test_every_enum_has_the_numbers_of_the_wire() -> None:
    for ours, theirs, prefix in (
        (Zone, common_pb2.Zone, "ZONE_"), (ShotResult, common_pb2.ShotResult, "SHOT_RESULT_"),
        (ZoneSource, common_pb2.Source, "SOURCE_"), (Lifecycle, events_pb2.Lifecycle, "LIFECYCLE_"),
        (CameraState, events_pb2.CameraState, "CAMERA_STATE_"),
    ):  # fmt: skip
        wire = {number: name.removeprefix(prefix) for name, number in theirs.items()}
        known = {int(member): member.name.replace("UNKNOWN", "UNSPECIFIED") for member in ours}
        assert known.items() <= wire.items()
        assert {number for number, name in wire.items() if name != "UNSPECIFIED"} <= known.keys()


def test_every_field_of_a_shot_on_the_wire_is_a_field_here() -> None:
    ours = {name for field in fields(Shot) for name in field.metadata.get("wire", (field.name,))}
    assert {field.name for field in events_pb2.Shot.DESCRIPTOR.fields} - ours == {"points"}


@given(shots)
def test_a_shot_is_made_again_of_its_values(shot: Shot) -> None:
    assert from_values(Shot, json.loads(json.dumps(asdict(shot)))) == shot


def test_values_of_another_version_are_skipped_or_take_their_default() -> None:
    old = {key: value for key, value in asdict(SHOT).items() if key not in ("arc", "court")} | {"colour": "red"}
    assert from_values(Shot, old) == SHOT
    with pytest.raises(TypeError):
        from_values(Shot, {"zone": 8})


def test_enums_print_as_words() -> None:
    assert [str(Zone.LEFT_MID_RANGE), f"{Lifecycle.CONFIRMED:>10}", str(ShotResult.MADE)] == [
        "left mid-range", " confirmed", "made",
    ]  # fmt: skip


def test_the_table_line_says_what_is_known() -> None:
    shot = replace(SHOT, result=ShotResult.MADE, shooter=4)
    line = event_line(event(shot, media_offset=12.34, event_time=10.0, append_time=11.2))
    assert line.split() == [
        "12.34", "3", "1", "provisional", "left", "shot", "50%", "middle", "three-pointer", "3", "points", "make",
        "25%", "MADE", "player", "4", "+1.20", "s", "after", "release",
    ]  # fmt: skip
    unknown = event_line(event(replace(SHOT, zone=Zone.UNSPECIFIED)))
    assert "zone unknown" in unknown and "points" not in unknown and "after" not in unknown
    assert line.index("shot") == HEADER.index("what")


def test_the_latest_shots_are_those_that_were_not_retracted() -> None:
    found = latest_shots([
        event(event_id="b", media_offset=5.0), event(event_id="a", media_offset=3.0),
        event(event_id="c"), event(event_id="c", lifecycle=Lifecycle.RETRACTED),
        event(event_id="a", media_offset=3.1, lifecycle=Lifecycle.CONFIRMED),
        event(CameraStatus(CameraState.ONLINE, ""), event_id="d"),
    ])  # fmt: skip
    assert [(e.event_id, e.media_offset) for e in found] == [("a", 3.1), ("b", 5.0)]


def test_shots_of_a_client_that_began_anew_come_after_those_before() -> None:
    """Media time begins anew with every client, and a camera's clock may be set back."""
    found = latest_shots([
        event(event_id="a", session="1", media_offset=50.0, event_time=500.0),
        event(event_id="c", session="2", media_offset=5.0, event_time=100.0),
        event(event_id="b", session="2", media_offset=3.0, event_time=98.0),
    ])
    assert [e.event_id for e in found] == ["a", "b", "c"]
