"""HTTP and HTTPS: films, playlists, live pictures; certificates; and what a server can do wrong."""

from __future__ import annotations

import contextlib
import http.server
import io
import itertools
import os
import shutil
import socket
import ssl
import threading
import time
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from tests_support import write_flash_film

from courtside.errors import SourceFailure
from courtside_client.errors import SourceError, SourceLost, SourceUnreachable, UndecodableFilm
from courtside_client.sources import open_source, open_when_up
from courtside_client.sources.http import HttpFilm, _sends_parts
from courtside_client.sources.network import NetworkConfig, NetworkSource
from courtside_client.sources.reopening import ReopeningSource

CERTIFICATE = Path(__file__).with_name("certificate.pem")
"""Of 127.0.0.1; nobody has signed it."""


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files with parts of them (Range), and whatever ``routes`` of the server answer."""

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        route = self.server.routes.get(self.path.partition("?")[0])
        with contextlib.suppress(ConnectionError, TimeoutError):
            return route(self) if route else self._file()

    def _file(self):
        span, path = self.headers.get("Range"), self.translate_path(self.path)
        if not span or not self.server.ranges or not os.path.isfile(path):
            return super().do_GET()
        size = os.path.getsize(path)
        first, _, last = span.removeprefix("bytes=").partition("-")
        begin, end = int(first), min(size, int(last) + 1 if last else size)
        if begin >= size:
            return self.send_error(416)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{size}")
        self.send_header("Content-Length", str(end - begin))
        self.end_headers()
        with open(path, "rb") as file:
            file.seek(begin)
            self.wfile.write(file.read(end - begin))


class QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


@contextlib.contextmanager
def serving(folder, certificate=None, *, ranges=True, **routes):
    server = QuietServer(("127.0.0.1", 0), lambda *a: Handler(*a, directory=str(folder)))
    server.routes = {f"/{name.replace('_', '.')}": route for name, route in routes.items()}
    server.ranges, scheme = ranges, "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket, scheme = context.wrap_socket(server.socket, server_side=True), "https"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"{scheme}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    folder = tmp_path_factory.mktemp("www")
    plain = write_flash_film(folder / "plain.mp4", [1.0], 2, options={"g": "30", "sc_threshold": "0"})
    content = plain.read_bytes()
    index = content.rindex(b"moov") - 4
    padding = (2 * 2**20).to_bytes(4, "big") + b"free" + bytes(2 * 2**20 - 8)
    (folder / "index at end.mp4").write_bytes(content[:index] + padding + content[index:])
    for name, options in {"fast.mp4": {"movflags": "faststart"}, "film.mkv": {}, "film.ts": {},
                          "vod.m3u8": {"hls_time": "1", "hls_list_size": "0"}}.items():  # fmt: skip
        with av.open(str(plain)) as film, av.open(str(folder / name), "w", options=options) as out:
            stream = out.add_stream_from_template(film.streams.video[0])
            for packet in film.demux(video=0):
                if packet.size:
                    packet.stream = stream
                    out.mux(packet)
    return folder


@pytest.mark.parametrize("name", ["index%20at%20end.mp4", "fast.mp4", "film.mkv", "film.ts", "vod.m3u8"])
def test_what_has_an_end_is_a_film_and_can_be_read_again(films, name):
    with serving(films) as url:
        film = open_source(f"{url}/{name}")
        assert isinstance(film, HttpFilm) and not film.info.live and film.info.frame_rate == pytest.approx(30, rel=0.1)
        assert [len(list(film.packets())) for _ in range(2)] == [60, 60] and len(list(film.frames())) == 60


@pytest.mark.parametrize("name", ["fast.mp4", "film.mkv", "film.ts"])
def test_a_server_that_sends_whole_files_only_will_do(films, name):
    with serving(films, ranges=False) as url:
        film = open_source(f"{url}/{name}")
        assert [len(list(film.packets())) for _ in range(2)] == [60, 60]


@pytest.mark.parametrize("login", ["", "op:s3cret@", "op:s3%20cret@"])
def test_a_film_that_needs_parts_of_itself_says_so(films, login):
    with serving(films, ranges=False) as url, pytest.raises(SourceError, match="faststart") as caught:
        open_source(f"{url.replace('//', f'//{login}')}/index%20at%20end.mp4?token=s3cret")
    assert caught.value.failure is SourceFailure.UNSUPPORTED and "s3" not in caught.value.message


def test_a_server_that_does_not_speak_http_is_no_reason_for_a_traceback():
    with socket.create_server(("127.0.0.1", 0)) as server:
        def babble():
            connection, _ = server.accept()
            connection.sendall(b"nothing that HTTP knows\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=babble, daemon=True)
        thread.start()
        assert _sends_parts(f"http://op:pw@127.0.0.1:{server.getsockname()[1]}/film.mp4", 2.0)
        thread.join(5)


async def test_a_film_is_waited_for_but_not_opened_again(films):
    late = [0]

    def handle(request):
        late[0] += 1
        return request.send_error(503) if late[0] < 3 else request._file()

    notices = []
    shutil.copy(films / "fast.mp4", films / "late.mp4")
    with serving(films, late_mp4=handle) as url:
        film = await open_when_up(f"{url}/late.mp4", on_notice=notices.append)
        assert isinstance(film, HttpFilm) and not isinstance(film, ReopeningSource)
    assert "the server answers with an error" in notices[0] and "there after" in notices[1]


def jpegs(request):
    """MJPEG as cameras send it: a JPEG per part, 10 per second at most, without end."""
    request.send_response(200)
    request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
    request.end_headers()
    for index in itertools.count():
        picture = np.full((90, 160, 3), index % 200, np.uint8)
        data = cv2.imencode(".jpg", picture)[1].tobytes()
        request.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(data))
        request.wfile.write(data + b"\r\n")
        if request.server.routes.get("stop") == index:
            return
        time.sleep(0.1)


def test_mjpeg_is_live_and_keeps_the_time_at_which_its_pictures_come(tmp_path):
    with serving(tmp_path, video_mjpg=jpegs) as url:
        source = open_source(f"{url}/video.mjpg")
        info = source.info
        assert isinstance(source, NetworkSource) and info.live and (info.width, info.height) == (160, 90)
        stamps = [float(frame.pts * info.time_base) for frame, _ in zip(source.frames(), range(15), strict=False)]
        source.close()
    # FFmpeg's own time stamps are those of 25 per second.
    assert stamps == sorted(set(stamps)) and stamps[14] - stamps[4] > 0.7


def test_mjpeg_that_ends_is_lost_and_says_so(tmp_path):
    def some(request):
        request.server.routes["stop"] = 10
        jpegs(request)

    with serving(tmp_path, video_mjpg=some) as url:
        source = open_source(f"{url}/video.mjpg")
        with pytest.raises(SourceLost) as caught:
            list(source.frames())
    assert caught.value.failure in (SourceFailure.ENDED, SourceFailure.BROKEN)


def test_a_live_playlist_is_given_out_as_its_clock_runs(tmp_path, films):
    """A window of segments that moves on; the first pictures are those of segments that are there already."""
    lines = (films / "vod.m3u8").read_text().splitlines()
    segments = [line for line in lines if line.endswith(".ts")]
    assert len(segments) == 2
    began = time.monotonic()

    def playlist(request):
        newest = 3 + int(time.monotonic() - began)
        text = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", f"#EXT-X-MEDIA-SEQUENCE:{newest - 3}"]
        for number in range(newest - 3, newest):
            text += ["#EXT-X-DISCONTINUITY"] * (number % 2 == 0) + ["#EXTINF:1.0,", segments[number % 2]]
        body = "\n".join([*text, ""]).encode()
        request.send_response(200)
        request.send_header("Content-Type", "application/vnd.apple.mpegurl")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    with serving(films, live_m3u8=playlist) as url:
        source = open_source(f"{url}/live.m3u8")
        assert isinstance(source, NetworkSource) and source.info.live
        came = []
        for packet, _ in zip(source.packets(), range(50), strict=False):
            came.append((time.monotonic(), float(packet.pts * source.info.time_base)))
        source.close()
    wall, media = came[-1][0] - came[0][0], came[-1][1] - came[0][1]
    assert wall > 1.0 and wall == pytest.approx(media, abs=0.4)
    assert max(after[0] - before[0] for before, after in pairwise(came)) < 0.8


@pytest.mark.parametrize("scheme", ["https", "rtsps", "rtmps"])
def test_a_certificate_that_nobody_has_signed_is_refused_and_named(films, scheme, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with serving(films, CERTIFICATE) as url, pytest.raises(SourceError) as caught:
        open_source(f"{url.replace('https', scheme)}/fast.mp4")
    assert caught.value.failure is SourceFailure.CERTIFICATE
    assert "TLS" in caught.value.message and "SSL_CERT_FILE" in caught.value.message


def test_a_certificate_that_was_named_is_trusted(films, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with serving(films, CERTIFICATE) as url:
        assert len(list(open_source(f"{url}/fast.mp4").packets())) == 60


def test_a_server_without_tls_is_named_so(films):
    with serving(films) as url, pytest.raises(SourceError) as caught:
        open_source(f"{url.replace('http', 'https')}/fast.mp4")
    assert caught.value.failure is SourceFailure.TLS


@pytest.mark.parametrize(
    ("answer", "kind", "failure"),
    [
        (lambda request: request.send_error(401), SourceError, SourceFailure.AUTH),
        (lambda request: request.send_error(403), SourceError, SourceFailure.AUTH),
        (lambda request: request.send_error(404), SourceUnreachable, SourceFailure.NOT_FOUND),
        (lambda request: request.send_error(429), SourceUnreachable, SourceFailure.SERVER),
        (lambda request: request.send_error(502), SourceUnreachable, SourceFailure.SERVER),
        (lambda request: time.sleep(1.5), SourceUnreachable, SourceFailure.TIMEOUT),
    ],
)
def test_every_refusal_says_which_it_is(tmp_path, answer, kind, failure):
    from courtside_client.sources.http import open_http

    with serving(tmp_path, x=answer) as url, pytest.raises(kind) as caught:
        open_http(url.replace("//", "//op:s3cret@") + "/x", NetworkConfig(open_timeout=0.5, stall_timeout=0.5))
    assert caught.value.failure is failure and failure.advice in caught.value.message
    assert "s3cret" not in caught.value.message


def test_a_page_is_no_film(tmp_path):
    (tmp_path / "index.html").write_text("<html>" + "no film " * 1000)
    with serving(tmp_path) as url, pytest.raises(UndecodableFilm) as caught:
        open_source(f"{url}/index.html")
    assert caught.value.failure is SourceFailure.CODEC


def test_raw_h264_from_a_pipe_has_the_time_at_which_it_comes(tmp_path, plain):
    """As `libcamera-vid -o -` sends it: no container, no time stamps, 10 pictures per second at most."""
    fifo = tmp_path / "raw"
    os.mkfifo(fifo)
    file = io.BytesIO()
    with av.open(str(plain)) as film, av.open(file, "w", format="h264") as out:
        stream = out.add_stream_from_template(film.streams.video[0])
        sizes = []
        for packet in film.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
                sizes.append(file.tell())

    def write():
        with open(fifo, "wb") as pipe, contextlib.suppress(BrokenPipeError):
            for begin, end in pairwise([0, *sizes[:30]]):
                pipe.write(file.getvalue()[begin:end])
                pipe.flush()
                time.sleep(0.1)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    source = open_source(str(fifo))
    stamps = [float(packet.pts * source.info.time_base) for packet in source.packets()]
    writer.join(10)
    assert len(stamps) == 30 and stamps == sorted(set(stamps)) and stamps[29] - stamps[19] > 0.7


def test_an_address_of_a_file_is_that_file(films):
    film = open_source(f"file://{films}/index%20at%20end.mp4")
    assert not film.info.live and len(list(film.packets())) == 60
    assert os.path.samefile(film.info.name, films / "index at end.mp4")
