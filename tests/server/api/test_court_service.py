"""CourtService over a real server and a real channel."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from courtside.v1 import court_pb2, court_pb2_grpc
from courtside_server.api.court import CourtService
from courtside_server.api.status import StatusInterceptor
from courtside_server.court import calibration_store
from courtside_server.court.calibration_store import CalibrationStore

CAMERA = "games/final/cameras/left"
POINTS = [(200.0, 300.0, 14.0, 7.5), (1100.0, 310.0, 14.0, -7.5), (1250.0, 700.0, 0.0, -7.5), (30.0, 690.0, 0.0, 7.5)]


@pytest.fixture
async def served(tmp_path: Path):
    store = CalibrationStore(tmp_path / "calibrations.json")
    store.load()
    server = grpc.aio.server(interceptors=[StatusInterceptor()])
    court_pb2_grpc.add_CourtServiceServicer_to_server(CourtService(store), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield SimpleNamespace(stub=court_pb2_grpc.CourtServiceStub(channel), store=store, folder=tmp_path)
    await server.stop(0)


def request(camera=CAMERA, points=POINTS, **changes) -> court_pb2.SetCalibrationRequest:
    points = [court_pb2.CalibrationPoint(pixel_x=u, pixel_y=v, court_x=x, court_y=y) for u, v, x, y in points]
    fields = {"court": court_pb2.COURT_KIND_FIBA, "width": 1280, "height": 720, "points": points} | changes
    return court_pb2.SetCalibrationRequest(camera=camera, calibration=court_pb2.Calibration(**fields))


async def refused(call) -> SimpleNamespace:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    status = rpc_status.from_call(caught.value)
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    return SimpleNamespace(code=caught.value.code(), reason=info.reason, field=info.metadata.get("field"),
                           details=caught.value.details())


async def test_set_get_delete(served):
    wanted = request()
    fit = (await served.stub.SetCalibration(wanted)).fit
    assert fit.rms_error == pytest.approx(0, abs=1e-6)
    floor = np.reshape(fit.homography, (3, 3)) @ (1100.0, 310.0, 1.0)
    assert floor[:2] / floor[2] == pytest.approx([14.0, -7.5])
    got = await served.stub.GetCalibration(court_pb2.GetCalibrationRequest(camera=CAMERA))
    assert got.calibration == wanted.calibration and got.fit == fit
    assert served.store.get(CAMERA).for_size(640, 360).to_floor(550.0, 155.0).x == pytest.approx(14.0)
    restarted = CalibrationStore(served.folder / "calibrations.json")
    restarted.load()
    assert restarted.get(CAMERA) is not None
    await served.stub.DeleteCalibration(court_pb2.DeleteCalibrationRequest(camera=CAMERA))
    assert served.store.get(CAMERA) is None


@pytest.mark.parametrize("method", ["Get", "Delete"])
async def test_a_camera_without_one_is_not_found(served, method):
    message = getattr(court_pb2, f"{method}CalibrationRequest")(camera=CAMERA)
    error = await refused(getattr(served.stub, f"{method}Calibration")(message))
    assert (error.code, error.reason) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND") and CAMERA in error.details


@pytest.mark.parametrize("method", ["Get", "Delete", "Set"])
async def test_what_is_no_camera_s_name(served, method):
    message = getattr(court_pb2, f"{method}CalibrationRequest")(camera="left")
    error = await refused(getattr(served.stub, f"{method}Calibration")(message))
    assert (error.code, error.field) == (grpc.StatusCode.INVALID_ARGUMENT, "camera")


@pytest.mark.parametrize(
    ("bad", "field", "says"),
    [
        (court_pb2.SetCalibrationRequest(camera=CAMERA), "calibration", "no calibration"),
        (request(court=court_pb2.COURT_KIND_UNSPECIFIED), "court", "COURT_KIND_NBA"),
        (request(court=77), "court", "COURT_KIND_NBA"),
        (request(width=0), "width", "greater than or equal to 2"),
        (request(points=POINTS[:3]), "points", "needs 4"),
        (request(points=[]), "points", "needs 4"),
        (request(points=POINTS * 17), "points", "limit is 64"),
        (request(points=[(float("nan"), 0, 0, 0), *POINTS[1:]]), "points", "finite"),
        (request(points=[*POINTS, (640.0, 690.0, 14.0, 0.0)]), "points", "click it again"),
        (request(points=[(1280 - u, v, x, y) for u, v, x, y in POINTS]), "points", "exchanged"),
    ],
)
async def test_points_that_make_no_court_are_refused_and_change_nothing(served, bad, field, says):
    error = await refused(served.stub.SetCalibration(bad))
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "BAD_REQUEST")
    assert error.field == field and says in error.details
    assert served.store.revision == 0 and not list(served.folder.iterdir())


async def test_a_full_store_and_a_full_disk_have_codes_of_their_own(served, monkeypatch):
    await served.stub.SetCalibration(request())
    monkeypatch.setattr(calibration_store, "MAX_CAMERAS", 1)
    error = await refused(served.stub.SetCalibration(request("games/final/cameras/right")))
    assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "STORE_FULL")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    error = await refused(served.stub.SetCalibration(request()))
    assert (error.code, error.reason) == (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
