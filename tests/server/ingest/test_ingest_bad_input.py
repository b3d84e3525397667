"""Every bad input gives one clear error and affects nothing else."""

from __future__ import annotations

import resource
import time
from dataclasses import replace

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from courtside.v1 import ingest_pb2
from courtside_server.types import Codec

INVALID = grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture
async def gateway(serve):
    async with serve(max_message_bytes=200_000) as gateway:
        yield gateway


@pytest.fixture
async def bystander(gateway, helpers):
    """Another camera that streams meanwhile; all its frames must arrive."""
    coded = helpers.encode(frames=40).film()
    client = gateway.client()
    await client.open(coded.descriptor(camera="games/test/cameras/bystander"))
    sink = gateway.sink
    for packet in coded.packets[:20]:
        await client.send(packet)
    yield
    for packet in coded.packets[20:]:
        await client.send(packet)
    status = await client.finish()
    assert sink.numbers == list(range(40)) and not status.dropped


@pytest.mark.usefixtures("bystander")
class TestRefusedStreams:
    @pytest.mark.parametrize("first", ["packet", "end", "nothing"])
    async def test_first_message_is_not_a_descriptor(self, gateway, helpers, first):
        client = gateway.client()
        packet = helpers.encode(frames=40).packets[0]
        request = {
            "packet": helpers.message(packet), "end": helpers.message(None), "nothing": ingest_pb2.StreamFramesRequest()
        }[first]
        await client.send(request)
        error = await client.error()
        assert (error.code, error.reason) == (INVALID, "DESCRIPTOR_EXPECTED")
        assert "StreamDescriptor" in error.message

    async def test_stream_that_closes_at_once_or_sends_nothing(self, serve, gateway):
        client = gateway.client()
        await client.call.done_writing()
        assert (await client.error()).reason == "DESCRIPTOR_EXPECTED"
        async with serve(open_timeout=0.05) as other:
            client = other.client()
            await client.call.wait_for_connection()
            assert (await client.error()).reason == "DESCRIPTOR_EXPECTED"

    @pytest.mark.parametrize(
        ("field", "change"),
        [
            ("camera", {"camera": "left"}),
            ("camera", {"camera": "games/x/cameras/" + "y" * 64}),
            ("codec", {"codec": 0}),
            ("codec", {"codec": 99}),
            ("mode", {"mode": 0}),
            ("width", {"width": 0}),
            ("height", {"height": 0}),
            ("width", {"width": 65535}),
            ("height", {"height": 65535}),
            ("width", {"width": 8000, "height": 8000}),
            ("frame_rate", {"frame_rate": float("nan")}),
            ("frame_rate", {"frame_rate": float("inf")}),
            ("frame_rate", {"frame_rate": -1}),
            ("frame_rate", {"frame_rate": 1001}),
            ("frame_rate", {"frame_rate": 1e-9}),
            ("time_scale", {"time_scale": 1000}),
            ("epoch", {"epoch": 2**64 - 1}),
            ("codec_config", {"codec_config": bytes(65 * 1024)}),
            ("codec_config", {"codec_config": b"\x01junk"}),
            ("codec_config", {"codec_config": b"junkjunkjunk"}),
            ("codec_config", {"codec_config": b"\x01" + b"\x77" * 40, "codec": ingest_pb2.CODEC_HEVC}),
            ("time_base_numerator", {"time_base_numerator": 0}),
            ("time_base_denominator", {"time_base_denominator": 0}),
            ("epoch", {"epoch": 0}),
            ("rotation_degrees", {"rotation_degrees": 45}),
            ("time_scale", {"time_scale": float("nan")}),
            ("time_scale", {"time_scale": -2}),
            ("session", {"session": "x" * 1000}),
            ("codec", {"codec": ingest_pb2.CODEC_RAW_RGB, "width": 640, "height": 480}),
        ],
    )
    async def test_descriptor_field(self, gateway, helpers, field, change):
        client = gateway.client()
        await client.send(helpers.encode(frames=40).descriptor(**change))
        error = await client.error()
        assert (error.code, error.reason, error.fields["field"]) == (INVALID, "BAD_DESCRIPTOR", field)
        assert error.message and not error.retry
        assert gateway.registry.session(helpers.camera) is None

    @pytest.mark.parametrize(
        ("complaint", "change"),
        [("no data", {"data": b""}), ("the limit is 200000", {"data": bytes(200_001)}),
         ("capture_time", {"capture_time": None}), ("out of range", {"sequence": 2**64 - 1})],
    )
    async def test_packet(self, gateway, helpers, complaint, change):
        coded, client = helpers.encode(frames=40), gateway.client()
        await client.open(coded.descriptor())
        await client.send(coded.packets[0])
        await client.send(coded.packets[1], **change)
        error = await client.error()
        assert (error.code, error.reason) == (INVALID, "BAD_PACKET") and complaint in error.message

    async def test_message_over_the_limit_of_the_transport(self, gateway, helpers):
        coded, client = helpers.encode(frames=40), gateway.client()
        accepted = await client.open(coded.descriptor())
        assert accepted.limits.max_message_bytes == 200_000 and accepted.limits.max_width == 8192
        await client.send(coded.packets[0], data=bytes(1_000_000))
        error = await client.error()
        assert error.code is grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than" in error.message
        await helpers.eventually(lambda: gateway.metrics.registry.get_sample_value("courtside_streams_active") == 1)

    @pytest.mark.parametrize("what", ["descriptor", "nothing"])
    async def test_message_that_is_no_packet(self, gateway, helpers, what):
        coded, client = helpers.encode(frames=40), gateway.client()
        await client.open(coded.descriptor())
        await client.send(coded.descriptor() if what == "descriptor" else ingest_pb2.StreamFramesRequest())
        assert (await client.error()).code is INVALID

    async def test_film_that_leaves_out_a_packet(self, gateway, helpers):
        coded, client = helpers.encode(frames=40).film(), gateway.client()
        await client.open(coded.descriptor())
        await client.send(coded.packets[0])
        await client.send(coded.packets[2])
        error = await client.error()
        assert (error.reason, error.fields["expected"], error.fields["sequence"]) == ("BAD_PACKET", "1", "2")


