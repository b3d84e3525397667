"""Decoders: take the packets of one stream, return pictures in presentation order, each with its packet."""

from __future__ import annotations

from typing import Protocol

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from courtside_server.errors import BadDescriptor, CorruptPacket
from courtside_server.ingest.decoded import DecodedPicture, RgbSource, YuvSource
from courtside_server.ingest.jpeg import jpeg_size
from courtside_server.types import Codec, EncodedPacket, StreamInfo

# On a bad network FFmpeg would otherwise write one line per damaged block to stderr.
av.logging.set_level(av.logging.PANIC)

_NAMES = {Codec.H264: "h264", Codec.HEVC: "hevc", Codec.JPEG: "mjpeg"}
"""FFmpeg's decoder names."""
_START_CODES = (b"\x00\x00\x01", b"\x00\x00\x00\x01")
"""Start codes of Annex B byte streams."""
_MIN_RECORD = {Codec.H264: 7, Codec.HEVC: 23}
"""Bytes of the shortest avcC and hvcC record."""
_MAX_REORDER = 32
"""Packets that may be in the decoder at once: twice the deepest reordering that H.264 and HEVC allow."""
_MAX_HELD = 4
"""Pictures that are kept back while an earlier one is still in the decoder: after a lost keyframe it may give a picture
of the next group before the last ones of the group before. B-frames are seldom more than four in a row."""
_ALIGN = 64
"""Coded sizes are rounded up to blocks of this many pixels before they are cropped."""


class Decoder(Protocol):
    """One stream's decoder; used by one thread."""

    intra: bool
    """Every packet decodes by itself."""
    keep_order: bool
    """Set while the stream is damaged: pictures are kept back until earlier ones have come out."""

    @property
    def reorders(self) -> bool:
        """Frames are coded in another order than that in which they are shown (B-frames)."""

    def decode(self, packet: EncodedPacket) -> list[DecodedPicture]:
        """Decode the next packet.

        Returns:
            The pictures that are complete now, in presentation order, including those of ``decode_only`` packets.

        Raises:
            CorruptPacket: the packet is unusable. Pictures of other packets may still be inside: see :meth:`drain`.
        """

    def drain(self) -> list[DecodedPicture]:
        """Return the pictures that are still inside and reset the decoder. The next packet must be a keyframe."""

    def pending(self) -> EncodedPacket | None:
        """The oldest packet whose picture has not come out yet."""

    def take_lost(self) -> list[EncodedPacket]:
        """Packets, since the last call, whose picture will never come out."""


def open_decoder(info: StreamInfo, max_pixels: int) -> Decoder:
    """Open the decoder of a stream.

    Args:
        info: the stream.
        max_pixels: a larger picture is refused before memory is allocated, whatever the descriptor says.

    Raises:
        BadDescriptor: ``codec_config`` is not what the codec needs.
    """
    if info.codec is Codec.RAW_RGB:
        return RawDecoder(info)
    if info.codec is Codec.JPEG:
        return JpegDecoder(info)
    return VideoDecoder(info, max_pixels)


class _AvDecoder:
    """The shared part of the FFmpeg decoders: the codec context, and matching pictures to packets."""

    def __init__(self, info: StreamInfo, max_pixels: int, options: dict[str, str] | None = None) -> None:
        self._rotation, self._mirrored = info.rotation, info.mirrored
        self._context = _context(info, {"max_pixels": str(max_pixels), **(options or {})})
        self._reformatter = VideoReformatter()
        self._inside: dict[int, EncodedPacket] = {}
        self.keep_order = False
        self._held: list[DecodedPicture] = []
        self._count = 0
        self._lost: list[EncodedPacket] = []

    @property
    def reorders(self) -> bool:
        """See :class:`Decoder`."""
        return bool(self._context.has_b_frames)

    def decode(self, packet: EncodedPacket) -> list[DecodedPicture]:
        """See :class:`Decoder`."""
        # A running number replaces the pts. The decoder returns it with the picture, and it is unique even where
        # the camera's own pts repeat.
        token = self._count
        self._count += 1
        coded = av.Packet(packet.data)
        coded.pts = token
        self._inside[token] = packet
        try:
            frames = self._context.decode(coded)
        except (av.FFmpegError, ValueError) as error:
            self._inside.pop(token, None)
            raise CorruptPacket(
                f"packet {packet.sequence} cannot be decoded: {getattr(error, 'strerror', None) or error}",
                sequence=packet.sequence,
            ) from None
        pictures = self._in_order(self._pictures(frames))
        while (oldest := next(iter(self._inside), token)) < token - _MAX_REORDER:
            self._lost.append(self._inside.pop(oldest))
        return pictures

    def drain(self) -> list[DecodedPicture]:
        """See :class:`Decoder`."""
        try:
            pictures = self._pictures(self._context.decode(None))
        except (av.FFmpegError, ValueError):
            pictures = []
        self._context.flush_buffers()
        self._lost.extend(self._inside.values())
        self._inside.clear()
        pictures = sorted([*self._held, *pictures], key=lambda picture: picture.packet.pts)
        self._held = []
        return pictures

    def pending(self) -> EncodedPacket | None:
        """See :class:`Decoder`."""
        waiting = [*self._inside.values(), *(picture.packet for picture in self._held)]
        return min(waiting, key=lambda packet: packet.sequence, default=None)

    def take_lost(self) -> list[EncodedPacket]:
        """See :class:`Decoder`."""
        lost, self._lost = self._lost, []
        return lost

    def _in_order(self, pictures: list[DecodedPicture]) -> list[DecodedPicture]:
        if not (self.keep_order and self.reorders) and not self._held:
            return pictures
        self._held += pictures
        ready: list[DecodedPicture] = []
        while self._held:
            first = min(self._held, key=lambda picture: picture.packet.pts)
            sequence, pts = first.packet.sequence, first.packet.pts
            earlier = [n for n, other in self._inside.items() if other.sequence < sequence and other.pts < pts]
            if earlier and self.keep_order:
                if len(self._held) <= _MAX_HELD:
                    break
                self._lost += [self._inside.pop(number) for number in earlier]
            self._held.remove(first)
            ready.append(first)
        return ready

    def _pictures(self, frames: list[av.VideoFrame]) -> list[DecodedPicture]:
        pictures = []
        for frame in frames:
            packet = self._inside.pop(frame.pts, None)
            # A second picture of one packet has no time stamp, nor has a picture whose packet was given up.
            if packet is not None and frame.width >= 2 and frame.height >= 2:
                source = YuvSource(frame, self._reformatter)
                pictures.append(
                    DecodedPicture(packet, source, frame.is_corrupt, self._rotation, self._mirrored)
                )
        return pictures


