"""Clips of events over gRPC and HTTP, through the ingest that records them and a real event log."""

from __future__ import annotations

import asyncio
import io
import threading
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import av
import grpc
import httpx
import pytest
from page_server import shot_draft

from courtside.v1 import media_pb2, media_pb2_grpc
from courtside_server.api.clip_maker import ClipMaker
from courtside_server.api.game_films import GameFilms
from courtside_server.api.health import Health
from courtside_server.api.media import MediaService
from courtside_server.api.media_routes import media_routes
from courtside_server.api.status import StatusInterceptor
from courtside_server.api.web import web_app
from courtside_server.events import EventHub, SqliteLog
from courtside_server.media.clips import ClipStore, Recordings
from courtside_server.media.config import ClipConfig, CondenseConfig, MediaConfig
from courtside_server.media.film_cut import Stopped
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Codec, EventDraft, Lifecycle, Shot

from ..ingest.coded import CAMERA, encode, number_of
from ..media.test_recording import Recorded, recording, timed

GAME = "games/test"
OTHER = CAMERA.replace("left", "right")


def numbers(data: bytes) -> list[int]:
    with av.open(io.BytesIO(data)) as film:
        return [number_of(frame.to_ndarray(format="yuv420p")) for frame in film.decode(video=0)]


@dataclass
class Served:
    server: Recorded
    hub: EventHub
    http: httpx.AsyncClient
    stub: media_pb2_grpc.MediaServiceStub
    clips: ClipMaker

    async def publish(self, event_id: str, media: float, **changes: object) -> None:
        draft = shot_draft(event_id, 1_700_000_000.0 + media, **changes)
        payload = draft.payload
        assert isinstance(payload, Shot)
        session = self.server.sinks[0].info.origin
        await self.hub.publish([EventDraft(
            GAME, CAMERA, event_id, Lifecycle.CONFIRMED, draft.event_time, media, payload, session=session
        )])  # fmt: skip

    async def clip(self, **request: object) -> tuple[media_pb2.ClipInfo, bytes]:
        parts = [part async for part in self.stub.GetClip(media_pb2.GetClipRequest(game=GAME, **request))]
        return parts[0].info, b"".join(part.data for part in parts[1:])


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    metrics = Metrics()
    log = SqliteLog(tmp_path / "events.sqlite3")
    hub = EventHub(log, metrics)
    await hub.start()
    async with recording(tmp_path / "film") as server:
        config = ClipConfig(max_s=20)
        clips = ClipMaker(
            hub, Recordings(server.recorder.index, 2**28), ClipStore(tmp_path / "film" / "clips", config), config
        )
        margins = CondenseConfig(before_shot_s=0.1, after_shot_s=0.1, join_s=0.05)
        films = GameFilms(hub, clips, MediaConfig(condense=margins))
        app = web_app(metrics, Health(), hub, routes=media_routes(clips, films))
        port_server = grpc.aio.server(interceptors=[StatusInterceptor()])
        media_pb2_grpc.add_MediaServiceServicer_to_server(MediaService(clips, films), port_server)
        port = port_server.add_insecure_port("127.0.0.1:0")
        await port_server.start()
        async with (
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http,
            grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
        ):
            await server.play(timed(encode(Codec.H264, 75, gop=40)))
            await server.play(timed(encode(Codec.JPEG, 75), 1_700_000_000.2), camera=OTHER)
            await server.written()
            yield Served(server, hub, http, media_pb2_grpc.MediaServiceStub(channel), clips)
        await port_server.stop(None)
    await hub.close()
    log.close()


