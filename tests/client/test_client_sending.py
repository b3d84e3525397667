"""What leaves the client: pass-through or encoding, pace, spool and send queue; nothing lost, nothing unbounded."""

import threading
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests_support import write_flash_film

from courtside.media import SourceInfo
from courtside.queues import DropPolicy, HandoverQueue
from courtside.v1 import ingest_pb2
from courtside_client.channel import gateway_address
from courtside_client.encode import make_encoder
from courtside_client.errors import BadName, BadOption, SourceError, SourceNotFound, UndecodableFilm
from courtside_client.media import CodedFrame
from courtside_client.options import Mode, Pace, PassThrough, StreamOptions, plan_stream
from courtside_client.pacing import Thinner
from courtside_client.producer import Producer
from courtside_client.sources import open_source
from courtside_client.spool import Spool, Spooled
from courtside_client.stream import send_queue


def coded(index, keyframe=False, size=10):
    return CodedFrame(index, index, keyframe, False, bytes(size), 1000 + index, index / 30)


class FakeClock:
    """Time that passes only by waiting."""

    def __init__(self):
        self.now = 100.0
        self.waits = []

    def monotonic(self):
        return self.now

    def wall(self):
        return 1_700_000_000 + self.now

    def wait(self, stop, seconds):
        self.waits.append(seconds)
        self.now += seconds
        return stop.is_set()


def produced(source, encoder=None, clock=None, **options):
    """Everything a producer makes of a source."""
    queue = HandoverQueue(100_000, DropPolicy.BLOCK)
    producer = Producer(source, encoder, queue, StreamOptions(**options), clock or FakeClock())
    producer.run()
    if producer.error:
        raise producer.error

    return queue.get_nowait(100_000), producer


B_FRAMES = {"preset": "veryfast", "bf": "3", "b-adapt": "0"}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return write_flash_film(tmp_path_factory.mktemp("f") / "plain.mp4", [1.0], 2)


@pytest.fixture(scope="module")
def reordered(tmp_path_factory):
    return write_flash_film(tmp_path_factory.mktemp("f") / "b.mp4", [1.0], 2, options=B_FRAMES)


@pytest.fixture(scope="module")
def mpeg4(tmp_path_factory):
    return write_flash_film(tmp_path_factory.mktemp("f") / "old.mp4", [1.0], 2, codec="mpeg4", options={"b": "1M"})


def test_own_packets_pass_through_byte_for_byte(plain):
    frames, producer = produced(open_source(str(plain)), pace=Pace.MAX)
    with av.open(str(plain)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    assert [frame.data for frame in frames] == packets
    assert producer.read == len(packets) == 60
    assert frames[0].keyframe and frames[0].media == 0.0


@pytest.mark.parametrize(
    ("film", "options", "passes"),
    [
        ("plain", {}, True),
        ("plain", {"passthrough": PassThrough.NEVER}, False),
        ("plain", {"codec": "jpeg"}, False),
        ("reordered", {}, False),
        ("reordered", {"pace": Pace.MAX}, True),
        ("reordered", {"mode": Mode.FILM}, True),
        ("reordered", {"passthrough": PassThrough.ALWAYS}, True),
        ("mpeg4", {"pace": Pace.MAX}, False),
    ],
)
def test_pass_through_where_it_costs_no_delay(request, film, options, passes):
    source = open_source(str(request.getfixturevalue(film)))
    plan = plan_stream(source.info, StreamOptions(**options))
    assert plan.passthrough is passes
    assert plan.codec == (ingest_pb2.CODEC_JPEG if options.get("codec") else ingest_pb2.CODEC_H264)


def test_what_cannot_pass_through_is_said(mpeg4):
    source = open_source(str(mpeg4))
    with pytest.raises(BadOption, match=r"cannot be passed through \(its codec is mpeg4\)"):
        plan_stream(source.info, StreamOptions(passthrough=PassThrough.ALWAYS))


@pytest.mark.parametrize("codec", ["h264", "jpeg", "raw"])
@pytest.mark.parametrize("film", ["plain", "reordered", "mpeg4"])
def test_encoding_gives_one_packet_a_picture_in_showing_order(request, film, codec):
    source = open_source(str(request.getfixturevalue(film)))
    encoder = make_encoder(codec, source.info.width, source.info.height, source.info.frame_rate)
    frames, _ = produced(source, encoder, pace=Pace.MAX)
    assert len(frames) == 60 and frames[0].keyframe
    assert [frame.pts for frame in frames] == sorted({frame.pts for frame in frames})
    assert all(frame.data for frame in frames)


def test_a_keyframe_is_made_when_it_is_asked_for():
    encoder = make_encoder("h264", 64, 48, 30)
    picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
    kinds = [encoder.encode(picture, keyframe=index == 7).keyframe for index in range(10)]
    assert [index for index, key in enumerate(kinds) if key] == [0, 7]


def test_real_time_pace_waits_for_each_frame(plain):
    clock = FakeClock()
    frames, _ = produced(open_source(str(plain)), clock=clock)
    assert clock.now - 100 == pytest.approx(59 / 30, abs=1e-3)
    gaps = np.diff([frame.capture_time for frame in frames])
    assert gaps == pytest.approx([1 / 30] * 59, abs=1e-3)


def test_film_that_runs_at_twice_real_speed_takes_twice_as_long(plain):
    clock = FakeClock()
    produced(open_source(str(plain)), clock=clock, time_scale=2.0)
    assert clock.now - 100 == pytest.approx(2 * 59 / 30, abs=1e-3)


def test_a_loop_goes_on_in_media_time(plain):
    frames, _ = produced(open_source(str(plain)), pace=Pace.MAX, loop=True, duration=5.0)
    media = [frame.media for frame in frames]
    assert len(frames) == 150 and np.diff(media) == pytest.approx([1 / 30] * 149, abs=1e-3)


def test_a_lower_rate_on_request_is_even():
    thinner = Thinner()
    thinner.target = 10.0
    kept = [n for n in range(90) if thinner.keep(n / 30)]
    assert kept == list(range(0, 90, 3))


def test_a_full_live_queue_drops_to_a_keyframe_and_the_newest_wins():
    queue = send_queue(film=False)
    for index in range(400):
        queue.put(coded(index, keyframe=index % 40 == 0))
    left = [frame.pts for frame in queue.get_nowait(400)]
    assert left[0] % 40 == 0 and left == list(range(left[0], 400)) and len(left) <= 90
    assert queue.dropped == 400 - len(left)


async def test_a_full_film_queue_blocks_the_source_and_loses_nothing():
    queue, sent = send_queue(film=True), []
    thread = threading.Thread(target=lambda: [[queue.put(coded(n)) for n in range(200)], queue.end()])
    thread.start()
    while frames := await queue.aget():
        sent += [frame.pts for frame in frames]
    thread.join()
    assert sent == list(range(200)) and queue.dropped == 0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1, max_size=80))
