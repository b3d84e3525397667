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
    BadOption,
    CourtsideError,
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


async def test_next_waits_for_so_long_and_loses_nothing(server):
    late = asyncio.Event()

    async def wait(context):
        await late.wait()

    server.acts = [[event(1), wait, event(2)]]
    async with connect(server.address) as client, client.subscribe("g", 0) as events:
        assert (await events.next(5)).sequence == 1
        with pytest.raises(TimeoutError):
            await events.next(0.05)
        late.set()
        assert (await events.next()).sequence == 2 and events.last_sequence == 2
    assert server.asked == [0], "a time-out is no reason to connect again"


async def test_what_waits_to_be_read_is_counted(server):
    server.acts = [[event(1), event(2), event(3), die(grpc.StatusCode.OUT_OF_RANGE, "CURSOR_EVICTED")]]
    async with connect(server.address) as client, client.subscribe("g", 0) as events:
        await events.next(5)
        async with asyncio.timeout(5):
            while events.pending < 2:
                await asyncio.sleep(0.005)
        assert events.last_sequence == 1, "the cursor is what was delivered, not what was received"
        assert [(await anext(events)).sequence for _ in range(2)] == [2, 3]
        with pytest.raises(CursorEvictedError):
            await anext(events)


async def test_the_reconnect_hook_hears_of_every_new_try(server):
    server.acts = [[event(1), die()], [die()], [event(2)]]
    heard = []
    async with connect(server.address) as client:
        async with client.subscribe("g", 0, on_reconnect=lambda error, delay: heard.append((error, delay))) as events:
            assert [(await anext(events)).sequence for _ in range(2)] == [1, 2]
    assert [type(error) for error, _ in heard] == [GatewayUnavailable] * 2
    assert all(error.reason == "DRAINING" and 0 < delay <= 5 for error, delay in heard)


async def test_a_hook_that_raises_ends_the_subscription_with_its_error(server):
    def fail(error, delay):
        raise RuntimeError("the hook is broken")

    server.acts = [[die()]]
    async with connect(server.address) as client, client.subscribe("g", 0, on_reconnect=fail) as events:
        with pytest.raises(CourtsideError, match="the hook is broken"):
            await anext(events)


async def test_closing_the_client_ends_its_subscriptions(server):
    server.acts = [[event(1)]]
    client = connect(server.address)
    events = client.subscribe("g", 0)
    assert (await anext(events)).sequence == 1
    waiting = asyncio.create_task(anext(events))
    await asyncio.sleep(0)
    await client.aclose()
    with pytest.raises(StopAsyncIteration):
        await waiting
    await client.aclose()
    await events.aclose()


async def test_tls_and_call_credentials_are_passed_on(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    tokens = []

    class Guarded(events_pb2_grpc.EventServiceServicer):
        async def ListEvents(self, request, context):
            tokens.append(dict(context.invocation_metadata()).get("authorization"))
            return events_pb2.ListEventsResponse()

    server = grpc.aio.server()
    events_pb2_grpc.add_EventServiceServicer_to_server(Guarded(), server)
    own = grpc.ssl_server_credentials([(key.read_bytes(), certificate.read_bytes())])
    port = server.add_secure_port("localhost:0", own)
    await server.start()
    tls = grpc.ssl_channel_credentials(certificate.read_bytes())
    token = grpc.access_token_call_credentials("secret")
    async with connect(f"localhost:{port}", credentials=tls, call_credentials=token) as client:
        assert [event async for event in client.list_events("g")] == []
    async with connect(f"localhost:{port}", timeout=2.0) as client:
        with pytest.raises(GatewayUnavailable):
            [event async for event in client.list_events("g")]
    await server.stop(0)
    assert tokens == ["Bearer secret"]


def test_call_credentials_without_tls_are_refused():
    with pytest.raises(BadOption, match="need TLS"):
        connect("localhost:1", call_credentials=grpc.access_token_call_credentials("secret"))


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
