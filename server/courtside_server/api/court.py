"""CourtService: sets, returns and deletes the calibrations of cameras."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc

from courtside.court.point_pairs import PointPairs
from courtside.names import CameraName
from courtside.v1 import court_pb2, court_pb2_grpc
from courtside_server.court.calibration_store import CalibrationStore
from courtside_server.errors import BadRequest, NotFound


class CourtService(court_pb2_grpc.CourtServiceServicer):
    """Serves a calibration store.

    Every method raises errors of ``courtside_server.errors``; serve it behind ``StatusInterceptor``.

    Args:
        store: a loaded store.
    """

    def __init__(self, store: CalibrationStore) -> None:
        self._store = store

    async def SetCalibration(
        self, request: court_pb2.SetCalibrationRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> court_pb2.SetCalibrationResponse:
        """Store a calibration durably. The store's revision counts up, so that pipelines notice."""
        camera = CameraName.parse(request.camera).name
        if not request.HasField("calibration"):
            raise BadRequest("the request has no calibration; set its points", field="calibration")
        return await asyncio.to_thread(self._set, camera, request.calibration)

    def _set(self, camera: str, message: court_pb2.Calibration) -> court_pb2.SetCalibrationResponse:
        points = PointPairs.from_proto(message)
        points.calibration()
        self._store.set(camera, points)
        return court_pb2.SetCalibrationResponse(fit=fit_to_proto(points))

    async def GetCalibration(
        self, request: court_pb2.GetCalibrationRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> court_pb2.GetCalibrationResponse:
        """Return the points as they were set, and how well they fit."""
        camera = CameraName.parse(request.camera).name
        points = self._store.get(camera)
        if points is None:
            raise NotFound(f"{camera} is not calibrated", camera=camera)
        return court_pb2.GetCalibrationResponse(calibration=points.to_proto(), fit=fit_to_proto(points))

    async def DeleteCalibration(
        self, request: court_pb2.DeleteCalibrationRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> court_pb2.DeleteCalibrationResponse:
        """Delete a calibration durably."""
        camera = CameraName.parse(request.camera).name
        await asyncio.to_thread(self._store.delete, camera)
        return court_pb2.DeleteCalibrationResponse()


def fit_to_proto(points: PointPairs) -> court_pb2.CalibrationFit:
    """How well point pairs fit, for pictures of the size in which they were clicked."""
    fitted = points.calibration()
    return court_pb2.CalibrationFit(rms_error=fitted.error, homography=fitted.matrix.ravel().tolist())
