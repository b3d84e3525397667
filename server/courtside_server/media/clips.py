"""Clips of what was recorded: which packets show a stretch of time, and the film made of them."""

from __future__ import annotations

import bisect
import contextlib
import hashlib
import itertools
import os
import threading
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from courtside_server.errors import BadRequest, NotRecorded
from courtside_server.media.config import ClipConfig
from courtside_server.media.index import RecordedFile, RecordingIndex
from courtside_server.media.mp4 import PART, ClipPacket, CodedVideo, write_clip, writing
from courtside_server.media.packet_file import PacketFileHeader, RecordedPacket, read_header, read_packets

_EARLY_S = 1e-3
"""Seconds by which a picture may begin after the moment at which it is taken to be shown: times are rounded."""
_AROUND = 2
"""Bytes that are read round a clip, by those that it may have: files begin at keyframes, not at moments."""
_HIDDEN_S = 1e-3
"""Seconds between pictures that only others need and whose times belong to another clock."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of one camera's film by its media clock.

    Attributes:
        camera: resource name.
        session: in which the camera's client began.
        media_segment: number of the media segment.
        start: media seconds.
        end: media seconds.
    """

    camera: str
    session: str
    media_segment: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Cut:
    """Packets that show a stretch.

    Attributes:
        stretch: what they show: it begins with the picture that is shown at the moment that was asked for.
        server_time: when that picture was taken, Unix seconds by the server's clock.
        video: how they are coded.
        packets: in coding order, with time zero at that picture.
        sequences: numbers of the first and the last packet.
    """

    stretch: Stretch
    server_time: float
    video: CodedVideo
    packets: tuple[ClipPacket, ...]
    sequences: tuple[int, int]

    @property
    def seconds(self) -> float:
        """How long it is shown."""
        return self.stretch.end - self.stretch.start

    @property
    def key(self) -> str:
        """The same for the same clip."""
        one = self.stretch
        text = f"{one.camera} {one.session} {one.media_segment} {one.start:.6f} {one.end:.6f} {self.sequences}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class PacketClock:
    """The media time of recorded packets, as it became known while they were recorded.

    Args:
        time_base: seconds per unit of time stamps.
    """

    def __init__(self, time_base: float) -> None:
        self._time_base = time_base
        self._from: list[int] = []
        self._known: list[tuple[int, float]] = []

    def learn(self, packet: RecordedPacket) -> None:
        """Take what a packet knows; packets come in coding order."""
        if packet.known_from >= 0 and (not self._from or packet.known_from > self._from[-1]):
            self._from.append(packet.known_from)
            self._known.append((packet.media_segment, packet.shift))

    def media(self, sequence: int, pts: int) -> tuple[int, float] | None:
        """Media segment and media seconds of a packet; None where nothing is known of it.

        Args:
            sequence: its number.
            pts: its time stamp.
        """
        at = bisect.bisect_right(self._from, sequence) - 1
        if at < 0:
            return None
        segment, shift = self._known[at]
        return segment, pts * self._time_base + shift


class _Run:
    """Packets that follow one another, in coding order, of files with the same header."""

    def __init__(self, header: PacketFileHeader, packets: list[RecordedPacket]) -> None:
        self.header, self.packets = header, packets
        self._clock = PacketClock(header.time_base)
        for packet in packets:
            self._clock.learn(packet)

    def media(self, packet: RecordedPacket) -> tuple[int, float] | None:
        """A packet's media segment and media time; None where nothing is known of it."""
        return self._clock.media(packet.sequence, packet.pts)


