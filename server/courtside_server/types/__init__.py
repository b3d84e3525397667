"""The types that flow through the gateway, left to right: Frame → Sample → Window → WindowPrediction → Shot → Event.

There are three clocks. *Media time* (``media``) is seconds since the camera's first frame, by the film's own clock.
*Wall time* (``capture_time``, ``wall``) is Unix seconds by the camera's clock. The server's monotonic clock
(``arrival``, ``due``) is the only one that latency is measured on.
"""

from __future__ import annotations

from courtside.court.zones import Zone
from courtside.detections import UNTRACKED, Detections, ObjectClass
from courtside.events import (
    Arc,
    Arm,
    CameraState,
    CameraStatus,
    Event,
    FormAlert,
    JointDeviation,
    Lifecycle,
    RimCrossing,
    Shooter,
    Shot,
    ShotForm,
    ShotView,
    ZoneSource,
)
from courtside.names import CameraName
from courtside.shot_results import ShotResult, ShotType
from courtside_server.types.media import Codec, DropReason, EncodedPacket, Frame, StreamInfo, StreamMode
from courtside_server.types.players import PlayerEvidence, PoseTrack
from courtside_server.types.shots import (
    MIDDLE,
    STRIDE_S,
    WINDOW_SAMPLES,
    EventDraft,
    GridPoint,
    PointT,
    Sample,
    SkipReason,
    TimeStep,
    Window,
    WindowPrediction,
)
from courtside_server.types.vision import DetectorFrame, Observations

__all__ = [
    "MIDDLE", "STRIDE_S", "UNTRACKED", "WINDOW_SAMPLES", "Arc", "Arm", "CameraName", "CameraState", "CameraStatus",
    "Codec", "Detections", "DetectorFrame", "DropReason", "EncodedPacket", "Event", "EventDraft", "FormAlert",
    "Frame", "GridPoint", "JointDeviation", "Lifecycle", "ObjectClass", "Observations", "PlayerEvidence", "PointT",
    "PoseTrack", "RimCrossing", "Sample", "Shooter", "Shot", "ShotForm", "ShotResult", "ShotType", "ShotView",
    "SkipReason", "StreamInfo", "StreamMode", "TimeStep", "Window", "WindowPrediction", "Zone", "ZoneSource",
]  # fmt: skip