def bomb(jpeg: bytes, width: int, height: int) -> bytes:
    """The JPEG with another size written into its frame header."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + height.to_bytes(2) + width.to_bytes(2) + jpeg[at + 4 :]


def second_header(jpeg: bytes) -> bytes:
    at = jpeg.index(b"\xff\xc0")
    length = int.from_bytes(jpeg[at + 2 : at + 4]) + 2
    huge = bomb(jpeg, 65535, 65535)[at : at + length]
    return jpeg[: at + length] + huge + jpeg[at + length :]


@pytest.mark.parametrize(
    "harm",
    [
        lambda jpeg: bomb(jpeg, 65535, 65535),
        lambda jpeg: bomb(jpeg, 65535, 65535)[:200],
        second_header,
        lambda jpeg: jpeg[:-2] + second_header(jpeg)[2:],
        lambda jpeg: bomb(jpeg, 96, 64),
        lambda jpeg: jpeg[:60],
        lambda jpeg: b"no picture at all",
        lambda jpeg: b"\xff\xd8\xff\xd9",
        lambda jpeg: b"\xff\xd8" + b"\xff" * 5000,
        lambda jpeg: jpeg.replace(b"\xff\xc0", b"\xff\xc3"),
    ],
)
async def test_jpeg_bomb_or_damaged_jpeg_costs_only_itself(gateway, bystander, helpers, harm):
    coded = helpers.encode(Codec.JPEG, 10).film()
    packets = list(coded.packets)
    packets[4] = replace(packets[4], data=harm(packets[4].data))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    status = await gateway.play(replace(coded, packets=tuple(packets)))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
    assert gateway.sinks[-1].numbers == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert dict(status.dropped) == {"corrupt": 1} and not status.request_keyframe


async def test_raw_frame_of_the_wrong_length_costs_only_itself(gateway, helpers):
    coded = helpers.encode(Codec.RAW_RGB, 6)
    packets = list(coded.packets)
    packets[2] = replace(packets[2], data=packets[2].data[:-1])
    status = await gateway.play(replace(coded, packets=tuple(packets)).film())
    assert gateway.sink.numbers == [0, 1, 3, 4, 5] and dict(status.dropped) == {"corrupt": 1}


@pytest.mark.parametrize("codec", [Codec.H264, Codec.HEVC])
async def test_truncated_packet_is_concealed_and_counted_and_requests_a_keyframe(serve, helpers, codec):
    coded = helpers.encode(codec, 60)
    packets = list(coded.packets)
    packets[20] = replace(packets[20], data=packets[20].data[: len(packets[20].data) // 3])
    async with serve(staleness=20) as gateway:
        client = gateway.client()
        await client.open(coded.descriptor())
        for packet in packets[:25]:
            await client.send(packet)
        await client.until(lambda status: status.request_keyframe)
        for packet in packets[25:]:
            await client.send(packet)
        await client.until(lambda status: not status.request_keyframe)
        status = await client.finish()
        # FFmpeg conceals what is missing in H.264; of HEVC it gives the frames that follow.
        lost = 0 if codec is Codec.H264 else 1
        assert [f.sequence for f in gateway.sink.frames] == [*range(20), *range(20 + lost, 60)]
        assert max(f.damage for f in gateway.sink.frames if not 20 <= f.sequence < 30) < 8
        assert max(f.damage for f in gateway.sink.frames) < 60
        assert status.damaged == 10 - lost and dict(status.dropped) == ({"corrupt": 1} if lost else {})
        assert gateway.metrics.registry.get_sample_value(
            "courtside_frames_damaged_total", {"camera": helpers.camera}
        ) == 10 - lost


async def test_gap_in_live_video_is_concealed_and_counted_and_requests_a_keyframe(serve, helpers):
    coded = helpers.encode(frames=60)
    async with serve(staleness=20, status_interval=30) as gateway:
        client = gateway.client()
        await client.open(coded.descriptor())
        for packet in (*coded.packets[:20], *coded.packets[23:30]):
            await client.send(packet)
        status = await client.until(lambda status: status.request_keyframe)  # at once, not at the next interval
        for packet in coded.packets[30:]:
            await client.send(packet)
        status = await client.finish()
        assert [f.sequence for f in gateway.sink.frames] == [*range(20), *range(23, 60)]
        assert dict(status.dropped) == {"lost": 3} and status.damaged == 7


async def test_hevc_frames_whose_references_never_came_are_left_out(serve, helpers):
    coded = helpers.encode(Codec.HEVC, 60)
    coded = replace(coded, packets=coded.packets[:20] + coded.packets[21:])
    async with serve(staleness=20) as gateway:
        status = await gateway.play(coded)
        assert gateway.sink.numbers == [*range(20), *range(30, 60)] and not status.request_keyframe
        assert max(f.damage for f in gateway.sink.frames) < 8
        assert dict(status.dropped) == {"lost": 1, "corrupt": 9} and status.damaged == 0


async def test_packets_without_a_picture_do_not_hold_up_what_is_acknowledged(serve, helpers):
    """Data of a lost keyframe's group from which no picture comes: what comes later is acknowledged all the same."""
    coded = helpers.encode(frames=120, gop=30).film()
    nothing = b"\0\0\0\1\x09\xf0"  # an access unit delimiter
    packets = [replace(p, data=nothing) if p.sequence in (40, 41) else p for p in coded.packets]
    async with serve(status_interval=0.02) as gateway:
        client = gateway.client()
        await client.open(coded.descriptor())
        for packet in packets:
            await client.send(packet)
        await client.until(lambda status: status.ack_sequence == 119 and not status.done)
        status = await client.finish()
        assert status.decoded == 118 and dict(status.dropped) == {"corrupt": 2}


