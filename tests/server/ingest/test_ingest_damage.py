"""Damaged packets, by the hundred: no damage ends a stream, and a later keyframe heals it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from courtside_server.errors import CorruptPacket
from courtside_server.ingest.decode_worker import Clocks, DecodeWorker
from courtside_server.ingest.decoder import open_decoder
from courtside_server.ingest.jpeg import jpeg_size
from courtside_server.ingest.limits import IngestConfig
from courtside_server.ingest.queue import QueuedPacket
from courtside_server.ingest.stats import StreamCounters
from courtside_server.rings.frames import FrameRing
from courtside_server.rings.packets import PacketRing
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Codec, StreamMode

GOP, FRAMES = 8, 32
QUICK = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def run(helpers, coded, packets):
    """Run the decode worker on this thread; returns the sink and the counters."""
    info = replace(coded.info, mode=StreamMode.FILM)
    sink, config = helpers.Sink(info), IngestConfig(frame_budget=2**21)
    counters = StreamCounters("c", Metrics())
    decoder = open_decoder(info, 4 * helpers.width * helpers.height)
    frames, packet_ring = FrameRing("c", config.frame_budget), PacketRing("c")
    worker = DecodeWorker(
        info, decoder, frames, packet_ring, sink, counters, config, _clocks(), lambda *_: None, lambda: None
    )
    for packet in packets:
        worker.process(QueuedPacket(packet, decoder.intra or packet.keyframe, broken=False))
        assert len(decoder.__dict__.get("_inside", ())) <= 33
    worker.finish()
    assert worker.ack == packets[-1].sequence and sink.ended == 1
    return sink, counters


def _clocks():
    return Clocks(monotonic=lambda: 0.0, wall=lambda: 1.7e9)


def damaged(data: bytes, kind: str, bits: list[int]) -> bytes:
    changed = bytearray(data)
    if kind == "cut":
        return bytes(changed[: 1 + bits[0] % len(changed)])
    if kind == "noise":
        return bytes((bit * 37 + index) % 256 for index, bit in enumerate(bits * 9))
    for bit in bits:
        changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("options", [
    {}, {"bframes": 2}, {"lengths": True}, {"codec": Codec.HEVC}, {"codec": Codec.JPEG},
], ids=["h264", "b-frames", "avcC", "hevc", "jpeg"])
@example(victims=[(0, "flip", [0]), (7, "flip", [8])])
@example(victims=[(8, "lost", [0])])
@example(victims=[(16, "noise", [0]), (21, "lost", [0])])
@QUICK
@given(
    victims=st.lists(
        st.tuples(
            st.integers(0, FRAMES - 1), st.sampled_from(["flip", "flip", "cut", "noise", "lost"]),
            st.lists(st.integers(0, 2**20), min_size=1, max_size=8),
        ),
        min_size=1, max_size=4,
    )
)
def test_damage_stays_within_its_group(helpers, options, victims):
    coded = helpers.encode(frames=FRAMES, gop=1 if options.get("codec") is Codec.JPEG else GOP, **options)
    packets = list(coded.packets)
    lost = {index for index, kind, _ in victims if kind == "lost"}
    for index, kind, bits in victims:
        if kind != "lost":
            packets[index] = replace(packets[index], data=damaged(packets[index].data, kind, bits))
        elif index + 1 < FRAMES:  # the client sees the gap
            packets[index + 1] = replace(packets[index + 1], damaged=True)
    sink, counters = run(helpers, coded, [packet for packet in packets if packet.sequence not in lost])

    starts = [p.sequence for p in packets if p.keyframe]
    def group(sequence: int) -> int:
        return sum(start <= sequence for start in starts)

    hurt = {group(index) for index, _, _ in victims} | {group(index + 1) for index in lost}
    sequences = [f.sequence for f in sink.frames]
    numbers = [coded.packets[s].pts for s in sequences]
    assert numbers == sorted(set(numbers)), "frames come out once and in order, whatever was damaged"
    assert counters.decoded == len(sink.frames)
    accounted = counters.decoded + sum(counters.dropped().values())
    assert accounted == FRAMES - len(lost), "every packet is accounted for"
    assert not sink.jumps, "damage is no jump of the clock"
    whole = [p for p in packets if group(p.sequence) not in hurt]
    arrived = {f.sequence: f for f in sink.frames}
    # Pictures that wait for their order are rarely given up with the damaged ones before them: one after such a group.
    reordered = "bframes" in options
    borders = {p.sequence for p in whole if reordered and p.keyframe and group(p.sequence) - 1 in hurt}
    for packet in whole:
        frame = arrived.get(packet.sequence)
        assert frame is not None or packet.sequence in borders, f"frame {packet.pts} of a whole group is missing"
        assert frame is None or (frame.number == packet.pts and frame.damage < 8)


@QUICK
@given(data=st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(lambda tail: b"\xff\xd8" + tail)))
def test_any_bytes_are_a_jpeg_with_a_size_or_refused(data):
    try:
        width, height = jpeg_size(data)
    except CorruptPacket as error:
        assert str(error)
    else:
        assert 0 <= width < 65536 and 0 <= height < 65536


def test_progressive_and_thumbnailed_jpegs_are_understood(helpers):
    rgb = helpers.picture(5)
    progressive = cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    assert jpeg_size(progressive) == (helpers.width, helpers.height)
    thumbnail = cv2.imencode(".jpg", rgb[:32, :32])[1].tobytes()
    exif = b"\xff\xe1" + (len(thumbnail) + 8).to_bytes(2) + b"Exif\0\0" + thumbnail
    assert jpeg_size(progressive[:2] + exif + progressive[2:]) == (helpers.width, helpers.height)
    assert jpeg_size(progressive + thumbnail) == (helpers.width, helpers.height)


def test_picture_that_outgrows_the_limit_in_mid_stream_is_refused(helpers):
    """A parameter set that claims a huge picture must not make the decoder allocate one."""
    small = helpers.encode(frames=GOP, gop=GOP)
    large = helpers.encode(frames=GOP, gop=GOP, width=768, height=512)
    later = [replace(p, sequence=p.sequence + GOP, pts=p.pts + GOP) for p in large.packets]
    healed = [replace(p, sequence=p.sequence + 2 * GOP, pts=p.pts + 2 * GOP) for p in small.packets]
    sink, counters = run(helpers, small, [*small.packets, *later, *healed])
    assert sink.sizes == {(helpers.width, helpers.height)} and len(sink.frames) == 2 * GOP
    assert sum(counters.dropped().values()) == GOP and counters.dropped()["corrupt"] >= 1