async def test_a_clip_shows_its_event_over_grpc_and_http(served: Served) -> None:
    await served.publish("shot-1", 1.5)
    info, data = await served.clip(event_id="shot-1", before_seconds=0.5, after_seconds=0.2)
    assert numbers(data) == list(range(30, 51)) and info.bytes == len(data) and info.content_type == "video/mp4"
    assert (info.cuts[0].media_offset, info.cuts[0].codec, info.cuts[0].camera) == (1.0, "h264", CAMERA)

    address = "/v1/games/test/clips/shot-1.mp4?before=0.5&after=0.2"
    whole = await served.http.get(address)
    assert whole.content == data and whole.headers["content-type"] == "video/mp4"
    part = await served.http.get(address, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206 and part.content == data[100:200]

    archive = await served.http.get("/v1/games/test/clips/shot-1.zip?before=0.5&after=0.2")
    with zipfile.ZipFile(io.BytesIO(archive.content)) as films:
        first = {name: numbers(films.read(name))[0] for name in films.namelist()}
    assert first == {"left.mp4": 30, "right.mp4": 24}, "the other camera began 0.2 s later"
    other = await served.http.get("/v1/games/test/clips/shot-1.mp4?before=0&after=0.1&camera=right")
    assert numbers(other.content)[0] == 39

    listed = (await served.http.get("/v1/games/test/recordings")).json()["recordings"]
    assert [one["camera"] for one in listed] == [CAMERA, OTHER]


async def test_what_cannot_be_cut_is_one_clear_line(served: Served) -> None:
    await served.publish("shot-1", 1.5)
    await served.publish("late", 60.0)
    for address, status, words in [
        ("shot-2.mp4", 404, "no event 'shot-2'"),
        ("late.mp4", 404, "no recording of games/test/cameras/left shows 56.0 to 63.0 s"),
        ("shot-1.mp4?before=15&after=15", 400, "the limit is 20 s"),
        ("shot-1.mp4?before=nan", 400, "must be seconds"),
        ("shot-1.mp4?before=-1", 400, "must be seconds"),
        ("shot-1.mp4?after=soon", 400, "after=soon is no number"),
        ("shot-1.mp4?camera=../left", 400, "is not a name"),
        ("shot-1.mp4?camera=nobody", 404, "no recording of games/test/cameras/nobody"),
    ]:
        answer = await served.http.get(f"/v1/games/test/clips/{address}")
        assert answer.status_code == status and words in answer.json()["error"], answer.text
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await served.clip()
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT and "name an event" in str(error.value.details())
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await served.clip(event_id="shot-1", camera="games/other/cameras/left")
    assert "is none of games/test" in str(error.value.details())
    served.clips._open = 18
    answer = await served.http.get("/v1/games/test/clips/shot-1.mp4")
    assert answer.status_code == 429 and answer.json()["reason"] == "TOO_MANY_CLIPS"


async def test_a_game_is_condensed_and_made_into_reels(served: Served) -> None:
    """GOPs of 40 pictures: stretches begin at picture 0 and 40."""
    await served.publish("shot-1", 0.5, shooter=7)
    await served.publish("shot-2", 2.0, shooter=8)
    request = media_pb2.CondenseGameRequest(game=GAME)
    parts = [part async for part in served.stub.CondenseGame(request)]
    info = next(part.info for part in parts if part.HasField("info"))
    film = b"".join(part.data for part in parts)
    assert numbers(film) == [*range(18), *range(40, 63)] and info.bytes == len(film) and info.camera == CAMERA
    assert info.seconds == pytest.approx(41 / 30) and info.game_seconds == pytest.approx(74 / 30)
    assert [(one.event_id, round(one.start_seconds, 2)) for one in info.chapters] == [("shot-1", 0.0), ("shot-2", 0.6)]

    reel = await served.http.get("/v1/games/test/condensed.mp4?player=8&zone=left-mid-range")
    assert numbers(reel.content) == list(range(40, 63))
    chapters = await served.http.get("/v1/games/test/condensed.vtt?player=8")
    assert "00:00:00.000 --> 00:00:00.767\n0:02 shot left mid-range" in chapters.text
    for query, status, words in [
        ("player=x", 400, "number of a track"), ("zone=moon", 400, "is none of paint-extended"),
        ("player=9", 404, "nothing that is to be shown"), ("camera=nobody", 404, "no shot of"),
    ]:  # fmt: skip
        answer = await served.http.get(f"/v1/games/test/condensed.mp4?{query}")
        assert answer.status_code == status and words in answer.json()["error"], answer.text


async def test_cancelling_stops_the_work(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    await served.publish("shot-1", 0.5)
    began, ended = threading.Event(), threading.Event()

    def endless(*_: object, stop: threading.Event, **__: object) -> None:
        began.set()
        stop.wait(10)
        ended.set()
        raise Stopped("stopped")

    monkeypatch.setattr("courtside_server.api.game_films.shorten_recording", endless)
    call = served.stub.CondenseGame(media_pb2.CondenseGameRequest(game=GAME))
    reading = asyncio.create_task(call.read())
    assert await asyncio.to_thread(began.wait, 5)
    call.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert await asyncio.to_thread(ended.wait, 5)
