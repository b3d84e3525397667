"""A file of one camera's coded packets: a header, then records with checksums; a torn end is read as far as it goes."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from courtside_server.types import StreamInfo

SUFFIX = ".packets"
_MAGIC = b"COURTSIDE PACKETS 1\n"
_LENGTH = struct.Struct("<II")
"""CRC-32 and size in bytes of what follows."""
_FIELDS = struct.Struct("<qqhBdqId")
_MAX_HEADER = 256 * 2**10
"""Bytes of a header: a decoder configuration of 64 KiB in hexadecimal, and room."""
_MAX_RECORD = 2**28
"""Bytes of a record; more is no record. Twice what `listen.max_message_bytes` allows would not reach it."""
_DECODE_ONLY = 1
CODECS = ("h264", "hevc", "mjpeg")
"""FFmpeg's names of the codecs that are recorded."""


@dataclass(frozen=True, slots=True)
class PacketFileHeader:
    """What all packets of a file share.

    Attributes:
        camera: ``games/{game}/cameras/{camera}``.
        session: in which the camera's client began.
        codec: FFmpeg's name.
        config: decoder configuration, hexadecimal.
        time_base: seconds per unit of time stamps.
        rotation: clockwise degrees by which pictures are turned.
        mirrored: they are mirrored left to right before that.
    """

    camera: str
    session: str
    codec: str
    config: str
    time_base: float
    rotation: int
    mirrored: bool

    @classmethod
    def of(cls, info: StreamInfo, codec: str) -> PacketFileHeader:
        """The header of a stream."""
        return cls(
            info.camera.name, info.origin, codec, info.codec_config.hex(), info.time_base, info.rotation, info.mirrored
        )


@dataclass(frozen=True, slots=True)
class RecordedPacket:
    """One packet.

    A camera's media time is known when a picture comes out of the decoder, after its packet. So a packet carries what
    is known of media time by then: it holds from the packet ``known_from`` on.

    Attributes:
        sequence: the packet's number in its stream.
        pts: its time stamp.
        recovery: pictures until a decoder that begins here shows whole ones; -1 where none can begin.
        decode_only: its picture is not shown.
        server_time: when it was taken, Unix seconds by the server's clock.
        known_from: the packet from which on the next two hold; -1 while no picture has come.
        media_segment: number of the media segment.
        shift: seconds from ``pts`` times the time base to media time.
        data: its bytes.
    """

    sequence: int
    pts: int
    recovery: int
    decode_only: bool
    server_time: float
    known_from: int
    media_segment: int
    shift: float
    data: bytes


class PacketFileWriter:
    """Writes a file of packets.

    Args:
        path: the file; it must not exist.
        header: what all packets share.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, path: Path, header: PacketFileHeader) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = path.open("xb")
        head = _MAGIC + _framed(json.dumps(asdict(header)).encode())
        self._file.write(head)
        self.nbytes = len(head)
        """Bytes written."""

    def write(self, packet: RecordedPacket) -> None:
        """Add a packet.

        Raises:
            OSError: the disk is full or gone.
        """
        fields = _FIELDS.pack(
            packet.sequence, packet.pts, packet.recovery, _DECODE_ONLY * packet.decode_only, packet.server_time,
            packet.known_from, packet.media_segment, packet.shift,
        )  # fmt: skip
        record = _framed(fields + packet.data)
        self._file.write(record)
        self.nbytes += len(record)

    def flush(self) -> None:
        """Let readers see what was written.

        Raises:
            OSError: the disk is full or gone.
        """
        self._file.flush()

    def close(self) -> None:
        """Close the file.

        Raises:
            OSError: the disk is full or gone; the file is closed all the same.
        """
        self._file.close()


def read_header(path: Path) -> PacketFileHeader:
    """The header of a file of packets.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no file of packets, or its header is damaged.
    """
    with path.open("rb") as file:
        return _header(file)


def read_packets(path: Path) -> Iterator[RecordedPacket]:
    """The packets of a file in coding order, up to its end or to the first record that is not whole.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no file of packets, or its header is damaged.
    """
    with path.open("rb") as file:
        _header(file)
        while (record := _record(file, _MAX_RECORD)) is not None and len(record) >= _FIELDS.size:
            sequence, pts, recovery, flags, server_time, known_from, segment, shift = _FIELDS.unpack_from(record)
            yield RecordedPacket(
                sequence, pts, recovery, bool(flags & _DECODE_ONLY), server_time, known_from, segment, shift,
                record[_FIELDS.size :],
            )  # fmt: skip


def _framed(body: bytes) -> bytes:
    return _LENGTH.pack(zlib.crc32(body), len(body)) + body


def _header(file: BinaryIO) -> PacketFileHeader:
    body = _record(file, _MAX_HEADER) if file.read(len(_MAGIC)) == _MAGIC else None
    if body is None:
        raise ValueError("no file of packets, or its header is damaged")
    try:
        return PacketFileHeader(**json.loads(body))
    except TypeError as error:
        raise ValueError(str(error)) from None


def _record(file: BinaryIO, most: int) -> bytes | None:
    """The next record; None at the end of the file and where a record is not whole."""
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    checksum, size = _LENGTH.unpack(head)
    body = file.read(size) if size <= most else b""
    return body if len(body) == size and zlib.crc32(body) == checksum else None
