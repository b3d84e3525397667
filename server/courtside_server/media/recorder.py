"""Recording: every camera's packets as they came, in files of some seconds, written by a thread of each camera.

decode thread ──► [queue: drops to a keyframe] ──► writer thread ──► files and index; the oldest are deleted
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from courtside.film import reason
from courtside.queues import DropPolicy, HandoverQueue
from courtside_server.media.config import RecordingConfig
from courtside_server.media.index import Extent, RecordingIndex
from courtside_server.media.packet_file import SUFFIX, PacketFileHeader, PacketFileWriter, RecordedPacket
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Codec, EncodedPacket, StreamInfo, StreamMode

log = structlog.get_logger(__name__)

_CODECS = {Codec.H264: "h264", Codec.HEVC: "hevc", Codec.JPEG: "mjpeg"}
_PACKETS = 4096
"""Packets of a camera that may wait for the disk, whatever their size."""
_CHECK_S = 5.0
"""Seconds between two readings of the free space on the disk."""
_DAY = 86_400.0
_SAME_SHIFT_S = 1e-6
"""Seconds by which two readings of the same clock differ at most."""
_BATCH = 64
"""Packets that are written before readers see them."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of media time: from which packet on, the media segment, its shift against time stamps."""

    sequence: int = -1
    media_segment: int = 0
    shift: float = 0.0


