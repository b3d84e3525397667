"""JPEG headers: read before decoding, so that a false size in a header never makes the decoder allocate memory.

The markers are those of ITU-T T.81, annex B.
"""

from __future__ import annotations

import re

from courtside_server.errors import CorruptPacket

_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers."""
_DECODABLE = frozenset({0xC0, 0xC1, 0xC2})
"""Start-of-frame markers of the Huffman-coded modes: baseline, extended and progressive."""
_STAND_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a length field."""
_SCAN, _END = 0xDA, 0xD9
"""Start of scan, end of image."""
_NEXT_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
"""A marker, skipping stuffed bytes and restart markers inside a scan. Every byte is read once."""
_SEARCH = 64 * 2**10
"""Bytes searched at a time; other threads run in between."""
_MAX_SEGMENTS = 4096
"""Marker segments in one picture. Large colour profiles and camera notes need a few hundred."""
_MAX_SCANS = 64
"""Scans in one picture. Each decodes the whole picture again; encoders of progressive pictures write about ten."""


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Return the width and height in pixels of the one picture in ``data``.

    Walks through all marker segments to the end of the picture, so that a second frame header behind the first is
    found too. Takes time in proportion to the number of bytes.

    Raises:
        CorruptPacket: not a JPEG, truncated before its pixels, not Huffman-coded, more than one frame header, or more
            segments or scans than any camera writes.
    """
    if data[:2] != b"\xff\xd8":
        raise CorruptPacket("the packet is not a JPEG: it does not begin with FF D8")
    size: tuple[int, int] | None = None
    segments = scans = 0
    at = 2
    while True:
        match = _next_marker(data, at)
        if match is None or match[1][0] == _END:
            break
        if not scans and data.count(b"\xff", at, match.start()) != match.start() - at:  # FF before a marker is filler
            raise CorruptPacket("the JPEG is damaged: bytes between two of its header segments")
        segments += 1
        if segments > _MAX_SEGMENTS:
            raise CorruptPacket(f"the JPEG has more than {_MAX_SEGMENTS} segments")
        marker, at = match[1][0], match.end()
        if marker in _STAND_ALONE:
            continue
        length = int.from_bytes(data[at : at + 2])
        if length < 2 or at + length > len(data):
            raise CorruptPacket("the JPEG is truncated within a header segment")
        if marker in _FRAME_HEADERS:
            if marker not in _DECODABLE:
                raise CorruptPacket("the JPEG is lossless, arithmetic or hierarchical; send baseline or progressive")
            if size is not None:
                raise CorruptPacket("the JPEG has more than one frame header")
            if length < 8:
                raise CorruptPacket("the JPEG is truncated within its frame header")
            size = int.from_bytes(data[at + 5 : at + 7]), int.from_bytes(data[at + 3 : at + 5])
        if marker == _SCAN:
            scans += 1
            if scans > _MAX_SCANS:
                raise CorruptPacket(f"the JPEG has more than {_MAX_SCANS} scans; send baseline or plain progressive")
        at += length
    if size is None or not scans:
        raise CorruptPacket("the JPEG has no picture in it")
    return size


def _next_marker(data: bytes, at: int) -> re.Match[bytes] | None:
    """The first marker from ``at`` on."""
    for begin in range(at, len(data), _SEARCH):
        match = _NEXT_MARKER.search(data, begin, begin + _SEARCH + 1)
        if match is not None:
            return match
    return None