async def test_what_the_client_knows_to_be_damaged_is_counted_up_to_the_next_keyframe(serve, helpers):
    coded = helpers.encode(frames=60).film()
    packets = [replace(p, damaged=p.sequence in (20, 47)) for p in coded.packets]
    async with serve() as gateway:
        status = await gateway.play(replace(coded, packets=tuple(packets)))
        assert gateway.sink.numbers == list(range(60)) and status.damaged == 10 + 13


async def test_gap_in_jpegs_is_only_counted(serve, helpers):
    coded = helpers.encode(Codec.JPEG, 20)
    coded = replace(coded, packets=coded.packets[:5] + coded.packets[9:])
    async with serve(staleness=20) as gateway:
        status = await gateway.play(coded)
        assert gateway.sink.numbers == [*range(5), *range(9, 20)] and dict(status.dropped) == {"lost": 4}


async def test_keyframe_that_never_comes(serve, helpers):
    """The gateway keeps requesting one, announces DEGRADED, keeps no data, and recovers with a keyframe."""
    coded = helpers.encode(frames=200, gop=150)
    deltas = [p for p in coded.packets[1:] if not p.keyframe]
    async with serve(staleness=20, degraded_failures=20) as gateway:
        client = gateway.client()
        await client.open(coded.descriptor())
        for sequence, packet in enumerate(deltas):
            await client.send(replace(packet, sequence=sequence))
        # Some may be dropped before the decoder instead, where the machine is busy.
        status = await client.until(lambda status: sum(status.dropped.values()) == len(deltas))
        assert status.request_keyframe and status.decoded == 0
        for _ in range(3):
            assert (await client.until(lambda status: True)).request_keyframe
        session = gateway.registry.session(helpers.camera)
        assert [state for state, _ in gateway.announced] == ["DEGRADED"]
        assert "keyframe" in gateway.announced[0][1]
        assert session.frames.nbytes == 0 and session.packets.nbytes == 0
        for sequence, packet in enumerate(coded.packets[:5]):
            await client.send(replace(packet, sequence=len(deltas) + sequence))
        status = await client.finish()
        assert gateway.sink.numbers == list(range(5)) and not status.request_keyframe
        assert [state for state, _ in gateway.announced] == ["DEGRADED", "RECOVERED", "OFFLINE"]


