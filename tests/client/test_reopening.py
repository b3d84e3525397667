"""A camera is never lost in silence: waited for, opened again, announced, given up with an error."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from fractions import Fraction
from itertools import pairwise

import av
import pytest
from rtsp_camera import RtspCamera, coded_pictures

from courtside.errors import SourceFailure
from courtside.media import SourceInfo, SourcePacket
from courtside_client.errors import SourceError, SourceLost, SourceUnreachable, UndecodableFilm
from courtside_client.sources import open_source, open_when_up
from courtside_client.sources.network import NetworkConfig, NetworkSource
from courtside_client.sources.reopening import FormatChanged, ReopeningSource

CAMERA = "games/g/cameras/c"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Once:
    """A source of a few packets that is lost after them."""

    def __init__(self, count=3, width=320, time_base=Fraction(1, 1000), first=0, live=True):
        self.info = SourceInfo("cam", width, 180, 10.0, time_base, first, live=live, codec="h264")
        self.undecodable, self.damaged, self.closed = 1, 2, False
        self._count, self._first, self._step = count, first, round(Fraction(1, 10) / time_base)

    def packets(self):
        for index in range(self._count):
            pts = self._first + index * self._step
            yield SourcePacket(pts, pts, index == 0, False, b"x")
        raise SourceLost("cam: the stream ended", "cam", failure=SourceFailure.ENDED)

    def close(self):
        self.closed = True


class Clock:
    def __init__(self, step):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now


def reopening(openings, **options):
    """A source that plays these openings, errors or sources; its notices."""
    notices, left = [], list(openings)

    def open_once():
        following = left.pop(0)
        if isinstance(following, Exception):
            raise following
        return following

    source = ReopeningSource("cam", open_once, on_notice=notices.append, **options)
    source._stopped.wait = lambda seconds: False  # no test waits for a back-off
    return source, notices


def refused():
    return SourceUnreachable("cam: connection refused", "cam", failure=SourceFailure.REFUSED)


def test_a_lost_camera_is_opened_again_and_its_media_time_goes_on():
    stop = SourceError("cam: access denied", "cam", failure=SourceFailure.AUTH)
    source, notices = reopening(
        [refused(), refused(), Once(), refused(), stop, Once(time_base=Fraction(1, 90_000), first=500)] + [stop] * 99,
        retry_for=20.0, clock=Clock(0.2),
    )  # fmt: skip
    source.open()
    packets = []
    with pytest.raises(SourceLost, match="gave up after 20 s") as caught:
        packets.extend(source.packets())
    taken = []
    source, notices = reopening([refused(), Once(), refused(), Once(time_base=Fraction(1, 90_000), first=500), stop],
                                clock=Clock(0.2))
    source.open()
    with pytest.raises(IndexError):  # the last opening is used up
        for packet in source.packets():
            taken.append(packet)
    assert caught.value.failure is SourceFailure.AUTH
    assert [packet.keyframe for packet in taken] == [True, False, False] * 2
    pts = [packet.pts for packet in taken]
    assert pts[:3] == [0, 100, 200] and pts[3] > 300 and [p - pts[3] for p in pts[3:]] == [0, 100, 200]
    assert source.losses == 2 and source.undecodable == 2 and source.damaged == 4
    assert notices[0] == "cam: connection refused; trying again until it is there"
    assert notices[1].startswith("cam: there after")
    assert notices[2] == "cam: the stream ended; opening it again"
    assert notices[3].startswith("cam: back after")
    assert notices[4:] == ["cam: the stream ended; opening it again", "cam: access denied; trying again"]


def test_another_format_is_announced_to_the_reader():
    source, _ = reopening([Once(), Once(width=640)])
    source.open()
    with pytest.raises(FormatChanged):
        list(source.packets())
    assert source.info.width == 640
    with pytest.raises(IndexError):
        list(source.packets())


def test_a_live_playlist_that_has_become_a_film_has_ended():
    film = Once(live=False)
    source, notices = reopening([Once(), film])
    source.open()
    assert len(list(source.packets())) == 3 and film.closed and source.outage is None
    assert notices == ["cam: the stream ended; opening it again", "cam: it has ended"]


def test_what_cannot_get_better_is_not_waited_for():
    error = SourceError("cam: access denied", "cam", failure=SourceFailure.AUTH)
    source, notices = reopening([error])
    with pytest.raises(SourceError, match="access denied"):
        source.open()
    assert notices == []


@pytest.mark.parametrize(
    ("act", "kind", "failure"),
    [
        ({"status": "401 Unauthorized"}, SourceError, SourceFailure.AUTH),
        ({"status": "404 Not Found"}, SourceUnreachable, SourceFailure.NOT_FOUND),
        ({"silent": True}, SourceUnreachable, SourceFailure.TIMEOUT),
    ],
)
def test_a_camera_that_refuses_says_which_it_is(act, kind, failure):
    with RtspCamera([act]) as camera, pytest.raises(kind) as caught:
        NetworkSource(camera.url, NetworkConfig(open_timeout=0.5))
    assert caught.value.failure is failure and failure.advice in caught.value.message


@pytest.mark.parametrize(
    ("url", "failure"),
    [
        ("rtsp://no.such.host.invalid/x", SourceFailure.HOST_NOT_FOUND),
        ("RTSP://127.0.0.1:9/x", SourceFailure.REFUSED),
        ("rtmp://127.0.0.1:9/live/STREAMKEY", SourceFailure.REFUSED),
        ("rtsp://op:s3cret@[::1/x", SourceFailure.BAD_ADDRESS),
        ("rtsp://op:s3/cret@127.0.0.1:9/x", SourceFailure.BAD_ADDRESS),
        ("rtsp://op:s3#cret@127.0.0.1:9/x", SourceFailure.BAD_ADDRESS),
        ("rtsp://op:s3cret@127.0.0.1:port/x", SourceFailure.BAD_ADDRESS),
        ("rtsp:///password=s3cret", SourceFailure.BAD_ADDRESS),
        ("udp://127.0.0.1", SourceFailure.BAD_ADDRESS),
        ("http://op:s3cret@127.0.0.1:9/v.mjpg", SourceFailure.REFUSED),
        ("http://no.such.host.invalid/v.mjpg", SourceFailure.HOST_NOT_FOUND),
        ("file://server/film.mp4", SourceFailure.BAD_ADDRESS),
        ("srt://127.0.0.1:9001?passphrase=s3cret", SourceFailure.UNSUPPORTED),
        ("xyz://op:s3cret@127.0.0.1/", SourceFailure.UNSUPPORTED),
    ],
)
def test_every_bad_address_has_its_own_failure_and_no_secret(url, failure):
    with pytest.raises(SourceError) as caught:
        open_source(url)
    assert caught.value.failure is failure
    text = f"{caught.value.message} {caught.value.fields}"
    assert "\n" not in text and not any(secret in text for secret in ("s3cret", "cret@", "STREAMKEY", "s3/", "s3#"))


def test_a_server_without_tls_is_named_so():
    with RtspCamera([{}]) as camera, pytest.raises(SourceError) as caught:
        NetworkSource(camera.url.replace("rtsp", "rtsps"), NetworkConfig(open_timeout=2.0))
    assert caught.value.failure is SourceFailure.TLS


def test_a_camera_without_video_that_can_be_decoded(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = subprocess.Popen([sys.executable, "-c", f"open({str(fifo)!r}, 'wb').write(b'no film' * 10000)"])
    with pytest.raises(UndecodableFilm) as caught:
        open_source(str(fifo))
    assert writer.wait(10) is not None and caught.value.failure is SourceFailure.CODEC


def test_the_first_keyframe_that_was_sent_is_the_first_picture():
    with RtspCamera([{}]) as camera:  # its keyframes are 33 s apart
        camera.units = coded_pictures(120)
        began = time.monotonic()
        source = NetworkSource(camera.url)
        packets = source.packets()
        first, second = next(packets), next(packets)
        assert first.keyframe and time.monotonic() - began < 5
        assert second.pts - first.pts == 3000  # RTSP gives the first picture no time
        source.close()


def test_a_stream_with_intra_refresh_is_joined_in_its_middle():
    with RtspCamera([{"begin": 5}]) as camera:  # only picture 0 is a keyframe; a refresh begins at 20, 40, 60 ...
        camera.units = coded_pictures(300, gop=20, intra_refresh=True)
        began = time.monotonic()
        source = NetworkSource(camera.url)
        assert (source.info.width, source.info.height) == (160, 90)
        packets = [packet for packet, _ in zip(source.packets(), range(60), strict=False)]
        source.close()
        assert time.monotonic() - began < 6
    assert [index for index, packet in enumerate(packets) if packet.keyframe] == [0, 20, 40]
    decoder = av.CodecContext.create("h264", "r")
    whole = [index for index, packet in enumerate(packets) if decoder.decode(av.Packet(packet.data))]
    assert whole == list(range(whole[0], 60)) and 0 < whole[0] <= 20


def test_slices_with_their_own_parameter_sets_are_one_picture():
    with RtspCamera([{}]) as camera:
        camera.units = coded_pictures(gop=10, slices=3)
        source = NetworkSource(camera.url)
        packets = [packet for packet, _ in zip(source.packets(), range(40), strict=False)]
        source.close()
    decoder = av.CodecContext.create("h264", "r")
    pictures = [picture for packet in packets for picture in decoder.decode(av.Packet(packet.data))]
    assert len(pictures) == len(packets) == 40 and not any(picture.is_corrupt for picture in pictures)
    assert [index for index, packet in enumerate(packets) if packet.keyframe] == [0, 10, 20, 30]
    assert [after.pts - before.pts for before, after in pairwise(packets)] == [3000] * 39


def transport_stream(path):
    """A film's packets as MPEG-TS, bytes."""
    file = io.BytesIO()
    with av.open(str(path)) as film, av.open(file, "w", format="mpegts") as out:
        stream = out.add_stream_from_template(film.streams.video[0])
        for packet in film.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    return file.getvalue()