def test_the_spool_can_always_send_what_is_not_acknowledged(steps):
    spool = Spool(1.0, 1000, 2**30, 2**30, forget=False)
    acked = -1
    for sequence, (keyframe, behind) in enumerate(steps):
        spool.add(Spooled(sequence, coded(sequence, keyframe or sequence == 0)))
        if behind:
            acked = max(acked, sequence - behind)
            spool.ack(acked)
        assert [i.sequence for i in spool.since(max(0, acked + 1))] == list(range(max(0, acked + 1), sequence + 1))
        replay = spool.replay()
        assert replay[0].packet.keyframe and replay[0].sequence <= max(0, acked + 1)
        assert [i.sequence for i in replay] == list(range(replay[0].sequence, sequence + 1))


def test_a_live_spool_forgets_instead_of_growing():
    spool = Spool(1.0, 10, 2**20, 2**20, forget=True)
    for sequence in range(1000):
        spool.add(Spooled(sequence, coded(sequence)))
    assert len(spool) <= 12 and spool.since(0) is None


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("nowhere.mp4", SourceNotFound, "no such file"),
        ("ftp://x/y", SourceError, "unknown scheme ftp://"),
        ("sim://x", SourceError, "sim://x"),
        ("sim://1?colour=red", SourceError, "colour"),
        (".", UndecodableFilm, "folder"),
        ("rtsp://127.0.0.1:9/x", SourceError, "cannot be opened"),
    ],
)
def test_a_bad_source_is_one_clear_error(text, error, says):
    with pytest.raises(error, match=says) as caught:
        open_source(text)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "options",
    [{"duration": 0}, {"duration": float("nan")}, {"time_scale": 0}, {"epoch": 0}, {"codec": "mjpg"},
     {"retry_for": -1}, {"codec": "h264", "passthrough": PassThrough.ALWAYS}],
)
def test_options_without_sense_are_refused(options):
    with pytest.raises(BadOption):
        StreamOptions(**options)


def test_a_live_source_cannot_be_looped_or_hurried():
    info = SourceInfo("0", 640, 480, 30, Fraction(1, 1000), 0, live=True)
    for options in ({"loop": True}, {"pace": Pace.MAX}):
        with pytest.raises(BadOption, match="is live"):
            plan_stream(info, StreamOptions(**options))


@pytest.mark.parametrize("text", ["localhost", "h:0", "h:99999"])
def test_a_gateway_address_needs_a_host_and_a_port(text):
    with pytest.raises(BadName, match="HOST:PORT"):
        gateway_address(text)


def test_real_films_keep_every_frame(footage):
    for film in sorted(footage.glob("*.mp4")):
        source = open_source(str(film))
        with av.open(str(film)) as container:
            count = sum(1 for _ in container.decode(video=0))
        assert sum(1 for _ in source.frames()) == count, film.name
        shown = [packet.pts for packet in source.packets() if not packet.decode_only]
        assert len(shown) == count, film.name
