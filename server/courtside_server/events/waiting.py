"""The file beside the event log for events that still wait for it when the gateway stops.

Its room is reserved while there is some, because the usual reason for waiting is a full disk. The next start writes the
events into the log, in order, and empties the file.
"""

from __future__ import annotations

import json
import os
import threading
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from courtside_server.events.sqlite.codec import check_draft, decode_payload, encode_payload
from courtside_server.types import EventDraft, Lifecycle

log = structlog.get_logger(__name__)

RESERVED = 8 * 2**20
"""Bytes that are reserved: room for as many events as may wait, 10,000 of up to 800 bytes."""
_LEAST_FREE = 8
"""The reserved part of the disk's free room is one in this many at most."""
_HEAD = 64
"""Bytes of the first line: how many bytes follow, and their CRC-32."""


class WaitingFile:
    """Keeps events from one run of the gateway to the next. Every method may wait for the disk.

    Args:
        path: the file.
        reserved: bytes that it may take.
    """

    def __init__(self, path: Path, reserved: int = RESERVED) -> None:
        self._path, self._reserved = path, reserved
        self._lock = threading.Lock()
        self._saved = False

    def reserve(self) -> None:
        """Take the room on the disk now, less where little is free. What the file holds stays. Never raises."""
        with suppress(OSError):
            free = os.statvfs(self._path.parent)
            size = min(self._reserved, free.f_bavail * free.f_frsize // _LEAST_FREE)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                if size > os.fstat(descriptor).st_size:
                    os.posix_fallocate(descriptor, 0, size)
            finally:
                os.close(descriptor)

    def save(self, drafts: Sequence[EventDraft]) -> int:
        """Replace what the file holds, durably.

        Returns:
            How many of the drafts, from the first on, it holds now: those that fit.
        """
        lines: list[bytes] = []
        size = _HEAD
        for draft in drafts:
            line = _encode(draft)
            if size + len(line) > self._reserved:
                break
            lines.append(line)
            size += len(line)
        with self._lock:
            self._saved = True
            while lines:
                try:
                    self._write(b"".join(lines))
                    return len(lines)
                except OSError:
                    lines = lines[: len(lines) // 2]  # a disk that had less room to reserve
        return 0

    def load(self) -> list[EventDraft]:
        """What :meth:`save` wrote; empty where there is nothing. A damaged file is set aside and logged.

        Raises:
            OSError: the file cannot be read.
        """
        try:
            with self._path.open("rb") as file:
                head = file.read(_HEAD).rstrip(b"\0 \n")
                if not head:
                    return []
                size, check = (int(number) for number in head.split())
                body = file.read(min(size, self._reserved))
            if len(body) != size or zlib.crc32(body) != check:
                raise ValueError("its checksum is wrong")
            return [_decode(line) for line in body.splitlines()]
        except FileNotFoundError:
            return []
        except (ValueError, KeyError, TypeError) as error:
            aside = self._path.with_name(self._path.name + ".broken")
            self._path.replace(aside)
            log.error("events that waited at the last stop cannot be read", path=str(aside), error=repr(error))
            return []

    def clear(self) -> None:
        """Empty the file, unless it was saved by this run; its room stays reserved.

        Raises:
            OSError: it cannot be written.
        """
        with self._lock:
            if self._path.exists() and not self._saved:
                self._write(b"")

    def _write(self, body: bytes) -> None:
        head = f"{len(body)} {zlib.crc32(body)}".encode() if body else b""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            # An interrupted write leaves no head, or one whose checksum is wrong.
            os.pwrite(descriptor, b"\0" * _HEAD, 0)
            written = 0
            while written < len(body):
                written += os.pwrite(descriptor, body[written:], _HEAD + written)
            os.fsync(descriptor)
            os.pwrite(descriptor, head.ljust(_HEAD), 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _encode(draft: EventDraft) -> bytes:
    values = (
        draft.game, draft.camera, draft.event_id, int(draft.lifecycle), draft.event_time, draft.media_offset,
        draft.kind, encode_payload(draft),
    )  # fmt: skip
    return json.dumps(values, separators=(",", ":")).encode() + b"\n"


def _decode(line: bytes) -> EventDraft:
    game, camera, event_id, lifecycle, event_time, media_offset, kind, payload = json.loads(line)
    held = decode_payload(kind, payload)
    draft = EventDraft(
        game, camera, event_id, Lifecycle(lifecycle), event_time, media_offset, held.payload,
        session=held.session, media_segment=held.segment, correction=held.correction, game_time=held.game_time,
    )  # fmt: skip
    check_draft(draft)
    return draft
