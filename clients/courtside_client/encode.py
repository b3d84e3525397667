"""Encoders: one picture in, one packet out, immediately and in order."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import av
import cv2
from av.video.frame import PictureType

from courtside.v1 import ingest_pb2
from courtside_client.errors import BadOption

KEYFRAME_EVERY_S = 2.0
"""Seconds between keyframes at most: what a viewer loses who misses one packet."""
MIN_NOMINAL_RATE, MAX_NOMINAL_RATE = 0.1, 240.0
"""Frames per second; a source that says less or more has a wrong label, and x264 would share its bits accordingly."""
_MIN_LABEL = 10.0
"""Frames per second; x264 gets 30 for a slower source. A film that begins with a still shows more pictures later, and
its limit of bits per second would not hold."""
JPEG_QUALITY = 85
"""0 to 100."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One coded picture.

    Attributes:
        keyframe: decoding can start here.
        data: the bytes.
    """

    keyframe: bool
    data: bytes


class Encoder(Protocol):
    """Encodes pictures; used by one thread.

    Attributes:
        codec: value of ``courtside.v1.Codec``.
        intra: every packet can be decoded by itself.
        width: pixels of the coded picture, even.
        height: pixels of the coded picture, even.
    """

    codec: ingest_pb2.Codec
    intra: bool
    width: int
    height: int

    def encode(self, picture: Any, *, keyframe: bool = False) -> Encoded:
        """Encode an ``av.VideoFrame``; ``keyframe`` demands a packet at which decoding can start."""


class H264Encoder:
    """H.264 as Annex B: parameter sets before every keyframe, no delayed pictures.

    libx264 with ``tune=zerolatency`` (no B-frames, no look-ahead, sliced threads).

    Args:
        width: pixels of the source.
        height: pixels of the source.
        frame_rate: nominal frames per second; 0 when unknown.
    """

    codec = ingest_pb2.CODEC_H264
    intra = False

    def __init__(self, width: int, height: int, frame_rate: float) -> None:
        self.width, self.height = _even(width), _even(height)
        rate = round(frame_rate) if _MIN_LABEL <= frame_rate <= MAX_NOMINAL_RATE else 30
        self._interval = max(1, round(rate * KEYFRAME_EVERY_S))
        context: Any = av.CodecContext.create("libx264", "w")
        context.width, context.height, context.pix_fmt = self.width, self.height, "yuv420p"
        # x264 gets a running number as pts: time stamps of cameras repeat and jump.
        context.framerate = rate
        context.time_base = Fraction(1, rate)
        context.gop_size = self._interval
        context.options = {
            "preset": "veryfast",
            "tune": "zerolatency",
            "crf": "23",
            "forced-idr": "1",
            # Without a limit, one busy second at a high resolution would fill an uplink.
            "maxrate": "12M",
            "bufsize": "12M",
        }
        self._context = context
        self._count = 0

    def encode(self, picture: Any, *, keyframe: bool = False) -> Encoded:
        """See :class:`Encoder`."""
        frame = picture.reformat(width=self.width, height=self.height, format="yuv420p")
        frame.pts, frame.time_base = self._count, self._context.time_base
        # A decoded picture carries the type it was coded as; x264 would follow it.
        frame.pict_type = PictureType.I if keyframe or self._count == 0 else PictureType.NONE
        self._count += 1
        packets = self._context.encode(frame)
        return Encoded(any(packet.is_keyframe for packet in packets), b"".join(bytes(packet) for packet in packets))


class JpegEncoder:
    """One JPEG per picture."""

    codec = ingest_pb2.CODEC_JPEG
    intra = True

    def __init__(self, width: int, height: int, quality: int = JPEG_QUALITY) -> None:
        self.width, self.height = _even(width), _even(height)
        self._parameters = [cv2.IMWRITE_JPEG_QUALITY, quality]

    def encode(self, picture: Any, *, keyframe: bool = False) -> Encoded:
        """See :class:`Encoder`."""
        pixels = picture.to_ndarray(width=self.width, height=self.height, format="bgr24")
        _, data = cv2.imencode(".jpg", pixels, self._parameters)
        return Encoded(True, data.tobytes())


class RawEncoder:
    """Packed 8-bit RGB."""

    codec = ingest_pb2.CODEC_RAW_RGB
    intra = True

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = _even(width), _even(height)

    def encode(self, picture: Any, *, keyframe: bool = False) -> Encoded:
        """See :class:`Encoder`."""
        return Encoded(True, picture.to_ndarray(width=self.width, height=self.height, format="rgb24").tobytes())


def make_encoder(codec: str, width: int, height: int, frame_rate: float) -> Encoder:
    """The encoder of ``h264``, ``jpeg`` or ``raw``.

    Raises:
        BadOption: any other codec, or a picture too small to encode.
    """
    if width < 2 or height < 2:
        raise BadOption(f"a picture of {width}x{height} pixels is too small to encode")
    if codec == "h264":
        return H264Encoder(width, height, frame_rate)
    if codec == "jpeg":
        return JpegEncoder(width, height)
    if codec == "raw":
        return RawEncoder(width, height)
    raise BadOption(f"codec {codec!r} is not one of h264, jpeg, raw")


def _even(size: int) -> int:
    return size & ~1
