"""What is sent is what arrives: every codec, order, identity and pixels; live and film."""

from __future__ import annotations

import asyncio
import time
import zlib
from dataclasses import replace

import av
import numpy as np
import pytest

from courtside_server.types import Codec

STREAMS = {
    "h264": {"codec": Codec.H264},
    "h264 b-frames": {"codec": Codec.H264, "bframes": 3},
    "h264 avcC": {"codec": Codec.H264, "lengths": True},
    "h264 avcC b-frames": {"codec": Codec.H264, "lengths": True, "bframes": 2},
    "hevc": {"codec": Codec.HEVC},
    "hevc hvcC b-frames": {"codec": Codec.HEVC, "lengths": True, "bframes": 2},
    "jpeg": {"codec": Codec.JPEG},
    "raw": {"codec": Codec.RAW_RGB},
}


@pytest.mark.parametrize("mode", ["live", "film"])
@pytest.mark.parametrize("kind", STREAMS)
async def test_every_frame_arrives_once_in_order_with_its_own_identity(serve, helpers, kind, mode):
    coded = helpers.encode(frames=40, **STREAMS[kind])
    coded = coded.film() if mode == "film" else coded
    async with serve(staleness=20, queue_packets=100, queue_bytes=2**24) as gateway:
        status = await gateway.play(coded)
        frames = gateway.sink.frames
        assert [f.number for f in frames] == list(range(40))
        assert max(f.damage for f in frames) < 8
        for frame in frames:
            source = coded.packets[frame.sequence]
            assert source.pts == frame.number
            assert frame.media == pytest.approx(frame.number / 30)
            assert frame.media_segment == 0
        assert (status.received, status.decoded, dict(status.dropped)) == (40, 40, {})
        assert status.ack_sequence == 39
        assert gateway.sink.ended == 1 and gateway.closed == [gateway.sink.info.session]
        assert len(gateway.registry) == 0


