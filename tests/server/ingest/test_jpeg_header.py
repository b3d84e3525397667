"""JPEG headers from strangers: whatever the bytes are, reading them takes time in proportion to their number."""

from __future__ import annotations

import sys

import pytest

from courtside_server.errors import CorruptPacket
from courtside_server.ingest.jpeg import jpeg_size

START = b"\xff\xd8"
FRAME = b"\xff\xc0\x00\x0b\x08\x00\x40\x00\x60\x01\x01\x11\x00"
SCAN = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
END = b"\xff\xd9"


def steps(data: bytes) -> int:
    """Lines of Python that reading the header runs; the searches themselves are bounded by construction."""
    count = 0

    def trace(frame, event, _):
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        with pytest.raises(CorruptPacket):
            jpeg_size(data)
    finally:
        sys.settrace(None)
    return count


@pytest.mark.timeout(10)
@pytest.mark.parametrize("filler", [b"\xff", b"\xff\x00", b"\xff\xd0", b"\x00\xff\xff"])
def test_megabytes_of_filler_are_read_once(filler):
    """60 KB of FF bytes took a minute when the pattern of a marker could begin at each of them."""
    with pytest.raises(CorruptPacket):
        jpeg_size(START + filler * (4_000_000 // len(filler)))
    with pytest.raises(CorruptPacket):
        jpeg_size(START + FRAME + filler * (4_000_000 // len(filler)))


@pytest.mark.parametrize("segment", [b"\xff\x01", b"\xff\xe0\x00\x02", SCAN])
def test_the_number_of_segments_is_bounded(segment):
    short, long = (steps(START + FRAME + segment * count) for count in (10_000, 100_000))
    assert long == short


def test_filler_before_a_marker_and_stuffed_bytes_are_allowed():
    stuffed = b"\x12\xff\x00\x34\xff\xd0\x56" * 30_000
    data = START + b"\xff\xff\xff" + FRAME + SCAN + stuffed + b"\xff\xff" + SCAN + stuffed + END
    assert jpeg_size(data) == (0x60, 0x40)


def test_bytes_between_two_header_segments_are_damage():
    with pytest.raises(CorruptPacket, match="between two"):
        jpeg_size(START + b"\x00" + FRAME + SCAN + END)
