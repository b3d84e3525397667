"""Who owns a camera: epochs, resuming, grace, limits, draining, and clients that vanish."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from dataclasses import replace

import grpc
import pytest

from courtside.timestamps import to_timestamp
from courtside_server.ingest.session import CameraSession
from courtside_server.rings.frames import FrameRing
from courtside_server.types import Codec

ABORTED = grpc.StatusCode.ABORTED
ACTIVE = "courtside_streams_active"


async def test_higher_epoch_takes_the_camera_over(serve, helpers):
    coded = helpers.encode(frames=30)
    async with serve(staleness=20) as gateway:
        old, new = gateway.client(), gateway.client()
        await old.open(coded.descriptor(epoch=1))
        for packet in coded.packets[:10]:
            await old.send(packet)
        first = gateway.sink
        await helpers.eventually(lambda: len(first.frames) == 10)
        await new.open(coded.descriptor(epoch=2))
        error = await old.error()
        assert (error.code, error.reason, error.fields["epoch"], error.retry) == (ABORTED, "STALE_EPOCH", "2", False)
        await helpers.eventually(lambda: first.ended == 1)
        for packet in coded.packets:
            await new.send(packet)
        assert (await new.finish()).decoded == 30
        assert first.numbers == list(range(10)) and gateway.sink.numbers == list(range(30))
        assert len(gateway.closed) == 2


async def test_a_live_camera_s_clock_is_measured_against_the_server_s(serve, helpers):
    coded = helpers.encode(frames=10)
    async with serve(staleness=20) as gateway:
        client = gateway.client()
        await client.open(coded.descriptor(client_time=to_timestamp(time.time() + 7.0)))
        for packet in coded.packets:
            await client.send(replace(packet, capture_time=time.time() + 7.0))
        await helpers.eventually(lambda: len(gateway.sink.frames) == 10)
        assert abs(gateway.registry.session(helpers.camera).clock_offset - 7.0) < 0.2
    async with serve() as gateway:  # film: its capture times are when it was taken
        client = gateway.client()
        await client.open(coded.film().descriptor())
        await client.send(replace(coded.packets[0], capture_time=time.time() - 3600.0))
        await helpers.eventually(lambda: gateway.registry.session(helpers.camera).took_packets)
        assert gateway.registry.session(helpers.camera).clock_offset == 0.0


async def test_lower_epoch_is_refused_even_after_the_newer_one_ended(serve, helpers):
    coded = helpers.encode(frames=30).film()
    async with serve() as gateway:
        live = gateway.client()
        await live.open(coded.descriptor(epoch=7))
        zombie = gateway.client()
        await zombie.send(coded.descriptor(epoch=6))
        error = await zombie.error()
        assert (error.code, error.reason) == (ABORTED, "STALE_EPOCH") and "higher epoch" in error.message
        for packet in coded.packets:
            await live.send(packet)
        assert (await live.finish()).decoded == 30
        zombie = gateway.client()
        await zombie.send(coded.descriptor(epoch=6))
        assert (await zombie.error()).reason == "STALE_EPOCH"
        assert (await gateway.play(coded, epoch=7)).decoded == 30


async def test_a_spare_client_with_a_lower_epoch_takes_over_from_one_that_is_gone(serve, helpers):
    """The clock of the first laptop was an hour ahead, and so is its epoch."""
    coded = helpers.encode(frames=30)
    async with serve(staleness=20, epoch_memory=0.3) as gateway:
        ahead = gateway.client()
        await ahead.open(coded.descriptor(epoch=3_600_000))
        for packet in coded.packets[:10]:
            await ahead.send(packet)
        await ahead.until(lambda status: status.received == 10)
        spare = gateway.client()
        await spare.send(coded.descriptor(epoch=7))
        error = await spare.error()
        assert error.reason == "STALE_EPOCH" and "has been away for 0.3 s" in error.message, "it is still there"
        ahead.call.cancel()
        await helpers.eventually(lambda: gateway.registry.session(helpers.camera).connection is None)
        assert (await gateway.play(coded, epoch=7)).decoded == 30, "it waits until the other one counts as gone"
        # The first one comes back with its session and takes the camera over again.
        assert (await gateway.client().open(coded.descriptor(epoch=3_600_000))).session


async def test_second_client_with_the_same_epoch_is_refused(serve, helpers):
    coded = helpers.encode(frames=30).film()
    async with serve() as gateway:
        first, second = gateway.client(), gateway.client()
        await first.open(coded.descriptor())
        await first.send(coded.packets[0])
        await second.send(coded.descriptor(session="something-else"))
        error = await second.error()
        assert error.code is ABORTED and "another client" in error.message
        for packet in coded.packets[1:]:
            await first.send(packet)
        assert (await first.finish()).decoded == 30


async def test_resume_continues_where_it_stopped(serve, helpers):
    """The connection breaks in the middle of a group of B-frames; not a frame is lost or doubled."""
    coded = helpers.encode(frames=60, bframes=3).film()
    async with serve() as gateway:
        client = gateway.client()
        accepted = await client.open(coded.descriptor())
        assert accepted.next_sequence == 0 and accepted.session
        for packet in coded.packets[:25]:
            await client.send(packet)
        await client.until(lambda status: status.received == 25)
        client.call.cancel()
        await helpers.eventually(lambda: gateway.metrics.registry.get_sample_value(ACTIVE) == 0)
        client = gateway.client()
        again = await client.open(coded.descriptor(session=accepted.session))
        assert (again.session, again.next_sequence) == (accepted.session, 25)
        for packet in coded.packets[20:]:  # the client may send more than was requested
            await client.send(packet)
        status = await client.finish()
        assert gateway.sink.numbers == list(range(60)) and len(gateway.sinks) == 1
        assert dict(status.dropped) == {"duplicate": 5} and status.received == 60
        assert [state for state, _ in gateway.announced] == ["ONLINE", "OFFLINE"]


async def test_resume_while_the_older_connection_is_half_open(serve, helpers):
    """A half-open connection, blocked by a full film queue, is closed by the same client's new one."""
    coded = helpers.encode(frames=60).film()
    async with serve(slow=0.005, queue_packets=2) as gateway:
        old = gateway.client()
        accepted = await old.open(coded.descriptor())
        for packet in coded.packets[:20]:
            await old.send(packet)
        new = gateway.client()
        again = await new.open(coded.descriptor(session=accepted.session, epoch=3))
        assert again.session == accepted.session
        error = await old.error()
        assert error.code is ABORTED and "resumed on another connection" in error.message
        for packet in coded.packets[again.next_sequence :]:
            await new.send(packet)
        await new.finish()
        assert gateway.sink.numbers == list(range(60))


