"""Events go over the wire and come back exactly, and their JSON line is what scripts expect."""

from __future__ import annotations

import json
import math
import struct

import pytest
from google.protobuf import json_format
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from courtside.v1 import events_pb2
from courtside_server.api.convert import (
    event_from_proto,
    event_to_json,
    event_to_proto,
    from_timestamp,
    to_timestamp,
)
from courtside_server.errors import BadRequest
from courtside_server.types import (
    CameraState,
    CameraStatus,
    Event,
    EventDraft,
    Lifecycle,
    Shot,
    ShotResult,
    Zone,
    ZoneSource,
)

text = st.text(max_size=20)
number = st.floats(allow_nan=False)
# A share; the largest float32 of all is one that protobuf's JSON writes but does not read.
single = st.floats(0, 1, width=32)
count = st.integers(0, 2**32 - 1)
micros = st.integers(-(2**45), 2**52).map(lambda n: n / 1_000_000)
shots = st.builds(
    Shot, number, number, st.sampled_from(Zone), st.lists(single, max_size=7).map(tuple), number, text,
    count, count, st.sampled_from(ShotResult), st.booleans(),
)
statuses = st.builds(CameraStatus, st.sampled_from(CameraState), text)
events = st.builds(
    Event,
    st.builds(EventDraft, text, text, text, st.sampled_from(Lifecycle), micros, number, shots | statuses),
    st.integers(0, 2**63 - 1), count, micros,
)


@given(events)
def test_there_and_back_is_the_same_event(event: Event) -> None:
    data = event_to_proto(event).SerializeToString()
    assert event_from_proto(events_pb2.Event.FromString(data)) == event


@given(events)
def test_the_json_line_parses_to_the_same_message(event: Event) -> None:
    line = event_to_json(event)
    assert "\n" not in line
    assert json_format.Parse(line, events_pb2.Event()) == event_to_proto(event)


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


def test_zeros_are_written_out(draft) -> None:
    event = Event(draft(0, probability=0.0), sequence=3, revision=1, append_time=0.0)
    line = json.loads(event_to_json(event))
    assert line["mediaOffset"] == 0.0
    assert (line["sequence"], line["revision"], line["lifecycle"]) == ("3", 1, "LIFECYCLE_PROVISIONAL")
    shot = line["shot"]
    assert (shot["probability"], shot["interrupted"], shot["result"]) == (0.0, False, "SHOT_RESULT_UNSPECIFIED")
    assert (shot["zone"], shot["points"], shot["zoneSource"]) == ("ZONE_MIDDLE_THREE_POINTER", 3, "SOURCE_MODEL")
    assert "shooterTrackId" not in shot, "what is not known is absent, not zero"


def test_camera_status_line(draft) -> None:
    line = json.loads(event_to_json(Event(draft(1, detail="the engine is down"), 1, 1, 0.5)))
    assert line["cameraStatus"] == {"state": "CAMERA_STATE_DEGRADED", "detail": "the engine is down"}
    assert line["appendTime"] == "1970-01-01T00:00:00.500Z"


def test_single_precision_of_a_probability_is_the_wire_s(draft) -> None:
    [probability, *_] = event_to_proto(Event(draft(1), 1, 1, 0.0)).shot.zone_probabilities[1:]
    assert probability == struct.unpack("f", struct.pack("f", 0.125))[0]


@pytest.mark.parametrize("number", [*range(1, 8), 99])
def test_a_zone_of_another_set_is_read_as_unspecified(draft, number) -> None:
    message = event_to_proto(Event(draft(1), 1, 1, 0.0))
    message.shot.zone = number
    shot = event_from_proto(message).draft.payload
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
        event_from_proto(message)
