"""What a file is, by its first bytes: a film, or something that people send by mistake."""

from __future__ import annotations

from courtside_server.errors import BadRequest

HEAD_BYTES = 64 * 2**10
"""Bytes that are enough to recognise a file."""
MEDIA_TYPES = {
    "mp4": "video/mp4", "webm": "video/webm", "avi": "video/x-msvideo", "ts": "video/mp2t", "mpg": "video/mpeg",
    "flv": "video/x-flv", "asf": "video/x-ms-asf", "ogv": "video/ogg", "mxf": "application/mxf", "h264": "video/h264",
}  # fmt: skip
"""Containers that are taken, and the media type under which a browser gets them."""
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_STILL = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"M4A ", b"M4B ")
"""Brands of pictures and sound that share the container of films."""
_STARTS = (
    (b"\x1aE\xdf\xa3", "webm"), (b"FLV\x01", "flv"), (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"), (b"OggS", "ogv"),
    (b"\x00\x00\x01\xba", "mpg"), (b"\x00\x00\x01\xb3", "mpg"), (b"\x06\x0e\x2b\x34", "mxf"),
    (b"\x00\x00\x00\x01", "h264"), (b"\x00\x00\x01\x67", "h264"),
)  # fmt: skip
_OTHERS = (
    (b"PK\x03\x04", "a ZIP archive"), (b"PK\x05\x06", "a ZIP archive"), (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"), (b"\x1f\x8b", "a gzip archive"), (b"%PDF", "a PDF document"),
    (b"\xff\xd8\xff", "a JPEG picture"), (b"\x89PNG", "a PNG picture"), (b"GIF8", "a GIF picture"),
    (b"ID3", "an MP3 recording"), (b"fLaC", "a FLAC recording"), (b"MZ", "a program"), (b"\x7fELF", "a program"),
    (b"<", "a text file"), (b"{", "a text file"), (b"#", "a text file"),
)  # fmt: skip


def container_of(head: bytes) -> str:
    """The container of a film, by its beginning: a key of `MEDIA_TYPES`.

    Args:
        head: the first `HEAD_BYTES` bytes of the file, or all of a smaller one.

    Raises:
        BadRequest: this is no film; the message says what it is, where that is known.

    Example:
        >>> container_of(bytes.fromhex("000000206674797069736f6d"))
        'mp4'
    """
    if head[4:8] in _BOXES and not (head[4:8] == b"ftyp" and head[8:12] in _STILL):
        return "mp4"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    for start, container in _STARTS:
        if head.startswith(start):
            return container
    # Packets of a transport stream: 188 bytes each, 192 with a time stamp before each.
    for offset, size in ((0, 188), (4, 192), (0, 204)):
        syncs = head[offset : offset + 5 * size : size]
        if len(syncs) >= 3 and set(syncs) == {0x47}:
            return "ts"
    kind = next((what for start, what in _OTHERS if head.startswith(start)), "no film that can be read")
    raise BadRequest(f"this file is {kind}: send the film itself (MP4, MOV, MKV, WebM, AVI or TS)", field="content")