async def test_resume_with_another_kind_of_stream_is_refused(serve, helpers):
    coded = helpers.encode(frames=60).film()
    async with serve() as gateway:
        client = gateway.client()
        accepted = await client.open(coded.descriptor())
        other = gateway.client()
        await other.send(coded.descriptor(session=accepted.session, width=320))
        error = await other.error()
        assert (error.reason, error.fields["field"]) == ("BAD_DESCRIPTOR", "session")
        for packet in coded.packets:
            await client.send(packet)
        assert (await client.finish()).decoded == 60


async def test_unknown_session_opens_a_new_one_that_starts_anywhere(serve, helpers):
    """A gateway that was restarted knows no sessions: the client continues at a keyframe with its own sequences."""
    coded = helpers.encode(frames=60).film()
    async with serve() as gateway:
        client = gateway.client()
        accepted = await client.open(coded.descriptor(session="from-before-the-restart"))
        assert accepted.session != "from-before-the-restart" and accepted.next_sequence == 0
        for packet in coded.packets[30:]:
            await client.send(packet)
        status = await client.finish()
        assert gateway.sink.numbers == list(range(30, 60)) and not status.dropped
        assert status.ack_sequence == 59


async def test_session_waits_for_its_client_and_is_flushed_when_the_grace_is_over(serve, helpers):
    coded = helpers.encode(frames=30)
    async with serve(staleness=20, grace=0.5, offline_after=0.05) as gateway:
        client = gateway.client()
        accepted = await client.open(coded.descriptor())
        for packet in coded.packets[:10]:
            await client.send(packet)
        sink = gateway.sink
        await helpers.eventually(lambda: len(sink.frames) == 10)
        await client.call.done_writing()  # no EndOfStream
        assert not (await client.until(lambda status: status.ack_sequence == 9)).done
        absent = ("OFFLINE", "nothing arrives: the camera, its client or the network is away")
        await helpers.eventually(lambda: absent in gateway.announced)
        assert sink.ended == 0 and gateway.registry.session(helpers.camera) is not None
        began = time.monotonic()
        await helpers.eventually(lambda: sink.ended == 1)
        assert time.monotonic() - began > 0.2
        await helpers.eventually(lambda: len(gateway.closed) == 1)
        late = gateway.client()
        again = await late.open(coded.descriptor(session=accepted.session))
        assert again.session != accepted.session and again.session.startswith(accepted.session), "it goes on from it"
        for packet in coded.packets[10:]:
            await late.send(packet)
        assert (await late.finish()).decoded == 15
        states = [state for state, _ in gateway.announced]
        assert states == ["ONLINE", "OFFLINE", "ONLINE", "OFFLINE"]