def test_what_was_lost_on_the_way_is_marked(plain):
    """MPEG-TS over UDP, of which one datagram never arrives."""
    port = free_port()
    film = transport_stream(plain)
    datagrams = [film[at : at + 188] for at in range(0, len(film), 188)]
    del datagrams[len(datagrams) // 2]
    sender, done = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), threading.Event()

    def send():
        while not done.is_set():
            for datagram in datagrams:
                sender.sendto(datagram, ("127.0.0.1", port))
                if done.wait(0.001):
                    return

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    try:
        source = open_source(f"udp://127.0.0.1:{port}")
        damaged = [packet.damaged for packet, _ in zip(source.packets(), range(50), strict=False)]
        source.close()
    finally:
        done.set()
        thread.join()
        sender.close()
    assert 1 <= sum(damaged) < 10


def test_sound_does_not_hide_that_the_pictures_have_stopped():
    with RtspCamera([{"mute": 30}]) as camera:
        source = NetworkSource(camera.url, NetworkConfig(stall_timeout=0.5))
        with pytest.raises(SourceLost, match=r"no picture for 0\.5 s, though its other streams go on") as caught:
            list(source.packets())
    assert caught.value.failure is SourceFailure.STALLED


def test_a_camera_that_offers_udp_only_is_read():
    with RtspCamera([{"udp": True}]) as camera:
        source = NetworkSource(camera.url, NetworkConfig(open_timeout=5.0))
        assert next(source.packets()).keyframe
        source.close()


