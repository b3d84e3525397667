"""CourtService: set, get and delete cameras' calibrations."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import numpy as np

from courtside.names import CameraName
from courtside.v1 import court_pb2, court_pb2_grpc
from courtside_server.court.calibration_store import MAX_POINTS, CalibrationStore, CameraCalibration
from courtside_server.errors import BadRequest, NotFound

_COURTS = {court_pb2.COURT_KIND_NBA: "nba", court_pb2.COURT_KIND_FIBA: "fiba"}
_KINDS = {name: kind for kind, name in _COURTS.items()}


class CourtService(court_pb2_grpc.CourtServiceServicer):
    """Keeps calibrations in a store.

    Every method raises errors of ``courtside_server.errors``; serve it behind ``StatusInterceptor``.

    Args:
        store: a loaded store.
    """

    def __init__(self, store: CalibrationStore) -> None:
        self._store = store

    async def SetCalibration(
        self, request: court_pb2.SetCalibrationRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> court_pb2.SetCalibrationResponse:
        """Durable before it is answered; the store's revision counts up, by which a pipeline can notice."""
        camera = CameraName.parse(request.camera).name
        if not request.HasField("calibration"):
            raise BadRequest("there is no calibration in the request", field="calibration")
        return await asyncio.to_thread(self._set, camera, request.calibration)

    def _set(self, camera: str, message: court_pb2.Calibration) -> court_pb2.SetCalibrationResponse:
        calibration = calibration_from_proto(message)
        self._store.set(camera, calibration)
        return court_pb2.SetCalibrationResponse(fit=fit_to_proto(calibration))

    async def GetCalibration(
        self, request: court_pb2.GetCalibrationRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> court_pb2.GetCalibrationResponse:
        """The points as they were set, and how they fit."""
        camera = CameraName.parse(request.camera).name
        calibration = self._store.get(camera)
        if calibration is None:
            raise NotFound(f"{camera} is not calibrated", camera=camera)
        return court_pb2.GetCalibrationResponse(
            calibration=calibration_to_proto(calibration), fit=fit_to_proto(calibration)
        )

    async def DeleteCalibration(
        self, request: court_pb2.DeleteCalibrationRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> court_pb2.DeleteCalibrationResponse:
        """Durable before it is answered."""
        camera = CameraName.parse(request.camera).name
        await asyncio.to_thread(self._store.delete, camera)
        return court_pb2.DeleteCalibrationResponse()


def calibration_from_proto(message: court_pb2.Calibration) -> CameraCalibration:
    """Check a calibration from the wire.

    Raises:
        BadRequest: unknown court, a value out of its limits, or points that make no court.
    """
    court = _COURTS.get(message.court)
    if court is None:
        raise BadRequest("court is unknown; use COURT_KIND_NBA or COURT_KIND_FIBA", field="court")
    if len(message.points) > MAX_POINTS:  # before arrays are made of them
        raise BadRequest(f"{len(message.points)} points; the limit is {MAX_POINTS}", field="points")
    pixels = np.array([(point.pixel_x, point.pixel_y) for point in message.points]).reshape(-1, 2)
    metres = np.array([(point.court_x, point.court_y) for point in message.points]).reshape(-1, 2)
    labels = tuple(point.label for point in message.points)
    return CameraCalibration(court, message.width, message.height, pixels, metres, labels)


def calibration_to_proto(calibration: CameraCalibration) -> court_pb2.Calibration:
    """A calibration as it goes over the wire; exact."""
    labels = calibration.labels or ("",) * len(calibration.pixels)
    points = zip(calibration.pixels.tolist(), calibration.metres.tolist(), labels, strict=True)
    return court_pb2.Calibration(
        court=_KINDS[calibration.court],
        width=calibration.width,
        height=calibration.height,
        points=[
            court_pb2.CalibrationPoint(pixel_x=u, pixel_y=v, court_x=x, court_y=y, label=label)
            for (u, v), (x, y), label in points
        ],
    )


def fit_to_proto(calibration: CameraCalibration) -> court_pb2.CalibrationFit:
    """How a calibration's points fit, for pictures of the clicked size."""
    fitted = calibration.fit()
    return court_pb2.CalibrationFit(rms_error=fitted.error, homography=fitted.matrix.ravel().tolist())
