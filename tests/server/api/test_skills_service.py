"""EstimateSkills over a real server and a real channel: films in parts, players of a game, cancelled and bad calls."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import grpc
import pytest
from skill_support import CAMERA, FakeEngine, events_of, write_film

from courtside.skills import SKILLS
from courtside.v1 import analysis_pb2, analysis_pb2_grpc
from courtside_client.channel import Endpoint
from courtside_client.client import Client
from courtside_client.errors import GatewayUnavailable, InputError, NotFoundError, RejectedError
from courtside_client.skills import SkillsStage
from courtside_server.api.analysis import AnalysisService
from courtside_server.api.skills import SkillsService
from courtside_server.api.status import StatusInterceptor
from courtside_server.events import EventHub, SqliteLog
from courtside_server.inference.onnx.engine import EmbeddedEngine
from courtside_server.packaged import starter_models
from courtside_server.players.form_config import FormConfig
from courtside_server.players.gallery import Galleries
from courtside_server.players.skills import SkillEstimator
from courtside_server.players.skills_config import SkillsConfig
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import EventDraft


@asynccontextmanager
async def serving(folder: Path, engine, **config):
    galleries = Galleries(folder / "shooters.sqlite3")
    log = SqliteLog(":memory:")
    hub = EventHub(log, Metrics())
    await hub.start()
    uploads = folder / "uploads"
    skills = SkillsService(SkillEstimator(engine, SkillsConfig(**config), 10.0), hub, uploads)
    server = grpc.aio.server(interceptors=[StatusInterceptor()])
    service = AnalysisService(galleries, engine, FormConfig(), 5.0, skills)
    analysis_pb2_grpc.add_AnalysisServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with Client(Endpoint(f"127.0.0.1:{port}")) as client:
        yield SimpleNamespace(client=client, hub=hub, uploads=uploads, port=port, skills=skills)
    await server.stop(0)
    await hub.close()
    log.close()
    galleries.close()


@pytest.fixture
async def served(tmp_path: Path):
    async with serving(tmp_path, FakeEngine(), upload_wait_s=0.5) as found:
        await found.hub.publish([EventDraft.of(event) for event in events_of()])
        yield found


@pytest.fixture(scope="module")
def highlight(tmp_path_factory) -> Path:
    return write_film(tmp_path_factory.mktemp("film") / "anna.mp4", 200.0)


async def until_empty(folder: Path) -> float:
    """Seconds until the uploads are gone."""
    began = time.monotonic()
    async with asyncio.timeout(10):
        while any(folder.iterdir()):
            await asyncio.sleep(0.01)
    return time.monotonic() - began


async def test_a_film_is_sent_and_the_shipped_model_estimates_twenty_skills(tmp_path, highlight) -> None:
    engine = EmbeddedEngine(starter_models(), threads=1)
    await engine.start([])
    stages: list[tuple[SkillsStage, float]] = []
    async with serving(tmp_path, engine) as served:
        found = await served.client.estimate_skills(highlight, on_progress=lambda *one: stages.append(one))
        assert not any(served.uploads.iterdir())
    await engine.close()
    assert [skill.skill for skill in found.skills] == list(SKILLS) and found.statistics is None
    assert all(sum(skill.probabilities) == pytest.approx(1.0) for skill in found.skills)
    assert (found.frames, found.film_seconds, found.model) == (64, 200.0, "player_skills:1")
    assert "must not be used to rate people" in found.caution
    assert {stage for stage, _ in stages} == set(SkillsStage)
    assert [done for stage, done in stages if stage is SkillsStage.UPLOAD][-1] == 1.0


async def test_a_players_part_of_a_games_film_is_used_with_the_counts_beside_it(served, highlight) -> None:
    by_track = await served.client.estimate_skills(highlight, game="g", players=[7])
    by_name = await served.client.estimate_skills(highlight, game="games/g", shooter="anna", camera="film")
    assert by_track == by_name and len(by_track.skills) == 20
    statistics = by_track.statistics
    assert (statistics.attempts, statistics.made, statistics.points, statistics.name) == (20, 10, 30, "Anna")
    assert (statistics.possessions, statistics.ball_seconds, statistics.passes) == (20, 40.0, 1)
    assert len(by_track.ranges) == 1 and by_track.film_seconds == pytest.approx(198.0)


async def test_without_a_film_there_are_the_counts_and_why_there_are_no_levels(served) -> None:
    seven = await served.client.estimate_skills(game="g", players=[7])
    assert seven.skills == () and seven.statistics.points == 30 and "a gateway keeps none" in seven.not_enough_film
    nine = await served.client.estimate_skills(game="g", players=[9])
    assert nine.statistics.steals == 1 and "in 1 play, levels need 16" in nine.not_enough_film


async def test_players_and_games_that_are_not_there_are_named(served, highlight) -> None:
    client = served.client
    with pytest.raises(NotFoundError, match="no event names player 8; events name players 7, 9"):
        await client.estimate_skills(game="g", players=[7, 8])
    with pytest.raises(NotFoundError, match="no event names shooter 'Ben'"):
        await client.estimate_skills(game="g", shooter="Ben")
    with pytest.raises(NotFoundError, match="games/empty has no events: stream it first"):
        await client.estimate_skills(game="empty", players=[1])
    with pytest.raises(RejectedError, match="name 1 to 100 tracks of the player, or a shooter"):
        await client.estimate_skills(game="g")
    later = [EventDraft.of(event) for event in events_of(camera=CAMERA + "2")]
    await served.hub.publish([EventDraft(**{**_fields(one), "event_id": one.event_id + "-2"}) for one in later])
    with pytest.raises(RejectedError, match="2 cameras have such a player: name one of"):
        await client.estimate_skills(game="g", players=[7])
    assert (await client.estimate_skills(game="g", players=[7], camera="film2")).statistics.attempts == 20
    with pytest.raises(RejectedError, match="2 cameras have such a player"):
        await client.estimate_skills(highlight, game="g", shooter="Anna")  # one film cannot be that of both
    both = await client.estimate_skills(game="g", shooter="Anna")
    assert (both.statistics.attempts, both.statistics.camera, both.ranges) == (40, "", ()), "counts need no film"


def _fields(draft: EventDraft) -> dict:
    return {name: getattr(draft, name) for name in EventDraft.__dataclass_fields__}


async def test_films_that_cannot_be_used_give_one_clear_error_and_leave_nothing(served, tmp_path) -> None:
    client = served.client
    short = await client.estimate_skills(write_film(tmp_path / "short.mp4", 5.0))
    assert short.skills == () and short.not_enough_film.startswith("not enough film: 5 s")
    with pytest.raises(RejectedError, match="longer than 20 minutes"):
        await client.estimate_skills(write_film(tmp_path / "game.mp4", 3 * 3600.0, step=60.0))
    (tmp_path / "notes.txt").write_text("no film at all\n" * 9)
    with pytest.raises(RejectedError, match="the film: not a film that can be opened"):
        await client.estimate_skills(tmp_path / "notes.txt")
    (tmp_path / "list.m3u8").write_text(f"#EXTM3U\n#EXTINF:5,\n{tmp_path / 'short.mp4'}\n#EXT-X-ENDLIST\n")
    with pytest.raises(RejectedError, match="not a film that can be opened"):  # it names another file
        await client.estimate_skills(tmp_path / "list.m3u8")
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(InputError, match="it is empty"):
        await client.estimate_skills(tmp_path / "empty.mp4")
    with pytest.raises(InputError, match="No such file"):
        await client.estimate_skills(tmp_path / "missing.mp4")
    assert not any(served.uploads.iterdir())


async def raw(served, *requests: analysis_pb2.EstimateSkillsRequest, end: bool = False) -> str:
    """The message of the error that requests of one's own making get."""

    accepted = asyncio.Event()

    async def send():
        yield requests[0]
        if len(requests) > 1:
            await accepted.wait()
        for request in requests[1:]:
            yield request
        if not end:
            await asyncio.sleep(30)

    async with grpc.aio.insecure_channel(f"127.0.0.1:{served.port}") as channel:
        call = analysis_pb2_grpc.AnalysisServiceStub(channel).EstimateSkills(send())
        with pytest.raises(grpc.aio.AioRpcError) as error:
            async for _ in call:
                accepted.set()
        assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        return error.value.details()