def test_lost_rtp_packets_cost_little_over_udp():
    with RtspCamera([{"udp": True, "lose": 20}], units=coded_pictures(300, gop=30)) as camera:
        source = NetworkSource(camera.url, NetworkConfig(open_timeout=5.0))
        packets = [packet for packet, _ in zip(source.packets(), range(80), strict=False)]
        source.close()
    decoder = av.CodecContext.create("h264", "r")
    pictures = [picture for packet in packets for picture in decoder.decode(av.Packet(packet.data))]
    # One packet in twenty is a whole picture here; the decoder goes on with the next one.
    assert len(pictures) >= 75 and (packets[-1].pts - packets[0].pts) / 3000 == pytest.approx(84, abs=4)


def test_a_pipe_is_a_live_source_that_ends(tmp_path, plain):
    fifo = tmp_path / "left:1"
    os.mkfifo(fifo)
    code = f"""
import av
with av.open({str(plain)!r}) as film, av.open({f"file:{fifo}"!r}, "w", format="mpegts") as out:
    stream = out.add_stream_from_template(film.streams.video[0])
    for packet in film.demux(video=0):
        if packet.size:
            packet.stream = stream
            out.mux(packet)
"""
    writer = subprocess.Popen([sys.executable, "-c", code])
    source = open_source(str(fifo))
    assert source.info.live and sum(1 for _ in source.packets()) == 60
    assert writer.wait(10) == 0


async def test_a_wait_for_a_camera_ends_at_once_when_it_is_cancelled():
    with RtspCamera([{"silent": True}]) as camera:
        opening = asyncio.create_task(open_when_up(camera.url))
        await asyncio.sleep(0.2)
        began = time.monotonic()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert time.monotonic() - began < 1


def start(*arguments):
    return subprocess.Popen([sys.executable, "-m", "courtside_client.cli", "stream", *arguments, "--camera", CAMERA],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_ctrl_c_ends_the_wait_for_a_camera_that_is_not_up():
    process = start(f"rtsp://op:s3cret@127.0.0.1:{free_port()}/cam")
    line = process.stderr.readline()
    assert "connection refused" in line and "trying again" in line and "s3cret" not in line
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 0 and time.monotonic() - began < 4


def test_a_camera_that_stays_away_ends_the_command_with_one():
    process = start(f"rtsp://127.0.0.1:{free_port()}/cam", "--retry-for", "0.5")
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 1 and errors.strip().splitlines()[-1].startswith("courtside: rtsp://127.0.0.1")


def test_the_source_may_come_from_a_file(tmp_path):
    secret = tmp_path / "source"
    secret.write_text("rtsp://op:s3cret@127.0.0.1:9/x\n")
    process = start("--source-file", str(secret), "--retry-for", "0")
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 1 and "rtsp://…@127.0.0.1:9/x: connection refused" in errors and "s3cret" not in errors

