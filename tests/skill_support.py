"""Highlights for tests: long films of few, tiny pictures whose grey shows their time; a player's events; an engine."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from courtside.court.zones import Zone
from courtside.events import Event, Lifecycle, Shooter, Shot, ShotResult
from courtside.plays import Play, PlayKind, Possession
from courtside.skills import SKILLS
from courtside_server.inference.engine import ModelInfo, TensorSpec

CAMERA = "games/g/cameras/film"


def write_film(path: Path, seconds: float, *, step: float = 1.0, size=(96, 56), gop: int = 12) -> Path:
    """A film with a picture every `step` seconds; its grey is 40 + 2 for each tenth of the film."""
    count = round(seconds / step)
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "qp": "0", "x264-params": "scenecut=0"}
        stream = container.add_stream("libx264", rate=Fraction(1000, round(1000 * step)), options=options)
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


class FakeEngine:
    """Answers that every skill is at the level of its number modulo five; keeps the frames it got."""

    name = "fake"

    def __init__(self, frames: int = 8, order: tuple[str, ...] = SKILLS, answer: np.ndarray | None = None) -> None:
        levels = np.full((20, 5), 0.1, np.float32)
        levels[np.arange(20), np.arange(20) % 5] = 0.6
        self.answer = levels if answer is None else answer
        self.seen: list[np.ndarray] = []
        self._info = ModelInfo(
            "player_skills", "9", {"frames": TensorSpec("frames", np.dtype(np.uint8), (frames, 3, 56, 96))},
            {"levels": TensorSpec("levels", np.dtype(np.float32), (20, 5))}, 2, parameters={"skills": ",".join(order)},
        )  # fmt: skip

    def info(self, model: str) -> ModelInfo:
        return self._info

    async def start(self, models) -> None:
        pass

    async def infer(self, model, inputs, *, timeout):
        self.seen.append(inputs["frames"])
        return {"levels": self.answer[None]}
