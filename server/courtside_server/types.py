"""The types that flow through the gateway, left to right: Frame → Sample → Window → WindowPrediction → Shot → Event.

Two time scales appear everywhere. *Media time* is seconds since the camera's first frame on the film's own clock
(``media`` fields); *wall time* is Unix seconds by the camera's clock (``capture_time``). Latency is measured on a
third, the server's monotonic clock (``arrival``), and nowhere else.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from courtside.court.zones import Zone
from courtside.detections import UNTRACKED, Detections, ObjectClass
from courtside.events import Arc, CameraState, CameraStatus, Event, Lifecycle, Shot, ShotResult, ZoneSource
from courtside.names import CameraName

__all__ = [
    "MIDDLE", "STRIDE_S", "UNTRACKED", "WINDOW_SAMPLES", "Arc", "CameraName", "CameraState", "CameraStatus", "Codec",
    "Detections", "DetectorFrame", "DropReason", "EncodedPacket", "Event", "EventDraft", "Frame", "GridPoint",
    "Lifecycle", "ObjectClass", "Observations", "PointT", "Sample", "Shot", "ShotResult", "StreamInfo", "StreamMode",
    "TimeStep", "Window", "WindowPrediction", "Zone", "ZoneSource",
]  # fmt: skip

STRIDE_S = 0.3
"""Seconds between two samples of a window (source system: VideoMAE shot analytics)."""
WINDOW_SAMPLES = 16
"""Samples a window."""
MIDDLE = range(4, 12)
"""Sample indices in which a release counts: the middle eight."""


class StreamMode(enum.Enum):
    """What matters more when the gateway cannot keep up: the newest frame, or every frame."""

    LIVE = "live"
    FILM = "film"


class Codec(enum.Enum):
    """How packets are coded."""

    H264 = "h264"
    HEVC = "hevc"
    JPEG = "jpeg"
    RAW_RGB = "raw"


class DropReason(enum.StrEnum):
    """Why a frame was dropped: the bounded label of ``courtside_frames_dropped_total``."""

    STALE = "stale"
    DECODER_BEHIND = "decoder_behind"
    AWAITING_KEYFRAME = "awaiting_keyframe"
    CORRUPT = "corrupt"
    LOST = "lost"
    CLOCK = "clock"
    DUPLICATE = "duplicate"
    MODEL_UNAVAILABLE = "model_unavailable"
    WINDOW_LATE = "window_late"


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a camera said it will stream, checked."""

    camera: CameraName
    codec: Codec
    mode: StreamMode
    width: int
    height: int
    frame_rate: float
    codec_config: bytes
    time_base: float
    """Seconds a pts unit."""
    first_pts: int
    epoch: int
    session: str
    rotation: int
    """Clockwise degrees to turn decoded frames by."""
    time_scale: float
    """True seconds per media second (2 for film that runs at twice real speed)."""


