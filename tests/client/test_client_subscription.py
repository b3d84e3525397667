"""Subscriptions against a real server that misbehaves: resume, no doubles, no silent gaps, typed errors."""

import asyncio
import json
import subprocess
import sys

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from courtside.v1 import events_pb2, events_pb2_grpc, ingest_pb2_grpc
from courtside_client import connect
from courtside_client.errors import (
    CursorEvictedError,
    GatewayUnavailable,
    NotFoundError,
    SequenceGapError,
    SlowSubscriberError,
)


def event(sequence, revision=1, event_id=None):
    return events_pb2.SubscribeEventsResponse(
        event=events_pb2.Event(
            game="games/g", sequence=sequence, revision=revision, event_id=event_id or f"e{sequence}",
            lifecycle=events_pb2.LIFECYCLE_CONFIRMED, camera="games/g/cameras/c", shot=events_pb2.Shot(probability=0.9),
        )
    )


def heartbeat(mark):
    return events_pb2.SubscribeEventsResponse(heartbeat=events_pb2.Heartbeat(high_water_mark=mark))


async def refuse(context, code, reason, **metadata):
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason=reason, domain="courtside", metadata=metadata))
    status = status_pb2.Status(code=code.value[0], message=reason.lower(), details=[detail])
    await context.abort_with_status(_Status(code, reason.lower(), (("grpc-status-details-bin",
                                                                   status.SerializeToString()),)))


class _Status(grpc.Status):
    def __init__(self, code, details, trailing_metadata):
        self.code, self.details, self.trailing_metadata = code, details, trailing_metadata


class Scripted(events_pb2_grpc.EventServiceServicer, ingest_pb2_grpc.IngestServiceServicer):
    """Each subscription plays the next act; remembers what it was asked."""

    def __init__(self):
        self.acts, self.asked = [], []

    async def SubscribeEvents(self, request, context):
        self.asked.append(request.after_sequence if request.HasField("after_sequence") else None)
        act = self.acts.pop(0) if self.acts else []
        for step in act:
            if callable(step):
                await step(context)
            else:
                await context.write(step)
        await asyncio.Event().wait()

    async def GetEvent(self, request, context):
        await refuse(context, grpc.StatusCode.NOT_FOUND, "NOT_FOUND")

    async def StreamFrames(self, request_iterator, context):
        self.asked.append(await context.read())
        await refuse(context, grpc.StatusCode.ABORTED, "STALE_EPOCH")


def die(code=grpc.StatusCode.UNAVAILABLE, reason="DRAINING", **metadata):
    return lambda context: refuse(context, code, reason, **metadata)


@pytest.fixture
async def server():
    script = Scripted()
    running = grpc.aio.server()
    events_pb2_grpc.add_EventServiceServicer_to_server(script, running)
    ingest_pb2_grpc.add_IngestServiceServicer_to_server(script, running)
    script.address = f"127.0.0.1:{running.add_insecure_port('127.0.0.1:0')}"
    await running.start()
    yield script
    await running.stop(None)


async def take(server, count, after=0, **options):
    async with connect(server.address) as client, client.subscribe("g", after, **options) as events:
        return [(await anext(events)).sequence for _ in range(count)]


async def test_it_resumes_after_the_last_event_it_saw(server):
    server.acts = [[event(1), event(2), die()], [event(3), die()], [event(4)]]
    assert await take(server, 4) == [1, 2, 3, 4]
    assert server.asked == [0, 2, 3]


async def test_doubles_are_left_out(server):
    server.acts = [[event(1), event(1), event(2), event(3, 1, "e2")]]
    server.acts[0].append(event(4))
    assert await take(server, 3) == [1, 2, 4]


async def test_a_gap_is_never_silent(server):
    server.acts = [[event(1), event(3)]]
    with pytest.raises(SequenceGapError) as caught:
        await take(server, 2)
    assert (caught.value.expected, caught.value.got) == (2, 3)


async def test_a_filtered_subscription_may_skip_and_resumes_at_the_heartbeat(server):
    server.acts = [[event(1), event(5), heartbeat(9), die()], [event(12)]]
    assert await take(server, 3, cameras=["games/g/cameras/c"]) == [1, 5, 12]
    assert server.asked == [0, 9]


async def test_live_only_resumes_from_the_heartbeat(server):
    server.acts = [[heartbeat(7), die()], [event(8)]]
    assert await take(server, 1, after=None) == [8]
    assert server.asked == [None, 7]


@pytest.mark.parametrize(
    ("act", "error", "field"),
    [
        (die(grpc.StatusCode.OUT_OF_RANGE, "CURSOR_EVICTED", earliest_sequence="41"), CursorEvictedError,
         ("earliest_sequence", 41)),
        (die(grpc.StatusCode.RESOURCE_EXHAUSTED, "SLOW_SUBSCRIBER", last_sequence="17"), SlowSubscriberError,
         ("last_sequence", 17)),
    ],
)
async def test_errors_carry_what_is_needed_to_go_on(server, act, error, field):
    server.acts = [[act]]
    with pytest.raises(error) as caught:
        await take(server, 1)
    assert getattr(caught.value, field[0]) == field[1]


async def test_patience_ends():
    async with connect("127.0.0.1:9") as client:
        events = client.subscribe("g", 0, retry_for=0.3)
        with pytest.raises(GatewayUnavailable):
            await anext(events)


async def test_an_unknown_event(server):
    async with connect(server.address) as client:
        with pytest.raises(NotFoundError):
            await client.get_event("g", "nothing")


def courtside(*arguments):
    return subprocess.Popen([sys.executable, "-m", "courtside_client.cli", *arguments], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


async def finish(process):
    out, err = await asyncio.to_thread(process.communicate, timeout=30)
    return process.returncode, out, err


async def test_watch_prints_one_json_line_an_event(server):
    server.acts = [[event(1), event(2)]]
    code, out, _ = await finish(
        courtside("watch", "--gateway", server.address, "--game", "g", "--after", "0", "--format", "jsonl",
                  "--count", "2")
    )
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and [line["sequence"] for line in lines] == ["1", "2"]
    assert lines[0]["mediaOffset"] == 0 and lines[0]["shot"]["zone"] == "ZONE_UNSPECIFIED"


async def test_a_fenced_publisher_stops_with_one_line(server):
    code, _, err = await finish(
        courtside("stream", "sim://1?duration=1", "--gateway", server.address, "--camera", "games/g/cameras/c",
                  "--quiet")
    )
    assert code == 2 and err.strip() == "courtside: stale_epoch"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["stream", "nowhere.mp4", "--camera", "games/g/cameras/c"], "nowhere.mp4: no such file"),
        (["stream", "sim://1", "--camera", "left"], "camera 'left' is not a name"),
        (["stream", "sim://1", "--camera", "games/g/cameras/c", "--gateway", "here"], "not HOST:PORT"),
        (["watch", "--game", "a b"], "game 'a b' is not a name"),
        (["watch"], "Missing option '--game'"),
        (["wotch"], "No such command 'wotch'"),
        (["demo", "--seconds", "-1"], "--seconds"),
    ],
)
async def test_bad_usage_is_one_line_and_exit_code_2(arguments, says):
    code, out, err = await finish(courtside(*arguments))
    (line,) = err.strip().splitlines()
    assert code == 2 and says in line and out == ""


async def test_help_lists_every_command_without_loading_the_server():
    code, out, _ = await finish(courtside("--help"))
    assert code == 0
    for name in ("analyze", "demo", "serve", "stream", "triton", "watch"):
        assert f"  {name} " in out
