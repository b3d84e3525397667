"""``courtside.recognise_court``: the court in a second or two of pictures, by the gateway's own stages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import structlog
from numpy.typing import NDArray

from courtside.court.homography import Calibration
from courtside.court.recognised import RecognisedCourt
from courtside_server.compose import make_court_detectors, make_engine
from courtside_server.court.config import CourtConfig
from courtside_server.court.court_estimate import CourtEstimate, CourtPicture
from courtside_server.court.court_estimate import recognise_court as estimate_court
from courtside_server.court.scene_court import SceneCourt
from courtside_server.inference.engine import Engine
from courtside_server.offline.api import log_to_logging
from courtside_server.perception.detector import CourtDetector
from courtside_server.perception.frame_sampler import FrameSampler
from courtside_server.perception.people import People, PeopleDetector
from courtside_server.perception.tracker import Tracker, TrackIds
from courtside_server.settings import Settings, load_settings
from courtside_server.types import DetectorFrame, Frame

_CAMERA = "games/calibration/cameras/camera"
_TIMEOUT_S = 30.0
"""Seconds that a model may take: nobody waits for a picture."""


def recognise_court(
    pictures: Iterable[tuple[float, NDArray[np.uint8]]],
    *,
    at: float | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> RecognisedCourt | None:
    """Recognise the court that a camera shows, as the gateway does for shots of cameras without calibration.

    Blocks for some seconds. At least half a second of pictures with a rim and standing people is needed; two seconds
    serve best (docs/calibration.md).

    Args:
        pictures: seconds and (H, W, 3) uint8 BGR, upright, all of one size, oldest first.
        at: seconds of the picture to whose pixels the court refers; the last one by default. It matters where the
            camera moves.
        config: TOML file of settings.
        settings: settings by their dotted names, for example ``{"court.min_margin": 10}``.

    Returns:
        The likeliest court, certain or not; None where nothing in the pictures can be one.

    Raises:
        InputError: a setting cannot be used.
        EngineError: a model cannot be used.

    Example:
        >>> grey = np.full((72, 128, 3), 128, np.uint8)  # no court
        >>> print(recognise_court([(0.0, grey), (0.5, grey)]))
        None
    """
    if not structlog.is_configured():
        log_to_logging()
    loaded = load_settings(None if config is None else Path(config), settings)
    return asyncio.run(_recognise(pictures, at, loaded))


async def _recognise(
    pictures: Iterable[tuple[float, NDArray[np.uint8]]], at: float | None, settings: Settings
) -> RecognisedCourt | None:
    engine = make_engine(settings)
    try:
        detector, people = await make_court_detectors(settings, engine, _TIMEOUT_S)
        scene = _Scene(settings, detector, people)
        for number, (media, picture) in enumerate(pictures):
            await scene.add(engine, _frame(number, media, picture))
        return scene.court(at)
    finally:
        await engine.close()


class _Scene:
    """What was tracked in the pictures since the last cut.

    Args:
        settings: the gateway's.
        detector: finds rims and players.
        people: finds people who are no players to it; None without that model.
    """

    def __init__(self, settings: Settings, detector: CourtDetector, people: PeopleDetector | None) -> None:
        self._settings, self._detector, self._people_detector = settings, detector, people
        self._sampler = FrameSampler(
            detector.input_size, settings.perception.detector_fps, config=settings.tracking
        )
        self._frames: list[DetectorFrame] = []
        self._start()

    def _start(self) -> None:
        settings = self._settings
        self._tracker = Tracker(TrackIds.fresh(), 1.0, settings.tracking)
        self._people = People(1.0, settings.tracking.people)
        self._court = SceneCourt(settings.court, 1.0, _estimate)
        self._frames.clear()

    async def add(self, engine: Engine, frame: Frame) -> None:
        prepared = self._sampler.push(frame)
        if prepared is None:
            return
        if prepared.cut:
            self._start()
        request = self._detector.request(prepared)
        detections = request.parse(await engine.infer(request.model, request.inputs, timeout=request.timeout))
        if self._people_detector is not None and self._people.take(prepared):
            people = self._people_detector.request(prepared)
            outputs = await engine.infer(people.model, people.inputs, timeout=people.timeout)
            self._people.update(prepared, people.parse(outputs))
        observations = self._tracker.update(prepared, self._people.complete(prepared, detections))
        self._court.update(prepared, observations)
        self._frames.append(prepared)

    def court(self, at: float | None) -> RecognisedCourt | None:
        """The court in the pixels of the picture at ``at`` seconds, the last one by default."""
        if not self._frames:
            return None
        shown = self._frames[-1] if at is None else min(self._frames, key=lambda frame: abs(frame.media - at))
        self._court.request(shown.pan)
        found = self._court.estimate
        if found is None:
            return None
        certain, config = self._court.is_known(shown.pan), self._settings.court
        best = found.calibrations[0]
        back = np.array([[1.0, 0.0, -shown.pan[0]], [0.0, 1.0, -shown.pan[1]], [0.0, 0.0, 1.0]])
        calibration = Calibration(best.court, best.matrix @ back, found.error(config))
        confidence = found.confidence(config, certain)
        return RecognisedCourt(calibration, shown.width, shown.height, found.basket, confidence, certain)


def _estimate(picture: CourtPicture, config: CourtConfig) -> Future[CourtEstimate | None]:
    done: Future[CourtEstimate | None] = Future()
    done.set_result(estimate_court(picture, config))
    return done


def _frame(number: int, media: float, picture: NDArray[np.uint8]) -> Frame:
    height, width = (side // 2 * 2 for side in picture.shape[:2])
    planes = cv2.cvtColor(np.ascontiguousarray(picture[:height, :width]), cv2.COLOR_BGR2YUV_I420)
    return Frame(_CAMERA, number, media, media, media, 0, np.asarray(planes, np.uint8))
