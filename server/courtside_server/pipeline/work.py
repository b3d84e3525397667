"""What a camera's decode thread hands to its worker thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from courtside_server.types import DetectorFrame, Sample, Window

CLIP_WINDOWS, DETECTOR_FRAMES = "clip windows", "detector frames"
"""The two kinds of entries that may be dropped; each has its own room in the queue."""


@dataclass(frozen=True, slots=True)
class NewScene:
    """A cut or a clock jump: close what is open, start again.

    Attributes:
        detail: one sentence for a person.
        media: media seconds of the jump.
        wall: Unix seconds of the jump, camera's clock.
        media_segment: the media segment in which the new scene lies.
    """

    detail: str
    media: float
    wall: float
    media_segment: int = 0


@dataclass(frozen=True, slots=True)
class EndOfStream:
    """No more frames.

    Attributes:
        done: set once everything before it has been processed, or never will be.
    """

    done: threading.Event


Work = Window[Sample] | DetectorFrame | NewScene | EndOfStream
