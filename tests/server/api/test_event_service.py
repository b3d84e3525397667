"""EventService over a real server and a real channel: subscribe, list, get, and every way it can refuse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from courtside.events import Event
from courtside.v1 import events_pb2, events_pb2_grpc
from courtside_server.api.events import EventService
from courtside_server.api.status import StatusInterceptor
from courtside_server.events import EventHub, SqliteLog
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Lifecycle

GAME = "games/final"
# A small fixed window, so that a reader that stops is felt after kilobytes rather than megabytes.
SMALL_WINDOW = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 16384)]


@asynccontextmanager
async def gateway(
    log: SqliteLog, *, heartbeat: float = 60.0, write_timeout: float = 10.0, port: int = 0, places: int = 100,
    **hub_options
):
    metrics = Metrics()
    hub = EventHub(log, metrics, **hub_options)
    await hub.start()
    server = grpc.aio.server(interceptors=[StatusInterceptor()])
    service = EventService(hub, heartbeat_interval=heartbeat, write_timeout=write_timeout, max_subscriptions=places)
    events_pb2_grpc.add_EventServiceServicer_to_server(service, server)
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=SMALL_WINDOW) as channel:
        try:
            yield SimpleNamespace(hub=hub, stub=events_pb2_grpc.EventServiceStub(channel), metrics=metrics, port=port)
        finally:
            await hub.close()
            await server.stop(0)


@pytest.fixture
async def served(log: SqliteLog) -> AsyncIterator[SimpleNamespace]:
    async with gateway(log) as running:
        yield running


def subscribe(after: int | None = None, **fields) -> events_pb2.SubscribeEventsRequest:
    request = events_pb2.SubscribeEventsRequest(game=GAME, **fields)
    if after is not None:
        request.after_sequence = after
    return request


async def refused(call) -> tuple[grpc.StatusCode, error_details_pb2.ErrorInfo, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async with asyncio.timeout(20):
            await call
    return (*info_of(caught.value), caught.value.details())


def info_of(error: grpc.aio.AioRpcError) -> tuple[grpc.StatusCode, error_details_pb2.ErrorInfo]:
    status = rpc_status.from_call(error)
    infos = [detail for detail in status.details if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR)]
    assert len(infos) == 1, "exactly one ErrorInfo"
    info = error_details_pb2.ErrorInfo()
    infos[0].Unpack(info)
    assert info.domain == "courtside"
    return error.code(), info


async def read(call, count: int) -> list[events_pb2.SubscribeEventsResponse]:
    async with asyncio.timeout(20):
        return [await call.read() for _ in range(count)]


# --- SubscribeEvents -----------------------------------------------------------------------------------------------


async def test_history_then_a_heartbeat_then_live(served, draft) -> None:
    stored = await served.hub.publish([draft(1), draft(2)])
    call = served.stub.SubscribeEvents(subscribe(0))
    first, second, heartbeat = await read(call, 3)
    assert [Event.from_proto(first.event), Event.from_proto(second.event)] == stored
    assert heartbeat.heartbeat.high_water_mark == 2
    assert heartbeat.heartbeat.HasField("server_time")
    [revised] = await served.hub.publish([draft(1, lifecycle=Lifecycle.CONFIRMED)])
    [third] = await read(call, 1)
    assert Event.from_proto(third.event) == revised
    assert (third.event.sequence, third.event.revision) == (3, 2)
    call.cancel()


async def test_heartbeats_while_nothing_happens(log, draft) -> None:
    async with gateway(log, heartbeat=0.02) as served:
        await served.hub.publish([draft(1)])
        call = served.stub.SubscribeEvents(subscribe(1))
        marks = [response.heartbeat.high_water_mark for response in await read(call, 3)]
        assert marks == [1, 1, 1]
        call.cancel()


async def test_heartbeats_tell_of_events_that_were_filtered_out(log, draft) -> None:
    async with gateway(log, heartbeat=0.02) as served:
        call = served.stub.SubscribeEvents(subscribe(0, cameras=[f"{GAME}/cameras/right"]))
        await read(call, 1)
        await served.hub.publish([draft(n) for n in range(5)])
        async with asyncio.timeout(20):
            while (response := await call.read()).heartbeat.high_water_mark < 5:
                assert not response.HasField("event")
        call.cancel()


async def test_without_a_cursor_the_subscriber_is_in_when_the_metadata_comes(served, draft) -> None:
    await served.hub.publish([draft(1)])
    call = served.stub.SubscribeEvents(subscribe())
    await call.initial_metadata()
    await served.hub.publish([draft(2)])
    responses = await read(call, 2)
    assert [r.event.sequence for r in responses if r.HasField("event")] == [2]
    call.cancel()


async def test_a_subscriber_that_leaves_is_forgotten(served) -> None:
    call = served.stub.SubscribeEvents(subscribe(0))
    await read(call, 1)
    assert served.metrics.registry.get_sample_value("courtside_subscribers") == 1
    call.cancel()
    async with asyncio.timeout(10):
        while served.metrics.registry.get_sample_value("courtside_subscribers"):
            await asyncio.sleep(0.005)


async def test_an_evicted_cursor_gets_out_of_range(tmp_path, draft) -> None:
    log = SqliteLog(tmp_path / "events.sqlite3", max_events_per_game=2)
    async with gateway(log) as served:
        await served.hub.publish([draft(n) for n in range(5)])
        code, info, message = await refused(served.stub.SubscribeEvents(subscribe(1)).read())
        assert (code, info.reason) == (grpc.StatusCode.OUT_OF_RANGE, "CURSOR_EVICTED")
        assert info.metadata["earliest_sequence"] == "4"
        assert "sequence 4" in message
        code, info, _ = await refused(served.stub.ListEvents(events_pb2.ListEventsRequest(game=GAME, after_sequence=2)))
        assert (code, info.metadata["earliest_sequence"]) == (grpc.StatusCode.OUT_OF_RANGE, "4")
        page = await served.stub.ListEvents(events_pb2.ListEventsRequest(game=GAME))
        assert [e.sequence for e in page.events] == [4, 5] and page.earliest_sequence == 4
    log.close()


async def test_a_reader_that_stops_is_cut_while_another_goes_on(log, draft) -> None:
    async with gateway(log, buffer=4) as served:
        stuck = served.stub.SubscribeEvents(subscribe(0))
        brisk = served.stub.SubscribeEvents(subscribe(0))
        await read(stuck, 1)
        await read(brisk, 1)
        evicted = 0.0
        for n in range(1, 2001):
            await served.hub.publish([draft(n, detail="x" * 20_000)])
            [response] = await read(brisk, 1)
            assert response.event.sequence == n, "the other subscriber does not notice"
            evicted = served.metrics.registry.get_sample_value(
                "courtside_subscribers_evicted_total", {"reason": "slow"}
            )
            if evicted:
                break
        assert evicted == 1
        seen = []
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            async with asyncio.timeout(20):
                while True:
                    seen.append((await stuck.read()).event.sequence)
        code, info = info_of(caught.value)
        assert (code, info.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "SLOW_SUBSCRIBER")
        assert seen == list(range(1, len(seen) + 1))
        assert int(info.metadata["last_sequence"]) <= len(seen), "going on after it must lose nothing"
        assert int(info.metadata["last_sequence"]) >= len(seen) - 1
        brisk.cancel()


async def test_a_reader_that_stops_in_the_middle_of_history_is_cut_by_the_clock(log, draft) -> None:
    log.append([draft(n, detail="x" * 50_000) for n in range(100)])
    async with gateway(log, write_timeout=0.1) as served:
        call = served.stub.SubscribeEvents(subscribe(0))
        await call.initial_metadata()
        async with asyncio.timeout(20):
            while not served.metrics.registry.get_sample_value(
                "courtside_subscribers_evicted_total", {"reason": "write_timeout"}
            ):
                await asyncio.sleep(0.01)
        seen = []
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            while True:
                seen.append((await call.read()).event.sequence)
        code, info = info_of(caught.value)
        assert (code, info.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "SLOW_SUBSCRIBER")
        assert len(seen) - 1 <= int(info.metadata["last_sequence"]) <= len(seen) < 100


async def test_a_reader_that_never_reads_again_does_not_keep_the_gateway_from_stopping(log, draft) -> None:
    log.append([draft(n, detail="x" * 50_000) for n in range(100)])
    async with asyncio.timeout(10):
        async with gateway(log, write_timeout=0.05) as served:
            call = served.stub.SubscribeEvents(subscribe(0))
            await call.initial_metadata()
            while not served.metrics.registry.get_sample_value(
                "courtside_subscribers_evicted_total", {"reason": "write_timeout"}
            ):
                await asyncio.sleep(0.01)
            assert served.metrics.registry.get_sample_value("courtside_subscribers") == 0
    call.cancel()


async def test_subscribers_are_sent_away_when_the_gateway_drains(log, draft) -> None:
    async with gateway(log) as served:
        await served.hub.publish([draft(1)])
        call = served.stub.SubscribeEvents(subscribe(0))
        await read(call, 2)
        await served.hub.close()
        code, info, _ = await refused(call.read())
        assert (code, info.reason) == (grpc.StatusCode.UNAVAILABLE, "DRAINING")


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (events_pb2.SubscribeEventsRequest(), "game"),
        (events_pb2.SubscribeEventsRequest(game="final"), "game"),
        (subscribe(1), "after_sequence"),
        (subscribe(2**64 - 1), "after_sequence"),
        (subscribe(0, cameras=["left"]), "camera"),
        (subscribe(0, cameras=["games/other/cameras/left"]), "cameras"),
        (subscribe(0, cameras=[f"{GAME}/cameras/c{n}" for n in range(65)]), "cameras"),
    ],
)
async def test_a_subscription_that_makes_no_sense_is_refused(served, request_, field) -> None:
    code, info, _ = await refused(served.stub.SubscribeEvents(request_).read())
    assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "BAD_REQUEST")
    assert info.metadata["field"] == field


# --- ListEvents and GetEvent ---------------------------------------------------------------------------------------


async def test_paging_gives_every_event_once(served, draft) -> None:
    stored = await served.hub.publish([draft(n) for n in range(7)])
    seen, token, pages = [], "", 0
    while True:
        page = await served.stub.ListEvents(
            events_pb2.ListEventsRequest(game=GAME, page_size=3, page_token=token, after_sequence=1)
        )
        assert (page.high_water_mark, page.earliest_sequence) == (7, 1)
        seen += page.events
        pages += 1
        token = page.next_page_token
        if not token:
            break
    assert seen == [event.to_proto() for event in stored[1:]]
    assert pages == 2


async def test_page_sizes_are_bounded(served, draft) -> None:
    await served.hub.publish([draft(n) for n in range(1100)])
    sizes = {}
    for page_size in (0, 1, 1000, 5000):
        request = events_pb2.ListEventsRequest(game=GAME, page_size=page_size)
        sizes[page_size] = len((await served.stub.ListEvents(request)).events)
    assert sizes == {0: 100, 1: 1, 1000: 1000, 5000: 1000}


async def test_a_page_of_large_events_fits_a_client_s_default_limit(served, draft) -> None:
    await served.hub.publish([draft(n, detail="x" * 700_000) for n in range(8)])
    token, seen = "", []
    while True:
        page = await served.stub.ListEvents(events_pb2.ListEventsRequest(game=GAME, page_token=token))
        assert page.ByteSize() < 4 * 2**20
        seen += [event.sequence for event in page.events]
        token = page.next_page_token
        if not token:
            break
    assert seen == list(range(1, 9))


async def test_listing_a_game_never_heard_of_is_empty(served) -> None:
    page = await served.stub.ListEvents(events_pb2.ListEventsRequest(game="games/never"))
    assert page == events_pb2.ListEventsResponse(earliest_sequence=1, log=await served.hub.identity())


@pytest.mark.parametrize("token", ["x", "é", "MSAxIGdhbWVzL290aGVy", "MSA5OSBnYW1lcy9maW5hbA==", "A" * 100_000])
async def test_a_page_token_of_something_else_is_refused(served, token) -> None:
    code, info, _ = await refused(served.stub.ListEvents(events_pb2.ListEventsRequest(game=GAME, page_token=token)))
    assert (code, info.reason, info.metadata["field"]) == (
        grpc.StatusCode.INVALID_ARGUMENT, "BAD_REQUEST", "page_token",
    )


async def test_a_list_cursor_beyond_the_end_is_refused(served) -> None:
    code, info, _ = await refused(served.stub.ListEvents(events_pb2.ListEventsRequest(game=GAME, after_sequence=5)))
    assert (code, info.metadata["field"]) == (grpc.StatusCode.INVALID_ARGUMENT, "after_sequence")


async def test_get_gives_the_latest_revision(served, draft) -> None:
    await served.hub.publish([draft(1)])
    [latest] = await served.hub.publish([draft(1, lifecycle=Lifecycle.RETRACTED)])
    got = await served.stub.GetEvent(events_pb2.GetEventRequest(game=GAME, event_id="event-1"))
    assert Event.from_proto(got.event) == latest


async def test_get_of_an_unknown_event(served) -> None:
    code, info, _ = await refused(served.stub.GetEvent(events_pb2.GetEventRequest(game=GAME, event_id="nobody")))
    assert (code, info.reason, info.metadata["event_id"]) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND", "nobody")


@pytest.mark.parametrize("event_id", ["", "x" * 257])
async def test_get_without_a_usable_id(served, event_id) -> None:
    code, info, _ = await refused(served.stub.GetEvent(events_pb2.GetEventRequest(game=GAME, event_id=event_id)))
    assert (code, info.metadata["field"]) == (grpc.StatusCode.INVALID_ARGUMENT, "event_id")


async def test_subscriptions_are_bounded_and_their_places_come_back(log) -> None:
    async with gateway(log, places=2) as served:
        calls = [served.stub.SubscribeEvents(subscribe()) for _ in range(2)]
        for call in calls:
            assert (await call.read()).WhichOneof("message") == "heartbeat"
        code, info, message = await refused(served.stub.SubscribeEvents(subscribe()).read())
        assert (code, info.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_SUBSCRIBERS")
        assert "2 subscriptions are open" in message and info.metadata["limit"] == "2"
        calls[0].cancel()
        async with asyncio.timeout(10):
            while served.metrics.registry.get_sample_value("courtside_subscribers") != 1:
                await asyncio.sleep(0.01)
        again = served.stub.SubscribeEvents(subscribe())
        assert (await again.read()).WhichOneof("message") == "heartbeat"
        calls[1].cancel()
        again.cancel()
