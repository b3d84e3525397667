"""Shot types: samples and time steps, windows of them, predictions, and event drafts."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from courtside.events import Event, Lifecycle, Payload, kind_of
from courtside.games import Correction, GameTime

STRIDE_S = 0.3
"""Seconds between two samples of a window (source system: VideoMAE shot analytics)."""
WINDOW_SAMPLES = 16
"""Samples per window."""
MIDDLE = range(4, 12)
"""Sample indices in which a release counts: the middle eight."""


class SkipReason(enum.StrEnum):
    """Why a window or a detector frame was not scored: the label of ``courtside_windows_skipped_total``."""

    GAP = "gap"
    """Too few frames for a window."""
    WINDOW_LATE = "window_late"
    """Clip windows came faster than the model scores them."""
    DETECTOR_SHARED = "detector_shared"
    """The detector has more to do than it can: the frame was left out, evenly or for a camera with a ball in flight."""
    DETECTOR_LATE = "detector_late"
    """Detector frames came faster than the camera's worker takes them."""
    MODEL_UNAVAILABLE = "model_unavailable"
    """The engine did not answer."""
    MODEL_ERROR = "model_error"
    """The model failed on its input."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The frame that stands for one time of the 0.3 s grid.

    Attributes:
        index: grid index; grid time is ``index * STRIDE_S`` real seconds after the segment's first frame.
        media: media time of the frame, seconds.
        capture_time: wall clock of that frame, Unix seconds.
        pixels: RGB, uint8, ``(3, H, W)``, the model's input size.
        held: no frame lay near the grid time, so an earlier one is used.
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
    """One time of the 0.05 s grid of flight windows. Observations near it are looked up when the window is due.

    Attributes:
        index: grid index, from the segment's first detector frame.
        media: media time, seconds.
        capture_time: wall clock, Unix seconds.
        arrival: when the detector frame that completed it arrived (server monotonic seconds).
        held: no detector frame came near it.
    """

    index: int
    media: float
    capture_time: float
    arrival: float
    held: bool = False


class GridPoint(Protocol):
    """What a window consists of: samples of pixels, or time steps."""

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
        """Whether an earlier frame is used."""


PointT = TypeVar("PointT", bound=GridPoint)


@dataclass(frozen=True, slots=True, eq=False)
class Window(Generic[PointT]):
    """Consecutive points of a grid, due for a model: 16 samples of a clip model, 48 time steps of a flight model.

    Attributes:
        index: grid index of point 0; negative where the start of the film is padded with its first frame.
        samples: the points, oldest first.
    """

    camera: str
    media_segment: int
    index: int
    samples: tuple[PointT, ...]

    @property
    def due(self) -> float:
        """Server monotonic seconds when the last sample was in."""
        return self.samples[-1].arrival


@dataclass(frozen=True, slots=True, eq=False)
class WindowPrediction:
    """The answer of a window model to one window.

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
    payload: Payload
    due: float | None = field(default=None, compare=False)
    """Server monotonic seconds when the last sample behind this event was in; for latency only, not stored."""
    session: str = ""
    """The session in which the camera's client began; empty for a film that is analyzed."""
    media_segment: int = 0
    """Number of the media segment in the session."""
    correction: Correction | None = None
    """What people corrected of it."""
    game_time: GameTime | None = None
    """Period, clock and score at the event."""

    @property
    def kind(self) -> str:
        """``shot``, ``action`` and so on: the bounded label of metrics."""
        return kind_of(self.payload)

    def logged(self, sequence: int, revision: int, append_time: float) -> Event:
        """The event that a log has made of this draft."""
        return Event(
            game=self.game, camera=self.camera, event_id=self.event_id, lifecycle=self.lifecycle,
            event_time=self.event_time, media_offset=self.media_offset, payload=self.payload, sequence=sequence,
            revision=revision, append_time=append_time, session=self.session, media_segment=self.media_segment,
            correction=self.correction, game_time=self.game_time,
        )  # fmt: skip

    @classmethod
    def of(cls, event: Event) -> EventDraft:
        """The draft of a logged event."""
        return cls(
            event.game, event.camera, event.event_id, event.lifecycle, event.event_time, event.media_offset,
            event.payload, session=event.session, media_segment=event.media_segment, correction=event.correction,
            game_time=event.game_time,
        )  # fmt: skip
