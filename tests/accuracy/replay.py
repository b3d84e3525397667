"""A film through the gateway's own stages, step by step: frames, detections, tracks, shots.

Detections are the costly part. They are kept, so that tracking and shots can be replayed with other numbers.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
from accuracy.answers import AnswerStore, CachedEngine

from courtside_server.compose import make_engine, make_shot_models, start_models
from courtside_server.inference.engine import Engine
from courtside_server.inference.request import Infer
from courtside_server.perception.config import TrackingConfig
from courtside_server.perception.detector_plan import DetectorPlan
from courtside_server.perception.film_regions import KEPT, WholeFrame, film_regions
from courtside_server.perception.frame_sampler import FrameSampler
from courtside_server.perception.people import People
from courtside_server.perception.regions import Regions
from courtside_server.perception.tracker import Tracker, TrackIds
from courtside_server.pipeline.model_runner import ModelRunner
from courtside_server.settings import Settings
from courtside_server.shots.criteria import ShotCriteria
from courtside_server.shots.detector import Profile, ShotChange, ShotDetector, ShotModels
from courtside_server.types import Detections, DetectorFrame, Frame, Lifecycle, Observations

CAMERA = "games/accuracy/cameras/c"
Detected = list[tuple[DetectorFrame, Detections]]
"""Detector frames with what was found in each."""


@dataclass(frozen=True)
class Bench:
    """The settings' models on an engine that runs."""

    models: ShotModels
    infer: Infer


@contextmanager
def started(settings: Settings, store: AnswerStore | None = None) -> Iterator[Bench]:
    """Start the settings' models on an event loop of their own; a store keeps their answers."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    engine: Engine = make_engine(settings)
    if store is not None:
        engine = CachedEngine(engine, settings.inference.repository, store)
    try:
        asyncio.run_coroutine_threadsafe(start_models(settings, engine), loop).result()
        runner = ModelRunner(engine, loop, CAMERA, 0.5, lambda reason: None, lambda state, detail: None)
        yield Bench(make_shot_models(settings, engine, 30.0), runner.infer)
    finally:
        asyncio.run_coroutine_threadsafe(engine.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def film_frames(path: Path) -> Iterator[Frame]:
    """Every frame of a film, upright, on its own clock since the first."""
    with av.open(str(path)) as container:
        first = None
        for index, decoded in enumerate(container.decode(video=0)):
            first = decoded.time if first is None else first
            media = float(decoded.time - first)
            yield Frame(CAMERA, index, media, media, media, 0, _planes(decoded))


def _planes(decoded: av.VideoFrame) -> np.ndarray:
    if decoded.rotation % 360:
        rgb = np.rot90(decoded.to_ndarray(format="rgb24"), round(decoded.rotation / 90))
        rgb = rgb[: rgb.shape[0] // 2 * 2, : rgb.shape[1] // 2 * 2]
        decoded = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
    elif decoded.width % 2 or decoded.height % 2:
        decoded = decoded.reformat(decoded.width // 2 * 2, decoded.height // 2 * 2)
    return decoded.to_ndarray(format="yuv420p")


def detector_fps(path: Path, limit: float, speed: float) -> float:
    """Detector frames per real second: ``limit``, or every frame where the film has fewer.

    Args:
        path: the film.
        limit: detector frames per real second, at most.
        speed: real seconds per second of film.
    """
    with av.open(str(path)) as container:
        return min(limit, float(container.streams.video[0].average_rate or limit) / speed)


def detect(
    frames: Iterable[Frame], bench: Bench, fps: float, speed: float = 1.0, config: TrackingConfig = TrackingConfig()
) -> Detected:
    """What the detector finds at ``fps`` detector frames per real second, of which it sees some only in part."""
    detector = bench.models.detector
    assert detector is not None
    sampler = FrameSampler(detector.input_size, fps, speed, config)
    plan = DetectorPlan(speed, config.regions, detector.takes_regions, config.film_regions)
    people, found = People(speed, config.people), Detected()
    before: list[WholeFrame] = []
    waiting: list[DetectorFrame] = []

    def see(frame: DetectorFrame, regions: Regions | None) -> None:
        if regions is None:
            request = detector.request(frame)
        elif regions.corners:
            frame, request = replace(frame, whole=False), detector.request_regions(frame, regions)
        else:
            return
        detections = bench.infer(request)
        assert detections is not None
        found.append((frame, detections))

    def see_waiting(after: WholeFrame | None) -> None:
        whole = found.pop() if after is not None else None
        for frame in waiting:
            see(frame, None if after is None else film_regions(before[-KEPT:], after, frame, speed, config))
        waiting.clear()
        found.extend([whole] if whole is not None else [])

    for frame in frames:
        prepared = sampler.push(frame)
        if prepared is None:
            continue
        if not plan.whole(prepared):
            waiting.append(prepared)
            continue
        see(prepared, None)
        after = WholeFrame(*found[-1])
        see_waiting(after)
        before = [*before[-KEPT:], after] if not prepared.cut else [after]
    see_waiting(None)
    return [(frame, _with_people(frame, detections, people, bench)) for frame, detections in found]


def _with_people(frame: DetectorFrame, detections: Detections, people: People, bench: Bench) -> Detections:
    if bench.models.people is not None:
        due = frame.whole and people.take(frame)
        people.update(frame, bench.infer(bench.models.people.request(frame)) if due else None)
    return people.complete(frame, detections)


def resampled(frames: Iterable[Frame], detected: Detected, bench: Bench, fps: float, speed: float,
              config: TrackingConfig) -> Detected:  # fmt: skip
    """The same detections with camera motion and scene cuts measured anew."""
    assert bench.models.detector is not None
    sampler = FrameSampler(bench.models.detector.input_size, fps, speed, config)
    prepared = {found.media: found for frame in frames if (found := sampler.push(frame)) is not None}
    return [(replace(prepared[frame.media], whole=frame.whole), detections) for frame, detections in detected]


def track(detected: Detected, speed: float = 1.0, config: TrackingConfig = TrackingConfig()) -> list[Observations]:
    """Everything that is tracked in some detector frames."""
    tracker = Tracker(TrackIds.fresh(), speed, config)
    return [tracker.update(frame, _from_score(found, config.detection.min_score)) for frame, found in detected]


def _from_score(found: Detections, least: float) -> Detections:
    keep = found.scores >= least
    return replace(found, boxes=found.boxes[keep], scores=found.scores[keep], classes=found.classes[keep])


def find_shots(
    observations: Iterable[Observations], bench: Bench, speed: float = 1.0, criteria: ShotCriteria = ShotCriteria(),
    retracted: bool = False,
) -> list[ShotChange]:
    """The shots that stand at the end of a film, by release; with the retracted ones if asked for."""
    detector = ShotDetector(Profile.FLIGHT, bench.models, criteria, speed, lambda *_: None, bench.infer)
    latest: dict[int, ShotChange] = {}
    for frame in observations:
        latest |= {change.candidate.key: change for change in detector.push(frame)}
    latest |= {change.candidate.key: change for change in detector.flush()}
    kept = [
        change for change in latest.values() if retracted or change.candidate.lifecycle is not Lifecycle.RETRACTED
    ]
    return sorted(kept, key=lambda change: change.candidate.media)
