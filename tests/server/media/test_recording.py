"""What cameras send is recorded as it is, and clips of it begin at the very picture that was asked for."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import grpc
import pytest

from courtside.orientation import orientation
from courtside.v1 import ingest_pb2_grpc
from courtside_server.errors import BadRequest, NotRecorded
from courtside_server.ingest.limits import IngestConfig
from courtside_server.ingest.registry import CameraRegistry
from courtside_server.media.clips import ClipStore, Recordings, Stretch
from courtside_server.media.config import ClipConfig, RecordingConfig
from courtside_server.media.index import RecordingIndex
from courtside_server.media.packet_file import SUFFIX, PacketFileWriter, RecordedPacket
from courtside_server.media.recorder import Recorder
from courtside_server.types import Codec

from ..ingest.coded import CAMERA, Coded, encode, number_of
from ..ingest.ingest_gateway import Server

FPS = 30


def shown(path: Path) -> list[tuple[float, int]]:
    """Seconds and number of every picture that a player shows."""
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        return [
            (float(frame.pts * stream.time_base), number_of(frame.to_ndarray(format="yuv420p")))
            for frame in film.decode(stream)
        ]  # fmt: skip


class Recorded(Server):
    """An ingest whose cameras are recorded."""

    def __init__(self, folder: Path, config: RecordingConfig, **options: Any) -> None:
        super().__init__(IngestConfig(), 0.0, True)
        self.recorder = Recorder(folder, config, self.metrics, **options)
        self.registry = CameraRegistry(self._sink, self.metrics, IngestConfig(), record=self.recorder.camera)
        self.service = type(self.service)(self.registry, self.metrics)

    async def written(self) -> None:
        """Everything sent so far is on disk."""
        for one in self.recorder._cameras:
            await asyncio.to_thread(one.join, 5.0)


@contextlib.asynccontextmanager
async def recording(folder: Path, **options: Any) -> AsyncIterator[Recorded]:
    extra = {name: options.pop(name) for name in ("free", "wall") if name in options}
    server = Recorded(folder, RecordingConfig(**{"segment_s": 1.0, "min_free_gb": 0.0, **options}), **extra)
    port_server = grpc.aio.server()
    ingest_pb2_grpc.add_IngestServiceServicer_to_server(server.service, port_server)
    port = port_server.add_insecure_port("127.0.0.1:0")
    await port_server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        server.stub = ingest_pb2_grpc.IngestServiceStub(channel)
        yield server
    await server.registry.close()
    await port_server.stop(None)
    await asyncio.to_thread(server.recorder.close)


def timed(coded: Coded, begin: float = 1_700_000_000.0) -> Coded:
    """With capture times as a film has them."""
    return Coded(
        coded.info, tuple(replace(one, capture_time=begin + one.pts / FPS) for one in coded.packets)
    ).film()


@pytest.mark.parametrize(
    ("codec", "options"),
    [
        (Codec.H264, {"gop": 15}),
        (Codec.H264, {"gop": 300, "bframes": 2, "lengths": True}),
        (Codec.H264, {"gop": 24, "bframes": 2, "open_gop": True}),
        (Codec.H264, {"intra_refresh": True, "gop": 12}),
        (Codec.HEVC, {"gop": 40, "bframes": 2}),
        (Codec.HEVC, {"gop": 20, "lengths": True}),
        (Codec.JPEG, {}),
    ],
    ids=str,
)
async def test_a_clip_begins_with_the_very_picture_of_the_moment(
    tmp_path: Path, codec: Codec, options: dict[str, Any]
) -> None:
    async with recording(tmp_path) as server:
        await server.play(timed(encode(codec, 75, **options)))
        await server.written()
        session = server.sink.info.session
        films = Recordings(server.recorder.index, 2**28)
        clips = ClipStore(tmp_path / "clips", ClipConfig())
        for frame in (server.sink.frames[at] for at in (0, 31, 52, 74)):
            cut = films.cut(Stretch(CAMERA, session, 0, frame.media, frame.media + 0.2))
            pictures = shown(clips.clip(cut))
            assert pictures[0] == (0.0, frame.number)
            assert [number for _, number in pictures] == list(range(frame.number, min(frame.number + 6, 75)))
        early = films.cut(Stretch(CAMERA, session, 0, -3.0, 0.1))
        assert early.stretch.start == 0.0, "a clip begins with the recording where that begins later"
        with pytest.raises(NotRecorded, match="shows 60"):
            films.cut(Stretch(CAMERA, session, 0, 60.0, 61.0))


async def test_a_turned_camera_gives_turned_clips(tmp_path: Path) -> None:
    async with recording(tmp_path) as server:
        await server.play(timed(encode(Codec.H264, 15, gop=5)).change(rotation=90, mirrored=True))
        await server.written()
        cut = Recordings(server.recorder.index, 2**28).cut(Stretch(CAMERA, server.sink.info.session, 0, 0.3, 0.4))
        with av.open(str(ClipStore(tmp_path / "clips", ClipConfig()).clip(cut))) as film:
            assert orientation(next(film.decode(video=0))) == (90, True)


async def test_the_clock_jumps_and_clips_stay_on_their_side(tmp_path: Path) -> None:
    """The time stamps go back in the middle: the second part is a media segment of its own."""
    coded = encode(Codec.H264, 60, gop=10)
    packets = tuple(replace(one, pts=one.pts - (30 if at >= 30 else 0)) for at, one in enumerate(timed(coded).packets))
    async with recording(tmp_path) as server:
        await server.play(Coded(coded.film().info, packets))
        await server.written()
        frame = server.sink.frames[44]
        assert frame.media_segment == 1
        films, clips = Recordings(server.recorder.index, 2**28), ClipStore(tmp_path / "clips", ClipConfig())
        cut = films.cut(Stretch(CAMERA, server.sink.info.session, 1, frame.media, frame.media + 0.1))
        assert [number for _, number in shown(clips.clip(cut))] == [44, 45, 46]
        # The first pictures of the second part.
        first = server.sink.frames[30]
        cut = films.cut(Stretch(CAMERA, server.sink.info.session, 1, first.media - 1, first.media + 0.1))
        assert shown(clips.clip(cut))[0] == (0.0, 30)


async def test_a_moment_of_the_servers_clock_is_found_in_every_camera(tmp_path: Path) -> None:
    async with recording(tmp_path) as server:
        begin = 1_700_000_000.0
        await server.play(timed(encode(Codec.H264, 45, gop=15), begin))
        other = CAMERA.replace("left", "right")
        late = timed(encode(Codec.HEVC, 45, gop=20), begin + 0.31)  # it begins later, between two pictures
        await server.play(late, camera=other)
        await server.written()
        films, clips = Recordings(server.recorder.index, 2**28), ClipStore(tmp_path / "clips", ClipConfig())
        cuts = [films.cut_at(camera, begin + 1.0, 0.3) for camera in (CAMERA, other)]
        assert [shown(clips.clip(cut))[0][1] for cut in cuts] == [30, 21]
        assert all(abs(cut.server_time - begin - 1.0) < 1 / FPS for cut in cuts)
        assert server.recorder.index.cameras("games/test") == [CAMERA, other]
        with pytest.raises(NotRecorded, match="no recording of"):
            films.cut_at(CAMERA, begin + 60, 1.0)


async def test_what_a_crash_left_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    async with recording(tmp_path) as server:
        await server.play(timed(encode(Codec.H264, 45, gop=15)))
        await server.written()
        session, frame = server.sink.info.session, server.sink.frames[40]
    first, last = sorted(tmp_path.rglob(f"*{SUFFIX}"))
    last.write_bytes(last.read_bytes()[:-200])  # torn in the last record
    (tmp_path / "index.sqlite3").write_bytes(b"no database" * 100)
    for path in tmp_path.glob("index.sqlite3-*"):
        path.unlink()
    index = RecordingIndex(tmp_path)
    index.recover()
    films = Recordings(index, 2**28)
    cut = films.cut(Stretch(CAMERA, session, 0, frame.media, frame.media + 2))
    assert [number for _, number in shown(ClipStore(tmp_path / "clips", ClipConfig()).clip(cut))] == [40, 41, 42, 43]
    first.unlink()
    index.recover()
    assert [one.path for one in index.complete_files()] == [last]
    index.close()


async def test_old_film_is_deleted_by_size_and_age(tmp_path: Path) -> None:
    now = [1_800_000_000.0]
    async with recording(tmp_path, max_gb=1e-3, wall=lambda: now[0], keep_hours=1.0) as server:
        server.recorder.config = server.recorder.config.model_copy(update={"max_gb": 2.5e-5})
        await server.play(timed(encode(Codec.H264, 75, gop=15)))
        await server.written()
        sizes = [one.nbytes for one in server.recorder.index.complete_files()]
        server.recorder.delete_old()
        kept = server.recorder.index.complete_files()
        assert sum(sizes) > 25_000 >= sum(one.nbytes for one in kept) > 0
        assert kept[-1].begun > 1_700_000_001, "the newest stay"
        now[0] += 3601
        server.recorder.delete_old()
        assert not list(tmp_path.rglob(f"*{SUFFIX}"))


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the recorder logs, whatever logging other tests have configured."""
    found: list[str] = []
    kept = SimpleNamespace(**{level: lambda text, **_: found.append(text) for level in ("info", "warning", "error")})
    monkeypatch.setattr("courtside_server.media.recorder.log", kept)
    return found


