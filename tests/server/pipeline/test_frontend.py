"""The frontend: which frames of a camera the detector gets."""

from types import SimpleNamespace

import numpy as np
import pytest

from courtside.names import CameraName
from courtside.queues import DropPolicy, HandoverQueue
from courtside_server.pipeline.config import PipelineConfig
from courtside_server.pipeline.detector_scheduler import DetectorScheduler
from courtside_server.pipeline.frontend import Frontend
from courtside_server.pipeline.work import CLIP_WINDOWS, DETECTOR_FRAMES
from courtside_server.shots.detector import Profile
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Codec, DetectorFrame, Frame, StreamInfo, StreamMode

CAMERA = CameraName.parse("games/g/cameras/c")
MODELS = SimpleNamespace(
    detector=SimpleNamespace(input_size=lambda *_: (64, 32)), clip=SimpleNamespace(input_size=(16, 8))
)


@pytest.mark.parametrize("mode", [StreamMode.LIVE, StreamMode.FILM])
@pytest.mark.parametrize("nominal", [0.001, 2.0, 30.0, 1000.0])
def test_a_wrong_nominal_frame_rate_costs_no_detector_frame(nominal, mode):
    """Pictures come at 30 per second, whatever the camera or the container says."""
    info = StreamInfo(CAMERA, Codec.RAW_RGB, mode, 32, 16, nominal, b"", 1 / 30, 0, 1, "", 0, 1.0)
    queue = HandoverQueue({"": 1, CLIP_WINDOWS: 100, DETECTOR_FRAMES: 100}, DropPolicy.OLDEST)
    config = PipelineConfig(profile=Profile.FLIGHT, detector_fps=15.0)
    share = DetectorScheduler().add(film=mode is StreamMode.FILM)
    frontend = Frontend(info, MODELS, queue, Metrics(), config, share)
    frames = 0
    pictures = [np.full((24, 32), level, np.uint8) for level in (100, 110)]
    for index in range(60):
        frontend.on_frame(Frame(CAMERA.name, index, index / 30, 5000 + index / 30, index / 30, 0, pictures[index % 2]))
        for work in queue.get_nowait(10):
            if isinstance(work, DetectorFrame):
                frames += 1
                share.release()
    assert frames in (30, 31)


@pytest.mark.parametrize("camera_fps", [5.0, 10.0, 30.0])
def test_a_camera_wants_no_more_of_the_detector_than_it_sends(camera_fps):
    info = StreamInfo(CAMERA, Codec.RAW_RGB, StreamMode.LIVE, 32, 16, 30.0, b"", 1 / 30, 0, 1, "", 0, 1.0)
    queue = HandoverQueue({"": 1, CLIP_WINDOWS: 100, DETECTOR_FRAMES: 100}, DropPolicy.OLDEST)
    rates, scheduler = [], DetectorScheduler()
    frontend = Frontend(
        info, MODELS, queue, Metrics(), PipelineConfig(profile=Profile.FLIGHT), scheduler.add(on_rate=rates.append)
    )
    pictures = [np.full((24, 32), level, np.uint8) for level in (100, 110)]
    for index in range(60):
        media = index / camera_fps
        frontend.on_frame(Frame(CAMERA.name, index, media, 5000 + media, media, 0, pictures[index % 2]))
    scheduler.add().rate(15.0)
    assert rates[-1] == pytest.approx(min(camera_fps, 15.0))
