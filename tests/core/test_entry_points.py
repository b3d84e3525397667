"""Entry points: keyframes, pictures of intra slices, and recovery points, in Annex B and in boxes."""

from __future__ import annotations

import random

import pytest

from courtside.entry_points import recovery_pictures

START = b"\0\0\0\1"
SETS = START + b"\x67\x42\xc0\x1e" + START + b"\x68\xce\x3c\x80"
P_SLICE, I_SLICE, IDR = b"\x41\x9a\x24", b"\x41\x88\x84", b"\x65\x88\x84"
"""Types 5 (all slices of the picture are P), 7 (all are I), and a keyframe."""
LATER_P_SLICE = b"\x41\x0c\x9a"
TEXT = b"\x06\x05\x03abc\x80"
AVCC = b"\x01\x42\xc0\x1e\xff\xe1\x00\x00\x01\x00\x00"


def recovery(count):
    """An SEI unit with a recovery point after some other messages."""
    bits = f"{count + 1:b}"
    bits = "0" * (len(bits) - 1) + bits + "10010"
    bits += "0" * (-len(bits) % 8)
    payload = int(bits, 2).to_bytes(len(bits) // 8)
    return b"\x06\xff\x01\x02xy\x05\x01z\x06" + bytes([len(payload)]) + payload + b"\x80"


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([IDR], 0), ([TEXT, IDR], 0), ([P_SLICE], None), ([I_SLICE], 0), ([TEXT, P_SLICE], None),
        ([recovery(38), P_SLICE], 38), ([recovery(0), I_SLICE], 0), ([recovery(255), P_SLICE], 255),
        ([b"\x41\xb0\x84", LATER_P_SLICE], None), ([b"\x41\xb0\x84"], 0),
        ([b""], None), ([b"\x06"], None), ([b"\x41"], None), ([], None),
    ],
)
def test_where_h264_can_be_joined(units, expected):
    assert recovery_pictures("h264", b"", SETS + b"".join(START + unit for unit in units)) == expected
    boxed = b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)
    assert recovery_pictures("h264", AVCC, boxed) == expected


@pytest.mark.parametrize(("kind", "expected"), [(1, None), (16, 0), (19, 0), (20, 0), (21, 0), (0, None), (9, None)])
def test_where_hevc_can_be_joined(kind, expected):
    units = [b"\x40\x01\x0c", b"\x4e\x01\x05", bytes([kind << 1, 1, 0x80])]
    assert recovery_pictures("hevc", b"", b"".join(b"\0\0\1" + unit for unit in units)) == expected


def test_other_codecs_say_it_in_their_container():
    assert recovery_pictures("mpeg2video", b"", b"\0\0\1\x65") is None


def test_any_bytes_are_read_to_their_end():
    source = random.Random(1)
    for _ in range(2000):
        data = source.randbytes(source.randrange(60)) + START + source.choice([b"\x06", b"\x41"]) + source.randbytes(9)
        for config in (b"", AVCC):
            found = recovery_pictures("h264", config, data)
            assert found is None or 0 <= found <= 4096
    assert recovery_pictures("h264", b"", START + b"\x06" + b"\xff" * 1_000_000) is None


def test_a_unit_of_zeros_or_of_countless_messages_is_given_up_soon():
    many = b"\0\0\1\x06" + b"\x05\x00" * 100_000 + b"\x06\x01\x80"
    assert recovery_pictures("h264", b"", many) is None  # the recovery point behind them is not read any more
    assert recovery_pictures("h264", b"", b"\0\0\1\x06\x06\x10" + b"\x00" * 16) is None
