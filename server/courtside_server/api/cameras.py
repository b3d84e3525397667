"""Cameras over HTTP, for the monitor: what each one sends, what becomes of it, and a small picture.

    GET /v1/cameras                                    the gateway and its cameras as JSON
    GET /v1/cameras/{game}/{camera}/thumbnail.jpg      the newest frame, at most one new picture per second

Nothing here reaches into the shot path: figures are read where they are kept anyway, and a picture is made of a copy in
a thread, one at a time for all cameras.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from prometheus_client.metrics import MetricWrapperBase
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from courtside.errors import CourtsideError
from courtside.names import CameraName
from courtside_server.errors import RingOvertaken
from courtside_server.ingest.session import CameraSession
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Frame, StreamMode

THUMBNAIL_WIDTH = 320
"""Pixels; the height follows from the frame."""
THUMBNAIL_S = 1.0
"""Seconds for which a picture serves everybody who wants one."""
FROZEN_S = 3.0
"""Seconds without a frame after which a live camera counts as frozen: well above the jitter of a network."""
FILM_FROZEN_S = 15.0
"""The same for film, which waits while the models are behind."""
MAX_GONE = 64
"""Cameras that are remembered after their session has ended; the one that ended first is forgotten."""
_QUALITY = 70
_LUMA = 8
"""Every so many pixels are compared to find out whether a picture changes."""


@dataclass(slots=True, eq=False)
class _Thumbnail:
    """The newest picture of a camera.

    Attributes:
        session: the session it is of.
        made: monotonic seconds.
        jpeg: the picture.
        luma: some of its frame's pixels.
        sequence: of its frame.
        changed: when these pixels last changed, monotonic seconds.
    """

    session: str
    made: float
    jpeg: bytes
    luma: NDArray[np.uint8]
    sequence: int
    changed: float


class CameraBoard:
    """What the monitor shows of a gateway's cameras. Use it on the event loop.

    Args:
        sessions: gives the sessions that are open.
        metrics: the gateway's metrics.
        gateway: gives what to say of the gateway itself.
        clock: monotonic seconds, the clock of ``Frame.arrival``.
    """

    def __init__(
        self, sessions: Callable[[], Sequence[CameraSession]], metrics: Metrics,
        gateway: Callable[[], dict[str, Any]] = dict, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._sessions, self._metrics, self._gateway, self._clock = sessions, metrics, gateway, clock
        self._gone: OrderedDict[str, tuple[float, dict[str, Any]]] = OrderedDict()
        self._thumbnails: dict[str, _Thumbnail] = {}
        self._making = asyncio.Lock()

    def note_end(self, session: CameraSession) -> None:
        """Remember a camera whose session is over, if it ever sent anything."""
        name = session.info.camera.name
        if not session.took_packets:
            return
        self._thumbnails.pop(name, None)
        self._gone[name] = (self._clock(), self._camera(session, {}, {}))
        self._gone.move_to_end(name)
        while len(self._gone) > MAX_GONE:
            self._gone.popitem(last=False)

    def summary(self) -> dict[str, Any]:
        """The gateway, and its cameras in the order of their names, as JSON values.

        ``state`` of a camera is ``waiting`` (no frame yet), ``live``, ``frozen`` (its client is connected, and no frame
        comes), ``away`` (its client may come back) or ``gone``. Ages are seconds; ``null``: not known.
        """
        fps = {one["camera"]: value for one, value in _samples(self._metrics.detector_fps)}
        skipped: dict[str, dict[str, int]] = {}
        for labels, value in _samples(self._metrics.windows_skipped):
            skipped.setdefault(labels["camera"], {})[labels["reason"]] = int(value)
        cameras = {one.info.camera.name: self._camera(one, fps, skipped) for one in self._sessions()}
        for name in [name for name in self._gone if name in cameras]:
            del self._gone[name]
        now = self._clock()
        for name, (since, camera) in self._gone.items():
            cameras[name] = {**camera, "state": "gone", "fps": 0.0, "goneSeconds": round(now - since, 1)}
        for name in [name for name in self._thumbnails if name not in cameras]:
            del self._thumbnails[name]
        models = {labels["model"]: int(value) for labels, value in _samples(self._metrics.model_version)}
        return {
            "gateway": {**self._gateway(), "models": dict(sorted(models.items()))},
            "cameras": [cameras[name] for name in sorted(cameras)],
        }

    def _camera(
        self, session: CameraSession, fps: dict[str, float], skipped: dict[str, dict[str, int]]
    ) -> dict[str, Any]:
        info, counters, name = session.info, session.counters, session.info.camera.name
        newest, now = session.frames.latest(), self._clock()
        age = None if newest is None else max(now - newest.arrival, 0.0)
        film = info.mode is StreamMode.FILM
        frozen = age is not None and age > (FILM_FROZEN_S if film else FROZEN_S)
        state = "waiting" if newest is None else "frozen" if frozen else "live"
        thumbnail = self._thumbnails.get(name)
        still = thumbnail is not None and thumbnail.session == info.session
        height, width = (info.height, info.width) if newest is None else _size(newest)
        return {
            "camera": name, "game": info.camera.game, "name": info.camera.id, "mode": info.mode.name.lower(),
            "codec": info.codec.name.lower(), "width": width, "height": height, "session": info.origin,
            "state": "away" if session.connection is None else state,
            "fps": 0.0 if frozen else round(session.frames.frame_rate(), 1),
            "frameAgeSeconds": None if age is None else round(age, 3),
            "stillSeconds": round(now - thumbnail.changed, 1) if thumbnail is not None and still else None,
            "mediaOffset": None if newest is None else round(newest.media, 3),
            "received": counters.received, "decoded": counters.decoded, "damaged": counters.damaged,
            "dropped": counters.dropped(), "detectorFps": round(fps[name], 1) if name in fps else None,
            "skipped": skipped.get(name, {}), "clockOffsetSeconds": round(session.clock_offset, 3),
        }  # fmt: skip

    async def thumbnail(self, camera: str) -> bytes | None:
        """The newest frame of a camera as a JPEG, at most `THUMBNAIL_S` old while frames come; None without a frame."""
        session = next((one for one in self._sessions() if one.info.camera.name == camera), None)
        if session is None:
            return None
        if (fresh := self._fresh(session)) is not None:
            return fresh.jpeg
        async with self._making:
            if (fresh := self._fresh(session)) is not None:  # made while this one waited
                return fresh.jpeg
            frame, known = session.frames.latest(), self._thumbnails.get(camera)
            if frame is None:
                return None
            try:
                luma, jpeg = await asyncio.to_thread(_encode, session, frame)
            except RingOvertaken:  # the camera writes faster than this thread reads: the one before will do
                return None if known is None else known.jpeg
            now = self._clock()
            same = (
                known is not None and known.session == session.info.session and known.luma.shape == luma.shape
                and bool((known.luma == luma).all())
            )  # fmt: skip
            changed = known.changed if known is not None and same else now
            self._thumbnails[camera] = _Thumbnail(session.info.session, now, jpeg, luma, frame.sequence, changed)
            return jpeg

    def _fresh(self, session: CameraSession) -> _Thumbnail | None:
        known = self._thumbnails.get(session.info.camera.name)
        newest = session.frames.latest()
        if known is None or newest is None or known.session != session.info.session:
            return None
        return known if newest.sequence == known.sequence or self._clock() - known.made < THUMBNAIL_S else None


def camera_routes(board: CameraBoard) -> list[BaseRoute]:
    """The routes."""

    async def cameras(request: Request) -> Response:
        return JSONResponse(board.summary(), headers={"Cache-Control": "no-store"})

    async def thumbnail(request: Request) -> Response:
        path = request.path_params
        try:
            name = CameraName.parse(f"games/{path['game']}/cameras/{path['camera']}")
        except CourtsideError as error:
            return JSONResponse({"error": error.message}, status_code=400)
        found = await board.thumbnail(name.name)
        if found is None:
            return JSONResponse({"error": f"{name.name} has no frame"}, status_code=404)
        return Response(found, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

    return [
        Route("/v1/cameras", cameras),
        Route("/v1/cameras/{game}/{camera}/thumbnail.jpg", thumbnail),
    ]


def _encode(session: CameraSession, frame: Frame) -> tuple[NDArray[np.uint8], bytes]:
    """Some of a frame's luma, and the frame as a small JPEG.

    Raises:
        RingOvertaken: the frame was overwritten meanwhile.
    """
    height, width = _size(frame)
    with session.frames.read(frame) as planes:
        luma = planes[:height:_LUMA, ::_LUMA].copy()
        picture = cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420)
    size = (THUMBNAIL_WIDTH, max(round(height * THUMBNAIL_WIDTH / width), 1))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return luma, data.tobytes()


def _size(frame: Frame) -> tuple[int, int]:
    """Height and width of a frame, pixels; its planes are I420."""
    return frame.planes.shape[0] * 2 // 3, frame.planes.shape[1]


def _samples(metric: MetricWrapperBase) -> list[tuple[dict[str, str], float]]:
    """Labels and values of a metric, without the times at which its series were created."""
    return [
        (one.labels, one.value) for family in metric.collect() for one in family.samples
        if not one.name.endswith("_created")
    ]  # fmt: skip
