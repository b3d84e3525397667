"""A camera's session with frames in its ring, as if a client had sent them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from courtside.names import CameraName
from courtside_server.errors import CourtsideError
from courtside_server.ingest.limits import IngestConfig
from courtside_server.ingest.session import CameraSession
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Codec, StreamInfo, StreamMode


class _NoSink:
    def on_frame(self, frame: Any) -> None: ...

    def on_discontinuity(self, media_segment: int, detail: str) -> None: ...

    def on_end(self) -> None: ...


async def session_with_frames(
    metrics: Metrics, camera: str, ages: Sequence[float], game: str = "final", size: tuple[int, int] = (640, 360)
) -> CameraSession:
    """A connected session.

    Args:
        metrics: of the gateway.
        camera: its id.
        ages: seconds since each frame arrived, the oldest first.
        game: the game's id.
        size: width and height, pixels.
    """
    info = StreamInfo(
        CameraName.parse(f"games/{game}/cameras/{camera}"), Codec.JPEG, StreamMode.LIVE, *size, 30.0, b"", 1e-6, 0, 1,
        "a" * 32, 0, 1.0,
    )  # fmt: skip
    session = await CameraSession.open(info, _NoSink(), metrics, IngestConfig())
    session.attach(1, CourtsideError("replaced"))
    now = time.monotonic()
    for number, age in enumerate(ages):
        add_frame(session, number, arrival=now - age)
    session._next = len(ages)
    return session


def add_frame(session: CameraSession, number: int, arrival: float, luma: int = 0) -> None:
    """Put a grey frame with a brighter stripe into the session's ring; `luma` 0 takes one of its number."""
    slot = session.frames.reserve(session.info.width, session.info.height)
    slot.planes[:] = 128
    slot.y[:] = luma or 60 + 10 * (number % 8)
    slot.y[:, :: 16] = np.uint8(200)
    session.frames.commit(
        slot, sequence=number, media=number / 30, capture_time=time.time(), arrival=arrival, media_segment=0
    )
