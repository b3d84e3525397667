"""The frontend: which frames of a camera the detector gets."""

from types import SimpleNamespace

import numpy as np
import pytest

from courtside.names import CameraName
from courtside.queues import DropPolicy, HandoverQueue
from courtside_server.pipeline.config import PipelineConfig
from courtside_server.pipeline.frontend import Frontend
from courtside_server.pipeline.work import CLIP_WINDOWS, DETECTOR_FRAMES
from courtside_server.shots.detector import Profile
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Codec, DetectorFrame, Frame, StreamInfo, StreamMode

CAMERA = CameraName.parse("games/g/cameras/c")
MODELS = SimpleNamespace(detector=SimpleNamespace(input_size=(64, 32)), clip=SimpleNamespace(input_size=(16, 8)))


@pytest.mark.parametrize("mode", [StreamMode.LIVE, StreamMode.FILM])
@pytest.mark.parametrize("nominal", [0.001, 2.0, 30.0, 1000.0])
def test_a_wrong_nominal_frame_rate_costs_no_detector_frame(nominal, mode):
    """Pictures come at 30 per second, whatever the camera or the container says."""
    info = StreamInfo(CAMERA, Codec.RAW_RGB, mode, 32, 16, nominal, b"", 1 / 30, 0, 1, "", 0, 1.0)
    queue = HandoverQueue({"": 1, CLIP_WINDOWS: 100, DETECTOR_FRAMES: 100}, DropPolicy.OLDEST)
    config = PipelineConfig(profile=Profile.FLIGHT, detector_fps=15.0)
    frontend = Frontend(info, MODELS, queue, Metrics(), config)
    planes = np.full((24, 32), 100, np.uint8)
    for index in range(60):
        frontend.on_frame(Frame(CAMERA.name, index, index / 30, 5000 + index / 30, index / 30, 0, planes))
    assert sum(isinstance(work, DetectorFrame) for work in queue.get_nowait(200)) in (30, 31)
