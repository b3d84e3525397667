"""A film whose speed nobody declared: shots are looked for once the scene's speed is known, at that speed."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

import numpy as np
import pytest
from shot_scenes import BALL, PLAYER, RIM, RIM_BOX, SHOOTER, around, flight, observed

from courtside.names import CameraName
from courtside.queues import DropPolicy, HandoverQueue
from courtside_server.inference.request import InferenceRequest
from courtside_server.perception.tracker import TrackIds
from courtside_server.pipeline.backend import Backend
from courtside_server.pipeline.config import PipelineConfig
from courtside_server.pipeline.detector_scheduler import DetectorScheduler
from courtside_server.pipeline.model_runner import Submitted
from courtside_server.pipeline.speed_wait import SpeedWait
from courtside_server.pipeline.work import CLIP_WINDOWS, DETECTOR_FRAMES, EndOfStream
from courtside_server.shots.criteria import PlaybackConfig, ShotCriteria
from courtside_server.shots.detector import Profile, ShotModels
from courtside_server.shots.models.flight_input import COUNTED
from courtside_server.types import (
    Codec,
    Detections,
    DetectorFrame,
    Lifecycle,
    StreamInfo,
    StreamMode,
    WindowPrediction,
)

SLOW = 0.35
RELEASE = 1.0 / SLOW


def answered(result) -> InferenceRequest:
    return InferenceRequest("m", {}, 1.0, lambda outputs: result)


class KnownDetector:
    """Finds the shot of `shot_scenes`, which the film shows in slow motion."""

    takes_regions = False

    @staticmethod
    def input_size(width, height):
        return 640, 384

    def request(self, frame):
        boxes = np.array([around(*flight(frame.media * SLOW % 2.25)), RIM_BOX, SHOOTER], np.float32)
        return answered(Detections(boxes, np.full(3, 0.8, np.float32), np.array([BALL, RIM, PLAYER])))


class RealFlights:
    """A flight model that knows flights at real speed only: it needs 0.6 real seconds of one in its window."""

    def request(self, window):
        media = window.media
        real = (media[-1] - RELEASE) * SLOW
        if not (media[0] < RELEASE and real > 0.6 and media[-1] - media[0] > 2.0 / SLOW):
            return answered([])
        release = np.full(48, 1e-6, np.float32)
        release[int(np.flatnonzero(media >= RELEASE)[0])] = 1
        at = min(window.observations, key=lambda one: abs(one.media - RELEASE - 0.3))
        track = int(at.tracks[at.classes == BALL][0])
        return answered([WindowPrediction(window.index, media, window.wall, 0.9, release / release.sum(), None, 0.5,
                                          "f:1", window.due, COUNTED, track, (0.2, 0.4))])  # fmt: skip


class Runner:
    """Answers at once."""

    def infer(self, request):
        return request.parse({})

    def submit(self, request):
        answer = Future()
        answer.set_result({})
        return Submitted(answer, 0.0)

    def result(self, request, submitted):
        return request.parse({})


def analyzed(estimate: bool, mode=StreamMode.FILM, seconds: float = 2.25) -> tuple[list, list, list]:
    """The last change of each shot, the estimated speeds, and the tracked observations."""

    async def run():
        camera = CameraName.parse("games/g/cameras/c")
        info = StreamInfo(camera, Codec.H264, mode, 960, 540, 30, b"", 1e-3, 0, 1, "", 0, 1.0)
        queue = HandoverQueue({"": 1, CLIP_WINDOWS: 4, DETECTOR_FRAMES: 4}, DropPolicy.BLOCK)
        config = PipelineConfig(profile=Profile.FLIGHT, estimate_speed=estimate)
        share = DetectorScheduler().add(mode is StreamMode.FILM, lambda fps: None)
        models = ShotModels(None, KnownDetector(), RealFlights(), None)
        backend = Backend(info, models, Runner(), queue, config, TrackIds.fresh(), lambda *size: None, share)
        shots, speeds, seen, done = {}, [], [], threading.Event()
        backend.on_shots = lambda scene, changes: shots.update({one.candidate.key: one for one in changes})
        backend.on_speed = lambda *speed: speeds.append(speed)
        backend.on_tracks = seen.append
        backend.start(lambda: None, done.set)

        def feed():
            for number, media in enumerate(np.arange(0, seconds / SLOW, 1 / 15)):
                pixels = np.zeros((3, 384, 640), np.uint8)
                frame = DetectorFrame("c", 0, number, float(media), 0.0, 0.0, pixels, 2 / 3, (0, 12), 960, 540,
                                      (0.0, 0.0), False)  # fmt: skip
                queue.put(frame, share=DETECTOR_FRAMES)
            queue.put(EndOfStream(threading.Event()), keep=True)
            queue.end()

        await asyncio.to_thread(feed)
        assert await asyncio.to_thread(done.wait, 20) and backend.failure is None
        return list(shots.values()), speeds, seen

    return asyncio.run(run())


def test_a_shot_in_undeclared_slow_motion_is_found_and_its_event_says_the_speed():
    (shot,), ((begin, speed),), seen = analyzed(estimate=True)
    assert begin == 0.0 and speed == pytest.approx(SLOW, rel=0.1)
    assert shot.candidate.lifecycle is Lifecycle.CONFIRMED
    assert shot.candidate.media == pytest.approx(RELEASE, abs=0.1)
    assert shot.state.playback_speed == pytest.approx(SLOW, rel=0.15)
    assert len(seen) == len({one.media for one in seen}), "nothing is given twice"


def test_at_the_declared_speed_the_same_film_has_none():
    shots, speeds, _ = analyzed(estimate=False)
    assert speeds == [] and not [shot for shot in shots if shot.candidate.lifecycle is Lifecycle.CONFIRMED]


def test_a_live_stream_is_not_corrected_but_reported():
    shots, ((media, speed),), _ = analyzed(estimate=False, mode=StreamMode.LIVE, seconds=7.5)
    assert 0 < media < 7.5 / SLOW and speed == pytest.approx(SLOW, rel=0.1)
    assert not [shot for shot in shots if shot.candidate.lifecycle is Lifecycle.CONFIRMED]


def test_the_wait_is_bounded():
    wait = SpeedWait(PlaybackConfig(max_wait=5.0))
    times = np.arange(0, 10, 0.1)
    over = [wait.add(observed(float(time), [((0, 0, 9, 9), BALL, 1)])) for time in times]
    assert over.index(True) == 50 and wait.end() is None
    assert ShotCriteria().playback.max_wait <= 60.0
