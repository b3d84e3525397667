"""An RTSP camera on loopback that misbehaves by script: the tests of network sources talk to it."""

from __future__ import annotations

import base64
import re
import socket
import struct
import threading
import time

import av
import numpy as np


def coded_pictures(count=30, size=(160, 90), gop=1000, slices=1, intra_refresh=False):
    """H.264 access units: lists of NAL units, the first one a keyframe with its parameter sets.

    With several slices, each slice of a keyframe has its own parameter sets before it. With intra refresh, pictures are
    renewed in strips and only the first one is a keyframe.
    """
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt, context.framerate = *size, "yuv420p", 30
    context.gop_size = gop
    x264 = f"scenecut=0:slices={slices}:threads=1:intra-refresh={int(intra_refresh)}"
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": x264}
    units = []
    for index in range(count):
        picture = np.full((size[1], size[0], 3), 40, np.uint8)
        picture[:, index % size[0]] = 200
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = index
        for packet in context.encode(frame):
            nals = [nal for nal in re.split(b"\0\0\0?\1", bytes(packet)) if nal]
            sets = [nal for nal in nals if nal[0] & 31 in (7, 8) or (intra_refresh and nal[0] & 31 == 6)]
            pictures = [nal for nal in nals if nal[0] & 31 in (1, 5)]
            units.append([nal for slice_ in pictures for nal in (*sets, slice_)])
    return units


class RtspCamera:
    """Serves one connection after another; each plays the next of ``acts``, the last one for ever.

    An act is a dict: ``send`` (pictures; then it closes), ``mute`` (then it sends sound only), ``status`` (the answer
    to DESCRIBE), ``silent`` (never answers), ``units`` (other pictures), ``begin`` (the first one's index),
    ``udp`` (refuses TCP), ``lose`` (every so many RTP packets never arrive).

    Args:
        acts: one dict for each connection.
        port: where to listen; 0 for any.
        fps: pictures per second.
        units: what it sends; ``coded_pictures()`` by default.
        sent: counts pictures that were sent in its ``value``.
    """

    def __init__(self, acts, port=0, fps=30, units=None, sent=None):
        self._fps, self._sent = fps, sent
        self.acts, self.connections, self.units = acts, 0, units or coded_pictures()
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]
        self.url = f"rtsp://127.0.0.1:{self.port}/cam"
        self._open, self._closed = [], threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self._closed.set()
        for connection in (self._listener, *self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()

    def _accept(self):
        while not self._closed.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection, act), daemon=True).start()

    def _serve(self, connection, act):
        try:
            self._talk(connection, act)
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    def _talk(self, connection, act):
        stream, target = connection.makefile("rb"), None
        while line := stream.readline():
            if line[:1] == b"$":  # what the client reports about its reception, binary
                return self._closed.wait()
            if not line.strip():
                continue
            method, url = line.decode().split()[:2]
            heads = {}
            while head := stream.readline().decode().strip():
                name, _, value = head.partition(":")
                heads[name.lower()] = value.strip()
            if act.get("silent"):
                return self._closed.wait()

            def answer(status, extra="", body="", number=heads["cseq"]):
                length = f"Content-Length: {len(body)}\r\n" if body else ""
                connection.sendall(f"RTSP/1.0 {status}\r\nCSeq: {number}\r\n{extra}{length}\r\n{body}".encode())

            if method == "DESCRIBE" and "status" in act:
                answer(act["status"])
            elif method == "DESCRIBE":
                answer("200 OK", f"Content-Type: application/sdp\r\nContent-Base: {url}/\r\n", self._sdp(act))
            elif method == "SETUP" and act.get("udp") and "TCP" in heads["transport"]:
                answer("461 Unsupported Transport")
            elif method == "SETUP" and act.get("udp"):
                target = int(re.search(r"client_port=(\d+)", heads["transport"])[1])
                answer("200 OK", f"Transport: {heads['transport']};server_port=9000-9001\r\nSession: 1\r\n")
            elif method == "SETUP":
                channels = "2-3" if "sound" in url else "0-1"
                answer("200 OK", f"Transport: RTP/AVP/TCP;unicast;interleaved={channels}\r\nSession: 1\r\n")
            elif method == "PLAY":
                answer("200 OK", "Session: 1\r\n")
                threading.Thread(target=self._play, args=(connection, act, target), daemon=True).start()
            else:
                answer("200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n")

    def _sdp(self, act):
        units = act.get("units", self.units)
        sets = ",".join(base64.b64encode(nal).decode() for nal in units[0] if nal[0] & 31 in (7, 8))
        sound = "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:sound\r\n" if "mute" in act else ""
        return (
            "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=cam\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\nc=IN IP4 0.0.0.0\r\n"
            f"a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1; sprop-parameter-sets={sets}\r\n"
            f"a=control:picture\r\n{sound}"
        )

    def _play(self, connection, act, target):
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

        def send(channel, packet):
            if target is not None:
                datagrams.sendto(packet, ("127.0.0.1", target))
            else:
                connection.sendall(b"$" + bytes([channel]) + struct.pack(">H", len(packet)) + packet)

        units, number, began = act.get("units", self.units), 0, time.monotonic()
        try:
            for index in range(10**9):
                if index == act.get("send"):
                    connection.shutdown(socket.SHUT_RDWR)
                    return
                if index < act.get("mute", 10**9):
                    nals = units[(index + act.get("begin", 0)) % len(units)]
                    for at, nal in enumerate(nals):
                        last, stamp = 0x80 if at == len(nals) - 1 else 0, round(index * 90_000 / self._fps)
                        if (number + 1) % act.get("lose", 10**9):
                            head = struct.pack(">BBHII", 0x80, 96 | last, number & 0xFFFF, stamp & 0xFFFFFFFF, 1)
                            send(0, head + nal)
                        number += 1
                    if self._sent is not None:
                        self._sent.value += 1
                if "mute" in act:
                    send(2, struct.pack(">BBHII", 0x80, 8, index & 0xFFFF, index * 267, 2) + b"\xd5" * 267)
                if self._closed.wait(max(0.0, began + index / self._fps - time.monotonic())):
                    return
        except OSError:
            pass
        finally:
            datagrams.close()