class Recordings:
    """What was recorded, for reading; any thread may use it.

    Args:
        index: of the recordings.
        max_bytes: most bytes of packets of one stretch.
    """

    def __init__(self, index: RecordingIndex, max_bytes: int) -> None:
        self.index, self._max_bytes = index, max_bytes

    def cut(self, wanted: Stretch) -> Cut:
        """The packets that show a stretch.

        Raises:
            NotRecorded: nothing of it was recorded, or it was deleted.
            BadRequest: it has too many bytes.
        """
        files = self.index.by_media(
            wanted.camera, wanted.session, wanted.media_segment, wanted.start, wanted.end
        )
        for run in reversed(list(self._runs(files))):
            if (found := self._cut(run, wanted)) is not None:
                return found
        raise NotRecorded(
            f"no recording of {wanted.camera} shows {wanted.start:.1f} to {wanted.end:.1f} s: it was not recorded, or "
            "it was deleted by its age or size (settings recording.*)"
        )

    def cut_at(self, camera: str, server_time: float, seconds: float) -> Cut:
        """The packets that show ``seconds`` from a moment of the server's clock on.

        Raises:
            NotRecorded, BadRequest: see :meth:`cut`.
        """
        files = self.index.by_time(camera, server_time, server_time + seconds)
        for run in reversed(list(self._runs(files))):
            shown = [one for one in run.packets if not one.decode_only and run.media(one) is not None]
            nearest = min(shown, key=lambda one: abs(one.server_time - server_time), default=None)
            if nearest is None:
                continue
            media = run.media(nearest)
            assert media is not None
            segment, start = media
            late = nearest.server_time - server_time
            if late > seconds or -late > _frame_s(run, shown, nearest):
                continue
            end = start + seconds - max(late, 0.0)
            found = self._cut(run, Stretch(camera, run.header.session, segment, start, end))
            if found is not None:
                return found
        moment = datetime.fromtimestamp(server_time, UTC).isoformat(timespec="milliseconds")
        raise NotRecorded(f"no recording of {camera} shows {moment} (settings recording.*)")

    def _runs(self, files: Iterable[RecordedFile]) -> Iterator[_Run]:
        run: tuple[PacketFileHeader, list[RecordedPacket]] | None = None
        nbytes = 0
        for one in files:
            with contextlib.suppress(OSError, ValueError):  # deleted meanwhile, or damaged
                header = read_header(one.path)
                for packet in read_packets(one.path):
                    if run is None or run[0] != header or packet.sequence <= run[1][-1].sequence:
                        if run is not None:
                            yield _Run(*run)
                        run, nbytes = (header, []), 0
                    run[1].append(packet)
                    nbytes += len(packet.data)
                    if nbytes > _AROUND * self._max_bytes:
                        raise BadRequest(f"the film there has more than {nbytes // 2**20} MB; cut a shorter one")
        if run is not None:
            yield _Run(*run)

    def _cut(self, run: _Run, wanted: Stretch) -> Cut | None:
        if run.header.session != wanted.session:
            return None
        times: list[float | None] = []
        for packet in run.packets:
            media = run.media(packet)
            times.append(media[1] if media is not None and media[0] == wanted.media_segment else None)
        shown = [
            (time, at) for at, time in enumerate(times)
            if time is not None and not run.packets[at].decode_only and time < wanted.end
        ]  # fmt: skip
        if not shown or max(shown)[0] < wanted.start - _EARLY_S:
            before = max(shown, default=(0.0, 0))[0]
            if not shown or wanted.start - before > _step(shown):
                return None
        zero, first = max((one for one in shown if one[0] <= wanted.start + _EARLY_S), default=min(shown))
        entry = _entry(run.packets, times, first, zero)
        if entry is None:
            return None
        last = max(at for _, at in shown)
        chosen = [at for at in range(entry, last + 1) if times[at] is not None or at <= first]
        if sum(len(run.packets[at].data) for at in chosen) > self._max_bytes:
            raise BadRequest(f"the clip has more than {self._max_bytes // 2**20} MB; cut a shorter one")
        known = [time for at in chosen if (time := times[at]) is not None]
        hidden = [at for at in chosen if times[at] is None]
        floor = min(min(known), zero) - _HIDDEN_S * (len(hidden) + 1)
        for number, at in enumerate(hidden, 1):
            times[at] = floor + number * _HIDDEN_S
        # A player would begin with the last packet that is marked, though its picture may still be renewed.
        packets = tuple(
            ClipPacket((times[at] or 0.0) - zero, at == entry or one.recovery == 0, one.data)
            for at in chosen if (one := run.packets[at])
        )  # fmt: skip
        header = run.header
        return Cut(
            replace(wanted, start=zero), run.packets[first].server_time,
            CodedVideo(header.codec, bytes.fromhex(header.config), header.rotation, header.mirrored), packets,
            (run.packets[entry].sequence, run.packets[last].sequence),
        )  # fmt: skip