@dataclass(frozen=True, slots=True)
class EncodedPacket:
    """One coded frame as it came in."""

    sequence: int
    capture_time: float
    """Unix seconds, camera's clock."""
    arrival: float
    """Server monotonic seconds."""
    pts: int
    dts: int | None
    keyframe: bool
    decode_only: bool
    data: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded frame: an immutable view into a ring (or an owned buffer before it is stored).

    Attributes:
        planes: I420, uint8, shape ``(height * 3 // 2, width)``; height and width are even.
        media: seconds since the camera's first frame.
        segment: counts discontinuities; media time is continuous within one segment.
    """

    camera: str
    sequence: int
    media: float
    capture_time: float
    arrival: float
    segment: int
    planes: NDArray[np.uint8]

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.planes.shape[1])

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.planes.shape[0]) * 2 // 3


@dataclass(frozen=True, slots=True, eq=False)
class DetectorFrame:
    """One frame made ready for the detector on the decode thread.

    Attributes:
        number: counts a segment's looks from 0.
        pixels: RGB, uint8, ``(3, H, W)``, the detector's input size.
        scale: input pixels a frame pixel.
        margin: x, y of the frame's corner in the input.
        width: frame width, pixels.
        height: frame height, pixels.
        pan: x, y by which the picture has moved since the segment's first look, frame pixels.
        cut: this frame begins a new view.
    """

    camera: str
    segment: int
    number: int
    media: float
    capture_time: float
    arrival: float
    pixels: NDArray[np.uint8]
    scale: float
    margin: tuple[int, int]
    width: int
    height: int
    pan: tuple[float, float]
    cut: bool


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """Who and what one frame shows, tracked: rows of boxes with class, score and track.

    Attributes:
        pan: x, y by which the picture has moved since the segment's first look: a thing at rest in the world keeps
            its pixel minus ``pan``.
        boxes: (N, 4) float32 xyxy, pixels of the frame.
        scores: (N,) float32; of a rim, how well it is known.
        classes: (N,) int64, :class:`ObjectClass` values.
        tracks: (N,) int64 ids, `UNTRACKED` where there is none; unique across cameras within a class.
        rim_crops: by a rim's track, the (3, 64, 64) uint8 RGB picture of what happens round it.
    """

    camera: str
    segment: int
    media: float
    capture_time: float
    arrival: float
    width: int
    height: int
    pan: tuple[float, float]
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    classes: NDArray[np.int64]
    tracks: NDArray[np.int64]
    cut: bool = False
    rim_crops: Mapping[int, NDArray[np.uint8]] = field(default_factory=dict)
    _steady: dict[ObjectClass, NDArray[np.float64]] = field(default_factory=dict, init=False, repr=False)

    def rows(self, wanted: ObjectClass) -> NDArray[np.intp]:
        """Row numbers of one class."""
        return np.flatnonzero(self.classes == wanted)

    def steady(self, wanted: ObjectClass) -> NDArray[np.float64]:
        """Rows (N, 6) of one class with camera motion taken out: xyxy pixels, score, track.

        Laid out once: every window and every shot under way reads the same looks again.
        """
        found = self._steady.get(wanted)
        if found is None:
            rows, (x, y) = self.rows(wanted), self.pan
            found = np.empty((len(rows), 6))
            found[:, :4] = self.boxes[rows]
            found[:, :4] -= (x, y, x, y)
            found[:, 4], found[:, 5] = self.scores[rows], self.tracks[rows]
            found.setflags(write=False)
            self._steady[wanted] = found
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What one grid time of the window scheduler saw.

    Attributes:
        index: grid index; grid time is ``index * STRIDE_S`` real seconds after the segment's first frame.
        media: media time of the frame that was taken, seconds.
        capture_time: wall clock of that frame, Unix seconds.
        pixels: RGB, uint8, ``(3, H, W)``, the model's input size.
        held: True when no frame lay near the grid time and an earlier one stands in.
        arrival: when the frame that completed the sample arrived (server monotonic seconds).
    """

    index: int
    media: float
    capture_time: float
    pixels: NDArray[np.uint8]
    held: bool
    arrival: float


@dataclass(frozen=True, slots=True)
class TimeStep:
    """One grid time of a flight window: nothing is sampled there, observations around it are looked up when due.

    Attributes:
        index: grid index from the segment's first look.
        media: media time, seconds.
        capture_time: wall clock, Unix seconds.
        arrival: when the look that completed it arrived (server monotonic seconds).
        held: True when no look came near it.
    """

    index: int
    media: float
    capture_time: float
    arrival: float
    held: bool = False


class GridPoint(Protocol):
    """What a window consists of: samples of pixels, or ticks."""

    @property
    def index(self) -> int:
        """Grid index."""

    @property
    def media(self) -> float:
        """Media seconds."""

    @property
    def arrival(self) -> float:
        """Server monotonic seconds."""

    @property
    def held(self) -> bool:
        """Whether something earlier stands in."""


PointT = TypeVar("PointT", bound=GridPoint)


@dataclass(frozen=True, slots=True, eq=False)
class Window(Generic[PointT]):
    """Consecutive points of a grid, due for a model: 16 samples of a clip model, 48 ticks of a flight model.

    Attributes:
        index: grid index of point 0; negative where the start of the film is padded with its first frame.
        samples: the points, oldest first.
    """

    camera: str
    segment: int
    index: int
    samples: tuple[PointT, ...]

    @property
    def due(self) -> float:
        """Server monotonic seconds when the last sample was in."""
        return self.samples[-1].arrival


@dataclass(frozen=True, slots=True, eq=False)
class WindowPrediction:
    """What a window model said of one window.

    Attributes:
        index: grid index of point 0.
        media: media time of each of the T points (16 of a clip model, 48 of a flight model), ``(T,)`` seconds.
        wall: capture time of each point, ``(T,)`` Unix seconds.
        shot: probability that a shot was released in the window.
        release: distribution over the points, ``(T,)``, sums to 1.
        zone: distribution over `ZONES`, ``(7,)``; None where the model sees no floor.
        make: probability that the shot goes in.
        model: ``name:version``.
        due: server monotonic seconds when the last point was in.
        counted: points in which a release counts.
        track: the ball's track, where the model follows one.
        position: x, y of that ball at the release in frame heights, camera motion removed.
    """

    index: int
    media: NDArray[np.float64]
    wall: NDArray[np.float64]
    shot: float
    release: NDArray[np.float32]
    zone: NDArray[np.float32] | None
    make: float
    model: str
    due: float
    counted: range = MIDDLE
    track: int | None = None
    position: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event before the log has given it a sequence."""

    game: str
    camera: str
    event_id: str
    lifecycle: Lifecycle
    event_time: float
    """Unix seconds, camera's clock (a shot: its release)."""
    media_offset: float
    """Seconds since the camera's first frame, media clock."""
    payload: Shot | CameraStatus
    due: float | None = field(default=None, compare=False)
    """Server monotonic seconds when the last sample behind this event was in; for latency only, not stored."""

    @property
    def kind(self) -> str:
        """``shot`` or ``camera_status``: the bounded label of metrics."""
        return "shot" if isinstance(self.payload, Shot) else "camera_status"

    def logged(self, sequence: int, revision: int, append_time: float) -> Event:
        """The event that a log has made of this draft."""
        return Event(
            game=self.game, camera=self.camera, event_id=self.event_id, lifecycle=self.lifecycle,
            event_time=self.event_time, media_offset=self.media_offset, payload=self.payload, sequence=sequence,
            revision=revision, append_time=append_time,
        )  # fmt: skip

    @classmethod
    def of(cls, event: Event) -> EventDraft:
        """The draft of a logged event."""
        return cls(
            event.game, event.camera, event.event_id, event.lifecycle, event.event_time, event.media_offset,
            event.payload,
        )  # fmt: skip
