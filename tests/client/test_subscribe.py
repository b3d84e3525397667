"""Subscriptions against a real server that misbehaves: resume, no doubles, no silent gaps, typed errors."""

import asyncio
import subprocess

import grpc
import pytest
from scripted_gateway import die, event, heartbeat

from courtside.v1 import events_pb2, events_pb2_grpc
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


async def take(server, count, after=0, **options):
    async with connect(server.address) as client, client.subscribe("g", after, **options) as events:
        return [(await anext(events)).sequence for _ in range(count)]


async def test_it_resumes_after_the_last_event_it_saw(server):
    server.acts = [[event(1), event(2), die()], [event(3), die()], [event(4)]]
    assert await take(server, 4) == [1, 2, 3, 4]
    assert server.cursors == [0, 2, 3]


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
    assert server.cursors == [0, 9]


async def test_live_only_resumes_from_the_heartbeat(server):
    server.acts = [[heartbeat(7), die()], [event(8)]]
    assert await take(server, 1, after=None) == [8]
    assert server.cursors == [None, 7]


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
    assert server.cursors == [0], "a time-out is no reason to connect again"


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