class Recorder:
    """Keeps the film of all cameras of a gateway, and deletes what is too old or too much.

    Args:
        folder: where it is kept.
        config: how much and how long.
        metrics: counts what is written and dropped.
        free: bytes that are free on the folder's disk.
        wall: Unix seconds.

    Attributes:
        index: which file holds what.
    """

    def __init__(
        self, folder: Path, config: RecordingConfig, metrics: Metrics,
        free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
        wall: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self.config, self.metrics, self.wall = config, metrics, wall
        self.folder = folder
        self.index = RecordingIndex(folder)
        self._free = free
        self._lock = threading.Lock()
        self._cameras: list[CameraRecorder] = []
        self._checked = -_CHECK_S
        self._room = True

    def start(self) -> None:
        """Make the index agree with the folder, and delete what is too old."""
        self.index.recover()
        self.delete_old()

    def camera(self, info: StreamInfo) -> CameraRecorder | None:
        """A recorder for a stream; None for raw pictures, which are not coded."""
        codec = _CODECS.get(info.codec)
        if codec is None:
            log.warning("raw pictures are not recorded; let the client encode them", camera=info.camera.name)
            return None
        made = CameraRecorder(self, info, codec)
        with self._lock:
            self._cameras = [one for one in self._cameras if not one.ended] + [made]
        return made

    def close(self, timeout: float = 10.0) -> None:
        """Wait until everything is written; call it once no camera sends any more."""
        due = time.monotonic() + timeout
        for one in self._cameras:
            one.close()
            one.join(max(due - time.monotonic(), 0.0))
        self.index.close()

    def has_room(self) -> bool:
        """Whether there is room on the disk; says once that there is none, and once that there is again."""
        with self._lock:
            now = time.monotonic()
            if now - self._checked < _CHECK_S:
                return self._room
            self._checked = now
            room = self._free(self.folder) >= self.config.min_free_gb * 1e9
            if self._room and not room:
                log.error(
                    f"recording stops: less than {self.config.min_free_gb:g} GB are free in {self.folder}; free some, "
                    "or lower recording.max_gb or recording.min_free_gb; cameras and events go on"
                )
            elif room and not self._room:
                log.warning("recording goes on: there is room again")
            self._room = room
            return room

    def stop_for(self, error: Exception) -> None:
        """Stop recording, as nothing can be written; it is tried again."""
        with self._lock:
            if self._room:
                log.error(
                    f"recording stops: {self.folder} cannot be written: {reason(error)}; mend that, it is tried again "
                    f"every {_CHECK_S:g} s; cameras and events go on"
                )
            self._room, self._checked = False, time.monotonic()

    def delete_old(self) -> None:
        """Delete the oldest files beyond the limits of age and size."""
        files = self.index.complete_files()
        total = sum(one.nbytes for one in files)
        oldest = self.wall() - self.config.keep_hours * 3600
        doomed = []
        for one in files:
            if total <= self.config.max_gb * 1e9 and one.written >= oldest:
                break
            doomed.append(one)
            total -= one.nbytes
        self.index.remove(doomed)


class CameraRecorder:
    """Records one stream; made by :meth:`Recorder.camera`. The decode thread calls it, and never waits for a live one.

    Args:
        recorder: that of all cameras.
        info: the stream.
        codec: FFmpeg's name of its codec.
    """

    def __init__(self, recorder: Recorder, info: StreamInfo, codec: str) -> None:
        self._recorder, self._info = recorder, info
        self._header = PacketFileHeader.of(info, codec)
        self._live = info.mode is StreamMode.LIVE
        metrics = recorder.metrics
        self._dropped = metrics.recording_dropped.labels(info.camera.name)
        self._written = metrics.recording_bytes.labels(info.camera.name)
        self._queue: HandoverQueue[RecordedPacket] = HandoverQueue(
            _PACKETS, DropPolicy.TO_KEYFRAME if self._live else DropPolicy.BLOCK,
            max_bytes=recorder.config.queue_mb * 2**20, size_of=lambda packet: len(packet.data),
            is_keyframe=lambda packet: packet.recovery >= 0,
        )  # fmt: skip
        self._known = _Known()
        self._thread: threading.Thread | None = None
        self._file: PacketFileWriter | None = None
        self._path = recorder.folder
        self._extent = Extent(info.time_base)
        self.ended = False
        """Everything is written and the thread is over."""

    # ---- decode thread -------------------------------------------------------------------------------------------

    def on_packet(self, packet: EncodedPacket, recovery: int | None, clock_offset: float) -> None:
        """Take the next packet.

        Args:
            packet: as it came.
            recovery: pictures until a decoder that begins here shows whole ones; None where none can begin.
            clock_offset: the camera's clock minus the server's, seconds.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"record {self._info.camera.name}", daemon=True)
            self._thread.start()
        taken = packet.capture_time - clock_offset
        if self._live and abs(taken - self._recorder.wall()) > _DAY:
            taken = self._recorder.wall()
        known = self._known
        entry = -1 if recovery is None else min(recovery, 2**15 - 1)
        dropped = self._queue.put(RecordedPacket(
            packet.sequence, packet.pts, entry, packet.decode_only, taken, known.sequence,
            known.media_segment, known.shift, packet.data,
        ))  # fmt: skip
        if dropped:
            self._dropped.inc(len(dropped))

    def on_picture(self, packet: EncodedPacket, media: float, media_segment: int) -> None:
        """Note the media time of a picture that came out of the decoder."""
        shift = media - packet.pts * self._info.time_base
        known = self._known
        if known.sequence < 0 or known.media_segment != media_segment or abs(known.shift - shift) > _SAME_SHIFT_S:
            self._known = _Known(packet.sequence, media_segment, shift)

    def close(self) -> None:
        """The stream has ended; what waits is still written."""
        self._queue.end()

    def join(self, timeout: float) -> None:
        """Wait for the end of the thread, up to ``timeout`` seconds."""
        if self._thread is not None:
            self._thread.join(timeout)

    # ---- writer thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while packets := self._queue.get(_BATCH):
            for packet in packets:
                try:
                    self._write(packet)
                except (OSError, sqlite3.Error) as error:
                    self._abandon()
                    self._recorder.stop_for(error)
            if self._file is not None:
                try:
                    self._file.flush()
                except OSError as error:
                    self._abandon()
                    self._recorder.stop_for(error)
        with contextlib.suppress(OSError, sqlite3.Error):
            self._finish()
        self.ended = True

    def _write(self, packet: RecordedPacket) -> None:
        config = self._recorder.config
        if self._file is not None:
            full = self._file.nbytes > config.max_segment_mb * 10**6
            due = packet.server_time - (self._extent.begun or 0.0) >= config.segment_s
            if full or (packet.recovery == 0 and due) or (packet.recovery >= 0 and not self._recorder.has_room()):
                self._finish()
                self._recorder.delete_old()
        if self._file is None:
            if packet.recovery < 0 or not self._recorder.has_room():
                self._dropped.inc()
                return
            self._begin(packet)
        assert self._file is not None
        before = self._file.nbytes
        self._file.write(packet)
        self._extent.add(packet)
        self._written.inc(self._file.nbytes - before)

    def _begin(self, packet: RecordedPacket) -> None:
        camera = self._info.camera
        folder = self._recorder.folder / camera.game.partition("/")[2] / camera.id
        stamp = f"{round(packet.server_time * 1000):015d}-{packet.sequence:012d}"
        path, number = folder / f"{stamp}{SUFFIX}", 0
        while path.exists():  # film that is sent again
            number += 1
            path = folder / f"{stamp}-{number}{SUFFIX}"
        self._recorder.index.add(path, camera.name, self._info.origin, packet.server_time)
        self._file, self._path, self._extent = PacketFileWriter(path, self._header), path, Extent(self._info.time_base)

    def _finish(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            file.close()
            if self._extent.begun is not None:
                self._recorder.index.complete(self._path, self._extent, file.nbytes, self._recorder.wall())

    def _abandon(self) -> None:
        """Close the file after a failed write; what is in it can be read."""
        with contextlib.suppress(OSError, sqlite3.Error):
            self._finish()
        self._file = None