async def test_a_full_disk_stops_the_recording_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str]
) -> None:
    room = [0]
    monkeypatch.setattr("courtside_server.media.recorder._CHECK_S", 0.0)
    async with recording(tmp_path, min_free_gb=1.0, free=lambda folder: room[0]) as server:
        await server.play(timed(encode(Codec.H264, 30, gop=15)))
        await server.written()
        assert server.sink.numbers == list(range(30)), "every frame came through"
        assert not list(tmp_path.rglob(f"*{SUFFIX}"))
        room[0] = 10**10
        again = timed(encode(Codec.H264, 30, gop=15))
        await server.play(again)
        await server.written()
        assert len(list(tmp_path.rglob(f"*{SUFFIX}"))) == 1
    output = "".join(lines)
    assert output.count("recording stops") == 1 and output.count("recording goes on") == 1


async def test_a_write_that_fails_ends_a_file_and_recording_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str]
) -> None:
    monkeypatch.setattr("courtside_server.media.recorder._CHECK_S", 0.0)
    writes = itertools.count()

    class Full(PacketFileWriter):
        def write(self, packet: RecordedPacket) -> None:
            if next(writes) == 20:
                raise OSError(errno.ENOSPC, "No space left on device")
            super().write(packet)

    monkeypatch.setattr("courtside_server.media.recorder.PacketFileWriter", Full)
    async with recording(tmp_path) as server:
        await server.play(timed(encode(Codec.H264, 60, gop=15)))
        await server.written()
        assert server.sink.numbers == list(range(60))
        films, session = Recordings(server.recorder.index, 2**28), server.sink.info.session
        clips = ClipStore(tmp_path / "clips", ClipConfig())
        assert shown(clips.clip(films.cut(Stretch(CAMERA, session, 0, 0.5, 0.6))))[0] == (0.0, 15)
        assert shown(clips.clip(films.cut(Stretch(CAMERA, session, 0, 1.5, 1.6))))[0] == (0.0, 45)
    assert "".join(lines).count("cannot be written: No space left") == 1


async def test_a_clip_has_a_limit(tmp_path: Path) -> None:
    async with recording(tmp_path) as server:
        await server.play(timed(encode(Codec.H264, 30, gop=15)))
        await server.written()
        with pytest.raises(BadRequest, match="cut a shorter one"):
            Recordings(server.recorder.index, 1000).cut(Stretch(CAMERA, server.sink.info.session, 0, 0.5, 0.9))