async def test_uploads_that_break_the_rules_are_refused(served) -> None:
    def query(size: int):
        return analysis_pb2.EstimateSkillsRequest(query=analysis_pb2.SkillsQuery(film_bytes=size))

    part = analysis_pb2.EstimateSkillsRequest(film=b"12345")
    assert "first message must be the query" in await raw(served, part)
    assert "neither a film nor a player" in await raw(served, query(0))
    assert "5000 MB, at most 1024 MB are taken" in await raw(served, query(5_000_000_000))
    assert "ended after 5 of 10 bytes" in await raw(served, query(10), part, end=True)
    assert "more than the 7 bytes" in await raw(served, query(7), part, part)
    assert "only parts of the film may come" in await raw(served, query(10), part, query(10))
    assert "nothing has come for 0.5 s" in await raw(served, query(10), part)
    assert not any(served.uploads.iterdir())


async def test_a_second_film_at_the_same_time_is_refused_and_a_cancelled_call_makes_room(tmp_path, highlight) -> None:
    engine, began = FakeEngine(), asyncio.Event()

    async def infer(model, inputs, *, timeout):
        began.set()
        await asyncio.sleep(60)

    answer, engine.infer = engine.infer, infer
    async with serving(tmp_path, engine) as served:
        first = asyncio.create_task(served.client.estimate_skills(highlight))
        async with asyncio.timeout(10):
            await began.wait()
        assert len(list(served.uploads.iterdir())) == 1
        with pytest.raises(GatewayUnavailable, match="another film is being worked on"):
            await served.client.estimate_skills(highlight)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert await until_empty(served.uploads) < 1.0
        engine.infer = answer
        assert len((await served.client.estimate_skills(highlight)).skills) == 20


async def test_films_of_a_killed_gateway_are_deleted(served) -> None:
    served.uploads.mkdir(exist_ok=True)
    (served.uploads / "skills-old").write_bytes(b"film")
    (served.uploads / "other").touch()
    served.skills.clean()
    assert [path.name for path in served.uploads.iterdir()] == ["other"]