@pytest.mark.parametrize("codec", [Codec.H264, Codec.JPEG, Codec.RAW_RGB])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
async def test_frames_are_mirrored_and_rotated(serve, helpers, codec, turn, mirrored):
    coded = helpers.encode(codec, 3).change(rotation=turn, mirrored=mirrored).film()
    async with serve(read_numbers=False) as gateway:
        kept = []
        client = gateway.client()
        await client.open(coded.descriptor())
        sink = gateway.sink
        sink.on_frame = lambda frame: kept.append(frame.planes.copy())
        for packet in coded.packets:
            await client.send(packet)
        await client.finish()
    width, height = (helpers.width, helpers.height)[:: 1 if turn % 180 == 0 else -1]
    back = (lambda plane: plane[:, ::-1]) if mirrored else (lambda plane: plane)
    for number, planes in enumerate(kept):
        assert planes.shape == (height * 3 // 2, width)
        flat = planes.reshape(-1)
        luma = back(np.rot90(planes[:height], turn // 90))  # anticlockwise again
        chroma = [
            back(np.rot90(c.reshape(height // 2, width // 2), turn // 90)) for c in np.split(flat[width * height :], 2)
        ]
        upright = np.concatenate([luma.reshape(-1), *(c.reshape(-1) for c in chroma)])
        upright = upright.reshape(helpers.height * 3 // 2, helpers.width)
        assert helpers.number_of(upright) == number and helpers.damage(upright, number) < 8
    assert len(kept) == 3


@pytest.mark.parametrize("codec", [Codec.JPEG, Codec.RAW_RGB])
async def test_odd_sizes_lose_their_last_row_and_column(serve, helpers, codec):
    coded = helpers.encode(codec, 4, width=193, height=129).film()
    async with serve() as gateway:
        await gateway.play(coded)
        assert gateway.sink.numbers == [0, 1, 2, 3] and gateway.sink.sizes == {(192, 128)}


async def test_frames_that_are_needed_for_decoding_only_are_not_shown(serve, helpers):
    coded = helpers.encode(frames=30, bframes=2).film()
    packets = tuple(replace(p, decode_only=p.pts < 10) for p in coded.packets)
    async with serve() as gateway:
        status = await gateway.play(replace(coded, packets=packets))
        assert gateway.sink.numbers == list(range(10, 30))
        assert status.decoded == 20 and not status.dropped and status.received == 30


@pytest.mark.parametrize("codec", [Codec.H264, Codec.HEVC])
async def test_stream_that_is_entered_at_an_open_group_loses_only_what_leads_the_keyframe(serve, helpers, codec):
    """Leading B-frames lean on the group before; without it they must not be shown, and cost nothing else."""
    coded = helpers.encode(codec, 90, gop=12, bframes=3, open_gop=True).film()
    entry = [index for index, packet in enumerate(coded.packets) if packet.keyframe][1]
    key = coded.packets[entry]
    later = coded.packets[entry:]
    leading = sum(packet.pts < key.pts for packet in later)
    assert leading > 0, "the encoder made no open group"
    async with serve() as gateway:
        status = await gateway.play(replace(coded, packets=later))
        assert gateway.sink.numbers == list(range(key.pts, 90))
        assert max(f.damage for f in gateway.sink.frames) < 8
        assert sum(status.dropped.values()) == leading and not status.request_keyframe


@pytest.mark.parametrize("lengths", [False, True])
async def test_stream_with_intra_refresh_is_joined_at_a_recovery_point(serve, helpers, lengths):
    """No keyframe follows the first one; the picture is whole once it was renewed."""
    coded = helpers.encode(frames=90, gop=20, intra_refresh=True, lengths=lengths).film()
    keyframes = [index for index, packet in enumerate(coded.packets) if packet.keyframe]
    assert keyframes[1] == 20 and all(packet.data.find(b"\x65\x88", 0, 200) < 0 for packet in coded.packets[1:])
    async with serve() as gateway:
        status = await gateway.play(replace(coded, packets=coded.packets[5:]))
        numbers = gateway.sink.numbers
        assert numbers == list(range(numbers[0], 90)) and 20 < numbers[0] <= 40
        assert max(f.damage for f in gateway.sink.frames) < 8
        assert dict(status.dropped) == {"awaiting_keyframe": numbers[0] - 5} and not status.request_keyframe


async def test_damage_in_a_stream_with_intra_refresh_ends_once_the_picture_was_renewed(serve, helpers):
    coded = helpers.encode(frames=90, gop=20, intra_refresh=True)
    coded = replace(coded, packets=coded.packets[:30] + coded.packets[32:])
    async with serve(staleness=20, queue_packets=200) as gateway:
        status = await gateway.play(coded)
        frames = {frame.sequence: frame for frame in gateway.sink.frames}
        assert [*frames] == [*range(30), *range(32, 90)] and dict(status.dropped) == {"lost": 2}
        # Renewed from frame 40 on, in at most 20 frames.
        assert 8 < status.damaged <= 28 and max(frames[index].damage for index in range(60, 90)) < 8


async def test_size_may_change_in_mid_stream(serve, helpers):
    small, large = helpers.encode(frames=15), helpers.encode(frames=15, width=256, height=144)
    later = tuple(replace(p, sequence=p.sequence + 15, pts=p.pts + 15) for p in large.packets)
    coded = replace(small, packets=small.packets + later).film()
    async with serve() as gateway:
        status = await gateway.play(coded)
        assert gateway.sink.numbers == [*range(15), *range(15)]
        assert gateway.sink.sizes == {(192, 128), (256, 144)}
        assert status.decoded == 30


async def test_film_waits_for_a_slow_consumer_and_loses_nothing(serve, helpers):
    coded = helpers.encode(frames=80, bframes=2).film()
    async with serve(slow=0.004, queue_packets=4, staleness=0.01) as gateway:
        status = await gateway.play(coded)
        assert gateway.sink.numbers == list(range(80))
        assert status.decoded == 80 and not status.dropped and status.target_fps == 0


@pytest.mark.parametrize("codec", [Codec.H264, Codec.JPEG])
async def test_live_stays_drained_while_the_consumer_is_slow(serve, helpers, codec):
    """At several times the rate the sink can take, sending never stalls and what arrives is fresh."""
    coded = helpers.encode(codec, 200, gop=10)
    async with serve(slow=0.03, staleness=0.15, queue_packets=16) as gateway:
        client = gateway.client()
        await client.open(coded.descriptor())
        waits = []
        for packet in coded.packets:
            began = time.monotonic()
            await client.send(packet)
            waits.append(time.monotonic() - began)
            await asyncio.sleep(0.004)
        status = await client.finish()
        numbers = gateway.sink.numbers
        assert max(waits) < 0.5
        assert numbers == sorted(set(numbers)) and 5 < len(numbers) < 150
        assert max(f.damage for f in gateway.sink.frames) < 8
        assert set(status.dropped) <= {"stale", "decoder_behind", "awaiting_keyframe"}
        assert status.dropped["decoder_behind"] + status.dropped["stale"] > 50
        assert status.received == 200 == status.decoded + sum(status.dropped.values())
        assert numbers[-1] > 150, "the newest frames must get through"
        for reason, count in status.dropped.items():
            assert gateway.dropped(reason) == count


async def test_stale_frames_are_dropped_after_decoding_so_that_fresh_ones_are_right(serve, helpers):
    """Dropping stale frames leaves no hole in what the decoder knows."""
    coded = helpers.encode(frames=90, gop=90)
    async with serve(slow=0.012, staleness=0.05, queue_packets=1000) as gateway:
        status = await gateway.play(coded)
        assert status.dropped["stale"] > 0 and set(status.dropped) == {"stale"}
        assert max(f.damage for f in gateway.sink.frames) < 8
        assert gateway.sink.numbers == sorted(gateway.sink.numbers)


@pytest.mark.parametrize("name", ["broadcast_full_court.mp4", "outdoor_45degree_2x.mp4"])
async def test_real_film_arrives_frame_for_frame(serve, helpers, footage, name):
    coded = helpers.film(footage / name)
    expected = []
    with av.open(str(footage / name)) as container:
        for frame in container.decode(video=0):
            even = frame.to_ndarray()[: frame.height * 3 // 2]
            expected.append(((frame.pts - coded.info.first_pts) * coded.info.time_base, zlib.crc32(even)))
    async with serve(read_numbers=False) as gateway:
        client = gateway.client()
        await client.open(coded.descriptor())
        arrived = []
        gateway.sink.on_frame = lambda frame: arrived.append((frame.media, zlib.crc32(frame.planes)))
        for packet in coded.packets:
            await client.send(packet)
        status = await client.finish()
    assert not status.dropped and status.decoded == len(expected)
    assert [media for media, _ in arrived] == pytest.approx([media for media, _ in expected])
    assert [pixels for _, pixels in arrived] == [pixels for _, pixels in expected]
