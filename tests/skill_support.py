"""Highlights for tests: long films of few, tiny pictures, whose grey value says when they are shown; a player's events."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from courtside.events import Event, Lifecycle, Shooter, Shot, ShotResult
from courtside.plays import Play, PlayKind, Possession
from courtside.court.zones import Zone

CAMERA = "games/g/cameras/film"


def write_film(path: Path, seconds: float, *, step: float = 1.0, size=(96, 56), gop: int = 12) -> Path:
    """A film with a picture every `step` seconds; its grey is 40 + 2 for each tenth of the film."""
    count = round(seconds / step)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(1000, round(1000 * step)),
                                      options={"preset": "ultrafast", "qp": "0", "x264-params": "scenecut=0"})  # fmt: skip
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = *size, "yuv420p", gop
        for number in range(count):
            picture = np.full((size[1], size[0], 3), grey(number / count), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode())
    return path


def grey(part: float) -> int:
    return 40 + 10 * int(part * 20)


def events_of(player: int = 7, shots: int = 20, every: float = 10.0, **values) -> list[Event]:
    """Shots of a player every `every` seconds from 8 s on, each with a possession before it, a pass and a steal."""
    payloads = []
    for number in range(shots):
        at = 8.0 + every * number
        made = ShotResult.MADE if number % 2 else ShotResult.MISSED
        shot = Shot(0.9, 0.1, Zone.MIDDLE_THREE_POINTER, (), 0.4, "shot_flight:3", result=made, shooter=player,
                    identity=Shooter("Anna", 0.9))  # fmt: skip
        payloads += [(at - 2, Possession(player=player, confidence=0.9, end=at)), (at, shot)]
    payloads.append((8.5, Play(kind=PlayKind.PASS, player=player, other=9, confidence=0.7)))
    payloads.append((9.5, Play(kind=PlayKind.STEAL, player=9, other=player, confidence=0.7)))
    fields = {"camera": CAMERA, "lifecycle": Lifecycle.CONFIRMED, "session": "", "game": "games/g"} | values
    return [
        Event(event_id=f"e{number}", event_time=1_700_000_000.0 + at, media_offset=at, payload=payload,
              sequence=number + 1, revision=1, append_time=1_700_000_000.0, **fields)
        for number, (at, payload) in enumerate(payloads)
    ]  # fmt: skip