def _entry(
    packets: Sequence[RecordedPacket], times: Sequence[float | None], first: int, zero: float
) -> int | None:
    """The last packet with which decoding can begin so that the picture of ``first`` is whole.

    Where only a recovery point comes before it, its picture may still be renewed: then that one.
    """
    partly: int | None = None
    for at in range(first, -1, -1):
        recovery, time = packets[at].recovery, times[at]
        if recovery < 0 or (time is not None and time > zero):
            continue
        if at + recovery <= first:
            return at
        partly = at if partly is None else partly
    return partly


def _step(shown: Sequence[tuple[float, int]]) -> float:
    """Usual seconds between two pictures."""
    times = sorted(time for time, _ in shown)
    steps = sorted(after - before for before, after in itertools.pairwise(times))
    return steps[len(steps) // 2] * 1.5 if steps else 0.1


def _frame_s(run: _Run, shown: Sequence[RecordedPacket], nearest: RecordedPacket) -> float:
    """Seconds for which a camera's picture is shown, with room for its jitter."""
    times = sorted(one.server_time for one in shown)
    steps = sorted(after - before for before, after in itertools.pairwise(times))
    return steps[len(steps) // 2] * 2 if steps else 0.1


class ClipStore:
    """Finished clips on disk, for players that read them in parts; the ones used longest ago are deleted.

    Args:
        folder: where they are kept; made when it is needed.
        config: how much is kept.
    """

    def __init__(self, folder: Path, config: ClipConfig) -> None:
        self._folder, self._config = folder, config
        self._lock = threading.Lock()

    def clean(self) -> None:
        """Delete what an earlier run left half done."""
        for path in self._folder.glob(f"*{PART}"):
            path.unlink(missing_ok=True)

    def clip(self, cut: Cut) -> Path:
        """The clip of a cut as MP4.

        Raises:
            NotFound: its packets cannot be decoded.
            MediaUnwritable: it cannot be written.
        """
        return self._made(f"{cut.key}.mp4", lambda path: write_clip(path, cut.video, cut.packets, cut.seconds))

    def archive(self, cuts: Sequence[Cut]) -> Path:
        """The clips of several cameras as one ZIP, each under its camera's name.

        Raises:
            NotFound: packets of one cannot be decoded.
            MediaUnwritable: it cannot be written.
        """
        name = hashlib.sha256(" ".join(cut.key for cut in cuts).encode()).hexdigest()[:32]

        def make(path: Path) -> None:
            with writing(path) as part, zipfile.ZipFile(part, "w") as archive:  # video cannot be made smaller
                for cut in cuts:
                    archive.write(self.clip(cut), f"{cut.stretch.camera.rpartition('/')[2]}.mp4")

        return self._made(f"{name}.zip", make)

    def film(self, name: str, make: Callable[[Path], None]) -> Path:
        """A film under a name of its own; ``make`` writes it, also where an older one is there."""
        path = self._folder / name
        make(path)
        with self._lock:
            self._delete_old(path)
        return path

    def _made(self, name: str, make: Callable[[Path], None]) -> Path:
        path = self._folder / name
        with contextlib.suppress(OSError):
            os.utime(path)
            return path
        make(path)
        with self._lock:
            self._delete_old(path)
        return path

    def _delete_old(self, newest: Path) -> None:
        files = []
        for path in self._folder.iterdir():
            with contextlib.suppress(OSError):
                status = path.stat()
                files.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= self._config.cache_mb * 2**20:
                return
            if path != newest and path.suffix != PART:
                path.unlink(missing_ok=True)
                total -= size
