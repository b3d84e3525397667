"""Events to and from the wire: ``courtside.v1.Event``, its JSON line, and timestamps exact to the microsecond."""

from __future__ import annotations

import enum
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from courtside.v1 import events_pb2
from courtside_server.errors import BadRequest
from courtside_server.types import (
    Arc,
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


def to_timestamp(seconds: float) -> Timestamp:
    """Unix seconds as a Timestamp, rounded to the microsecond (a double holds no more for times of our century).

    Raises:
        ValueError: not finite, or outside the years 1 to 9999.
    """
    stamp = Timestamp()
    stamp.FromMicroseconds(_microseconds(seconds))
    return stamp


def from_timestamp(stamp: Timestamp) -> float:
    """A Timestamp as Unix seconds: the double nearest to its microsecond.

    ``from_timestamp(to_timestamp(x)) == x`` for every ``x`` that is itself such a double.
    """
    return (stamp.seconds * 1_000_000 + stamp.nanos // 1000) / 1_000_000


def _microseconds(seconds: float) -> int:
    try:
        return round(seconds * 1_000_000)
    except OverflowError as error:
        raise ValueError(f"{seconds} is not a time") from error


def _enum(value: enum.IntEnum) -> Any:
    return int(value)  # equal to the wire's number; the generated stubs want a type that does not exist at run time


def event_to_proto(event: Event) -> events_pb2.Event:
    """An event as it goes over the wire.

    Zone probabilities are single precision there; everything else is exact (times to the microsecond).
    """
    draft = event.draft
    message = events_pb2.Event(
        game=draft.game,
        sequence=event.sequence,
        event_id=draft.event_id,
        revision=event.revision,
        lifecycle=_enum(draft.lifecycle),
        camera=draft.camera,
        event_time=to_timestamp(draft.event_time),
        media_offset=draft.media_offset,
        append_time=to_timestamp(event.append_time),
    )
    if isinstance(draft.payload, Shot):
        message.shot.CopyFrom(_shot_to_proto(draft.payload))
    else:
        message.camera_status.CopyFrom(
            events_pb2.CameraStatus(state=_enum(draft.payload.state), detail=draft.payload.detail)
        )
    return message


def _shot_to_proto(shot: Shot) -> events_pb2.Shot:
    arc = shot.arc
    x, y = shot.court if shot.court is not None else (None, None)
    return events_pb2.Shot(
        probability=shot.probability,
        release_uncertainty=shot.release_uncertainty,
        zone=_enum(shot.zone),
        zone_probabilities=shot.zone_probabilities,
        zone_source=_enum(shot.zone_source),
        points=shot.zone.points,
        result=_enum(shot.result),
        make_probability=shot.make_probability,
        model=shot.model,
        windows_agreeing=shot.windows_agreeing,
        windows_covering=shot.windows_covering,
        interrupted=shot.interrupted,
        shooter_track_id=shot.shooter,
        court_x=x,
        court_y=y,
        arc=None if arc is None else events_pb2.BallArc(
            release_angle_degrees=arc.release_angle, entry_angle_degrees=arc.entry_angle, apex_metres=arc.apex,
            uncertainty_degrees=arc.uncertainty,
        ),
    )  # fmt: skip


def event_from_proto(message: events_pb2.Event) -> Event:
    """The event behind a wire message; the inverse of :func:`event_to_proto`.

    What the gateway derives (points) or does not hold (the shot's type) is left out.

    Raises:
        BadRequest: no payload, or an enum value that this version does not know; a zone that it does not know is
            read as UNSPECIFIED, without probabilities and source.
    """
    kind = message.WhichOneof("payload")
    try:
        payload: Shot | CameraStatus
        if kind == "shot":
            payload = _shot_from_proto(message.shot)
        elif kind == "camera_status":
            payload = CameraStatus(CameraState(message.camera_status.state), message.camera_status.detail)
        else:
            raise ValueError("it has no payload that is known here")
        lifecycle = Lifecycle(message.lifecycle)
    except ValueError as error:
        raise BadRequest(f"event {message.event_id[:80]!r} cannot be used: {error}", field="event") from error
    draft = EventDraft(
        game=message.game,
        camera=message.camera,
        event_id=message.event_id,
        lifecycle=lifecycle,
        event_time=from_timestamp(message.event_time),
        media_offset=message.media_offset,
        payload=payload,
    )
    return Event(draft, message.sequence, message.revision, from_timestamp(message.append_time))


def _shot_from_proto(message: events_pb2.Shot) -> Shot:
    # A zone of an older or newer set: its probabilities are of other zones, too.
    known = Zone.knows(message.zone)
    return Shot(
        probability=message.probability,
        release_uncertainty=message.release_uncertainty,
        zone=Zone(message.zone) if known else Zone.UNSPECIFIED,
        zone_probabilities=tuple(message.zone_probabilities) if known else (),
        make_probability=message.make_probability,
        model=message.model,
        windows_agreeing=message.windows_agreeing,
        windows_covering=message.windows_covering,
        result=ShotResult(message.result),
        interrupted=message.interrupted,
        zone_source=ZoneSource(message.zone_source) if known else ZoneSource.UNSPECIFIED,
        shooter=message.shooter_track_id if message.HasField("shooter_track_id") else None,
        court=(message.court_x, message.court_y) if message.HasField("court_x") else None,
        arc=_arc_from_proto(message.arc) if message.HasField("arc") else None,
    )


def _arc_from_proto(message: events_pb2.BallArc) -> Arc:
    entry = message.entry_angle_degrees if message.HasField("entry_angle_degrees") else None
    return Arc(message.release_angle_degrees, entry, message.apex_metres, message.uncertainty_degrees)


def message_to_json(message: Message) -> str:
    """Any message as one line of protobuf JSON, with every field that has no presence, zero or not."""
    return json_format.MessageToJson(message, indent=None, always_print_fields_with_no_presence=True)


def event_to_json(event: Event) -> str:
    """An event as one line of protobuf JSON: the line of ``--format jsonl`` and of server-sent events."""
    return message_to_json(event_to_proto(event))
