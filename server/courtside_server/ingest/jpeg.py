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
_NEXT_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
"""A marker, skipping stuffed bytes and restart markers inside a scan."""


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Return the width and height in pixels of the one picture in ``data``.

    Walks through all marker segments to the end of the picture, so that a second frame header behind the first is
    found too.

    Raises:
        CorruptPacket: not a JPEG, truncated before its pixels, not Huffman-coded, or more than one frame header.
    """
    if data[:2] != b"\xff\xd8":
        raise CorruptPacket("the packet is not a JPEG: it does not begin with FF D8")
    size: tuple[int, int] | None = None
    scanned = False
    at = 2
    while True:
        match = _NEXT_MARKER.search(data, at)
        if match is None or match[1][0] == _END:
            break
        if match.start() != at and not scanned:
            raise CorruptPacket("the JPEG is damaged: bytes between two of its header segments")
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
        scanned = scanned or marker == _SCAN
        at += length
    if size is None or not scanned:
        raise CorruptPacket("the JPEG has no picture in it")
    return size