async def test_sequence_that_goes_backwards_is_ignored_and_counted(serve, helpers):
    coded = helpers.encode(frames=30)
    async with serve(staleness=20) as gateway:
        client = gateway.client()
        await client.open(coded.descriptor())
        for packet in (*coded.packets[:10], *coded.packets[3:10], *coded.packets[10:]):
            await client.send(packet)
        status = await client.finish()
        assert gateway.sink.numbers == list(range(30))
        assert dict(status.dropped) == {"duplicate": 7} and status.received == 30


class TestTime:
    async def play(self, serve, helpers, pts=None, capture=None, mode="live"):
        """Send ten JPEGs with these pts and capture times (Unix seconds); returns the gateway after the end."""
        coded = helpers.encode(Codec.JPEG, 10)
        coded = coded.film() if mode == "film" else coded
        async with serve(staleness=20) as gateway:
            client = gateway.client()
            await client.open(coded.descriptor())
            for index, packet in enumerate(coded.packets):
                changes = {} if capture is None else {"capture_time": Timestamp(seconds=capture[index])}
                await client.send(replace(packet, pts=pts[index] if pts else index), **changes)
            gateway.status = await client.finish()
        return gateway

    async def test_equal_pts_are_dropped(self, serve, helpers):
        gateway = await self.play(serve, helpers, [0, 1, 2, 2, 2, 5, 6, 7, 8, 9])
        assert gateway.sink.numbers == [0, 1, 2, 5, 6, 7, 8, 9]
        assert dict(gateway.status.dropped) == {"clock": 2} and not gateway.sink.jumps

    async def test_pts_that_goes_back_begins_a_segment(self, serve, helpers):
        gateway = await self.play(serve, helpers, [100, 101, 102, 0, 1, 2, 3, 4, 5, 6])
        assert [f.media_segment for f in gateway.sink.frames] == [0] * 3 + [1] * 7
        assert gateway.sink.jumps == [(1, "the media clock went back by 3.400 s")]
        name = "courtside_discontinuities_total"
        assert gateway.metrics.registry.get_sample_value(name, {"camera": helpers.camera}) == 1

    @pytest.mark.parametrize("far", [2**20, 2**34])
    async def test_pts_that_leaps_begins_a_segment(self, serve, helpers, far):
        gateway = await self.play(serve, helpers, [0, 1, 2, *range(far, far + 7)], mode="film")
        frames = gateway.sink.frames
        assert frames[3].media_segment == 1 and frames[3].media == pytest.approx(far / 30)
        assert len(frames) + gateway.status.dropped["clock"] == 10

    @pytest.mark.parametrize("far", [2**40, 2**62])
    async def test_frames_farther_away_than_any_film_are_dropped(self, serve, helpers, far):
        gateway = await self.play(serve, helpers, [0, 1, 2, far, far + 1, 3, 4, 5, 6, 7], mode="film")
        assert not gateway.sink.jumps and len(gateway.sink.frames) == 8
        assert dict(gateway.status.dropped) == {"clock": 2}

    async def test_gap_under_two_seconds_is_no_jump(self, serve, helpers):
        gateway = await self.play(serve, helpers, [0, 1, 2, 60, 61, 62, 63, 64, 65, 66])
        assert not gateway.sink.jumps

    async def test_wild_clock_cannot_flood_the_event_log(self, serve, helpers):
        gateway = await self.play(serve, helpers, [0, 900, 1, 901, 2, 902, 3, 903, 4, 904])
        assert len(gateway.sink.jumps) == 5 and gateway.sink.numbers == [0, 1, 2, 3, 4, 5, 7, 9]
        assert dict(gateway.status.dropped) == {"clock": 2}

    @pytest.mark.parametrize("mode", ["live", "film"])
    @pytest.mark.parametrize("year", [0, 4102444800])
    async def test_implausible_capture_time_is_replaced(self, serve, helpers, mode, year):
        before = time.time()
        gateway = await self.play(serve, helpers, capture=[year] * 10, mode=mode)
        assert gateway.sink.numbers == list(range(10)) and not gateway.sink.jumps
        assert all(before - 1 < f.capture_time < time.time() + 1 for f in gateway.sink.frames)
        name = "courtside_capture_times_replaced_total"
        assert gateway.metrics.registry.get_sample_value(name, {"camera": helpers.camera}) == 10

    async def test_film_of_years_ago_keeps_its_capture_times(self, serve, helpers):
        gateway = await self.play(serve, helpers, capture=[1_300_000_000] * 10, mode="film")
        assert {f.capture_time for f in gateway.sink.frames} == {1_300_000_000.0}

    async def test_capture_clock_that_is_set_begins_a_segment(self, serve, helpers):
        now = int(time.time())
        gateway = await self.play(serve, helpers, capture=[now] * 5 + [now + 60] * 5)
        assert gateway.sink.jumps == [(1, "the capture clock moved by +59.967 s against the media clock")]
        offset = gateway.metrics.registry.get_sample_value(
            "courtside_clock_offset_seconds", {"camera": helpers.camera}
        )
        assert 55 < offset < 65


async def test_unexpected_fault_in_the_sink_costs_one_frame(serve, helpers):
    coded = helpers.encode(frames=20).film()
    async with serve() as gateway:
        client = gateway.client()
        await client.open(coded.descriptor())
        sink, seen = gateway.sink, []

        def fragile(frame):
            seen.append(frame.sequence)
            if len(seen) == 5:
                raise RuntimeError("boom")

        sink.on_frame = fragile
        for packet in coded.packets:
            await client.send(packet)
        status = await client.finish()
        assert len(seen) == 20 and status.decoded == 20