async def test_restarted_client_takes_over_a_camera_without_client(serve, helpers):
    coded = helpers.encode(frames=30).film()
    async with serve() as gateway:
        client = gateway.client()
        await client.open(coded.descriptor())
        await client.send(coded.packets[0])
        await client.until(lambda status: status.received == 1)
        client.call.cancel()
        await helpers.eventually(lambda: gateway.metrics.registry.get_sample_value(ACTIVE) == 0)
        assert (await gateway.play(coded)).decoded == 30
        await helpers.eventually(lambda: gateway.sinks[0].ended == 1)


async def vanish_in_the_flush(gateway, helpers, client):
    """End the stream and leave while the sink is still busy with the end; returns when the end is done."""
    flushing, gate, sink = threading.Event(), threading.Event(), gateway.sink
    end = sink.on_end
    sink.on_end = lambda: (flushing.set(), gate.wait(10), end())
    await client.send(None)
    await helpers.eventually(flushing.is_set)
    client.call.cancel()
    await helpers.eventually(lambda: gateway.metrics.registry.get_sample_value(ACTIVE) == 0)
    gate.set()
    await helpers.eventually(lambda: gateway.closed != [])


async def test_client_that_vanishes_during_the_flush_can_come_back_for_the_end(serve, helpers):
    coded = helpers.encode(frames=40).film()
    async with serve(grace=1) as gateway:
        client = gateway.client()
        accepted = await client.open(coded.descriptor())
        for packet in coded.packets:
            await client.send(packet)
        await vanish_in_the_flush(gateway, helpers, client)
        assert gateway.sink.numbers == list(range(40)) and gateway.sink.ended == 1
        back = gateway.client()
        again = await back.open(coded.descriptor(session=accepted.session))
        assert (again.session, again.next_sequence) == (accepted.session, 40)
        await back.send(coded.packets[39])
        status = await back.finish()
        assert (status.ack_sequence, status.decoded) == (39, 40)
        assert len(gateway.sinks) == len(gateway.closed) == gateway.sink.ended == 1
        await helpers.eventually(lambda: len(gateway.registry) == 0)


async def test_packet_after_the_end_is_refused(serve, helpers):
    coded = helpers.encode(frames=30).film()
    async with serve() as gateway:
        client = gateway.client()
        accepted = await client.open(coded.descriptor())
        for packet in coded.packets[:20]:
            await client.send(packet)
        await vanish_in_the_flush(gateway, helpers, client)
        back = gateway.client()
        await back.open(coded.descriptor(session=accepted.session))
        await back.send(coded.packets[20])
        error = await back.error()
        assert error.reason == "BAD_PACKET" and "after the end" in error.message


