"""Films made of stretches of what was recorded of one camera; the packets are copied."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from courtside_server.errors import NotRecorded
from courtside_server.media.clips import PacketClock
from courtside_server.media.condense import CondensedPlan
from courtside_server.media.film_cut import FilmCut, Piece, WorkStop, choose_pieces
from courtside_server.media.index import RecordingIndex
from courtside_server.media.mp4 import CLIP_BASE, CodedVideo, PacketTime, packet_times, write_packets
from courtside_server.media.packet_file import PacketFileHeader, RecordedPacket, read_header, read_packets
from courtside_server.media.vtt import Chapter

Plan = Callable[[int], CondensedPlan]
"""Plans which stretches of a media segment, by its number, are kept."""


@dataclass(slots=True)
class _Part:
    """Packets of one media segment that follow one another; numbers are those of the whole session."""

    media_segment: int
    numbers: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)


def shorten_recording(
    index: RecordingIndex, camera: str, session: str, out: Path, plan: Plan, *, stop: threading.Event | None = None,
    on_progress: Callable[[float], None] = lambda done: None,
) -> tuple[FilmCut, float]:  # fmt: skip
    """Make a film of one session of one camera; blocks until it is written.

    Stretches begin with the keyframe before them.

    Args:
        index: of the recordings.
        camera: resource name.
        session: in which the camera's client began.
        out: the film.
        plan: which stretches are kept.
        stop: set it from another thread to stop the work; no file remains.
        on_progress: called with the share of the work that is done.

    Returns:
        What is in the film, and how many seconds were recorded.

    Raises:
        NotRecorded: nothing of it was recorded.
        MediaUnwritable: the film cannot be written.
        Stopped: it was stopped.
    """
    check = WorkStop(stop, on_progress)
    files = [one.path for one in index.by_session(camera, session)]
    found = _parts(files, check)
    if found is None:
        raise NotRecorded(f"nothing of {camera} is recorded any more (settings recording.*)")
    header, parts, total = found
    kept: list[tuple[float, float, float]] = []
    chapters: list[Chapter] = []
    chosen: dict[int, float] = {}
    at = 0.0
    for part in parts:
        plans = plan(part.media_segment)
        placed = []
        for piece in choose_pieces(part.times, part.entries, plans.ranges):
            placed.append((piece.start, piece.end, at))
            chosen.update(_shown(part, piece, at))
            at += piece.end - piece.start
        chapters += plans.chapters(placed)
        kept += placed
    if not chosen:
        raise NotRecorded(f"of {camera} nothing that is to be shown is recorded any more (settings recording.*)")
    due = dict(zip(chosen, packet_times(list(chosen.values()), CLIP_BASE), strict=True))
    video = CodedVideo(header.codec, bytes.fromhex(header.config), header.rotation, header.mirrored)

    def packets() -> Iterator[tuple[PacketTime, bool, bytes]]:
        for number, packet in enumerate(_read(files)):
            if number in due:
                yield due[number], packet.recovery == 0, packet.data
            if number % 200 == 0:
                check()
                on_progress(0.5 + 0.5 * number / total)

    write_packets(out, video, packets(), chapters)
    seconds = sum(max(part.times) - min(part.times) for part in parts if part.times)
    return FilmCut(tuple(kept), tuple(chapters), encoded=False), seconds


def _shown(part: _Part, piece: Piece, at: float) -> dict[int, float]:
    """The packets of a piece with their seconds in the film, without those whose pictures cannot be decoded."""
    return {
        part.numbers[row]: part.times[row] - piece.start + at
        for row in range(piece.first, piece.last + 1)
        if part.times[row] >= piece.start - 1e-6
    }


def _read(files: list[Path]) -> Iterator[RecordedPacket]:
    for path in files:
        try:
            yield from read_packets(path)
        except (OSError, ValueError):  # deleted meanwhile, or damaged
            continue


def _parts(files: list[Path], check: WorkStop) -> tuple[PacketFileHeader, list[_Part], int] | None:
    """The packets of files by media segment, without their bytes, and how many there are."""
    header: PacketFileHeader | None = None
    rows: list[tuple[int, int, int]] = []  # sequence, time stamp, recovery
    clocks: list[tuple[int, PacketClock]] = []  # the row from which on each holds
    for number, path in enumerate(files):
        check()
        check.report(0.5 * number / len(files))
        try:
            own = read_header(path)
        except (OSError, ValueError):
            continue
        header = header or own
        for packet in _read([path]):
            if not clocks or packet.sequence <= rows[-1][0]:
                clocks.append((len(rows), PacketClock(own.time_base)))
            clocks[-1][1].learn(packet)
            # Another codec than at the beginning cannot be in the same film.
            rows.append((packet.sequence, packet.pts, packet.recovery if own == header else -2))
    if header is None:
        return None
    parts: list[_Part] = []
    starts = dict(clocks)
    clock = None
    for number, (sequence, pts, recovery) in enumerate(rows):
        fresh = number in starts
        clock = starts.get(number, clock)
        media = None if clock is None else clock.media(sequence, pts)
        if media is None or recovery == -2:
            continue
        segment, time = media
        if fresh or not parts or parts[-1].media_segment != segment:
            parts.append(_Part(segment))
        if recovery == 0:
            parts[-1].entries.append(len(parts[-1].numbers))
        parts[-1].numbers.append(number)
        parts[-1].times.append(time)
    return header, parts, len(rows)
