"""Showing events: protobuf JSON for programs, lines for people."""

from __future__ import annotations

from google.protobuf.json_format import MessageToJson
from rich.text import Text

from courtside.v1 import common_pb2, events_pb2
from courtside_client.wire import seconds_of

HEADER = (
    f"{'time':>9}  {'seq':>5} {'rev':>3}  {'lifecycle':<11}  {'camera':<10}  {'zone':<18}  {'shot':>5}  {'pts':>3}  "
    f"{'make':>5}  {'latency':>8}"
)
_STYLES = {"CONFIRMED": "bold green", "RETRACTED": "dim strike", "PROVISIONAL": "yellow"}


def event_json(event: events_pb2.Event) -> str:
    """One line: the protobuf JSON of ``courtside.v1.Event``, fields at their default included."""
    return MessageToJson(event, indent=None, always_print_fields_with_no_presence=True, ensure_ascii=False)


def latency(event: events_pb2.Event) -> float:
    """Seconds from when it happened, by the camera's clock, until it was in the log, by the gateway's."""
    return seconds_of(event.append_time) - seconds_of(event.event_time)


def event_line(event: events_pb2.Event) -> Text:
    """One line for a person, in the columns of :data:`HEADER`; the time is the camera's media clock."""
    lifecycle = events_pb2.Lifecycle.Name(event.lifecycle).removeprefix("LIFECYCLE_")
    camera = event.camera.rpartition("/")[2][:10]
    start = f"{event.media_offset:>8.2f}s  {event.sequence:>5} {event.revision:>3}  {lifecycle.lower():<11}  {camera:<10}"
    if event.WhichOneof("payload") != "shot":
        status = event.camera_status
        state = events_pb2.CameraState.Name(status.state).removeprefix("CAMERA_STATE_").lower()
        return Text(f"{start}  {state}: {status.detail}", style="cyan")
    shot = event.shot
    zone = common_pb2.Zone.Name(shot.zone).removeprefix("ZONE_").lower().replace("_", " ")
    line = (
        f"{start}  {zone:<18}  {shot.probability:>5.2f}  {shot.points or '-':>3}  {shot.make_probability:>4.0%}  "
        f"{_short(latency(event)):>8}"
    )
    return Text(line, style=_STYLES.get(lifecycle, ""))


def _short(seconds: float) -> str:
    """Film was taken long ago: its latency means nothing."""
    return f"{seconds:.2f}s" if abs(seconds) < 3600 else "film"