async def test_limit_of_cameras(serve, helpers):
    coded = helpers.encode(frames=30)
    async with serve(max_cameras=2) as gateway:
        clients = [gateway.client() for _ in range(3)]
        for index in range(2):
            await clients[index].open(coded.descriptor(camera=f"games/g/cameras/{index}"))
        await clients[2].send(coded.descriptor(camera="games/g/cameras/2"))
        error = await clients[2].error()
        assert (error.reason, error.fields["limit"], error.retry) == ("TOO_MANY_STREAMS", "2", True)
        assert error.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        await clients[0].finish()
        assert (await gateway.client().open(coded.descriptor(camera="games/g/cameras/2"))).session


async def test_sessions_that_send_nothing_give_their_places_to_cameras(serve, helpers):
    coded = helpers.encode(frames=30)
    async with serve(max_cameras=2, idle_before_yielding=0.2, staleness=20) as gateway:
        silent, away = gateway.client(), gateway.client()
        await silent.open(coded.descriptor(camera="games/g/cameras/silent"))
        await away.open(coded.descriptor(camera="games/g/cameras/away"))
        await away.send(coded.packets[0])
        await away.until(lambda status: status.received == 1)
        away.call.cancel()
        await asyncio.sleep(0.3)
        first, second, third = (gateway.client() for _ in range(3))
        await first.open(coded.descriptor(camera="games/g/cameras/1"))
        error = await silent.error()
        assert (error.reason, error.retry) == ("TOO_MANY_STREAMS", True) and "gave its place" in error.message
        assert gateway.registry.session("games/g/cameras/away") is not None, "it may come back"
        await first.send(coded.packets[0])
        await first.until(lambda status: status.received == 1)
        await second.open(coded.descriptor(camera="games/g/cameras/2"))
        assert gateway.registry.session("games/g/cameras/away") is None
        await second.send(coded.packets[0])
        await asyncio.sleep(0.3)
        await third.send(coded.descriptor(camera="games/g/cameras/3"))
        assert (await third.error()).reason == "TOO_MANY_STREAMS", "cameras that stream are not sent away"


async def test_a_session_without_a_first_packet_ends(serve, helpers):
    coded = helpers.encode(frames=30)
    async with serve(first_packet_timeout=0.2) as gateway:
        silent = gateway.client()
        await silent.open(coded.descriptor())
        error = await silent.error()
        assert error.reason == "BAD_PACKET" and "no packet arrived within 0.2 s" in error.message
        await helpers.eventually(lambda: len(gateway.registry) == 0)


async def test_a_client_that_reads_no_statuses_loses_its_place(serve, helpers):
    coded = helpers.encode(frames=30)
    async with serve(write_timeout=0.2) as gateway:
        stuck = asyncio.Event()

        class Context:
            """A client whose flow-control window is closed."""

            def __init__(self) -> None:
                self.requests = [helpers.message(coded.descriptor())]

            async def read(self) -> object:
                if self.requests:
                    return self.requests.pop()
                await asyncio.Event().wait()
                return None

            async def write(self, message: object) -> None:
                await stuck.wait()

            async def abort(self, code, details, trailing) -> None:
                raise grpc.aio.AbortError(details)

        with pytest.raises(grpc.aio.AbortError, match="did not read"):
            await asyncio.wait_for(gateway.service.StreamFrames(iter(()), Context()), 10)
        await helpers.eventually(lambda: len(gateway.registry) == 0)


async def test_takeovers_leave_no_more_than_two_decoders_at_work(serve, helpers):
    coded = helpers.encode(frames=30)
    async with serve(staleness=20, close_timeout=0.1) as gateway:
        hold = threading.Event()
        try:
            for epoch in range(1, 4):
                client = gateway.client()
                await client.open(coded.descriptor(epoch=epoch))
                gateway.sink.on_frame = lambda frame: hold.wait(20)
                await client.send(coded.packets[0])
                await client.until(lambda status: status.received == 1)
            refused = gateway.client()
            await refused.send(coded.descriptor(epoch=4))
            error = await refused.error()
            assert (error.reason, error.retry) == ("TOO_MANY_STREAMS", True) and "still process" in error.message
        finally:
            hold.set()
        await helpers.eventually(lambda: not any(thread.is_alive() for _, thread in gateway.registry._ending))
        assert (await gateway.client().open(coded.descriptor(epoch=4))).session


