"""AnalysisService over a real server, a real channel and the shipped model."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from shooter_support import shots_of

from courtside.v1 import analysis_pb2, analysis_pb2_grpc
from courtside_client.channel import Endpoint
from courtside_client.client import Client
from courtside_client.errors import NotFoundError, RejectedError
from courtside_server.api.analysis import AnalysisService
from courtside_server.api.status import StatusInterceptor
from courtside_server.inference.onnx.engine import EmbeddedEngine
from courtside_server.packaged import starter_models
from courtside_server.players.fingerprint import FingerprintModel
from courtside_server.players.form import form_of
from courtside_server.players.form_config import FormConfig
from courtside_server.players.gallery import Galleries
from courtside_server.players.shot_forms import ShotForms


@pytest.fixture
async def served(tmp_path: Path):
    galleries = Galleries(tmp_path / "shooters.sqlite3")
    engine = EmbeddedEngine(starter_models(), threads=1)
    await engine.start([])
    server = grpc.aio.server(interceptors=[StatusInterceptor()])
    service = AnalysisService(galleries, engine, FormConfig(), 5.0)
    analysis_pb2_grpc.add_AnalysisServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with Client(Endpoint(f"127.0.0.1:{port}")) as client:
        yield SimpleNamespace(client=client, galleries=galleries, engine=engine, port=port)
    await server.stop(0)
    await engine.close()
    galleries.close()


async def test_shooters_are_enrolled_listed_exported_and_erased(served) -> None:
    client = served.client
    anna = await client.enroll_shooter("Anna", shots_of(1, 4), height_cm=188.0)
    assert (anna.name, anna.shots, anna.height_cm) == ("Anna", 4, 188.0)
    assert anna.model.startswith("shot_fingerprint:") and "8 more" in anna.advice
    await client.enroll_shooter("Ben", shots_of(2, 1))
    assert [one.name for one in await client.list_shooters()] == ["Anna", "Ben"]
    exported = await client.export_shooter("anna")
    assert exported.shooter.shots == len(exported.shots) == 4
    np.testing.assert_array_equal(exported.shots[0].poses.keypoints, shots_of(1, 4)[0].keypoints)
    assert len(exported.shots[0].embedding) == 64
    assert await client.remove_shooter("Anna") == 4
    assert [one.name for one in await client.list_shooters()] == ["Ben"]
    for call in (client.remove_shooter, client.export_shooter):
        with pytest.raises(NotFoundError, match="no shooter 'Anna' is enrolled"):
            await call("Anna")


async def test_a_name_twice_and_a_bad_shot_keep_nothing(served) -> None:
    client = served.client
    await client.enroll_shooter("Anna", shots_of(1, 1))
    with pytest.raises(RejectedError, match="enrolled already, with 1 shots"):
        await client.enroll_shooter("ANNA", shots_of(1, 1))
    still = shots_of(2, 1)[0]
    still.keypoints[:] = still.keypoints[:1]
    with pytest.raises(RejectedError, match="no shooting motion is found"):
        await client.enroll_shooter("Anna", [*shots_of(1, 2), still], add=True)
    assert (await client.list_shooters())[0].shots == 1
    with pytest.raises(NotFoundError, match="no poses are kept of shot 'shot-1'"):
        await client.enroll_shooter("Cleo", [("g", "shot-1")])


async def test_a_shot_is_compared_with_another_one_and_with_a_baseline(served) -> None:
    client, (good, *others) = served.client, shots_of(1, 8)
    found = await client.compare_form(good, others[0])
    assert found.difference.shape == (64, 17, 2) and found.reference_shots == 1
    assert found.baseline_distance is None and found.torso_cm is None
    await client.enroll_shooter("Anna", others[:2], height_cm=190.0)
    with pytest.raises(RejectedError, match="has 2 good shots, a baseline needs 3"):
        await client.compare_form(good, "Anna")
    await client.enroll_shooter("Anna", others[2:], add=True)
    usual = await client.compare_form(good, "Anna")
    assert usual.torso_cm == pytest.approx(0.288 * 190) and usual.reference_shots == 7
    bad = await client.compare_form(shots_of(1, 1, amount=0.5)[0], "Anna")
    assert bad.baseline_distance > usual.baseline_distance
    assert np.nanmean(np.abs(bad.difference)) > np.nanmean(np.abs(usual.difference))
    served.galleries.keep_game_shot("games/g", "shot-1", good)
    same = await client.compare_form(("g", "shot-1"), good)
    assert np.nanmax(np.abs(same.difference)) == 0.0


async def test_a_map_needs_three_shots(served) -> None:
    await served.client.enroll_shooter("Anna", shots_of(1, 2))
    with pytest.raises(RejectedError, match="a map needs 3 shots, 2 are enrolled"):
        await served.client.embedding_map()
    await served.client.enroll_shooter("Ben", shots_of(2, 3))
    points = await served.client.embedding_map()
    assert [point.shooter for point in points] == ["Anna"] * 2 + ["Ben"] * 3


async def test_shots_that_another_version_has_embedded_are_embedded_again(served) -> None:
    await served.client.enroll_shooter("Anna", shots_of(1, 3))
    shots = served.galleries.find("Anna").shots
    served.galleries.replace_embeddings(
        [shot.number for shot in shots], np.zeros((3, 8), np.float32), "shot_fingerprint:0"
    )
    await served.client.enroll_shooter("Ben", shots_of(2, 1))
    for before, after in zip(shots, served.galleries.find("Anna").shots, strict=True):
        assert after.model == before.model
        np.testing.assert_allclose(after.embedding, before.embedding, atol=1e-5)


async def test_live_shots_are_recognised_and_a_changed_form_raises_one_alert(served) -> None:
    players = {"Anna": 1, "Ben": 2, "Cleo": 3}
    for name, player in players.items():
        await served.client.enroll_shooter(name, shots_of(player, 24), height_cm=190.0)
    model = FingerprintModel(served.engine, "shot_fingerprint", 5.0)
    forms = ShotForms(served.galleries, model, FormConfig())
    queries = [poses for player in players.values() for poses in shots_of(player, 6, seed=1)]
    bad = shots_of(1, 14, amount=0.35, seed=2)

    async def analysed(poses):
        request = model.request(form_of(poses).inputs[None])
        answer = request.parse(await served.engine.infer(request.model, request.inputs, timeout=5.0))
        return forms.analyze(lambda _: answer, poses)

    found = [await analysed(poses) for poses in queries]
    right = [one.identity.name == name for one, name in zip(found, np.repeat(list(players), 6), strict=True)]
    assert np.mean(right) >= 0.8
    assert all(one.alert is None for one in found)
    assert found[0].form.release_height_cm is not None
    alerts = [one.alert for one in [await analysed(poses) for poses in bad] if one.alert is not None]
    assert len(alerts) <= 1 and all(alert.shooter == "Anna" for alert in alerts)
    assert forms.analyze(lambda _: None, queries[0]).identity is None  # the model did not answer


@pytest.mark.parametrize(
    ("request_", "code", "text"),
    [
        (analysis_pb2.EnrollShooterRequest(name="A"), "INVALID_ARGUMENT", "has 0 shots; send 1 to 200"),
        (
            analysis_pb2.EnrollShooterRequest(name="A", shots=[analysis_pb2.ShotReference()]), "INVALID_ARGUMENT",
            "a shot is empty",
        ),
        (
            analysis_pb2.EnrollShooterRequest(
                name="A", shots=[analysis_pb2.ShotReference(poses=analysis_pb2.ShotPoses(times=[1.0]))]
            ), "INVALID_ARGUMENT", "1 times but 0 keypoint numbers",
        ),
    ],
)  # fmt: skip
async def test_bad_requests_are_one_clear_error(served, request_, code, text) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{served.port}") as channel:
        with pytest.raises(grpc.aio.AioRpcError, match=text) as caught:
            await analysis_pb2_grpc.AnalysisServiceStub(channel).EnrollShooter(request_)
    assert caught.value.code().name == code
    info = error_details_pb2.ErrorInfo()
    assert rpc_status.from_call(caught.value).details[0].Unpack(info) and info.reason == "BAD_REQUEST"
