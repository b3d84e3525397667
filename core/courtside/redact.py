"""Addresses without what must not be seen: passwords, tokens and stream keys."""

from __future__ import annotations

import re

HIDDEN = "…"
"""Stands where something was taken out."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_OPEN_SCHEMES = frozenset({"sim", "file"})
"""Schemes whose addresses hold no secrets."""
_PAIR = re.compile(r"=[^/&;,]+")
_TOKEN = re.compile(r"(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{16,}")


def redact(text: str) -> str:
    """A text with its addresses stripped of what must not be seen.

    Taken out of each ``scheme://`` address: everything before its last ``@``, a port that is no number, the query and
    the fragment, values in the path, long tokens in the path, and the stream key of an RTMP address. Where the end of
    a password cannot be known, too much is taken out rather than too little.

    Args:
        text: an address, or a sentence with addresses in it.

    Example:
        >>> redact("rtsp://op:s3/cret@10.0.0.5/cam: connection refused")
        'rtsp://…@10.0.0.5/cam: connection refused'
        >>> redact("rtmp://live.example.org/app/KEY")
        'rtmp://live.example.org/app/…'
    """
    found = list(_SCHEME.finditer(text))
    # A scheme inside another address, before its `@`, is part of a password.
    last = text.rfind("@")
    while len(found) > 1 and found[1].start() < last and not re.search(r"\s", text[found[0].end():found[1].start()]):
        del found[1]
    if not found:
        return text
    parts = [text[:found[0].start()]]
    for match, following in zip(found, [*found[1:], None], strict=True):
        body = text[match.end():following.start() if following else len(text)]
        scheme = match[1].lower()
        parts.append(match[0] + (body if scheme in _OPEN_SCHEMES else _body(scheme, body)))
    return "".join(parts)


def _body(scheme: str, body: str) -> str:
    _, at, rest = body.rpartition("@")
    prefix = HIDDEN + at if at else ""
    address = re.match(r"\S*", rest)
    end = address.end() if address else 0
    tail = re.search(r"[:,.;)'\"]*$", rest[:end])
    stop = tail.start() if tail and end < len(rest) else end
    return prefix + _location(scheme, rest[:stop]) + rest[stop:]


def _location(scheme: str, location: str) -> str:
    """Host, port, path and query of an address."""
    place, mark, query = _cut(location, "?#")
    host, slash, path = place.partition("/")
    name, colon, port = host.rpartition(":")
    if colon and not host.endswith("]") and not (port.isascii() and port.isdigit()):
        host = name + colon + HIDDEN
    segments = path.split("/")
    if scheme.startswith("rtmp") and len(segments) > 1 and any(segments[1:]):
        segments = [segments[0], HIDDEN]
    path = "/".join(_TOKEN.sub(HIDDEN, _PAIR.sub("=" + HIDDEN, segment)) for segment in segments)
    return host + slash + path + (mark + HIDDEN if query else mark)


def _cut(text: str, marks: str) -> tuple[str, str, str]:
    for index, character in enumerate(text):
        if character in marks:
            return text[:index], character, text[index + 1:]
    return text, "", ""