async def test_drain_acknowledges_and_flushes_open_streams_and_takes_no_new_ones(serve, helpers):
    coded = helpers.encode(frames=40).film()
    async with serve(slow=0.002) as gateway:
        client = gateway.client()
        await client.open(coded.descriptor())
        for packet in coded.packets[:30]:
            await client.send(packet)
        await client.until(lambda status: status.received == 30)
        draining = asyncio.create_task(gateway.service.drain())
        error = await client.error()
        assert (error.code, error.reason, error.retry) == (grpc.StatusCode.UNAVAILABLE, "DRAINING", True)
        assert client.statuses[-1].ack_sequence == 29 and not client.statuses[-1].done
        assert gateway.sink.numbers == list(range(30)) and gateway.sink.ended == 1
        await asyncio.wait_for(draining, 5)
        late = gateway.client()
        await late.send(coded.descriptor())
        assert (await late.error()).reason == "DRAINING"


async def test_target_rate_falls_while_frames_come_too_late(serve, helpers):
    coded = helpers.encode(Codec.JPEG, 200)
    async with serve(slow=0.05, staleness=0.1, queue_packets=8) as gateway:
        client = gateway.client()
        await client.open(coded.descriptor())
        reading = asyncio.create_task(client.until(lambda status: status.target_fps > 0))
        for index in range(1000):
            await client.send(replace(coded.packets[index % 200], sequence=index, pts=index))
            if reading.done():
                break
            await asyncio.sleep(0.01)
        status = await reading
        assert 1 <= status.target_fps < 25, "the sink takes at most 20 a second"


async def test_thousand_connects_and_disconnects_leave_nothing_behind(serve, helpers):
    coded = helpers.encode(Codec.JPEG, 4)
    async with serve(read_numbers=False, grace=0) as gateway:

        async def visit(index: int) -> None:
            client = gateway.client()
            await client.open(coded.descriptor(camera=f"games/g/cameras/{index % 50}", epoch=index // 50 + 1))
            if index % 2:
                await client.send(coded.packets[0])
            client.call.cancel()

        async def round_of(first: int, last: int) -> None:
            for start in range(first, last, 25):
                await asyncio.gather(*(visit(index) for index in range(start, start + 25)))
            await helpers.eventually(lambda: len(gateway.registry) == 0 and gateway.service._open == 0)
            await helpers.eventually(lambda: len(gateway.closed) == len(gateway.sinks))

        def held() -> tuple[int, int, int]:
            gc.collect()
            threads = sum(t.name.startswith("decode") for t in threading.enumerate())
            return threads, len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks())

        await round_of(0, 100)
        before = held()
        began = time.monotonic()
        await round_of(100, 1100)
        assert time.monotonic() - began < 15
        await helpers.eventually(lambda: held() <= before)
        assert len(gateway.sinks) == 1100 and all(sink.ended == 1 for sink in gateway.sinks)
        # By type(), not isinstance(): lazy module objects of other packages answer that with warnings.
        assert not [thing for thing in gc.get_objects() if type(thing) in (CameraSession, FrameRing)]
        assert gateway.metrics.registry.get_sample_value(ACTIVE) == 0


async def test_series_of_cameras_that_are_gone_go_too(serve, helpers):
    coded = helpers.encode(frames=5)
    async with serve(grace=0.05, metrics_linger=0.05) as gateway:
        assert (await gateway.play(coded)).decoded == 5

        def series():
            return [sample for family in gateway.metrics.registry.collect() for sample in family.samples
                    if "camera" in sample.labels]  # fmt: skip

        await helpers.eventually(lambda: not series())
        stays = gateway.client()
        await stays.open(coded.descriptor(epoch=2))
        await stays.send(coded.packets[0])
        await helpers.eventually(series)
