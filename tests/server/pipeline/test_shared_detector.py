"""Four live cameras on a slow detector: no request times out, each is DEGRADED once and RECOVERED once; film waits."""

import asyncio
import threading
import time

import numpy as np
import pytest

from courtside.names import CameraName
from courtside_server.errors import InferenceTimeout
from courtside_server.events.hub import EventHub
from courtside_server.events.sqlite import SqliteLog
from courtside_server.inference.engine import ModelInfo, TensorSpec
from courtside_server.perception.config import DetectorSharingConfig
from courtside_server.perception.detector import CourtDetector
from courtside_server.perception.frame_sampler import Pace
from courtside_server.pipeline.camera import CameraPipeline, CameraServices
from courtside_server.pipeline.config import PipelineConfig
from courtside_server.pipeline.detector_scheduler import DetectorScheduler
from courtside_server.pipeline.publisher import EventPublisher
from courtside_server.shots.detector import Profile, ShotModels
from courtside_server.shots.models.clip import ClipModel
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import CameraState, Codec, Frame, SkipReason, StreamInfo, StreamMode

FLOAT, BYTE = np.dtype(np.float32), np.dtype(np.uint8)
CAMERAS = [CameraName.parse(f"games/g/cameras/c{number}") for number in range(4)]
CONFIG = PipelineConfig(profile=Profile.FLIGHT)
TIMEOUT_S = 2.0


class SlowEngine:
    """A detector that finds nothing, one frame at a time, ``seconds`` each."""

    name = "fake"

    def __init__(self, seconds):
        self.seconds, self.one_at_a_time, self.answers, self.timeouts = seconds, asyncio.Lock(), 0, 0

    def info(self, model):
        if model == "clip":
            shapes = {"shot": (1,), "release": (16,), "zone": (7,), "make": (1,)}
            outputs = {name: TensorSpec(name, FLOAT, shape) for name, shape in shapes.items()}
            return ModelInfo(model, "1", {"clip": TensorSpec("clip", BYTE, (16, 3, 8, 16))}, outputs, 8)
        outputs = {"boxes": (4, 4), "scores": (4,), "classes": (4,)}
        return ModelInfo(
            model, "1", {"image": TensorSpec("image", BYTE, (3, 32, 64))},
            {name: TensorSpec(name, FLOAT, shape) for name, shape in outputs.items()}, 8,
        )  # fmt: skip

    async def infer(self, model, inputs, *, timeout):
        try:
            async with asyncio.timeout(timeout), self.one_at_a_time:
                await asyncio.sleep(self.seconds)
        except TimeoutError:
            self.timeouts += 1
            raise InferenceTimeout("late") from None
        self.answers += 1
        return {
            "boxes": np.zeros((1, 4, 4), np.float32), "scores": np.zeros((1, 4), np.float32),
            "classes": np.zeros((1, 4), np.float32),
        }  # fmt: skip


class Rig:
    """Cameras on one slow detector."""

    def __init__(self, seconds, mode):
        self.engine, self.metrics, self.mode = SlowEngine(seconds), Metrics(), mode
        self.hub = EventHub(SqliteLog(":memory:"), self.metrics)
        # Quicker than by default, so that the test is.
        sharing = DetectorSharingConfig(memory=0.2, interval=0.05, degraded_after=0.3)
        self.services = CameraServices(
            self.engine, EventPublisher(self.hub, self.metrics), self.metrics, detector=DetectorScheduler(sharing)
        )
        self.stop = threading.Event()

    async def __aenter__(self):
        await self.hub.start()
        models = ShotModels(ClipModel(self.engine, "clip", TIMEOUT_S), CourtDetector(self.engine, "d", TIMEOUT_S))
        self.pipelines = []
        for camera in CAMERAS:
            info = StreamInfo(camera, Codec.RAW_RGB, self.mode, 64, 32, 30.0, b"", 1 / 30, 0, 1, "", 0, 1.0)
            self.pipelines.append(CameraPipeline(info, models, self.services, CONFIG))
            self.pipelines[-1].start()
        return self

    async def __aexit__(self, *_):
        self.stop.set()
        for pipeline in self.pipelines:
            await pipeline.stop()
        await self.hub.close()

    def frame(self, camera, index):
        planes = np.full((48, 64), 128 + 10 * (index % 2), np.uint8)
        return Frame(camera.name, index, index / 30, 5000 + index / 30, time.monotonic(), 0, planes)

    def play(self):
        """What the decode threads of live cameras do, at real time."""
        begin, index = time.monotonic(), 0
        while not self.stop.wait(max(0.0, begin + index / 30 - time.monotonic())):
            for camera, pipeline in zip(CAMERAS, self.pipelines, strict=True):
                pipeline.on_frame(self.frame(camera, index))
            index += 1

    async def states(self):
        events = await self.hub.read(CAMERAS[0].game, 0, 1000)
        return {
            camera.name: [event.payload for event in events if event.camera == camera.name] for camera in CAMERAS
        }

    async def all_announced(self, count, seconds):
        """Wait until every camera has announced so many states."""
        async with asyncio.timeout(seconds):
            while any(len(states) < count for states in (await self.states()).values()):
                await asyncio.sleep(0.02)

    def skipped(self, camera, reason):
        return self.metrics.windows_skipped.labels(camera.name, reason)._value.get()


@pytest.mark.timeout(40)
async def test_four_live_cameras_share_a_slow_detector_without_a_timeout_and_recover():
    async with Rig(0.1, StreamMode.LIVE) as rig:
        playing = asyncio.create_task(asyncio.to_thread(rig.play))
        await rig.all_announced(1, 10)
        rig.engine.seconds = 0.002
        await rig.all_announced(2, 3 + 5)
        rates = [rig.metrics.detector_fps.labels(camera.name)._value.get() for camera in CAMERAS]
        rig.stop.set()
        await playing
        for camera, states in (await rig.states()).items():
            assert [status.state for status in states] == [CameraState.DEGRADED, CameraState.RECOVERED], camera
            assert "of 15.0 frames per second are left" in states[0].detail
        assert rig.engine.timeouts == 0 and rig.engine.answers > 20
        assert min(rates) >= DetectorSharingConfig().floor
        for camera in CAMERAS:
            assert rig.skipped(camera, SkipReason.DETECTOR_SHARED) > 0
            assert rig.skipped(camera, SkipReason.MODEL_UNAVAILABLE) == 0
            assert rig.skipped(camera, SkipReason.DETECTOR_LATE) == 0


async def test_film_gets_every_detector_frame_however_slow_the_detector_is():
    async with Rig(0.01, StreamMode.FILM) as rig:
        def play(camera, pipeline):
            for index in range(60):
                pipeline.on_frame(rig.frame(camera, index))
            pipeline.on_end()

        played = (asyncio.to_thread(play, *pair) for pair in zip(CAMERAS, rig.pipelines, strict=True))
        await asyncio.gather(*played)
        pace = Pace(15.0)
        due = [index for index in range(60) if pace.is_due(index / 30) and pace.take(index / 30) is None]
        assert rig.engine.answers == 4 * len(due)
        assert all(rig.skipped(camera, SkipReason.DETECTOR_SHARED) == 0 for camera in CAMERAS)
