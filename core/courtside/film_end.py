"""Whether the end of a film's file is missing, as far as its container can show that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_EBML_HEADER = b"\x1a\x45\xdf\xa3"
_SEGMENT = b"\x18\x53\x80\x67"
_ID_BYTES = 4
"""Bytes of either element ID above (RFC 8794 section 5, RFC 9559 section 5.1)."""
_HEAD_BYTES = 4096
"""Bytes read to find the segment of a Matroska file. What precedes it takes less than 100 bytes as a rule."""


def is_cut_off(path: Path, container: Any, stream: Any) -> bool:
    """Whether the container describes more than the file holds.

    MP4 and MOV say where each frame lies, Matroska and WebM how long the segment is, AVI how long its first part is.
    False where nothing says so: MPEG-TS, FLV, Matroska that was written live, a fragmented MP4 that ends between two
    fragments.

    Args:
        path: the file.
        container: the file, open in PyAV.
        stream: its video stream.

    Raises:
        OSError: the file cannot be read.
    """
    size = path.stat().st_size
    formats = container.format.name.split(",")
    if "mp4" in formats:
        return any(entry.pos + entry.size > size for entry in stream.index_entries)
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if "matroska" in formats:
        return _segment_end(head) > size
    if "avi" in formats and head.startswith(b"RIFF"):
        return 8 + int.from_bytes(head[4:8], "little") > size
    return False


def _segment_end(head: bytes) -> int:
    """Where the segment of a Matroska file ends; 0 where that is not known."""
    at = 0
    while len(head) - at > _ID_BYTES:
        name, at = head[at : at + _ID_BYTES], at + _ID_BYTES
        length = 9 - head[at].bit_length()  # bytes of the size field, by its leading zero bits (RFC 8794 section 4)
        if length > 8 or name not in (_EBML_HEADER, _SEGMENT):
            return 0
        bits = 7 * length
        value = int.from_bytes(head[at : at + length], "big") & ((1 << bits) - 1)
        if value == (1 << bits) - 1:  # unknown size: written live
            return 0
        at += length + value
        if name == _SEGMENT:
            return at
    return 0
