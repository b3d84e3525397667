"""Where the decoding of H.264 and HEVC can begin: keyframes, pictures of intra slices only, and recovery points.

An encoder with intra refresh sends one keyframe at most. It renews the picture in strips, and says in a recovery point
(an SEI message) after how many pictures all of it is renewed.

Source: ITU-T H.264, 7.3 (NAL units, slice headers), D.1.8 (recovery point); ITU-T H.265, 7.4.2.2 (NAL unit types).
"""

from __future__ import annotations

from collections.abc import Iterator

_START_CODE = b"\x00\x00\x01"
_AVC_SLICE, _AVC_KEY_SLICE, _AVC_SEI = 1, 5, 6
_AVC_I_SLICES = (2, 7)
"""Slice types of slices that depend on no other picture; 7 says it of every slice of the picture."""
_HEVC_KEYFRAMES = range(16, 24)
_HEVC_SLICES = range(32)
_RECOVERY_POINT = 6
"""Type of the SEI message."""
_MAX_RECOVERY = 4096
"""Pictures after which a picture is renewed at most; more is no number that an encoder sends."""
_MAX_BITS = 32
"""Bits of the longest number."""
_MAX_MESSAGES = 64
"""SEI messages of one unit that are read; encoders send a few. A unit made of nothing else must not take seconds."""
_HEADER = 32
"""Bytes of a slice that are read: its header begins with two short numbers."""


def recovery_pictures(codec: str, config: bytes, data: bytes) -> int | None:
    r"""After how many pictures a decoder that begins with this packet shows whole pictures.

    Args:
        codec: FFmpeg's name of the codec.
        config: decoder configuration; empty for Annex B.
        data: one packet.

    Returns:
        0 for a keyframe or a picture of intra slices only; more for a recovery point; ``None`` where decoding cannot
        begin, or for another codec.

    Example:
        >>> recovery_pictures("h264", b"", b"\0\0\1\x65\x88\x84"), recovery_pictures("h264", b"", b"\0\0\1\x41\x9a\x24")
        (0, None)
    """
    if codec == "hevc":
        return _hevc(nal_units(data, length_size(config, 21)))
    return _avc(nal_units(data, length_size(config, 4))) if codec == "h264" else None


def _hevc(units: Iterator[memoryview]) -> int | None:
    for unit in units:
        kind = unit[0] >> 1 & 63
        if kind in _HEVC_SLICES:
            return 0 if kind in _HEVC_KEYFRAMES else None
    return None


def _avc(units: Iterator[memoryview]) -> int | None:
    recovery: int | None = None
    intra = False
    for unit in units:
        kind = unit[0] & 31
        if kind == _AVC_KEY_SLICE:
            return 0
        if kind == _AVC_SEI:
            found = _recovery_point(bytes(unit[1:]))
            recovery = found if recovery is None else recovery
        elif kind == _AVC_SLICE:
            if recovery is not None:
                return recovery
            slice_type = _slice_type(unit)
            if slice_type not in _AVC_I_SLICES:
                return None
            if slice_type == _AVC_I_SLICES[1]:
                return 0
            intra = True  # this slice; the others of the picture are read too
    return 0 if intra else recovery


def nal_units(data: bytes, length_size: int) -> Iterator[memoryview]:
    """NAL units that are not empty, without start codes or lengths.

    Args:
        data: one packet.
        length_size: bytes of the lengths before units; 0 for Annex B.
    """
    view = memoryview(data)
    at = 0
    if length_size:
        while at + length_size < len(data):
            begin = at + length_size
            at = begin + int.from_bytes(data[at:begin], "big")
            if at > begin:
                yield view[begin:at]
        return
    at = data.find(_START_CODE)
    while at >= 0:
        begin = at + len(_START_CODE)
        at = data.find(_START_CODE, begin)
        unit = view[begin : at if at >= 0 else len(data)]
        if len(unit):
            yield unit


def length_size(config: bytes, offset: int) -> int:
    """Bytes of the lengths before NAL units; 0 for Annex B.

    Args:
        config: decoder configuration.
        offset: of the byte that says it: 4 in an avcC record, 21 in an hvcC record.
    """
    if len(config) <= offset or config.startswith((_START_CODE, b"\x00" + _START_CODE)):
        return 0
    return (config[offset] & 3) + 1


def _slice_type(unit: memoryview) -> int | None:
    bits = _Bits(_unescaped(bytes(unit[1:_HEADER])))
    first = bits.number()  # first_mb_in_slice
    return None if first is None else bits.number()


def _recovery_point(message: bytes) -> int | None:
    """``recovery_frame_cnt`` of the recovery point in an SEI unit."""
    data, at = _unescaped(message), 0
    for _message in range(_MAX_MESSAGES):
        if at + 1 >= len(data):
            break
        values = []
        for _ in range(2):  # type and size, each a run of 255 and a last byte
            value = 0
            while at < len(data) and data[at] == 255:
                value, at = value + 255, at + 1
            if at >= len(data):
                return None
            values.append(value + data[at])
            at += 1
        kind, size = values
        if kind == _RECOVERY_POINT:
            count = _Bits(data[at : at + size]).number()
            return count if count is not None and count <= _MAX_RECOVERY else None
        at += size
    return None


def _unescaped(data: bytes) -> bytes:
    """Without the bytes that keep start codes out of a unit."""
    return data.replace(b"\x00\x00\x03", b"\x00\x00")


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self) -> int | None:
        """The next unsigned exponential Golomb number; ``None`` at the end or where it has more than 32 bits."""
        zeros = 0
        while (bit := self._bit()) == 0 and zeros < _MAX_BITS:
            zeros += 1
        if not bit:
            return None
        value = 1
        for _ in range(zeros):
            bit = self._bit()
            if bit is None:
                return None
            value = value << 1 | bit
        return value - 1

    def _bit(self) -> int | None:
        byte, shift = divmod(self._at, 8)
        if byte >= len(self._data):
            return None
        self._at += 1
        return self._data[byte] >> (7 - shift) & 1
