"""Whole pictures: puts together what a parser cut apart at parameter sets between the slices of one picture.

Some cameras and encoders (GStreamer's ``rtph264pay config-interval=-1``) send parameter sets before every slice of a
keyframe. FFmpeg begins a packet at each of them, so that one picture comes in several packets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import av

_NAL = re.compile(rb"\x00\x00\x01(?=..)", re.DOTALL)


def continues_picture(codec: str, data: bytes) -> bool:
    r"""Whether the first slice of a packet (Annex B) is not the first slice of its picture.

    Example:
        >>> continues_picture("h264", b"\0\0\1\x65\x88"), continues_picture("h264", b"\0\0\1\x65\x48")
        (False, True)
    """
    for found in _NAL.finditer(data):
        at = found.end()
        if codec == "h264" and data[at] & 31 in (1, 5):  # first_mb_in_slice: 0 is a single bit
            return not data[at + 1] & 0x80
        if codec == "hevc" and (data[at] >> 1) & 63 < 32:  # first_slice_segment_in_pic_flag
            return at + 2 < len(data) and not data[at + 2] & 0x80
    return False


def whole_pictures(packets: Iterator[Any], stream: Any, begin: list[Any]) -> Iterator[Any]:
    """One packet per picture.

    A stream that cuts no picture apart passes at once. Once one was cut, each packet waits for the next one.

    Args:
        packets: in coding order.
        stream: theirs.
        begin: the first of them, from which it is seen whether pictures are cut apart.
    """
    codec, config = stream.codec_context.name, bytes(stream.codec_context.extradata or b"")
    if codec not in ("h264", "hevc") or (config and not config.startswith((b"\0\0\1", b"\0\0\0\1"))):
        yield from packets  # not Annex B: a container that knows its pictures
        return
    cut = any(continues_picture(codec, bytes(packet)) for packet in begin)
    held: Any = None
    for packet in packets:
        continues = continues_picture(codec, bytes(packet))
        cut = cut or continues
        if continues and held is not None:
            held = _joined(held, packet, stream)
            continue
        if held is not None:
            yield held
        held = packet if cut else None
        if not cut:
            yield packet
    if held is not None:
        yield held


def _joined(first: Any, second: Any, stream: Any) -> Any:
    packet = av.Packet(bytes(first) + bytes(second))
    packet.stream = stream
    packet.pts, packet.dts, packet.time_base = first.pts, first.dts, first.time_base
    packet.is_keyframe = first.is_keyframe
    return packet
