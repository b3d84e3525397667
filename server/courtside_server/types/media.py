"""Media types: the stream that a camera announces, its packets, its decoded frames."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from courtside.names import CameraName


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


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a camera announced that it will stream, checked."""

    camera: CameraName
    codec: Codec
    mode: StreamMode
    width: int
    height: int
    frame_rate: float
    codec_config: bytes
    time_base: float
    """Seconds per pts unit."""
    first_pts: int
    epoch: int
    session: str
    rotation: int
    """Clockwise degrees by which decoded frames are rotated."""
    time_scale: float
    """True seconds per media second (2 for film that runs at twice real speed)."""
    mirrored: bool = False
    """Decoded frames are mirrored left to right before they are rotated."""

    @property
    def origin(self) -> str:
        """The session in which the camera's client began; ``session`` may be one that goes on from it."""
        return self.session.partition(".")[0]


@dataclass(frozen=True, slots=True)
class EncodedPacket:
    """One coded frame as it was received."""

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
    damaged: bool = False
    """The client knows that bytes of it, or packets before it, were lost."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded frame: an immutable view into a ring (or an owned buffer before it is stored).

    Attributes:
        planes: I420, uint8, shape ``(height * 3 // 2, width)``; height and width are even.
        media: seconds since the camera's first frame.
        media_segment: counts discontinuities; media time is continuous within one segment.
        damaged: parts of it were lost and concealed, or it depends on such a frame.
    """

    camera: str
    sequence: int
    media: float
    capture_time: float
    arrival: float
    media_segment: int
    planes: NDArray[np.uint8]
    damaged: bool = field(default=False, kw_only=True)

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.planes.shape[1])

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.planes.shape[0]) * 2 // 3
