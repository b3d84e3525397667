"""Parameter sets that change in mid-stream (an encoder that comes back with other settings), put before the pictures.

Containers keep the parameter sets of H.264 and HEVC apart from the packets (ISO/IEC 14496-15: avcC and hvcC records).
Whoever gets only the packets never sees that they changed.
"""

from __future__ import annotations

from typing import Any

from courtside.entry_points import length_size, nal_units

_AVC_LENGTH, _AVC_SETS = 4, 5
"""Bytes of an avcC record with the size of lengths, and with the number of its first sets."""
_HEVC_LENGTH, _HEVC_ARRAYS = 21, 22
"""The same of an hvcC record."""
_START_CODES = (b"\x00\x00\x01", b"\x00\x00\x00\x01")


class ParameterSets:
    """Follows the parameter sets of one stream.

    Args:
        codec: FFmpeg's name of the codec.
        config: the decoder configuration with which the stream began.
    """

    def __init__(self, codec: str, config: bytes) -> None:
        self._hevc, self._config = codec == "hevc", config
        self._follows = codec in ("h264", "hevc") and bool(config)
        self._changed = b""

    def complete(self, packet: Any) -> bytes:
        """The packet's bytes; once the sets have changed, the new ones come before every keyframe.

        Args:
            packet: an ``av.Packet``.
        """
        if not self._follows:
            return bytes(packet)
        new = packet.has_sidedata("new_extradata")
        if new:
            record = bytes(memoryview(packet.get_sidedata("new_extradata")))
            self._changed = self._in_band(record)
        return self._changed + bytes(packet) if new or packet.is_keyframe else bytes(packet)

    def _in_band(self, record: bytes) -> bytes:
        """A record's sets as the packets of this stream have them; nothing where it cannot be read."""
        if self._config.startswith(_START_CODES):
            return record if record.startswith(_START_CODES) else b""
        try:
            size = (self._config[_HEVC_LENGTH if self._hevc else _AVC_LENGTH] & 3) + 1
            sets = _hevc_sets(record) if self._hevc else _avc_sets(record)
            return b"".join(len(one).to_bytes(size, "big") + one for one in sets)
        except (IndexError, OverflowError):
            return b""


def to_annex_b(codec: str, config: bytes, data: bytes, *, with_sets: bool = False) -> bytes:
    r"""A packet of H.264 or HEVC with start codes before its units (ITU-T H.264 and H.265, Annex B).

    Args:
        codec: FFmpeg's name of the codec.
        config: decoder configuration of its stream; empty for Annex B.
        data: the packet.
        with_sets: put the parameter sets of ``config`` before it, so that decoding can begin with it.

    Example:
        >>> to_annex_b("h264", b"\x01\0\0\0\xff\xe0\0", b"\0\0\0\x02\x65\x88")
        b'\x00\x00\x00\x01e\x88'
    """
    hevc = codec == "hevc"
    size = length_size(config, _HEVC_LENGTH if hevc else _AVC_LENGTH)
    units: list[bytes] = []
    if with_sets and config:
        try:
            if size:
                units = _hevc_sets(config) if hevc else _avc_sets(config)
            else:
                units = [bytes(unit) for unit in nal_units(config, 0)]
        except IndexError:
            units = []
    head = b"".join(_START_CODES[1] + unit for unit in units)
    if not size:
        return head + data
    return head + b"".join(_START_CODES[1] + bytes(unit) for unit in nal_units(data, size))


def _avc_sets(record: bytes) -> list[bytes]:
    sets: list[bytes] = []
    at = _AVC_SETS
    for mask in (0x1F, 0xFF):  # sequence parameter sets, then picture parameter sets
        count, at = record[at] & mask, at + 1
        at = _take(record, at, count, sets)
    return sets


def _hevc_sets(record: bytes) -> list[bytes]:
    sets: list[bytes] = []
    at = _HEVC_ARRAYS + 1
    for _ in range(record[_HEVC_ARRAYS]):
        count, at = int.from_bytes(record[at + 1 : at + 3], "big"), at + 3
        at = _take(record, at, count, sets)
    return sets


def _take(record: bytes, at: int, count: int, sets: list[bytes]) -> int:
    """Append ``count`` sets with lengths of two bytes; returns where they end."""
    for _ in range(count):
        size = int.from_bytes(record[at : at + 2], "big")
        if not size or at + 2 + size > len(record):
            raise IndexError(at)
        sets.append(record[at + 2 : at + 2 + size])
        at += 2 + size
    return at
