"""Small films and records whose drawing can be worked out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from courtside_server.types import (
    EventDraft,
    Lifecycle,
    ObjectClass,
    Observations,
    Shot,
    ShotResult,
    Zone,
)

BASE = Fraction(1, 1000)


def observations(
    media: float, *things: tuple[ObjectClass, int, Sequence[float]], pan: tuple[float, float] = (0.0, 0.0),
    cut: bool = False, media_segment: int = 0,
) -> Observations:
    count = len(things)
    return Observations(
        "games/g/cameras/c", media_segment, media, media, 0.0, 320, 240, pan,
        np.array([box for *_, box in things], np.float32).reshape(count, 4), np.full(count, 0.9, np.float32),
        np.array([kind for kind, *_ in things], np.int64), np.array([track for _, track, _ in things], np.int64), cut,
    )


def draft(
    lifecycle: Lifecycle = Lifecycle.PROVISIONAL, media: float = 1.0, event_id: str = "shot-1", **known: Any
) -> EventDraft:
    shot = Shot(**{"probability": 0.9, "release_uncertainty": 0.1, "zone": Zone.MIDDLE_THREE_POINTER,
                   "zone_probabilities": (), "make_probability": 0.4, "model": "m:1"} | known)
    return EventDraft("games/g", "games/g/cameras/c", event_id, lifecycle, media, media, shot)


def write_film(path: Path, times: Sequence[int], width: int = 320, height: int = 240) -> Path:
    """Grey frames at time stamps in milliseconds."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "10"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = BASE
        for number, pts in enumerate(times):
            frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), 90 + number, np.uint8), "bgr24")
            frame.pts, frame.time_base = pts, BASE
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Path]:
    def make(times: Sequence[int] = tuple(range(0, 800, 40)), name: str = "film.mp4", **options: int) -> Path:
        return write_film(tmp_path / name, times, **options)

    return make


@pytest.fixture(scope="session")
def helpers() -> SimpleNamespace:
    """The helpers of this file."""
    return SimpleNamespace(
        observations=observations, draft=draft, ball=ObjectClass.BALL, rim=ObjectClass.RIM, player=ObjectClass.PLAYER,
        made=ShotResult.MADE, missed=ShotResult.MISSED,
    )