class VideoDecoder(_AvDecoder):
    """H.264 and HEVC, Annex B or length-prefixed. Frames may change size in mid-stream.

    Uses slice threading with one thread: frame threading would delay pictures by several packets, and the cameras
    share the cores anyway.
    """

    intra = False

    def __init__(self, info: StreamInfo, max_pixels: int) -> None:
        _check_config(info)
        blocks = -(-info.width // _ALIGN) * -(-info.height // _ALIGN)
        # FFmpeg marks concealed H.264 pictures as corrupt. For HEVC it does not, unless errors are fatal.
        options = {"err_detect": "crccheck+explode"} if info.codec is Codec.HEVC else {}
        super().__init__(info, max(max_pixels, blocks * _ALIGN**2), options)


class JpegDecoder(_AvDecoder):
    """One JPEG per packet, of exactly the size in the descriptor."""

    intra = True

    def __init__(self, info: StreamInfo) -> None:
        super().__init__(info, (info.width + _ALIGN) * (info.height + _ALIGN))
        self._size = (info.width, info.height)

    def decode(self, packet: EncodedPacket) -> list[DecodedPicture]:
        """See :class:`Decoder`. The header is checked before the decoder gets the packet."""
        size = jpeg_size(packet.data)
        if size != self._size:
            raise CorruptPacket(
                f"packet {packet.sequence} is a JPEG of {size[0]}x{size[1]}, the descriptor says "
                f"{self._size[0]}x{self._size[1]}",
                sequence=packet.sequence,
            )
        return super().decode(packet)


class RawDecoder:
    """Packed 8-bit RGB, ``height * width * 3`` bytes per packet."""

    intra = True
    reorders = keep_order = False

    def __init__(self, info: StreamInfo) -> None:
        self._shape = (info.height, info.width, 3)
        self._rotation, self._mirrored = info.rotation, info.mirrored

    def decode(self, packet: EncodedPacket) -> list[DecodedPicture]:
        """See :class:`Decoder`."""
        height, width, _ = self._shape
        if len(packet.data) != height * width * 3:
            raise CorruptPacket(
                f"packet {packet.sequence} has {len(packet.data)} bytes, {width}x{height} RGB needs "
                f"{height * width * 3}",
                sequence=packet.sequence,
            )
        pixels = np.frombuffer(packet.data, np.uint8).reshape(self._shape)
        return [DecodedPicture(packet, RgbSource(pixels), False, self._rotation, self._mirrored)]

    def drain(self) -> list[DecodedPicture]:
        """See :class:`Decoder`."""
        return []

    def pending(self) -> EncodedPacket | None:
        """See :class:`Decoder`."""
        return None

    def take_lost(self) -> list[EncodedPacket]:
        """See :class:`Decoder`."""
        return []


def _context(info: StreamInfo, options: dict[str, str]) -> av.VideoCodecContext:
    context = av.VideoCodecContext.create(_NAMES[info.codec], "r")
    context.thread_type = "SLICE"
    context.thread_count = 1
    context.options = options
    if info.codec_config and info.codec is not Codec.JPEG:
        context.extradata = info.codec_config
    return context


def _check_config(info: StreamInfo) -> None:
    """Refuse a ``codec_config`` that a strict decoder refuses, while the client can still get the error."""
    config, codec = info.codec_config, info.codec
    if not config:
        return
    min_bytes = 4 if config.startswith(_START_CODES) else _MIN_RECORD[codec]
    is_record = config.startswith(_START_CODES) or config[0] == 1 or (codec is Codec.HEVC and config[0] == 0)
    if len(config) >= min_bytes and is_record:
        try:
            _context(info, {"err_detect": "explode"}).open()
        except (av.FFmpegError, ValueError):
            pass
        else:
            return
    raise BadDescriptor(
        f"codec_config is neither Annex B parameter sets nor an {'avcC' if codec is Codec.H264 else 'hvcC'} record; "
        "send the container's decoder configuration as it is, or leave it empty for Annex B",
        field="codec_config",
    )
